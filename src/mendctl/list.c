/* SPDX-License-Identifier: MIT */
/* mendctl list: what is installed, and what of it is active where. */
#include <stdio.h>
#include <string.h>

#include "mendctl/seen.h"
#include "mendctl/table.h"

struct listing {
	const struct options *options;
	struct mend_store *store;
	struct mend_keyring *ring;
	struct seen_list *seen;
	struct mend_generation *live; /* NULL: generation 0 */
	unsigned generation;
	json_t *rows; /* as --json prints them */
};

static void close_listing(struct listing *listing)
{
	json_decref(listing->rows);
	mend_generation_free(listing->live);
	seen_free(listing->seen);
	mend_keyring_free(listing->ring);
	mend_store_close(listing->store);
}

static int open_listing(struct listing *out, const struct options *options, struct mend_error *err)
{
	out->options = options;
	out->rows = json_array();
	if (open_store(&out->store, options, MEND_STORE_READ, err) ||
	    open_keyring(&out->ring, options, err) || seen_load(&out->seen, options, err) ||
	    mend_store_current(&out->generation, out->store->dir, err))
		return -1;
	if (out->generation == 0)
		return 0;
	return mend_store_generation(&out->live, out->store->dir, out->generation, err);
}

static bool is_live(const struct listing *listing, const struct mend_release_name *name)
{
	for (size_t i = 0; listing->live && i < listing->live->count; i++) {
		if (!strcmp(listing->live->releases[i].id, name->id) &&
		    listing->live->releases[i].number == name->number)
			return true;
	}
	return false;
}

static json_t *mounts_of(const struct listing *listing, const struct mend_release_name *name)
{
	json_t *mounts = json_array();

	for (size_t i = 0; i < listing->seen->count; i++) {
		const struct seen *seen = &listing->seen->all[i];
		const char *state = seen_state(seen, name);

		if (state && seen->running)
			json_array_append_new(mounts, json_pack("{s:s, s:s}", "mount",
								seen_mount(seen), "state", state));
	}
	return mounts;
}

/* A release that cannot be read or trusted is told so, and is never active. */
static json_t *row_of(const struct listing *listing, const struct mend_release_name *name)
{
	auto_call(mend_release_free) struct mend_release *release = NULL;
	json_t *row = say_release(name->id, name->number);
	const struct mend_manifest *manifest;
	struct mend_error why = { .text = "" };

	mend_store_release(&release, listing->store->dir, listing->ring, name->id, name->number,
			   &why);
	manifest = release ? release->manifest : NULL;
	json_object_set_new(row, "state",
			    json_string(!manifest		 ? "unusable"
					: is_live(listing, name) ? "active"
								 : "installed"));
	json_object_set_new(row, "reason", json_string(why.text));
	json_object_set_new(row, "title", json_string(manifest ? manifest->title : ""));
	json_object_set_new(row, "severity", json_string(manifest ? manifest->severity : ""));
	json_object_set_new(row, "issued", json_string(manifest ? manifest->issued : ""));
	json_object_set_new(row, "root", json_string(manifest ? manifest->root : ""));
	json_object_set_new(row, "mounts", mounts_of(listing, name));
	return row;
}

static const char *text_in(const json_t *row, const char *key)
{
	return json_string_value(json_object_get(row, key));
}

/* "/usr/lib: drifted", for mounts that do not serve it as the store has it. */
static char *odd_mounts(const json_t *row)
{
	json_t *mounts = json_object_get(row, "mounts"), *mount;
	char *text = mend_text_copy("");
	size_t i;

	json_array_foreach(mounts, i, mount)
	{
		auto_free char *before = NULL;

		if (!strcmp(text_in(mount, "state"), text_in(row, "state")))
			continue;
		before = text;
		text = mend_text_format("%s%s: %s  ", before, text_in(mount, "mount"),
					text_in(mount, "state"));
	}
	return text;
}

static void print_rows(const struct listing *listing)
{
	auto_call(table_free) struct table *table = table_new(
		(const char *[]){ "PATCH", "STATE", "SEVERITY", "ISSUED", "TITLE", NULL });
	json_t *row;
	size_t i;

	json_array_foreach(listing->rows, i, row)
	{
		auto_free char *odd = odd_mounts(row);
		auto_free char *last = mend_text_format("%s%s%s", odd, text_in(row, "title"),
							text_in(row, "reason"));
		char patch[MEND_TITLE_OF_MAX], day[11];

		snprintf(patch, sizeof(patch), "%s (%s)", text_in(row, "id"),
			 text_in(row, "label"));
		snprintf(day, sizeof(day), "%s", text_in(row, "issued"));
		table_add(table, (const char *[]){ patch, text_in(row, "state"),
						   text_in(row, "severity"), day, last, NULL });
	}
	if (table->rows > 0)
		table_print(table, listing->options);
	else
		say(listing->options, "nothing is installed");
}

int verb_list(const struct options *options, struct mend_error *err)
{
	__attribute__((cleanup(close_listing))) struct listing listing = { 0 };
	auto_free struct mend_release_name *names = NULL;
	size_t count;

	if (open_listing(&listing, options, err) ||
	    mend_store_releases(&names, &count, listing.store->dir, err))
		return -1;
	for (size_t i = 0; i < count; i++)
		json_array_append_new(listing.rows, row_of(&listing, &names[i]));
	if (options->json)
		say_json(json_pack("{s:i, s:i, s:O}", "format", 1, "generation",
				   (int)listing.generation, "releases", listing.rows));
	else
		print_rows(&listing);
	return 0;
}
