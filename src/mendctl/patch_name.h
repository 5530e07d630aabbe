/* SPDX-License-Identifier: MIT */
/* How a person names a patch or one of its releases: "openssl", "openssl=b", "openssl=2". */
#ifndef MENDCTL_PATCH_NAME_H
#define MENDCTL_PATCH_NAME_H

#include "mendctl/mendctl.h"

/* number 0: no release was told. "@" does for "=". MEND_USAGE. */
int patch_name_read(struct mend_release_name *out, const char *text, struct mend_error *err);

/* Fills in a release that was not told by the newest that is installed. MEND_ABSENT when the patch,
 * or the release that was told, is not. */
int patch_name_installed(struct mend_release_name *name, int store_dir, struct mend_error *err);

#endif
