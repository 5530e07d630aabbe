/* SPDX-License-Identifier: MIT */
/* Between the two halves of recipe_parse(): reading options, and making sense of them. */
#ifndef PUBLISH_RECIPE_PRIVATE_H
#define PUBLISH_RECIPE_PRIVATE_H

#include "mend-publish/recipe.h"

#define RECIPE_ROOT "/usr/lib" /* without --root */

/* "PATH=…" of an option that tells more about a change, kept until every change is known. */
enum recipe_note_kind { RECIPE_MODE, RECIPE_PACKAGE, RECIPE_FIXED_IN };
struct recipe_note {
	enum recipe_note_kind kind;
	const char *path, *value;
};

struct recipe_parser {
	struct recipe *recipe;
	struct recipe_note *notes;
	size_t note_count;
	const char *release;	    /* as given */
	struct security_part *part; /* NULL but in recipe_parse_part() */
	struct mend_error *err;
};

int recipe_options(struct recipe_parser *parser, int argc, char **argv);
/* Sets a text, also again. */
void recipe_text(char **out, const char *text);

#endif
