/* SPDX-License-Identifier: MIT */
/* Doing what a request asks for as the one who asks: owner, group, supplementary groups and umask
 * of what is made. */
#ifndef MENDFS_CALLER_H
#define MENDFS_CALLER_H

#define FUSE_USE_VERSION 317
#include <fuse_lowlevel.h>

/* Once per serving thread: its umask is its own from now on. */
void caller_thread_begin(void);
/* File system identity of this thread until caller_end(). The kernel has checked the permissions
 * (default_permissions). */
void caller_begin(fuse_req_t req);
void caller_end(void);

#endif
