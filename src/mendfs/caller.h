/* SPDX-License-Identifier: MIT */
/*
 * Doing what a request asks for as the one who asks: owner and group of what is made, umask,
 * supplementary groups (set-gid directories), capabilities (set-id bits that stay or go, reserved
 * blocks, quotas). The kernel has checked the permissions before (default_permissions).
 */
#ifndef MENDFS_CALLER_H
#define MENDFS_CALLER_H

#define FUSE_USE_VERSION 317
#include <fuse_lowlevel.h>

/* Once per serving thread: its umask is its own from now on. */
void caller_thread_begin(void);
/* This thread is the caller until caller_end(), which keeps errno. Open what only we may open
 * before. */
void caller_begin(fuse_req_t req);
void caller_end(void);

#endif
