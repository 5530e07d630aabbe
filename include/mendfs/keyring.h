/* SPDX-License-Identifier: MIT */
/*
 * Who is trusted: CONFIG/keys.d/NAME.pub, each narrowed by a NAME.conf beside it:
 *
 *	paths = GLOB, GLOB …     absolute patterns (root and target path together) it may patch;
 *	                         without it, everything
 *	threshold = N            it counts towards a threshold of N keys; 1 without it
 *
 * and the only gate from bytes to trust: mend_verify() makes the only struct mend_verified there
 *is.
 */
#ifndef MENDFS_KEYRING_H
#define MENDFS_KEYRING_H

#include "mendfs/minisign.h"

#define MEND_KEYS_MAX 256
#define MEND_SIGS_MAX 16

struct mend_trusted_key {
	char *name; /* of the file, without ".pub" */
	struct mend_pubkey key;
	char **paths; /* NULL: everything */
	size_t path_count;
	unsigned threshold;
};

struct mend_keyring {
	struct mend_trusted_key *keys;
	size_t count;
	char **bad; /* one line per file that was left out, and why */
	size_t bad_count;
};

/* config: the open configuration directory, or -1 for none. A missing keys.d is an empty ring; a
 * file that cannot be read or parsed, or whose NAME.conf cannot, is left out and listed in `bad`. A
 * file that somebody other than root or the reader owns, or that group or others may write, is left
 * out too. */
int mend_keyring_load(struct mend_keyring **out, int config, struct mend_error *err);
void mend_keyring_free(struct mend_keyring *ring);
MEND_AUTO(struct mend_keyring, mend_keyring_free)

/* A manifest's bytes, which at least one trusted key signed. Owned. */
struct mend_verified;

/* Checks every signature of a known key over the same buffer that is kept. Unknown keys' signatures
 * are passed over; none of a known key: MEND_UNTRUSTED; one of a known key that does not fit:
 * MEND_SIGNATURE. At least one valid one is needed. */
int mend_verify(struct mend_verified **out, const struct mend_keyring *ring,
		struct mend_span manifest, const struct mend_span *sigs, size_t sig_count,
		struct mend_error *err);
void mend_verified_free(struct mend_verified *verified);
MEND_AUTO(struct mend_verified, mend_verified_free)

struct mend_span mend_verified_bytes(const struct mend_verified *verified);
/* The distinct keys that signed, `count` of them; names and ids are copies. */
struct mend_signer {
	char name[256];
	uint8_t id[MEND_KEY_ID_SIZE];
};
const struct mend_signer *mend_verified_signers(const struct mend_verified *verified,
						size_t *count);

/* May the signers patch this absolute path? Of the signers whose globs match, there must be at
 * least as many as the lowest threshold among them (MEND_KEY_SCOPE when none matches,
 * MEND_THRESHOLD when too few). */
int mend_verified_may(const struct mend_verified *verified, const struct mend_keyring *ring,
		      const char *absolute_path, struct mend_error *err);

#endif
