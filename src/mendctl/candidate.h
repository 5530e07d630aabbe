/* SPDX-License-Identifier: MIT */
/* A bundle on its way in: checked as far as it alone tells. */
#ifndef MENDCTL_CANDIDATE_H
#define MENDCTL_CANDIDATE_H

#include "mendctl/fit.h"

/* "what: refused: " before the text of what is an answer, "what: " before that of a system error.
 */
int refuse(struct mend_error *err, const char *what);

struct candidate {
	struct mend_bundle *bundle;
	struct mend_verified *verified;
	struct mend_manifest *manifest;
	char title[MEND_TITLE_OF_MAX];
	bool was_installed; /* this very release */
};

/* In this order, each with a message of its own: format and limits, signatures, manifest, what the
 * keys may patch, expiry, platform, objects, floor, another release of that number. */
int candidate_open(struct candidate *out, const char *file, const struct mend_keyring *ring,
		   int store_dir, const struct options *options, struct mend_error *err);
void candidate_close(struct candidate *candidate);

/* Decodes every object, and keeps none. */
int candidate_try(const struct candidate *candidate, struct fit *fit, struct mend_error *err);

/* What candidate_open() checks of a release that is installed already. `title` leads messages. */
int release_check(const struct mend_manifest *manifest, const char *title, int store_dir,
		  struct mend_error *err);

#endif
