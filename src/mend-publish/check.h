/* SPDX-License-Identifier: MIT */
/* Checks a bundle as a machine would, with the library's own reader. */
#ifndef PUBLISH_CHECK_H
#define PUBLISH_CHECK_H

#include "mend-publish/seckey.h"
#include "mendfs/bundle.h"

/* Owned by check_free. */
struct checked {
	struct mend_bundle *bundle;
	struct mend_verified *verified;
	struct mend_manifest *manifest;
	size_t whole, deltas, unchecked; /* objects; unchecked deltas lack their base */
};

/* Opens the bundle, verifies it against the ring, decodes its manifest, and decodes every object.
 * base_dir: where the bases of deltas are, or -1. Takes fd over when it succeeds. */
int check_bundle(struct checked *out, int fd, const struct mend_keyring *ring, int base_dir,
		 struct mend_error *err);
void check_free(struct checked *checked);
#define auto_checked __attribute__((cleanup(check_free))) struct checked

/* The same for a bundle that the key has just signed. The descriptor stays the caller's. */
int check_own(int fd, const struct seckey *key, struct mend_error *err);
/* A manifest that nobody has signed yet: would a machine take it? */
int check_manifest(struct mend_manifest **out, struct mend_span raw, const struct seckey *key,
		   struct mend_error *err);

#endif
