/* SPDX-License-Identifier: MIT */
/* mendctl revert: the whole base, whatever else may be wrong. */
#include "mendctl/change.h"

/* Drops all that is live, from the end. */
static struct touched *drop_all(const struct change *change, size_t *count)
{
	struct set *set = change->set;
	struct touched *touched = mend_alloc((set->count + 1) * sizeof(*touched));

	*count = set->count;
	while (set->count > 0) {
		const struct set_item *item = &set->items[set->count - 1];

		touched[set->count - 1] = (struct touched){ .name = item->name,
							    .manifest = item->manifest,
							    .state = "installed" };
		set_drop(set, touched[set->count - 1].name.id);
	}
	return touched;
}

static int report(const struct change *change, const struct flip_outcome *outcome,
		  const struct touched *touched, size_t count, struct mend_error *err)
{
	auto_free char *mounts = live_mounts_of(change->live, NULL);

	if (change->deaf > 0)
		return mend_fail(err, MEND_MOUNT,
				 "nothing is active in the store now, but %zu of the mounts did "
				 "not answer: umount them to have the base",
				 change->deaf);
	change_json(change, "revert", outcome, touched, count);
	if (mounts && outcome)
		say(change->options, "nothing is active: the base is back on %s in %.1f ms", mounts,
		    (double)outcome->microseconds / 1000);
	else
		say(change->options, "nothing is active");
	change_hint(change, touched, count);
	return 0;
}

int verb_revert(const struct options *options, struct mend_error *err)
{
	auto_free struct touched *touched = NULL;
	struct flip_outcome outcome;
	auto_change change = { 0 };
	size_t count;

	if (change_open(&change, options, CHANGE_ANY_LIVE | CHANGE_DEAF_MOUNTS, err))
		return -1;
	touched = drop_all(&change, &count);
	if (change_is_live(&change)) {
		if (flip_catch_up(change.live, options, change.generation, err))
			return -1;
		return report(&change, NULL, touched, count, err);
	}
	if (flip_run(&outcome,
		     &(struct flip){ .options = options,
				     .store = change.store,
				     .live = change.live,
				     .parent = change.generation,
				     .set = change.set,
				     .event = "revert",
				     .detail = "",
				     .stubborn = true },
		     err))
		return -1;
	return report(&change, &outcome, touched, count, err);
}
