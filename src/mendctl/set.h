/* SPDX-License-Identifier: MIT */
/* The releases that are to be the next generation: may they be so together? */
#ifndef MENDCTL_SET_H
#define MENDCTL_SET_H

#include "mendctl/mendctl.h"

struct set_item {
	struct mend_release_name name;
	struct mend_release *release; /* owned; NULL for one out of a bundle */
	/* Of the release or the bundle. NULL for one that was active and cannot be read or trusted
	 * any more: the mounts leave it out, and so it counts for nothing here. */
	const struct mend_manifest *manifest;
	bool is_fresh; /* was not active before, and has to be afterwards */
};

struct set {
	struct set_item *items; /* sorted by id, one per id */
	size_t count;
	struct set_item *dropped; /* what was taken out; its manifests live as long as the set */
	size_t dropped_count;
};

/* What is active in a generation of the store; 0: an empty set. */
int set_load(struct set **out, int store_dir, const struct mend_keyring *ring, unsigned generation,
	     struct mend_error *err);
void set_free(struct set *set);
MEND_AUTO(struct set, set_free)

/* NULL when the patch is not in the set. */
struct set_item *set_find(const struct set *set, const char *id);
/* Takes the place of an older release of the patch. MEND_CONFLICT when that one is fresh, too.
 * The manifest is borrowed; a release, which may be NULL, changes hands. */
int set_put(struct set *set, const struct mend_manifest *manifest, struct mend_release *release,
	    struct mend_error *err);
/* The item is where set->dropped has its last one, then. */
void set_drop(struct set *set, const char *id);

/* Declared conflicts in both directions and targets of two patches in one place (MEND_CONFLICT);
 * what each fresh one requires (MEND_REQUIRES). */
int set_check(const struct set *set, struct mend_error *err);
/* Fails when one of the set requires a patch that was dropped from it (MEND_REQUIRES). */
int set_check_unneeded(const struct set *set, const char *id, struct mend_error *err);

#endif
