/* SPDX-License-Identifier: MIT */
/*
 * BLAKE2b-256 (RFC 7693; the same as `b2sum -l 256`) names and authenticates content. XXH3 is for
 * tables, fingerprints and scrubs, where nobody gains by a collision.
 */
#ifndef MENDFS_DIGEST_H
#define MENDFS_DIGEST_H

#include <sodium.h>

#include "mendfs/error.h"
#include "mendfs/span.h"

#define MEND_DIGEST_SIZE 32
#define MEND_DIGEST_HEX	 (2 * MEND_DIGEST_SIZE + 1) /* with the NUL */

struct mend_digest {
	uint8_t bytes[MEND_DIGEST_SIZE];
};

struct mend_hasher {
	crypto_generichash_state state;
};

void mend_hasher_start(struct mend_hasher *hasher);
void mend_hasher_add(struct mend_hasher *hasher, const void *data, size_t size);
void mend_hasher_end(struct mend_digest *out, struct mend_hasher *hasher);

void mend_digest_of(struct mend_digest *out, struct mend_span data);
/* Reads from offset 0 with pread(2) up to the end; the descriptor's own offset stays. */
int mend_digest_of_fd(struct mend_digest *out, int fd, struct mend_error *err);

void mend_digest_hex(char out[MEND_DIGEST_HEX], const struct mend_digest *digest);
/* Takes exactly 64 lower-case hexadecimal digits. */
bool mend_digest_parse(struct mend_digest *out, const char *hex);
bool mend_digest_equal(const struct mend_digest *a, const struct mend_digest *b);

/* Seeded XXH3-64 of a whole file, for scrubs. */
int mend_scrub_of_fd(uint64_t *out, int fd, struct mend_error *err);

#endif
