/* SPDX-License-Identifier: MIT */
/* What the mounts say of themselves: by their sockets to root, by their status files to anyone. */
#ifndef MENDCTL_SEEN_H
#define MENDCTL_SEEN_H

#include "mendctl/mendctl.h"

struct seen {
	char *name;
	json_t *status; /* io.mendfs.Control.Status; NULL when nothing could be learnt */
	bool running;	/* else the status is what it was last */
	char *why;	/* not running, or not to be understood; NULL when all is well */
};

struct seen_list {
	struct seen *all; /* by name */
	size_t count;
};

int seen_load(struct seen_list **out, const struct options *options, struct mend_error *err);
void seen_free(struct seen_list *list);
MEND_AUTO(struct seen_list, seen_free)

/* A member of the status; "" or -1 when it is not there. */
const char *seen_text(const struct seen *seen, const char *key);
int64_t seen_number(const struct seen *seen, const char *key);
/* The directory, or the socket's name when nothing better is known. */
const char *seen_mount(const struct seen *seen);
/* "active", "partial", … of a release; "left out"; NULL: it is none of this mount's. */
const char *seen_state(const struct seen *seen, const struct mend_release_name *release);

#endif
