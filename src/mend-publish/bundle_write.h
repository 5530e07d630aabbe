/* SPDX-License-Identifier: MIT */
/* Puts a bundle together: the one writer of .mend files. */
#ifndef PUBLISH_BUNDLE_WRITE_H
#define PUBLISH_BUNDLE_WRITE_H

#include "mendfs/bundle.h"

struct signature {
	char key[MEND_KEY_ID_HEX];
	struct mend_span file;
};

struct parts {
	struct mend_span manifest;
	struct signature signatures[MEND_SIGS_MAX]; /* in any order */
	size_t signature_count;
	const struct mend_bundle_object *objects; /* sorted as in a bundle */
	size_t object_count;
	int object_fd; /* where their bytes are */
	int64_t mtime; /* when the release was issued */
};

/* To fd, which is empty. */
int bundle_write(int fd, const struct parts *parts, struct mend_error *err);

#endif
