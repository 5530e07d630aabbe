/* SPDX-License-Identifier: MIT */
/* What is wanted of packages and trees, and where it is put. */
#include "mend-publish/stage.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "mend-publish/library.h"
#include "mendfs/fs.h"
#include "mendfs/manifest.h"

void stage_init(struct stage *out, int dir, const char *root, const char *const *include,
		size_t include_count)
{
	*out = (struct stage){
		.dir = dir, .root = root, .include = include, .include_count = include_count
	};
}

void stage_clear(struct stage *stage)
{
	for (size_t i = 0; i < stage->count; i++) {
		free(stage->items[i].path);
		free(stage->items[i].link);
	}
	for (size_t i = 0; i < stage->origin_count; i++) {
		free(stage->origins[i].name);
		free(stage->origins[i].version);
		free(stage->origins[i].source);
	}
	free(stage->items);
	free(stage->origins);
	mend_auto_close(&stage->dir);
	*stage = (struct stage){ .dir = -1 };
}

void stage_origin(struct stage *stage, const char *name, const char *version, const char *source)
{
	stage->origins =
		mend_grow(stage->origins, stage->origin_count + 1, sizeof(*stage->origins));
	stage->origins[stage->origin_count++] =
		(struct stage_origin){ .name = mend_text_copy(name),
				       .version = mend_text_copy(version),
				       .source = mend_text_copy(source) };
}

/* Below "/", without the slash; /lib is /usr/lib since the merge, whatever a package still says. */
bool stage_below(const char **out, const struct stage *stage, const char *path)
{
	const char *root = stage->root + 1;
	size_t size = strlen(root);

	if (strncmp(path, root, size) == 0 && path[size] == '/') {
		*out = path + size + 1;
		return true;
	}
	if (strncmp(root, "usr/", 4) != 0 || strncmp(path, "usr/", 4) == 0)
		return false;
	root += 4;
	size -= 4;
	if (strncmp(path, root, size) != 0 || path[size] != '/')
		return false;
	*out = path + size + 1;
	return true;
}

static bool is_included(const struct stage *stage, const char *path)
{
	for (size_t i = 0; i < stage->include_count; i++) {
		if (mend_path_matches(stage->include[i], path))
			return true;
	}
	return stage->wanted && stage_find(stage->wanted, path);
}

bool stage_may_want(const struct stage *stage, const char *path)
{
	return library_is_name(path) || is_included(stage, path);
}

/* The directory of a path, made when it is missing, and never through a symlink. */
static int open_parent(int *out, const char **name, const struct stage *stage, const char *path,
		       struct mend_error *err)
{
	auto_free char *copy = mend_text_copy(path);
	auto_fd dir = fcntl(stage->dir, F_DUPFD_CLOEXEC, 3);
	char *rest = copy, *slash;

	while (dir >= 0 && (slash = strchr(rest, '/')) != NULL) {
		int next;

		*slash = '\0';
		if (mkdirat(dir, rest, 0700) < 0 && errno != EEXIST)
			return mend_fail_errno(err, "cannot make a directory");
		next = openat(dir, rest, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (next < 0 && (errno == ENOTDIR || errno == ELOOP))
			return mend_fail(err, MEND_FORMAT, "'%s' on its way is not a directory",
					 rest);
		close(dir);
		dir = next;
		rest = slash + 1;
	}
	if (dir < 0)
		return mend_fail_errno(err, "cannot open a directory");
	*name = path + (rest - copy);
	*out = mend_take_fd(&dir);
	return 0;
}

static void add(struct stage *stage, const char *path, const char *to, mode_t mode)
{
	if (stage->count % 64 == 0)
		stage->items = mend_grow(stage->items, stage->count + 64, sizeof(*stage->items));
	stage->items[stage->count++] = (struct staged){ .path = mend_text_copy(path),
							.link = to ? mend_text_copy(to) : NULL,
							.mode = mode,
							.origin = stage->origin_count - 1 };
}

static int fail_make(struct mend_error *err)
{
	if (errno == EEXIST)
		return mend_fail(err, MEND_FORMAT, "is there twice");
	return mend_fail_errno(err, "cannot write a temporary file");
}

int stage_file(struct stage *stage, const char *path, mode_t mode, struct mend_span content,
	       struct mend_error *err)
{
	const char *name, *below;
	auto_fd dir = -1, fd = -1;
	bool wanted;

	if (!stage_below(&below, stage, path))
		return 0;
	if (library_is(&wanted, below, content, err) < 0)
		return -1;
	if (!wanted && !is_included(stage, below))
		return 0;
	if (mode & 07000)
		return mend_fail(err, MEND_FORMAT, "has set-id bits, which cannot be published");
	if (stage->count == MEND_TARGETS_MAX)
		return mend_fail(err, MEND_LIMIT, "more than %d files", MEND_TARGETS_MAX);
	if (open_parent(&dir, &name, stage, below, err) < 0)
		return -1;
	fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return fail_make(err);
	if (mend_fs_write_all(fd, content, err) < 0)
		return -1;
	add(stage, below, NULL, mode & 0755);
	return 0;
}

int stage_symlink(struct stage *stage, const char *path, const char *to, struct mend_error *err)
{
	const char *name, *below;
	auto_fd dir = -1;

	if (!stage_below(&below, stage, path) || !stage_may_want(stage, below))
		return 0;
	if (stage->count == MEND_TARGETS_MAX)
		return mend_fail(err, MEND_LIMIT, "more than %d files", MEND_TARGETS_MAX);
	if (open_parent(&dir, &name, stage, below, err) < 0)
		return -1;
	if (symlinkat(to, dir, name) < 0)
		return fail_make(err);
	add(stage, below, to, 0);
	return 0;
}

static int compare(const void *a, const void *b)
{
	return strcmp(((const struct staged *)a)->path, ((const struct staged *)b)->path);
}

int stage_sort(struct stage *stage, struct mend_error *err)
{
	if (stage->count == 0)
		return 0;
	qsort(stage->items, stage->count, sizeof(*stage->items), compare);
	for (size_t i = 1; i < stage->count; i++) {
		if (compare(&stage->items[i - 1], &stage->items[i]) == 0)
			return mend_fail(err, MEND_FORMAT, "%s: is there twice",
					 stage->items[i].path);
	}
	return 0;
}

const struct staged *stage_find(const struct stage *stage, const char *path)
{
	struct staged key = { .path = (char *)path };

	if (stage->count == 0)
		return NULL;
	return bsearch(&key, stage->items, stage->count, sizeof(key), compare);
}
