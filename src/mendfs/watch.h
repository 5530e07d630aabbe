/* SPDX-License-Identifier: MIT */
/*
 * Changes of the base that do not come through the mount: fanotify(7) on the file systems of the
 * base. The descriptor is made once and inherited, so that no change is lost while a worker is
 * replaced. What our own operations change is known to the kernel already.
 */
#ifndef MENDFS_WATCH_H
#define MENDFS_WATCH_H

#include "mendfs/overlay.h"

/* The descriptor, or -1 with the reason in err: the mount works, but does not hear of changes from
 * outside. */
int watch_open(const struct lower *lower, struct mend_error *err);
/* Starts the worker's thread that reads overlay->watch. */
int watch_start(struct overlay *overlay, struct mend_error *err);

#endif
