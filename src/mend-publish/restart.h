/* SPDX-License-Identifier: MIT */
/* Which services of this machine use what is patched, as dpkg and systemd's units tell it. */
#ifndef PUBLISH_RESTART_H
#define PUBLISH_RESTART_H

#include "mendfs/manifest.h"

#define RESTART_SUGGESTED_MAX 32

/* Adds to manifest->restart the services that these packages ship, or packages that depend on them
 * directly or through libraries. Left out are templates, terminals and what ends by itself. Warns
 * when there are more. */
int restart_suggest(struct mend_manifest *manifest, const char *const *packages, size_t count,
		    struct mend_error *err);

#endif
