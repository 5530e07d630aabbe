/* SPDX-License-Identifier: MIT */
/*
 * One libfuse session per process life, on the one connection. The first process answers the
 * kernel's INIT and keeps it; a later one plays it to its own session, whose reply the kernel
 * refuses, and asks for everything again that the dead one had read (FUSE_NOTIFY_RESEND).
 */
#ifndef MENDFS_SESSION_H
#define MENDFS_SESSION_H

#include "mendfs/overlay.h"

/* Makes overlay->session on overlay->device and the serving threads, which wait. */
int session_prepare(struct overlay *overlay, struct mend_error *err);
/* Lets the threads serve. is_first: the kernel's own INIT comes; else it is played again. */
void session_begin(struct overlay *overlay, bool is_first);
/* Returns when the connection is over: unmounted. */
void session_wait(struct overlay *overlay);

#endif
