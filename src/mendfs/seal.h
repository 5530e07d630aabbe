/* SPDX-License-Identifier: MIT */
/* Promise 1: an object is hashed while it is copied into memory that nobody can change afterwards.
 */
#ifndef MENDFS_SEAL_H
#define MENDFS_SEAL_H

#include "mendfs/fs.h"
#include "mendfs/store.h"

/* A sealed memfd with exactly this content: MEND_ABSENT, MEND_HASH, or MEND_SYSTEM. The caller owns
 * *out. */
int seal_object(int *out, int store_dir, const struct mend_digest *digest, uint64_t size,
		struct mend_error *err);

#endif
