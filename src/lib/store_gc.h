/* SPDX-License-Identifier: MIT */
/* The two halves of gc: what is kept, and taking away the rest. */
#ifndef MENDFS_LIB_STORE_GC_H
#define MENDFS_LIB_STORE_GC_H

#include "lib/store_private.h"

struct store_kept {
	unsigned *generations;
	size_t generation_count;
	struct mend_release_name *releases; /* of the kept generations */
	size_t release_count;
	struct mend_store_digests digests; /* of all kept releases; sorted */
};

/* Is names[i], of all that is installed in its order, in a kept generation or its patch's newest?
 */
bool mend_store_gc_keeps(const struct store_kept *kept, const struct mend_release_name *names,
			 size_t count, size_t i);

/* Each counts into *taken, and takes away unless dry_run. */
int mend_store_gc_generations(struct mend_gc *taken, struct mend_store *store,
			      const struct store_kept *kept, bool dry_run, struct mend_error *err);
int mend_store_gc_releases(struct mend_gc *taken, struct mend_store *store,
			   const struct store_kept *kept, bool dry_run, struct mend_error *err);
int mend_store_gc_objects(struct mend_gc *taken, struct mend_store *store,
			  const struct store_kept *kept, bool dry_run, struct mend_error *err);
int mend_store_gc_temporaries(struct mend_gc *taken, int store_dir, bool dry_run,
			      struct mend_error *err);

#endif
