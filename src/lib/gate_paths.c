/* SPDX-License-Identifier: MIT */
/* What a path leads to, in the base and with a release over it; and where libraries are. */
#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "gate_private.h"

#define HOPS_MAX 40 /* as the kernel: path_resolution(7) */

char *gate_join(const char *dir_of, const char *to)
{
	const char *slash = strrchr(dir_of, '/');
	auto_free char *whole =
		mend_text_format("%.*s/%s", slash ? (int)(slash - dir_of) : 0, dir_of, to);
	char *out = mend_alloc(strlen(whole) + 1), *end = out, *save = NULL;

	for (char *part = strtok_r(whole, "/", &save); part; part = strtok_r(NULL, "/", &save)) {
		if (strcmp(part, ".") == 0)
			continue;
		if (strcmp(part, "..") != 0) {
			end += sprintf(end, "%s%s", end > out ? "/" : "", part);
			continue;
		}
		if (end == out) {
			free(out);
			return NULL;
		}
		*end = '\0';
		slash = strrchr(out, '/');
		end = slash ? out + (slash - out) : out;
		*end = '\0';
	}
	return out;
}

/* Where a symlink at `path` leads: below the root, or NULL. */
static char *follow_link(const struct gate_run *run, const char *path, const char *to)
{
	const char *root = run->manifest->root;
	size_t size = strlen(root);

	if (to[0] != '/')
		return gate_join(path, to);
	if (strncmp(to, root, size) == 0 && to[size] == '/')
		return gate_join("", to + size + 1);
	return NULL;
}

static int by_path(const void *key, const void *target)
{
	return strcmp(key, ((const struct mend_target *)target)->path);
}

static const struct mend_target *find_target(const struct gate_run *run,
					     const struct mend_gate_layer **layer, const char *path)
{
	for (size_t i = 0; i < run->gate->layer_count; i++) {
		const struct mend_manifest *manifest = run->gate->layers[i].manifest;
		const struct mend_target *found =
			bsearch(path, manifest->targets, manifest->target_count,
				sizeof *manifest->targets, by_path);

		*layer = &run->gate->layers[i];
		if (found != NULL)
			return found;
	}
	return NULL;
}

/* One step in the base: a link's next path, or the end. */
static int step_base(enum gate_end *end, const struct gate_file **file, char **next,
		     struct gate_run *run, const char *path, struct mend_error *err)
{
	char to[MEND_PATH_MAX];
	struct stat st;
	ssize_t size;

	*end = GATE_NOTHING;
	if (*path == '\0') {
		*end = GATE_OTHER;
		return 0;
	}
	if (fstatat(run->gate->base, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	if (S_ISREG(st.st_mode)) {
		*end = GATE_FILE;
		return gate_base_file(file, run, path, err);
	}
	*end = GATE_OTHER;
	if (!S_ISLNK(st.st_mode))
		return 0;
	size = readlinkat(run->gate->base, path, to, sizeof to - 1);
	if (size < 0)
		return mend_fail_errno(err, "%s: cannot read the symlink", path);
	to[size] = '\0';
	*next = follow_link(run, path, to);
	*end = GATE_ELSEWHERE;
	return 0;
}

static int step(enum gate_end *end, const struct gate_file **file, char **next,
		struct gate_run *run, enum gate_view view, const char *path, struct mend_error *err)
{
	const struct mend_gate_layer *layer;
	const struct mend_target *target =
		view == GATE_PATCHED ? find_target(run, &layer, path) : NULL;

	if (target == NULL)
		return step_base(end, file, next, run, path, err);
	switch (target->op) {
	case MEND_OP_REPLACE:
	case MEND_OP_ADD:
		*end = GATE_FILE;
		return gate_target_file(file, run, layer, target, err);
	case MEND_OP_REMOVE:
		*end = GATE_NOTHING;
		return 0;
	case MEND_OP_SYMLINK:
		*next = follow_link(run, path, target->to);
		*end = GATE_ELSEWHERE;
		return 0;
	}
	return 0;
}

int gate_follow(enum gate_end *end, const struct gate_file **file, struct gate_run *run,
		enum gate_view view, const char *path, struct mend_error *err)
{
	auto_free char *at = mend_text_copy(path);

	*file = NULL;
	for (unsigned hops = 0; hops < HOPS_MAX; hops++) {
		char *next = NULL;

		if (step(end, file, &next, run, view, at, err) < 0)
			return -1;
		if (next == NULL) {
			/* A path through a symlinked directory, which is not opened. */
			if (*end == GATE_FILE && *file == NULL)
				*end = GATE_OTHER;
			return 0;
		}
		free(at);
		at = next;
	}
	*end = GATE_NOTHING;
	return 0;
}

static const char *multiarch_name(const struct mend_elf *elf)
{
	static const struct {
		uint8_t class, data;
		uint16_t machine;
		const char *name;
	} names[] = {
		{ ELFCLASS64, ELFDATA2LSB, EM_X86_64, "x86_64-linux-gnu" },
		{ ELFCLASS32, ELFDATA2LSB, EM_386, "i386-linux-gnu" },
		{ ELFCLASS64, ELFDATA2LSB, EM_AARCH64, "aarch64-linux-gnu" },
		{ ELFCLASS32, ELFDATA2LSB, EM_ARM, "arm-linux-gnueabihf" },
		{ ELFCLASS64, ELFDATA2LSB, EM_RISCV, "riscv64-linux-gnu" },
		{ ELFCLASS64, ELFDATA2MSB, EM_S390, "s390x-linux-gnu" },
		{ ELFCLASS64, ELFDATA2LSB, EM_PPC64, "powerpc64le-linux-gnu" },
		{ ELFCLASS64, ELFDATA2LSB, EM_LOONGARCH, "loongarch64-linux-gnu" },
	};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		if (names[i].class == elf->class && names[i].data == elf->data &&
		    names[i].machine == elf->machine)
			return names[i].name;
	}
	return "lib";
}

/* Takes the file when it is a library that the other one could be linked with. */
static bool fits(const struct gate_file *file, const struct mend_elf *elf)
{
	return file != NULL && file->elf != NULL && file->elf->is_dynamic &&
	       mend_elf_is_akin(file->elf, elf);
}

static int look_in_root(const struct gate_file **out, struct gate_run *run, const char *path,
			const struct mend_elf *elf, struct mend_error *err)
{
	const struct gate_file *file;
	enum gate_end end;

	if (gate_follow(&end, &file, run, GATE_PATCHED, path, err) < 0)
		return -1;
	if (fits(file, elf))
		*out = file;
	return 0;
}

static int look_in_place(const struct gate_file **out, struct gate_run *run, size_t place,
			 const char *path, const struct mend_elf *elf, struct mend_error *err)
{
	const struct gate_file *file;

	if (gate_place_file(&file, run, place, path, err) < 0)
		return -1;
	if (fits(file, elf))
		*out = file;
	return 0;
}

/* RPATH and RUNPATH: what is relative to the file, and what is absolute and below the root. */
static int look_in_run_path(const struct gate_file **out, struct gate_run *run, const char *path,
			    const struct mend_elf *elf, const char *run_path, const char *soname,
			    struct mend_error *err)
{
	auto_free char *copy = mend_text_copy(run_path ? run_path : "");
	char *save = NULL;

