/* SPDX-License-Identifier: MIT */
/*
 * Three processes keep one mount. All of them hold /dev/fuse and the shared state.
 *
 *	supervisor	the first one: takes signals, watches the others, serves nothing
 *	worker		serves; watches the other two and forks them anew when they die
 *	standby		a fork of the worker with everything in place, waiting for the worker's
 *death
 *
 * Who may become the worker is decided by one compare-and-swap on family->worker:
 *
 *	worker dies		standby swaps the dead pid for its own, and serves
 *	worker and standby die	supervisor swaps it for 0, forks a worker from its own image
 *	supervisor dies		worker forks one
 *	standby dies		worker forks one
 *	all die			the connection ends; the mount point answers ENOTCONN until it is
 *unmounted
 *
 * Nobody is waited for: deaths are seen by pidfd_open(2), so it does not matter whose child anybody
 *is.
 */
#ifndef MENDFS_FAMILY_H
#define MENDFS_FAMILY_H

#include "mendfs/overlay.h"

/* Forks the first worker; returns when it has answered the kernel's INIT, or fails. */
int family_begin(struct overlay *overlay, int listener, struct mend_error *err);
/* The supervisor's life; returns the exit status when the mount is over. */
int family_supervise(struct overlay *overlay);
/* Ends the worker of another program and goes on as it; on_post is called when the mount is ours.
 * Returns only when it fails. */
int family_take_over(struct overlay *overlay, int listener, void (*on_post)(void),
		     struct mend_error *err);
/* In the worker: the standby's copy of the live set is old. */
void family_live_changed(void);
/* In the worker: unmount and end. */
void family_shutdown(struct overlay *overlay);

#endif
