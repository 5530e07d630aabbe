/* SPDX-License-Identifier: MIT */
/* What is to be active over one root, as the gate and the load test look at it. */
#ifndef MENDCTL_VIEW_H
#define MENDCTL_VIEW_H

#include "mendctl/candidate.h"
#include "mendctl/change.h"
#include "mendfs/gate.h"

struct source; /* where the contents of one release are */

/* The set as layers over one root, the one that is looked at first. */
struct view {
	struct mend_gate_layer *layers;
	struct source *sources;
	size_t count;
};

/* The release itself, and then whatever else is to be active below its root. Candidates are those
 * whose objects are not in the store yet. view_close() it, also after a failure. */
int view_open(struct view *out, const struct change *change, const struct candidate *candidates,
	      size_t count, const struct mend_manifest *manifest, struct mend_error *err);
void view_close(struct view *view);
#define auto_view __attribute__((cleanup(view_close))) struct view

#endif
