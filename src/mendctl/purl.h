/* SPDX-License-Identifier: MIT */
/* Package URLs (https://github.com/package-url/purl-spec), by which scanners know packages. */
#ifndef MENDCTL_PURL_H
#define MENDCTL_PURL_H

#include <jansson.h>

#include "mendfs/manifest.h"

/* free(3) it; NULL where the manifest does not say which package has the fix. */
char *purl_of(const struct mend_manifest *manifest, const struct mend_target *target);
/* Of all targets, each once. */
json_t *purls_of(const struct mend_manifest *manifest);

#endif
