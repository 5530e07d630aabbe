/* SPDX-License-Identifier: MIT */
/*
 * The live set of one mount: immutable and ref-counted. Made of verified releases only; what does
 * not verify is left out and told. FUSE operations see a const pointer to it.
 */
#ifndef MENDFS_GEN_H
#define MENDFS_GEN_H

#include "mendfs/store.h"

/* A target of the live set, found by its path. */
struct mend_gen_target {
	const struct mend_release *release;
	const struct mend_target *target;
};

struct mend_gen_left_out {
	struct mend_release_name name;
	char reason[256];
};

struct mend_gen {
	unsigned refs; /* atomic */
	unsigned number;
	char *reason;
	struct mend_release **releases; /* those with this root */
	size_t release_count;
	struct mend_gen_left_out *left_out;
	size_t left_out_count;
	struct mend_gen_target *targets; /* sorted by path */
	size_t target_count;
};

/* Loads generation `number` (0: the empty one) for a mount whose logical root is `root`. A release
 * of another root is not this mount's. A release that is missing, does not verify, is expired or
 * not for this platform is left out with its reason; -1 only when the generation itself cannot be
 * read. Two releases with the same path: the second is left out. */
int mend_gen_load(struct mend_gen **out, int store_dir, const struct mend_keyring *ring,
		  unsigned number, const char *root, struct mend_error *err);
struct mend_gen *mend_gen_ref(struct mend_gen *gen);
void mend_gen_unref(struct mend_gen *gen);

/* By path relative to the root, or NULL. */
const struct mend_gen_target *mend_gen_find(const struct mend_gen *gen, const char *path);
/* The targets directly or deeper below a directory ("" for the root): targets[*first] …
 * targets[*first + *count - 1]. */
void mend_gen_below(const struct mend_gen *gen, const char *dir, size_t *first, size_t *count);

#endif
