/* SPDX-License-Identifier: MIT */
/*
 * The transaction that makes another generation the live one, in the store and on every mount that
 * runs. What a reader sees when the machine dies after each step:
 *
 *	1 the releases are in the store		the old generation
 *	2 generations/N is written		the old one; N is found by gc
 *	3 every mount has prepared N		the old one; the next Prepare takes its place
 *	4 `current` leads to N			N: the commit point
 *	5 every mount has committed N		N
 *	6 the history has a line		N
 *
 * Whatever fails before 4 is taken back, on every mount. Whatever fails after it is retried, and
 * then told: the store says N, and that is what a mount serves from its next start on.
 */
#ifndef MENDCTL_FLIP_H
#define MENDCTL_FLIP_H

#include "mendctl/live.h"
#include "mendctl/set.h"

struct flip {
	const struct options *options;
	struct mend_store *store; /* open for writing */
	const struct live *live;
	unsigned parent;       /* what is live now */
	const struct set *set; /* what is to be live; its fresh ones have to be active at once */
	unsigned existing;     /* the generation to go back to, or 0: a new one is made of set */
	const char *event;     /* of the history: "install" */
	const char *detail;    /* "openssl (b)" */
	bool stubborn; /* revert: neither a mount nor a full disk can keep it from happening */
};

struct flip_outcome {
	unsigned generation;
	int64_t microseconds; /* from the first Commit sent to the last reply; 0 without mounts */
};

int flip_run(struct flip_outcome *out, const struct flip *flip, struct mend_error *err);

/* Is the set just what this generation holds? */
bool flip_is_needless(const struct set *set, int store_dir, unsigned generation);

/* Brings mounts that serve something else to the store's live generation. */
int flip_catch_up(const struct live *live, const struct options *options, unsigned generation,
		  struct mend_error *err);

#endif
