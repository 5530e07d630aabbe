/* SPDX-License-Identifier: MIT */
/*
 * Where `build` takes new files from when nobody names them one by one: packages, a tree. What they
 * have that the base does not have so becomes the recipe's changes, and what they say of themselves
 * what nobody has said of the release.
 */
#ifndef PUBLISH_SOURCES_H
#define PUBLISH_SOURCES_H

#include "mend-publish/stage.h"

struct recipe;

enum source_kind {
	SOURCE_DEB,
	SOURCE_RPM,
	SOURCE_APK,
	SOURCE_APT,
	SOURCE_TREE,
	SOURCE_BASE_DEB, /* not a source, but what it is compared with */
};
/* What the command line says; texts are borrowed from it. */
struct source {
	enum source_kind kind;
	const char *text;
};

struct sources;

struct sources *sources_new(void);
void sources_free(struct sources *sources);
void sources_add(struct sources *sources, enum source_kind kind, const char *text);
void sources_include(struct sources *sources, const char *glob);
/* Is there a package or a tree among them? */
bool sources_are_some(const struct sources *sources);
/* The globs of sources_include(). */
void sources_included(const struct sources *sources, const char *const **globs, size_t *count);
/* After sources_read() has failed: because there is nothing to do? */
bool sources_have_nothing(const struct sources *sources);
/* Keeps a text as long as the sources are. */
char *sources_keep(struct sources *sources, char *text);
/* MEND_USAGE for what does not go together. */
int sources_check(const struct sources *sources, struct mend_error *err);
/* Reads them all, into a scratch directory that goes with `sources`. The recipe has a root. Adds
 * changes, in any order, and bases; tells id, title, description, severity and cves where the
 * recipe does not. MEND_BASE when the base is the same. */
int sources_read(struct sources *sources, struct recipe *recipe, struct mend_error *err);
/* The package and version that a path is from, "" when not told; for the plan. */
char *sources_origin(const struct sources *sources, const char *path);

#endif
