/* SPDX-License-Identifier: MIT */
/* The load test on request, install --trial. */
#ifndef MENDCTL_TRIAL_H
#define MENDCTL_TRIAL_H

#include "mendctl/candidate.h"
#include "mendctl/change.h"

/* Starts this machine's programs with the set over each root that has a fresh release: for each
 * mount that serves it, or where there is none. MEND_INCOMPATIBLE, after a table or the JSON that
 * says which would not start. Candidates are those whose objects are not in the store yet. */
int trial_check(const struct change *change, const struct candidate *candidates, size_t count,
		struct mend_error *err);

#endif
