/* SPDX-License-Identifier: MIT */
/*
 * The guard: a process outside the family, so that what kills all of that at once does not kill it.
 * With no process left a mount answers ENOTCONN to everything, and below /usr/lib that means that
 * no program can be started to take it away. The guard runs already, is static, and does.
 */
#ifndef MENDFS_GUARD_H
#define MENDFS_GUARD_H

#include "mendfs/options.h"

/* Returns when there is no mount of ours any more: 0 when it was unmounted, 1 when it was dead and
 * had to be detached, 3 when that could not be done. */
int guard_run(const struct options *options);

#endif
