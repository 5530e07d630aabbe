/* SPDX-License-Identifier: MIT */
/* Private to the gate: its view of files, patched and not, and the steps of the check. */
#ifndef MENDFS_LIB_GATE_PRIVATE_H
#define MENDFS_LIB_GATE_PRIVATE_H

#include "mendfs/gate.h"

/* A file that was read, kept until the end: libraries are asked for again and again. */
struct gate_file {
	char *key;
	struct mend_bytes content;
	struct mend_elf *elf; /* NULL: no ELF file, or a damaged one */
	bool is_there;
};

struct gate_run {
	const struct mend_gate *gate;
	const struct mend_manifest *manifest; /* of the first layer */
	struct mend_findings *findings;
	struct gate_file **files;
	size_t file_count;
};

/* --- gate_files.c: one file at a time --- */

/* Out-parameters are NULL where there is no such regular file. */
int gate_target_file(const struct gate_file **out, struct gate_run *run,
		     const struct mend_gate_layer *layer, const struct mend_target *target,
		     struct mend_error *err);
/* Of the base alone; no symlink is followed. */
int gate_base_file(const struct gate_file **out, struct gate_run *run, const char *path,
		   struct mend_error *err);
/* Of a place, with symlinks followed. */
int gate_place_file(const struct gate_file **out, struct gate_run *run, size_t place,
		    const char *path, struct mend_error *err);
void gate_files_free(struct gate_run *run);

/* --- gate_paths.c: what a path leads to --- */

enum gate_view { GATE_BASE, GATE_PATCHED };
enum gate_end {
	GATE_FILE,
	GATE_NOTHING,	/* a name that is not there */
	GATE_OTHER,	/* a directory, a device */
	GATE_ELSEWHERE, /* outside the root */
};
/* Follows symlinks below the root, as they are in the base or with the layers over it. `file` is
 * NULL but for GATE_FILE. */
int gate_follow(enum gate_end *end, const struct gate_file **file, struct gate_run *run,
		enum gate_view view, const char *path, struct mend_error *err);
/* The library that the dynamic linker would load for a file at `path` that needs `soname`, or NULL.
 */
int gate_library(const struct gate_file **out, struct gate_run *run, const char *path,
		 const struct mend_elf *elf, const char *soname, struct mend_error *err);
/* "a/b" and "../c" → "a/../c" made plain: "c"; NULL when that is outside the root. */
char *gate_join(const char *dir_of, const char *to);

/* --- the steps --- */

/* Are the needs of `new` met? `old` may be NULL. */
int gate_check_needs(struct gate_run *run, const char *path, const struct mend_elf *old,
		     const struct mend_elf *new, struct mend_error *err);
/* Are libraries that belong together replaced together? */
int gate_check_sets(struct gate_run *run, struct mend_error *err);

/* --- gate_dpkg.c --- */

/* Names of the dpkg source packages of absolute paths, each NULL where dpkg knows none; freed with
 * gate_names_free(). */
int gate_dpkg_sources(char ***out, const char *sysroot, char *const *paths, size_t count,
		      struct mend_error *err);
/* Absolute paths of the shared libraries of all installed packages of a source. */
int gate_dpkg_libraries(char ***out, size_t *count, const char *sysroot, const char *source,
			struct mend_error *err);
void gate_names_free(char **names, size_t count);

#endif
