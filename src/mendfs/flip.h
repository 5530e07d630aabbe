/* SPDX-License-Identifier: MIT */
/* Making another generation live: prepare (may fail, changes nothing), then commit (cannot fail) or
 * abort. */
#ifndef MENDFS_FLIP_H
#define MENDFS_FLIP_H

#include "mendfs/overlay.h"

/* Loads and checks a generation; overlay->prepared holds it afterwards, in the place of one
 * prepared before. */
int flip_prepare(struct overlay *overlay, unsigned generation, struct mend_error *err);
/* Makes the prepared one live and returns when no open on this host can see the old one. */
void flip_commit(struct overlay *overlay);
void flip_abort(struct overlay *overlay);
/* After a worker's death: brings this process to the generation that is live, and finishes what the
 * dead one was telling. */
void flip_resume(struct overlay *overlay);

#endif
