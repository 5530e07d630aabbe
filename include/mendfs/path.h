/* SPDX-License-Identifier: MIT */
/* Target paths and patch names: what may be in them, and the patterns that speak of them. */
#ifndef MENDFS_PATH_H
#define MENDFS_PATH_H

#include <stdbool.h>

#define MEND_PATH_MAX	 4096 /* bytes of a path in a manifest, with the NUL */
#define MEND_NAME_MAX	 255  /* bytes of one component */
#define MEND_ID_MAX	 64   /* bytes of a patch's id */
#define MEND_LABEL_MAX	 16   /* bytes of a release label, with the NUL */
#define MEND_RELEASE_MAX 1000000

/* Relative, no empty component, no "." or "..", no control characters, valid UTF-8, within limits.
 */
bool mend_path_is_target(const char *path);
/* Absolute and otherwise the same, as a manifest's root has to be: "/usr/lib". */
bool mend_path_is_root(const char *path);
/* [a-z0-9] then [a-z0-9+.-]*, at most MEND_ID_MAX bytes: safe as a file name. */
bool mend_path_is_id(const char *id);
/* A shell pattern of fnmatch(3) with FNM_PATHNAME; "**" as a whole component spans directories. */
bool mend_path_matches(const char *pattern, const char *path);
/* 1 → "a", 26 → "z", 27 → "aa". */
void mend_label_of(char out[MEND_LABEL_MAX], unsigned release);

#endif
