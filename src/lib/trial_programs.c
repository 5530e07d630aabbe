/* SPDX-License-Identifier: MIT */
/*
 * Which programs use a file of the patch? Libraries are looked up by name alone, wherever they are:
 * that finds a program too many rather than one too few.
 */
#include <fcntl.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "mendfs/elf.h"
#include "mendfs/fs.h"
#include "trial_private.h"

static const char *const places[] = { "/usr/bin",     "/usr/sbin", "/bin", "/sbin",
				      "/usr/libexec", "/usr/lib",  "/lib", "/usr/lib64",
				      "/lib64",	      "/usr/local" };
#define PLACE_COUNT (sizeof(places) / sizeof(places[0]))

struct identity {
	dev_t device;
	ino_t inode;
};

struct library {
	char *name, *path;
	bool is_read, is_target;
	char **needed; /* once it was read */
	size_t needed_count;
	size_t seen; /* the program that looked at it last, counted from 1 */
};

struct finder {
	const struct mend_trial *trial;
	struct identity *targets; /* as programs see them, and in the base */
	size_t target_count;
	struct library *libraries; /* sorted by name */
	size_t library_count;
	char **candidates; /* executable files' paths */
	size_t candidate_count;
	struct identity *known; /* the candidates' */
};

static struct identity identity_of(const struct stat *st)
{
	return (struct identity){ st->st_dev, st->st_ino };
}

static bool is_among(const struct identity *list, size_t count, const struct stat *st)
{
	for (size_t i = 0; i < count; i++) {
		if (list[i].device == st->st_dev && list[i].inode == st->st_ino)
			return true;
	}
	return false;
}

static void add_target(struct finder *finder, int dir, const char *path)
{
	struct stat st;

	if (fstatat(dir, path, &st, 0) < 0)
		return;
	finder->targets =
		mend_grow(finder->targets, finder->target_count + 1, sizeof(*finder->targets));
	finder->targets[finder->target_count++] = identity_of(&st);
}

static bool is_target_name(const struct mend_trial *trial, const char *name)
{
	for (size_t i = 0; i < trial->layer_count; i++) {
		const struct mend_manifest *manifest = trial->layers[i].manifest;

		for (size_t j = 0; j < manifest->target_count; j++) {
			const char *path = manifest->targets[j].path, *slash = strrchr(path, '/');

			if (!strcmp(slash ? slash + 1 : path, name))
				return true;
		}
	}
	return false;
}

static void find_targets(struct finder *finder)
{
	const struct mend_trial *trial = finder->trial;
	auto_fd where = open(trial->where, O_PATH | O_DIRECTORY | O_CLOEXEC);

	for (size_t i = 0; i < trial->layer_count; i++) {
		const struct mend_manifest *manifest = trial->layers[i].manifest;

		for (size_t j = 0; j < manifest->target_count; j++) {
			add_target(finder, trial->base, manifest->targets[j].path);
			add_target(finder, where, manifest->targets[j].path);
		}
	}
}

static void add_candidate(struct finder *finder, const char *path)
{
	size_t count = finder->candidate_count;
	struct stat st;

	if (lstat(path, &st) < 0 || !S_ISREG(st.st_mode) || !(st.st_mode & 0111) ||
	    is_among(finder->known, count, &st))
		return;
	finder->known = mend_grow(finder->known, count + 1, sizeof(*finder->known));
	finder->known[count] = identity_of(&st);
	finder->candidates = mend_grow(finder->candidates, count + 1, sizeof(*finder->candidates));
	finder->candidates[count] = mend_text_copy(path);
	finder->candidate_count++;
}

static void visit(void *context, const char *path, const char *name)
{
	struct finder *finder = context;

	if (strstr(name, ".so")) {
		size_t count = finder->library_count;

		finder->libraries =
			mend_grow(finder->libraries, count + 1, sizeof(*finder->libraries));
		finder->libraries[count] = (struct library){ .name = mend_text_copy(name),
							     .path = mend_text_copy(path) };
		finder->library_count++;
	}
	add_candidate(finder, path);
}

static int by_name(const void *a, const void *b)
{
	const struct library *one = a, *other = b;

	return strcmp(one->name, other->name);
}

/* /bin is /usr/bin as a rule: once is enough. */
static void walk_places(struct finder *finder)
{
	const char *all[PLACE_COUNT + 1] = { finder->trial->where };
	struct identity known[PLACE_COUNT + 1];
	size_t count = 0;
	struct stat st;

	memcpy(all + 1, places, sizeof(places));
	for (size_t i = 0; i < PLACE_COUNT + 1; i++) {
		if (stat(all[i], &st) < 0 || is_among(known, count, &st))
			continue;
		known[count++] = identity_of(&st);
		trial_walk(all[i], visit, finder);
	}
	if (finder->library_count > 0)
		qsort(finder->libraries, finder->library_count, sizeof(*finder->libraries),
		      by_name);
}

/* What is no ELF file has no elf; nor has what cannot be read. */
static void read_elf(struct mend_elf **elf, struct mend_bytes *content, struct stat *st,
		     const char *path)
{
	auto_fd fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	char magic[4];

	if (fd < 0 || fstat(fd, st) < 0 || !S_ISREG(st->st_mode) ||
	    pread(fd, magic, sizeof(magic), 0) != sizeof(magic) || memcmp(magic, "\177ELF", 4) ||
	    mend_fs_read_fd(content, fd, MEND_OBJECT_MAX, NULL) < 0)
		return;
	if (mend_elf_read(elf, mend_bytes_span(content), NULL) < 0)
		*elf = NULL;
}

