/* SPDX-License-Identifier: MIT */
/* A release's signature: what its trusted comment says, and its place in a bundle. */
#ifndef PUBLISH_SIGNING_H
#define PUBLISH_SIGNING_H

#include "mend-publish/bundle_write.h"
#include "mend-publish/seckey.h"

/* Signs parts->manifest, which decodes to `manifest`, and adds the signature to the parts or puts
 * it in place of an older one by the same key. It is kept in *file, which the parts refer to. */
int sign_parts(struct parts *parts, struct mend_bytes *file, const struct mend_manifest *manifest,
	       const struct seckey *key, struct mend_error *err);

#endif
