/* SPDX-License-Identifier: MIT */
/* The compatibility gate of mendfs-abi(7), against this machine's own base. */
#ifndef MENDCTL_GATE_H
#define MENDCTL_GATE_H

#include "mendctl/candidate.h"
#include "mendctl/change.h"

/* Holds every fresh release of the set against the bases that it is for: MEND_INCOMPATIBLE for one
 * that would break programs and whose publisher does not answer for it. Tells risks and waivers.
 * Candidates are those whose objects are not in the store yet. */
int gate_check(const struct change *change, const struct candidate *candidates, size_t count,
	       struct mend_error *err);

#endif
