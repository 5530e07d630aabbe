/* SPDX-License-Identifier: MIT */
/* The methods of io.mendfs.Control and org.varlink.service. */
#ifndef MENDFS_METHODS_H
#define MENDFS_METHODS_H

#include "mendfs/control.h"
#include "mendfs/overlay.h"

struct caller {
	int fd;
	struct mend_bytes in; /* what has come and is not answered */
	bool is_subscribed;
	bool is_oneway; /* the call that is being answered wants no answer */
};

/* Does what one message asks for and replies; false when the caller has to be dropped. */
bool method_call(struct overlay *overlay, struct caller *caller, struct mend_span raw);
/* One more reply to a subscriber. */
void method_event(struct caller *caller, const char *event, unsigned generation);
/* serve.c's: the socket that calls come in by. */
int serve_listener(void);
/* Tells every subscriber; serve.c's. */
void serve_event(const char *event, unsigned generation);
extern void (*method_shutdown)(struct overlay *overlay);

#endif
