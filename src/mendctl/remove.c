/* SPDX-License-Identifier: MIT */
/* mendctl remove: deactivates what is active of it, then deletes it from the store. */
#include <string.h>

#include "mendctl/change.h"
#include "mendctl/patch_name.h"

struct doomed {
	struct touched *all;
	size_t count;
	size_t active; /* the first ones of all */
};

static void free_doomed(struct doomed *doomed)
{
	free(doomed->all);
}

static void doom(struct doomed *doomed, const struct touched *touched)
{
	doomed->all = mend_grow(doomed->all, doomed->count + 1, sizeof(*doomed->all));
	doomed->all[doomed->count++] = *touched;
}

static bool is_named(const struct mend_release_name *release, const struct mend_release_name *name)
{
	return !strcmp(release->id, name->id) &&
	       (name->number == 0 || name->number == release->number);
}

static bool is_doomed(const struct doomed *doomed, const struct mend_release_name *release)
{
	for (size_t i = 0; i < doomed->count; i++) {
		if (is_named(&doomed->all[i].name, release))
			return true;
	}
	return false;
}

/* Drops what is active of the named patches from the set. */
static void drop_active(struct doomed *doomed, const struct change *change,
			const struct mend_release_name *names)
{
	for (unsigned i = 0; i < change->options->arg_count; i++) {
		const struct set_item *item = set_find(change->set, names[i].id);

		if (!item || !is_named(&item->name, &names[i]))
			continue;
		doom(doomed, &(struct touched){ .name = item->name,
						.manifest = item->manifest,
						.state = "removed" });
		set_drop(change->set, names[i].id);
	}
	doomed->active = doomed->count;
}

static int add_installed(struct doomed *doomed, const struct change *change,
			 const struct mend_release_name *names, struct mend_error *err)
{
	auto_free struct mend_release_name *installed = NULL;
	size_t count;

	if (mend_store_releases(&installed, &count, change->store->dir, err))
		return -1;
	for (size_t i = 0; i < count; i++) {
		for (unsigned j = 0; j < change->options->arg_count; j++) {
			if (is_named(&installed[i], &names[j]) && !is_doomed(doomed, &installed[i]))
				doom(doomed,
				     &(struct touched){ .name = installed[i], .state = "removed" });
		}
	}
	return 0;
}

static int read_names(struct mend_release_name *names, const struct change *change,
		      struct mend_error *err)
{
	for (unsigned i = 0; i < change->options->arg_count; i++) {
		struct mend_release_name newest;

		if (patch_name_read(&names[i], change->options->args[i], err))
			return -1;
		newest = names[i];
		if (patch_name_installed(&newest, change->store->dir, err))
			return -1;
	}
	return 0;
}

static int delete_all(const struct change *change, const struct doomed *doomed,
		      struct mend_error *err)
{
	for (size_t i = 0; i < doomed->count; i++) {
		const struct mend_release_name *name = &doomed->all[i].name;

		if (mend_store_remove(change->store, name->id, name->number, err))
			return -1;
	}
	return 0;
}

static void remember(const struct change *change, const struct doomed *doomed)
{
	auto_free char *titles = change_titles(doomed->all, doomed->count);
	struct mend_error why;

	if (mend_store_history_add(change->store, "remove", titles, change->generation, &why))
		say_note("done, but not in the history: %s", why.text);
}

int verb_remove(const struct options *options, struct mend_error *err)
{
	auto_free struct mend_release_name *names = mend_alloc(options->arg_count * sizeof(*names));
	__attribute__((cleanup(free_doomed))) struct doomed doomed = { 0 };
	struct flip_outcome outcome;
	auto_change change = { 0 };

	if (change_open(&change, options, CHANGE_STRICT, err) || read_names(names, &change, err))
		return -1;
	drop_active(&doomed, &change, names);
	if (add_installed(&doomed, &change, names, err))
		return -1;
	if (doomed.active > 0 &&
	    change_deactivate(&outcome, &change, "deactivate", doomed.all, doomed.active, err))
		return -1;
	if (delete_all(&change, &doomed, err))
		return -1;
	remember(&change, &doomed);
	change_json(&change, "remove", doomed.active > 0 ? &outcome : NULL, doomed.all,
		    doomed.count);
	if (doomed.active > 0)
		change_say_gone(&change, &outcome, doomed.all, doomed.active);
	for (size_t i = 0; i < doomed.count; i++) {
		auto_free char *title = change_titles(&doomed.all[i], 1);

		say(options, "%s: removed", title);
	}
	change_hint(&change, doomed.all, doomed.active);
	return 0;
}
