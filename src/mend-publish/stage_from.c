/* SPDX-License-Identifier: MIT */
/* Fills a stage, out of packages and out of a directory. */
#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "mend-publish/stage.h"
#include "mendfs/fs.h"
#include "mendfs/manifest.h"

#define DEPTH_MAX 64

/* Another name of a file that came before in the same package. */
static int take_hard_link(struct stage *stage, const struct unpack_entry *entry,
			  struct mend_error *err)
{
	const struct staged *first = NULL;
	auto_bytes content = { NULL, 0 };
	const char *path, *to;

	if (!stage_below(&path, stage, entry->path) || !stage_may_want(stage, path))
		return 0;
	if (stage_below(&to, stage, entry->to)) {
		for (size_t i = 0; i < stage->count && !first; i++) {
			if (!stage->items[i].link && strcmp(stage->items[i].path, to) == 0)
				first = &stage->items[i];
		}
	}
	if (!first)
		return mend_fail(err, MEND_FORMAT, "is a hard link to '%.200s', which is not taken",
				 entry->to);
	if (mend_fs_read(&content, stage->dir, first->path, MEND_OBJECT_MAX, err) < 0)
		return -1;
	return stage_file(stage, entry->path, first->mode, mend_bytes_span(&content), err);
}

static int take_file(struct stage *stage, const struct unpack_entry *entry, struct unpack *unpack,
		     struct mend_error *err)
{
	auto_bytes content = { NULL, 0 };
	const char *below;

	if (!stage_below(&below, stage, entry->path))
		return 0;
	/* Nothing of that size can be published; only a wanted one is worth a failure. */
	if (entry->size > MEND_OBJECT_MAX && !stage_may_want(stage, below))
		return 0;
	if (unpack_content(&content, unpack, MEND_OBJECT_MAX, err) < 0)
		return -1;
	return stage_file(stage, entry->path, entry->mode, mend_bytes_span(&content), err);
}

static int visit(void *context, const struct package *package, const struct unpack_entry *entry,
		 struct unpack *unpack, struct mend_error *err)
{
	struct stage *stage = context;
	const char *below;

	if (stage->from != package) {
		stage_origin(stage, package->name, package->version, package->source);
		stage->from = package;
	}
	switch (entry->kind) {
	case UNPACK_FILE:
		return take_file(stage, entry, unpack, err);
	case UNPACK_SYMLINK:
		return stage_symlink(stage, entry->path, entry->to, err);
	case UNPACK_HARD_LINK:
		return take_hard_link(stage, entry, err);
	case UNPACK_DIRECTORY:
		return 0;
	case UNPACK_OTHER:
		if (stage_below(&below, stage, entry->path))
			return mend_fail(err, MEND_FORMAT, "is a device, socket or pipe");
		return 0;
	}
	return 0;
}

int stage_package(struct stage *stage, struct package *package, const char *file,
		  enum package_kind kind, struct mend_error *err)
{
	stage->from = NULL;
	return package_read(package, file, kind, visit, stage, err);
}

static int walk(struct stage *stage, int dir, const char *path, unsigned depth,
		struct mend_error *err);

static int take_link(struct stage *stage, int dir, const char *name, const char *path,
		     struct mend_error *err)
{
	char to[MEND_PATH_MAX];
	ssize_t size = readlinkat(dir, name, to, sizeof(to));

	if (size < 0)
		return mend_fail_errno(err, "%s: cannot read the symlink", path);
	if ((size_t)size == sizeof(to) || !mend_text_is_plain(to, (size_t)size))
		return mend_fail(err, MEND_FORMAT, "%s: is a symlink that cannot be published",
				 path);
	to[size] = '\0';
	if (stage_symlink(stage, path, to, err) < 0)
		return mend_fail_at(err, "%s", path);
	return 0;
}

static int take_opened(struct stage *stage, int fd, const struct stat *st, const char *path,
		       struct mend_error *err)
{
	auto_bytes content = { NULL, 0 };
	const char *below;

	if (!stage_below(&below, stage, path) ||
	    (st->st_size > (off_t)MEND_OBJECT_MAX && !stage_may_want(stage, below)))
		return 0;
	if (mend_fs_read_fd(&content, fd, MEND_OBJECT_MAX, err) < 0 ||
	    stage_file(stage, path, st->st_mode & 07777, mend_bytes_span(&content), err) < 0)
		return mend_fail_at(err, "%s", path);
	return 0;
}

static int take_name(struct stage *stage, int dir, const char *name, const char *path,
		     unsigned depth, struct mend_error *err)
{
	auto_fd fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;

	if (fd < 0 && errno == ELOOP)
		return take_link(stage, dir, name, path, err);
	if (fd < 0 && errno == ENXIO) /* a socket */
		return 0;
	if (fd < 0 || fstat(fd, &st) < 0)
		return mend_fail_errno(err, "%s: cannot open", path);
	if (S_ISDIR(st.st_mode))
		return walk(stage, fd, path, depth + 1, err);
	return S_ISREG(st.st_mode) ? take_opened(stage, fd, &st, path, err) : 0;
}

static int walk(struct stage *stage, int dir, const char *path, unsigned depth,
		struct mend_error *err)
{
	char **names;
	size_t count;
	int result = 0;

	if (depth > DEPTH_MAX)
		return mend_fail(err, MEND_LIMIT, "%s: more than %d directories deep", path,
				 DEPTH_MAX);
	if (mend_fs_list(&names, &count, dir, err) < 0)
		return -1;
	for (size_t i = 0; i < count && result == 0; i++) {
		auto_free char *child = mend_text_format("%s/%s", path, names[i]);

		if (mend_path_is_target(child))
			result = take_name(stage, dir, names[i], child, depth, err);
		else
			result = mend_fail(err, MEND_FORMAT, "%s: no name that can be published",
					   child);
	}
	mend_fs_list_free(names, count);
	return result;
}

/* TREE/PATH, where there is such a directory that is no symlink. */
static int take_below(bool *found, struct stage *stage, const char *tree, const char *path,
		      struct mend_error *err)
{
	auto_free char *whole = mend_text_format("%s/%s", tree, path);
	auto_fd dir = open(whole, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (dir < 0 && (errno == ENOENT || errno == ELOOP || errno == ENOTDIR))
		return 0;
	if (dir < 0)
		return mend_fail_errno(err, "%s: cannot open", whole);
	*found = true;
	if (walk(stage, dir, path, 0, err) < 0)
		return mend_fail_at(err, "%s", tree);
	return 0;
}

int stage_tree(struct stage *stage, const char *tree, struct mend_error *err)
{
	const char *root = stage->root + 1;
	bool found = false;

	if (take_below(&found, stage, tree, root, err) < 0)
		return -1;
	if (strncmp(root, "usr/", 4) == 0 && take_below(&found, stage, tree, root + 4, err) < 0)
		return -1;
	if (!found)
		return mend_fail(
			err, MEND_USAGE,
			"%s: has no %s: a tree is laid out as by 'make install DESTDIR=%s'", tree,
			root, tree);
	return 0;
}
