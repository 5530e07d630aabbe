/* SPDX-License-Identifier: MIT */
/* Between security_find() and what it asks. */
#ifndef PUBLISH_SECURITY_PRIVATE_H
#define PUBLISH_SECURITY_PRIVATE_H

#include "mendfs/error.h"
#include "mendfs/span.h"

/* One binary package, as a list has it. */
struct listed {
	char *name, *arch, *version, *source;
};
struct listing {
	struct listed *items; /* sorted by name and architecture, each once */
	size_t count;
};

/* What dpkg has installed; source is NULL. */
int listing_installed(struct listing *out, struct mend_error *err);
/* What the security suites have, in its newest version. */
int listing_security(struct listing *out, struct mend_error *err);
/* The one of the same name and architecture, or NULL. */
const struct listed *listing_find(const struct listing *listing, const struct listed *like);
void listing_clear(struct listing *listing);
#define auto_listing __attribute__((cleanup(listing_clear))) struct listing

#endif
