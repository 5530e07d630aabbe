/* SPDX-License-Identifier: MIT */
/*
 * mendctl boot begin: counts a boot before anything is mounted, and takes out what two boots in a
 * row did not become healthy with. A patch that was good in an earlier release goes back to that
 * one; what requires a patch that is gone goes with it.
 */
#include <string.h>

#include "mendctl/boot.h"
#include "mendctl/change.h"

struct removal {
	const struct change *change;
	struct mend_boot *boot;
	struct touched *gone; /* what is live and will not be */
	size_t count;
};

static void take_out(struct removal *removal, const struct set_item *item)
{
	removal->gone = mend_grow(removal->gone, removal->count + 1, sizeof(*removal->gone));
	removal->gone[removal->count++] = (struct touched){ .name = item->name,
							    .manifest = item->manifest,
							    .state = "installed" };
	mend_boot_switch_off(removal->boot, &item->name);
}

/* True when the release that was good before is in the set in place of this one. */
static bool put_back(const struct removal *removal, const struct mend_release_name *bad)
{
	const struct change *change = removal->change;
	struct mend_release_name good = *bad;
	struct mend_release *release;
	char title[MEND_TITLE_OF_MAX];
	struct mend_error why;

	good.number = mend_boot_good(removal->boot, bad->id);
	if (good.number == 0)
		return false;
	if (mend_store_release(&release, change->store->dir, change->ring, good.id, good.number,
			       &why)) {
		mend_release_text(title, good.id, good.number);
		say_note("%s: cannot be put back: %s", title, why.text);
		return false;
	}
	if (set_put(change->set, release->manifest, release, &why)) {
		mend_release_free(release);
		return false;
	}
	if (set_check(change->set, &why)) {
		say_note("%s", why.text);
		return false;
	}
	mend_boot_put_back(removal->boot, &good);
	return true;
}

static bool is_complete(const struct set *set, const struct mend_manifest *manifest)
{
	for (size_t i = 0; manifest && i < manifest->require_count; i++) {
		if (!set_find(set, manifest->requires[i]))
			return false;
	}
	return true;
}

/* One round: what is suspect, or requires what is gone. False when there was nothing. */
static bool take_out_round(struct removal *removal)
{
	struct set *set = removal->change->set;

	for (size_t i = 0; i < set->count; i++) {
		struct set_item item = set->items[i];

		if (!mend_boot_is_suspect(removal->boot, &item.name) &&
		    (removal->count == 0 || is_complete(set, item.manifest)))
			continue;
		take_out(removal, &item);
		if (!put_back(removal, &item.name))
			set_drop(set, item.name.id);
		return true;
	}
	return false;
}

static struct mend_release_name *names_of(const struct set *set)
{
	struct mend_release_name *names = mend_alloc((set->count + 1) * sizeof(*names));

	for (size_t i = 0; i < set->count; i++)
		names[i] = set->items[i].name;
	return names;
}

/* "switched off openssl (b): active in …; back to openssl (a)" */
static char *tell(const struct removal *removal)
{
	auto_free char *titles = change_titles(removal->gone, removal->count);
	char *text = mend_text_format("switched off %s: %d boots in a row never became healthy",
				      titles, MEND_BOOT_TRIES);

	for (size_t i = 0; i < removal->count; i++) {
		const struct set_item *back =
			set_find(removal->change->set, removal->gone[i].name.id);
		auto_free char *before = NULL;
		char title[MEND_TITLE_OF_MAX];

		if (!back)
			continue;
		before = text;
		mend_release_text(title, back->name.id, back->name.number);
		text = mend_text_format("%s; back to %s", before, title);
	}
	return text;
}

/* Like revert, neither a full disk nor a mount keeps it from happening. */
static int flip(struct flip_outcome *outcome, const struct removal *removal, struct mend_error *err)
{
	const struct change *change = removal->change;
	auto_free char *detail = tell(removal);

	if (flip_run(outcome,
		     &(struct flip){ .options = change->options,
				     .store = change->store,
				     .live = change->live,
				     .parent = change->generation,
				     .set = change->set,
				     .event = "boot",
				     .detail = detail,
				     .stubborn = true },
		     err))
		return -1;
	say_note("%s", detail);
	return 0;
}

/* Before anything is mounted; by hand, later in the same boot, nothing is counted again. */
static int count_boot(const struct change *change, const char *id, struct mend_error *err)
{
	auto_call(mend_boot_free) struct mend_boot *boot = boot_load(change->store->dir);
	auto_free struct mend_release_name *live = names_of(change->set);
	struct removal removal = { .change = change, .boot = boot };
	auto_free struct touched *gone = NULL;
	struct flip_outcome outcome;

	if (!mend_boot_begin(boot, id, live, change->set->count)) {
		say(change->options, "this boot is counted already");
		change_json(change, "boot begin", NULL, NULL, 0);
		return 0;
	}
	while (take_out_round(&removal))
		;
	gone = removal.gone;
	if (removal.count > 0 && flip(&outcome, &removal, err))
		return -1;
	if (mend_boot_write(boot, change->store, err))
		return -1;
	change_json(change, "boot begin", removal.count > 0 ? &outcome : NULL, gone, removal.count);
	if (removal.count == 0)
		say(change->options, "this boot is counted: %zu active", boot->active_count);
	return 0;
}

int verb_boot_begin(const struct options *options, struct mend_error *err)
{
	char id[MEND_BOOT_ID_SIZE];
	auto_change change = { 0 };

	if (!boot_has_store(options)) {
		if (options->json)
			say_json(json_pack("{s:i, s:s, s:b, s:b, s:i, s:i, s:[], s:[]}", "format",
					   1, "event", "boot begin", "dry_run", 0, "flipped", 0,
					   "generation", 0, "microseconds", 0, "releases",
					   "restart"));
		say(options, "there is no store: nothing to count");
		return 0;
	}
	if (mend_boot_id(id, err) ||
	    change_open(&change, options, CHANGE_ANY_LIVE | CHANGE_DEAF_MOUNTS, err))
		return -1;
	return count_boot(&change, id, err);
}
