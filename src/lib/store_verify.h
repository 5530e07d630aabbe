/* SPDX-License-Identifier: MIT */
/* What one run of mend_store_verify() knows; its parts report into it. */
#ifndef MENDFS_LIB_STORE_VERIFY_H
#define MENDFS_LIB_STORE_VERIFY_H

#include "lib/store_private.h"

/* An object, and a target that needs it. */
struct store_need {
	struct mend_digest object;
	struct mend_release_name release;
	char *path;
	bool is_there;
};

struct store_verify {
	int store_dir;
	const struct mend_keyring *ring;
	bool quick;
	mend_store_problem *each;
	mend_store_progress *progress;
	void *context;

	size_t problems;
	unsigned current;
	struct mend_generation *live; /* NULL: none, or damaged */
	struct store_need *needs;     /* sorted by object after verify_releases */
	size_t need_count;
	uint64_t done, total; /* bytes of objects */
};

void mend_store_verify_report(struct store_verify *verify, const char *mend, const char *format,
			      ...) __attribute__((format(printf, 3, 4)));
/* Signatures, manifests, and that what is live is installed; collects what objects are needed. */
int mend_store_verify_releases(struct store_verify *verify, struct mend_error *err);
/* Everything in objects/, and that nothing needed is missing. */
int mend_store_verify_objects(struct store_verify *verify, struct mend_error *err);
void mend_store_verify_free(struct store_verify *verify);

#endif
