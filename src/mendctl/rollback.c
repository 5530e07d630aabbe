/* SPDX-License-Identifier: MIT */
/* mendctl rollback: back to an earlier generation, as it was. */
#include <string.h>

#include "mendctl/change.h"

static int parent_of(unsigned *out, const struct change *change, struct mend_error *err)
{
	auto_call(mend_generation_free) struct mend_generation *live = NULL;

	if (change->generation == 0)
		return mend_fail(err, MEND_ABSENT,
				 "nothing was activated yet: no generation to "
				 "go back to");
	if (mend_store_generation(&live, change->store->dir, change->generation, err))
		return -1;
	*out = live->parent;
	return 0;
}

static int choose(unsigned *out, const struct change *change, struct mend_error *err)
{
	const struct options *options = change->options;

	if (options->arg_count == 0)
		return parent_of(out, change, err);
	return options_number(out, options->args[0], 0, INT32_MAX, "generation", err);
}

/* All that was active in it must still be there and trusted, or the result would be another one. */
static int load(struct set **before, struct change *change, unsigned number, struct mend_error *err)
{
	struct set *set;

	if (set_load(&set, change->store->dir, change->ring, number, err))
		return -1;
	*before = change->set;
	change->set = set;
	for (size_t i = 0; i < set->count; i++) {
		char title[MEND_TITLE_OF_MAX];

		if (set->items[i].manifest)
			continue;
		mend_release_text(title, set->items[i].name.id, set->items[i].name.number);
		return mend_fail(err, MEND_ABSENT,
				 "generation %u: %s of it is not to be had any more", number,
				 title);
	}
	return 0;
}

static void touch(struct touched **touched, size_t *count, const struct set *set, const char *state)
{
	*touched = mend_grow(*touched, *count + set->count + 1, sizeof(**touched));
	for (size_t i = 0; i < set->count; i++)
		(*touched)[(*count)++] = (struct touched){ .name = set->items[i].name,
							   .manifest = set->items[i].manifest,
							   .state = state };
}

static void report(const struct change *change, unsigned number, const struct set *before,
		   const struct flip_outcome *outcome)
{
	auto_free char *mounts = live_mounts_of(change->live, NULL);
	auto_free struct touched *touched = NULL;
	auto_free char *titles = NULL;
	size_t count = 0;

	touch(&touched, &count, change->set, "active");
	titles = change_titles(touched, count);
	change_json(change, "rollback", outcome, touched, count);
	if (mounts)
		say(change->options, "generation %u: live on %s in %.1f ms: %s", number, mounts,
		    (double)outcome->microseconds / 1000, titles[0] ? titles : "nothing active");
	else
		say(change->options, "generation %u: live: %s", number,
		    titles[0] ? titles : "nothing active");
	/* What was loaded from either is no longer what would be. */
	touch(&touched, &count, before, "installed");
	change_hint(change, touched, count);
}

int verb_rollback(const struct options *options, struct mend_error *err)
{
	auto_call(set_free) struct set *before = NULL;
	auto_free char *detail = NULL;
	struct flip_outcome outcome;
	auto_change change = { 0 };
	unsigned number;

	if (change_open(&change, options, options->arg_count ? CHANGE_ANY_LIVE : CHANGE_STRICT,
			err) ||
	    choose(&number, &change, err))
		return -1;
	if (number == change.generation)
		return mend_fail(err, MEND_EXISTS, "generation %u: is live already", number);
	if (load(&before, &change, number, err))
		return -1;
	detail = mend_text_format("to generation %u", number);
	if (flip_run(&outcome,
		     &(struct flip){ .options = options,
				     .store = change.store,
				     .live = change.live,
				     .parent = change.generation,
				     .set = change.set,
				     .existing = number,
				     .event = "rollback",
				     .detail = detail },
		     err))
		return -1;
	report(&change, number, before, &outcome);
	return 0;
}
