/* SPDX-License-Identifier: MIT */
/* The compatibility gate on the publisher's side: over several bases, and what is said of it. */
#ifndef PUBLISH_GATE_H
#define PUBLISH_GATE_H

#include "mend-publish/recipe.h"
#include "mendfs/trial.h"

struct gate_bases {
	const char *root; /* where libraries that a base lacks are looked for */
	const char *const *dirs;
	const int *fds; /* of dirs, open */
	size_t count;
};

/* Against each base; what several have in common is found once. */
int gate_over_bases(struct mend_findings *findings, const struct mend_gate_layer *layer,
		    const struct gate_bases *bases, struct mend_error *err);
/* What `build` is about to sign. Warns of risks and of waivers that waive nothing;
 * MEND_INCOMPATIBLE for what breaks, with --trial also for what does not start. */
int gate_recipe(const struct recipe *recipe, struct mend_error *err);
/* Takes "FINDING:PATH=REASON" into the manifest. */
int gate_take_waiver(struct mend_manifest *manifest, char *text, struct mend_error *err);

/* --- findings_print.c --- */

/* To stdout, a line each. `what` was looked at. */
void findings_print(const struct mend_findings *findings, const char *what);
/* trial is NULL when there was none. */
void findings_print_json(const struct mend_findings *findings,
			 const struct mend_trial_result *trial);

/* --- abidiff.c --- */

/* Adds libabigail's summary of two ELF files as a note. MEND_SYSTEM when it is not installed. */
int abidiff_add(struct mend_findings *findings, const char *path, struct mend_span old,
		struct mend_span new, struct mend_error *err);

#endif
