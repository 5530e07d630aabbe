/* SPDX-License-Identifier: MIT */
/* The inverse of mend_manifest_decode(): a manifest's bytes, the same for the same manifest. */
#ifndef PUBLISH_MANIFEST_ENCODE_H
#define PUBLISH_MANIFEST_ENCODE_H

#include "mendfs/manifest.h"

/* One line of JSON in the order of mendfs-format(5), and a newline. MEND_FORMAT when a text is not
 * UTF-8. */
int manifest_encode(struct mend_bytes *out, const struct mend_manifest *manifest,
		    struct mend_error *err);

#endif
