/* SPDX-License-Identifier: MIT */
/*
 * `mendfs --take-over DIR`: another program, usually a newer one, goes on with a mount. It asks the
 * serving mendfs for its descriptors and the shared state, makes itself the standby, and ends the
 * old worker: what follows is what follows any worker's death.
 */
#ifndef MENDFS_HEIR_H
#define MENDFS_HEIR_H

#include "mendfs/overlay.h"

/* Fills overlay and options from the mount that serves options->mount, and *listener. MEND_MOUNT
 * when nobody does; MEND_PLATFORM when its state is of another layout: it has to be mounted anew.
 */
int heir_ask(struct overlay *overlay, struct options *options, int *listener,
	     struct mend_error *err);

#endif
