/* SPDX-License-Identifier: MIT */
/* What all verbs that change the live generation do before and after. */
#include "mendctl/change.h"

/* What cannot be read of the live generation must not keep anybody from reverting it. */
static int load_set(struct change *change, unsigned lenience, struct mend_error *err)
{
	struct mend_error why;

	if (!mend_store_current(&change->generation, change->store->dir, &why) &&
	    !set_load(&change->set, change->store->dir, change->ring, change->generation, &why))
		return 0;
	if (!(lenience & CHANGE_ANY_LIVE)) {
		*err = why;
		return -1;
	}
	say_note("%s", why.text);
	change->is_damaged = true;
	return set_load(&change->set, change->store->dir, change->ring, 0, err);
}

static int open_all(struct change *change, unsigned lenience, struct mend_error *err)
{
	enum mend_store_mode mode = change->options->dry_run ? MEND_STORE_READ : MEND_STORE_WRITE;

	if (open_store(&change->store, change->options, mode, err) ||
	    open_keyring(&change->ring, change->options, err) ||
	    live_open(&change->live, &change->deaf, change->options, lenience & CHANGE_DEAF_MOUNTS,
		      err))
		return -1;
	return load_set(change, lenience, err);
}

int change_open(struct change *out, const struct options *options, unsigned lenience,
		struct mend_error *err)
{
	struct change change = { .options = options };

	if (open_all(&change, lenience, err)) {
		change_close(&change);
		return -1;
	}
	*out = change;
	return 0;
}

void change_close(struct change *change)
{
	set_free(change->set);
	live_free(change->live);
	mend_keyring_free(change->ring);
	mend_store_close(change->store);
	*change = (struct change){ 0 };
}

bool change_is_live(const struct change *change)
{
	return !change->is_damaged &&
	       flip_is_needless(change->set, change->store->dir, change->generation);
}

/* Nothing to change in the store, but a mount may have missed the flip that did it. */
static int keep(const struct change *change, const char *event, const struct touched *touched,
		size_t count, struct mend_error *err)
{
	char title[MEND_TITLE_OF_MAX];

	if (flip_catch_up(change->live, change->options, change->generation, err))
		return -1;
	change_json(change, event, NULL, touched, count);
	for (size_t i = 0; i < count; i++) {
		mend_release_text(title, touched[i].name.id, touched[i].name.number);
		say(change->options, "%s: is active already", title);
	}
	return 0;
}

int change_activate(const struct change *change, const char *event, const struct touched *touched,
		    size_t count, struct mend_error *err)
{
	auto_free char *titles = change_titles(touched, count);
	const struct flip flip = {
		.options = change->options,
		.store = change->store,
		.live = change->live,
		.parent = change->generation,
		.set = change->set,
		.event = event,
		.detail = titles,
	};
	struct flip_outcome outcome;

	if (change_is_live(change))
		return keep(change, event, touched, count, err);
	if (flip_run(&outcome, &flip, err))
		return -1;
	change_json(change, event, &outcome, touched, count);
	change_say_active(change, &outcome, touched, count);
	change_hint(change, touched, count);
	return 0;
}

int change_deactivate(struct flip_outcome *out, const struct change *change, const char *event,
		      const struct touched *dropped, size_t count, struct mend_error *err)
{
	auto_free char *titles = change_titles(dropped, count);
	const struct flip flip = {
		.options = change->options,
		.store = change->store,
		.live = change->live,
		.parent = change->generation,
		.set = change->set,
		.event = event,
		.detail = titles,
	};

	for (size_t i = 0; i < count; i++) {
		if (set_check_unneeded(change->set, dropped[i].name.id, err))
			return -1;
	}
	return flip_run(out, &flip, err);
}
