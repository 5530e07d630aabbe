/* SPDX-License-Identifier: MIT */
/* Between the steps of sources_read(): unpacking, comparing, telling. */
#ifndef PUBLISH_SOURCES_PRIVATE_H
#define PUBLISH_SOURCES_PRIVATE_H

#include "mend-publish/recipe.h"
#include "mend-publish/scratch.h"
#include "mend-publish/sources.h"

struct sources {
	struct source *list;
	size_t count;
	const char **includes;
	size_t include_count;
	struct scratch *scratch;
	struct stage stage;
	struct stage *bases; /* of packages given as base, a stage for each version */
	size_t base_count;
	size_t first_base;	     /* of the recipe's base directories, the one of bases[0] */
	bool has_nothing;	     /* the base has all of it already */
	bool is_live;		     /* the base is this machine's own root */
	struct mend_bytes changelog; /* of the first package that has one */
	char *changed;		     /* its source; NULL when there is none */
	char *changed_version;
	char **texts; /* owned, borrowed by the recipe's changes */
	size_t text_count;
};

/* A change for each thing of the stage that is not so in the base. */
int sources_compare(struct sources *sources, struct recipe *recipe, struct mend_error *err);
/* What the packages say, where the recipe does not. */
int sources_tell(struct sources *sources, struct recipe *recipe, struct mend_error *err);
/* The version of a package in a base directory of the recipe; "" when it is not known. */
int sources_base_version(char out[256], const struct sources *sources, size_t base,
			 const char *package, struct mend_error *err);

#endif