static void read_library(const struct finder *finder, struct library *library)
{
	auto_call(mend_elf_free) struct mend_elf *elf = NULL;
	auto_bytes content = { NULL, 0 };
	struct stat st = { 0 };

	if (library->is_read)
		return;
	library->is_read = true;
	read_elf(&elf, &content, &st, library->path);
	library->is_target = is_target_name(finder->trial, library->name) ||
			     is_among(finder->targets, finder->target_count, &st);
	for (size_t i = 0; elf && i < elf->needed_count; i++) {
		library->needed = mend_grow(library->needed, i + 1, sizeof(*library->needed));
		library->needed[i] = mend_text_copy(elf->needed[i]);
		library->needed_count++;
	}
}

static struct library *first_of(const struct finder *finder, const char *name)
{
	size_t low = 0, high = finder->library_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(finder->libraries[middle].name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return finder->libraries + low;
}

/* Does the name, or what it needs in turn, lead to a target? */
static bool leads_to_target(const struct finder *finder, const char *name, size_t seen)
{
	const char *base = strrchr(name, '/');
	const struct library *end = finder->libraries + finder->library_count;

	name = base ? base + 1 : name;
	if (is_target_name(finder->trial, name))
		return true;
	for (struct library *library = first_of(finder, name);
	     library < end && !strcmp(library->name, name); library++) {
		if (library->seen == seen)
			continue;
		library->seen = seen;
		read_library(finder, library);
		if (library->is_target)
			return true;
		for (size_t i = 0; i < library->needed_count; i++) {
			if (leads_to_target(finder, library->needed[i], seen))
				return true;
		}
	}
	return false;
}

static bool uses_target(const struct finder *finder, const struct mend_elf *elf,
			const struct stat *st, size_t seen)
{
	if (is_among(finder->targets, finder->target_count, st) ||
	    leads_to_target(finder, elf->interpreter, seen))
		return true;
	for (size_t i = 0; i < elf->needed_count; i++) {
		if (leads_to_target(finder, elf->needed[i], seen))
			return true;
	}
	return false;
}

/* Only linkers that are known to stop before the program begins, and that are root's. */
static bool take_linker(struct trial_program *program, const char *interpreter)
{
	static const char *const glibc[] = { "ld-linux*.so.[0-9]", "ld64.so.[0-9]" };
	const char *slash = strrchr(interpreter, '/'), *name = slash ? slash + 1 : interpreter;
	struct stat st;

	if (interpreter[0] != '/' || stat(interpreter, &st) < 0 || (st.st_mode & 0022) != 0 ||
	    (st.st_uid != 0 && st.st_uid != geteuid()))
		return false;
	program->takes_list = !fnmatch("ld-musl-*.so.[0-9]", name, 0);
	if (!program->takes_list && fnmatch(glibc[0], name, 0) && fnmatch(glibc[1], name, 0))
		return false;
	program->interpreter = mend_text_copy(interpreter);
	return true;
}

static int consider(struct trial_programs *out, const struct finder *finder, size_t index,
		    struct mend_error *err)
{
	const char *path = finder->candidates[index];
	auto_call(mend_elf_free) struct mend_elf *elf = NULL;
	auto_bytes content = { NULL, 0 };
	struct trial_program program = { .path = NULL };
	struct stat st = { 0 };

	read_elf(&elf, &content, &st, path);
	if (!elf || !elf->interpreter || !uses_target(finder, elf, &st, index + 1))
		return 0;
	/* As root, linkers run as nobody, who has to be able to read it. */
	if ((geteuid() == 0 && !(st.st_mode & S_IROTH)) ||
	    !take_linker(&program, elf->interpreter)) {
		out->untried++;
		return 0;
	}
	program.path = mend_text_copy(path);
	out->items = mend_grow(out->items, out->count + 1, sizeof(*out->items));
	out->items[out->count++] = program;
	if (out->count > MEND_TRIAL_PROGRAMS_MAX)
		return mend_fail(err, MEND_LIMIT, "more than %d programs to try",
				 MEND_TRIAL_PROGRAMS_MAX);
	return 0;
}

static void close_finder(struct finder *finder)
{
	for (size_t i = 0; i < finder->library_count; i++) {
		struct library *library = &finder->libraries[i];

		for (size_t j = 0; j < library->needed_count; j++)
			free(library->needed[j]);
		free(library->needed);
		free(library->name);
		free(library->path);
	}
	for (size_t i = 0; i < finder->candidate_count; i++)
		free(finder->candidates[i]);
	free(finder->candidates);
	free(finder->libraries);
	free(finder->targets);
	free(finder->known);
}

static int by_path(const void *a, const void *b)
{
	const struct trial_program *one = a, *other = b;

	return strcmp(one->path, other->path);
}

int trial_programs_find(struct trial_programs *out, const struct mend_trial *trial,
			struct mend_error *err)
{
	__attribute__((cleanup(close_finder))) struct finder finder = { .trial = trial };

	find_targets(&finder);
	walk_places(&finder);
	for (size_t i = 0; i < finder.candidate_count; i++) {
		if (consider(out, &finder, i, err) < 0)
			return -1;
	}
	if (out->count > 0)
		qsort(out->items, out->count, sizeof(*out->items), by_path);
	return 0;
}

void trial_programs_free(struct trial_programs *programs)
{
	for (size_t i = 0; i < programs->count; i++) {
		free(programs->items[i].path);
		free(programs->items[i].interpreter);
	}
	free(programs->items);
}
