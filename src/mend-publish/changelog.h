/* SPDX-License-Identifier: MIT */
/* What a package's changelog (deb-changelog(5)) says of a fix. It may be anything: what cannot be
 * understood tells nothing. */
#ifndef PUBLISH_CHANGELOG_H
#define PUBLISH_CHANGELOG_H

#include "mendfs/error.h"
#include "mendfs/span.h"

struct changelog {
	char *text; /* at most MEND_DESCRIPTION_MAX, fit for a manifest; may be "" */
	char **cves;
	size_t cve_count;
	const char *severity; /* as in a manifest; "" when it is not told */
};

/* The entries that are newer than version `since`, which may be NULL: only the first. */
void changelog_read(struct changelog *out, struct mend_span raw, const char *since);
void changelog_clear(struct changelog *changelog);
#define auto_changelog __attribute__((cleanup(changelog_clear))) struct changelog

#endif
