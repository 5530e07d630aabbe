/* SPDX-License-Identifier: MIT */
/* The kernel's side: /dev/fuse, and our mount over the directory. */
#ifndef MENDFS_MOUNT_H
#define MENDFS_MOUNT_H

#include "mendfs/options.h"

/* Opens /dev/fuse and mounts it, with the flags of the mount below (nosuid, nodev …) unless the
 * options say otherwise. */
int mount_attach(int *device, const struct options *options, struct mend_error *err);
/* Detaches our mount at once, whatever has files open in it. */
void mount_detach(const struct options *options);

#endif
