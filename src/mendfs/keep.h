/* SPDX-License-Identifier: MIT */
/*
 * An inode whose last name goes while a program still holds it (an open file, a working directory)
 * has to stay in the base until the kernel forgets its node: a file handle alone does not hold it.
 */
#ifndef MENDFS_KEEP_H
#define MENDFS_KEEP_H

#include "mendfs/overlay.h"

/* What a name is about to lose. */
struct keep {
	int fd; /* O_PATH, or -1: nothing there */
};

/* Before the name goes, and after: a node of it is kept if that was its last name. */
void keep_begin(struct keep *out, int dir, const char *name);
void keep_end(fuse_req_t req, struct keep *keep);
void keep_close(struct keep *keep);
#define auto_keep __attribute__((cleanup(keep_close))) struct keep

/* The kernel has forgotten the node. */
void keep_forget(uint64_t id);
/* In a forked child: none of it is here; the numbers may be those of other descriptors by now. */
void keep_reset(void);

#endif
