/* SPDX-License-Identifier: MIT */
/*
 * Files of packages or of a tree, those below a root that are wanted, laid out below a directory as
 * they are below the root. What goes in may come from anybody: each path is there once, and none
 * leads through a symlink.
 */
#ifndef PUBLISH_STAGE_H
#define PUBLISH_STAGE_H

#include <sys/types.h>

#include "mend-publish/package.h"

struct staged {
	char *path;    /* relative to the root */
	char *link;    /* a symlink's text; NULL for a file */
	mode_t mode;   /* of a file */
	size_t origin; /* index into stage.origins */
};

/* Which package, if any: of a tree there is one without a name. */
struct stage_origin {
	char *name, *version, *source; /* "" when not told */
};

struct stage {
	int dir;
	const char *root; /* borrowed */
	const char *const *include;
	size_t include_count;
	const struct stage *wanted; /* not NULL: what is in this one is wanted, too */
	struct stage_origin *origins;
	size_t origin_count;
	const struct package *from; /* whose origin is the last */
	struct staged *items;	    /* sorted by path after stage_sort() */
	size_t count;
};

/* Wanted are shared libraries and what fits one of the globs, which are relative to the root. */
void stage_init(struct stage *out, int dir, const char *root, const char *const *include,
		size_t include_count);
void stage_clear(struct stage *stage); /* closes dir */

/* From now on things are of this origin. */
void stage_origin(struct stage *stage, const char *name, const char *version, const char *source);
/* All of a package, which is also its origin. package_clear() it, also after a failure. */
int stage_package(struct stage *stage, struct package *package, const char *file,
		  enum package_kind kind, struct mend_error *err);
/* A tree that is laid out as "/" is: for /usr/lib, what is in TREE/usr/lib. */
int stage_tree(struct stage *stage, const char *tree, struct mend_error *err);

/* One thing, by its path below "/"; nothing happens when it is not below the root or not wanted.
 */
bool stage_below(const char **out, const struct stage *stage, const char *path);
bool stage_may_want(const struct stage *stage, const char *path);
int stage_file(struct stage *stage, const char *path, mode_t mode, struct mend_span content,
	       struct mend_error *err);
int stage_symlink(struct stage *stage, const char *path, const char *to, struct mend_error *err);

/* MEND_FORMAT when a path is there twice. */
int stage_sort(struct stage *stage, struct mend_error *err);
const struct staged *stage_find(const struct stage *stage, const char *path);

#endif
