/* SPDX-License-Identifier: MIT */
/* A forked child that goes on with the mount: locks nobody holds, and only the descriptors it
 * needs. */
#ifndef MENDFS_INHERIT_H
#define MENDFS_INHERIT_H

#include "mendfs/overlay.h"

/* Makes the process-local locks new, and closes every descriptor but those of overlay, the
 * listener, and 0 to 2. */
void inherit_clean(struct overlay *overlay, int listener);

#endif
