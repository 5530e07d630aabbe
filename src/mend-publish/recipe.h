/* SPDX-License-Identifier: MIT */
/*
 * What `build` was asked for: recipe_parse takes the command line, recipe_gather looks at the base
 * and the new files and completes the manifest, recipe_pack compresses the contents.
 */
#ifndef PUBLISH_RECIPE_H
#define PUBLISH_RECIPE_H

#include "mend-publish/compress.h"
#include "mend-publish/security.h"
#include "mend-publish/sources.h"
#include "mendfs/manifest.h"

/* What the command line says of one target, or what comes of the sources. Texts but the target's
 * are borrowed. */
struct change {
	struct mend_target target; /* the manifest's own after recipe_gather */
	const char *file;	   /* replace, add: where the new content is */
	bool mode_given;
	const char *packages[MEND_BASES_MAX]; /* NAME=VERSION, one per base directory in order */
	size_t package_count;
	bool is_guessed;		  /* packages: told by a package, not by the command line */
	size_t base_dirs[MEND_BASES_MAX]; /* of each of target.bases: where it was found */
};

struct recipe {
	const char *secret, *output, *password_file;
	bool force, dry_run, trial, no_restart;
	bool delta, no_delta; /* neither: of what is large */
	bool is_security;     /* only the options are checked: see recipe_parse_part() */
	const char **only;    /* of the security suite */
	size_t only_count;
	const char *issued, *expires; /* as given, or NULL */
	const char **base_dirs;	      /* never none */
	int *base_fds;		      /* open after recipe_gather */
	size_t base_dir_count, base_open_count;
	struct sources *sources; /* owned */
	struct change *changes;	 /* sorted by path */
	size_t change_count;
	struct mend_manifest *manifest; /* owned; complete after recipe_gather */
};

/* MEND_USAGE for everything that can be known to be wrong without looking at a file. Only then the
 * sources are read, if there are any. */
int recipe_parse(struct recipe **out, int argc, char **argv, struct mend_error *err);
/* The same command line again, with --apt-security, for one of its parts. */
int recipe_parse_part(struct recipe **out, int argc, char **argv, struct security_part *part,
		      struct mend_error *err);
/* MEND_BASE when the base is not what a change needs. */
int recipe_gather(struct recipe *recipe, struct mend_error *err);
/* Into an open, empty pool. MEND_BASE when a file is no longer what recipe_gather saw. */
int recipe_pack(struct pool *pool, const struct recipe *recipe, struct mend_error *err);
/* One more change, of a path that has none yet. */
struct change *recipe_change(struct recipe *recipe, enum mend_op op, const char *path);
/* One more base directory, by its path (borrowed) or also open (taken over). */
void recipe_base_dir(struct recipe *recipe, const char *path);
void recipe_base_opened(struct recipe *recipe, const char *path, int fd);
/* Opens those that are not open yet. */
int recipe_open_bases(struct recipe *recipe, struct mend_error *err);
void recipe_free(struct recipe *recipe);
MEND_AUTO(struct recipe, recipe_free)

#endif
