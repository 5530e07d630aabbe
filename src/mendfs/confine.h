/* SPDX-License-Identifier: MIT */
/* Least privilege: what a worker gives up for good before it reads its first request, and what
 * keeps it alive under memory pressure. */
#ifndef MENDFS_CONFINE_H
#define MENDFS_CONFINE_H

#include "mendfs/error.h"

/* For every process of the mount, before the first fork: spared by the OOM killer, does the I/O of
 * others (PR_SET_IO_FLUSHER). */
void confine_protect(void);
/* For a process that serves or may have to: what it has touched stays in memory. A fork does not
 * inherit it. */
void confine_memory(void);
/* Before threads are made: capabilities(7) down to those that writing through needs, and a
 * seccomp(2) filter without exec, network, or ways to reach other processes and the kernel. */
int confine_worker(struct mend_error *err);

#endif
