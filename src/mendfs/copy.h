/* SPDX-License-Identifier: MIT */
/*
 * A file that only a patch has cannot be linked: it is in no directory of the base. Whoever links
 * it gets a file of the base with the same content, owner, mode and time instead. dpkg(1) does so
 * before it installs a file of a name that is taken, and gives up when it cannot.
 */
#ifndef MENDFS_COPY_H
#define MENDFS_COPY_H

#include "mendfs/overlay.h"

/* All of it appears at once. 0 or an errno. */
int copy_patched(struct overlay *overlay, const struct node *node, int dir, const char *name);

#endif
