/* SPDX-License-Identifier: MIT */
/* The mounts that run now, each with an open connection. */
#ifndef MENDCTL_LIVE_H
#define MENDCTL_LIVE_H

#include "mendctl/mendctl.h"

struct live_mount {
	char *name;  /* of its socket */
	char *mount; /* its directory */
	char *root;  /* what patches call that directory */
	struct mend_client *client;
	int base;	     /* directory, below the mount */
	unsigned generation; /* that it served when it was met */
	bool leaves_out;     /* a release of it, such as a damaged one */
};

struct live {
	struct live_mount *mounts;
	size_t count;
};

/* Connects to every mount that runs. Sockets that nobody listens on are passed over with a note;
 * a mount that runs but does not answer fails (MEND_MOUNT), or, when `lenient`, is passed over with
 * a note and counted in *deaf. */
int live_open(struct live **out, size_t *deaf, const struct options *options, bool lenient,
	      struct mend_error *err);
void live_free(struct live *live);
MEND_AUTO(struct live, live_free)

/* "/usr/lib, /srv/lib": the mounts that serve a root, or all for NULL; NULL when there is none. To
 * be freed. */
char *live_mounts_of(const struct live *live, const char *root);

/* One call whose only parameter is a generation's number. */
int live_call(json_t **reply, struct mend_client *client, const char *method, unsigned generation,
	      struct mend_error *err);

#endif
