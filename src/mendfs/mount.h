/* SPDX-License-Identifier: MIT */
/* The kernel's side: /dev/fuse, and our mount over the directory. */
#ifndef MENDFS_MOUNT_H
#define MENDFS_MOUNT_H

#include "mendfs/options.h"

/* Opens /dev/fuse and mounts it, with the flags of the mount below (nosuid, nodev …) unless the
 * options say otherwise. */
int mount_attach(int *device, const struct options *options, struct mend_error *err);
/* Our mount is in this mount namespace; after `umount -l` it is not, though it may be in use. */
bool mount_is_attached(void);
/* For an heir: the mount at options->mount is ours. */
void mount_adopt(const struct options *options);
/* Detaches our mount at once, whatever has files open in it; what else is mounted there stays. */
void mount_detach(const struct options *options);

#endif