	for (char *dir = strtok_r(copy, ":", &save); dir && !*out;
	     dir = strtok_r(NULL, ":", &save)) {
		auto_free char *to = NULL, *joined = NULL;
		size_t origin = strncmp(dir, "$ORIGIN", 7) == 0	    ? 7
				: strncmp(dir, "${ORIGIN}", 9) == 0 ? 9
								    : 0;

		if (origin == 0 && *dir != '/')
			continue;
		to = mend_text_format("%s%s/%s", origin ? "." : "", dir + origin, soname);
		joined = follow_link(run, path, to);
		if (joined != NULL && look_in_root(out, run, joined, elf, err) < 0)
			return -1;
	}
	return 0;
}

/* Where libraries are below a directory that may be "/usr/lib", "/usr" or "/". */
static const char *const library_dirs[] = { "%s",    "",	   "lib/%s",  "lib",	  "lib64",
					    "lib32", "usr/lib/%s", "usr/lib", "usr/lib64" };
#define LIBRARY_DIRS (sizeof library_dirs / sizeof *library_dirs)

static char *library_path(size_t dir, const struct mend_elf *elf, const char *soname)
{
	const char *pattern = library_dirs[dir], *hole = strstr(pattern, "%s");
	int before = hole ? (int)(hole - pattern) : (int)strlen(pattern);

	return mend_text_format("%.*s%s%s%s", before, pattern, hole ? multiarch_name(elf) : "",
				*pattern ? "/" : "", soname);
}

int gate_library(const struct gate_file **out, struct gate_run *run, const char *path,
		 const struct mend_elf *elf, const char *soname, struct mend_error *err)
{
	auto_free char *beside = gate_join(path, soname);

	*out = NULL;
	if (strchr(soname, '/') != NULL || *soname == '\0')
		return 0;
	if (look_in_run_path(out, run, path, elf, elf->rpath, soname, err) < 0 ||
	    look_in_run_path(out, run, path, elf, elf->runpath, soname, err) < 0 ||
	    (!*out && look_in_root(out, run, beside, elf, err) < 0))
		return -1;
	for (size_t i = 0; i < LIBRARY_DIRS && !*out; i++) {
		auto_free char *there = library_path(i, elf, soname);

		if (look_in_root(out, run, there, elf, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < run->gate->place_count * LIBRARY_DIRS && !*out; i++) {
		auto_free char *there = library_path(i % LIBRARY_DIRS, elf, soname);

		if (look_in_place(out, run, i / LIBRARY_DIRS, there, elf, err) < 0)
			return -1;
	}
	return 0;
}
