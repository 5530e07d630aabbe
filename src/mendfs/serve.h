/* SPDX-License-Identifier: MIT */
/* The control socket's own side: a thread that answers calls of io.mendfs.Control, one at a time.
 */
#ifndef MENDFS_SERVE_H
#define MENDFS_SERVE_H

#include "mendfs/overlay.h"

/* Binds RUN/NAME.varlink, mode 0600, replacing what a dead mount left there; a living one there is
 * MEND_BUSY. */
int serve_listen(int *out, const struct options *options, struct mend_error *err);
/* Takes the socket away, unless it is another mount's by now: serve_is_anothers(). */
void serve_unlink(const struct options *options);
bool serve_is_anothers(const struct options *options);

/* In a forked child: lets go of the callers, whom the parent answers. */
void serve_forget_callers(void);
/* Starts the thread that answers on `listener`. shutdown is called when a caller asks for it. */
int serve_start(struct overlay *overlay, int listener, void (*shutdown)(struct overlay *),
		struct mend_error *err);

#endif
