/* SPDX-License-Identifier: MIT */
/* How a change went, told to a person or as JSON. */
#include <string.h>

#include "mendctl/change.h"

char *change_titles(const struct touched *touched, size_t count)
{
	char *text = mend_text_copy("");

	for (size_t i = 0; i < count; i++) {
		auto_free char *before = text;
		char title[MEND_TITLE_OF_MAX];

		mend_release_text(title, touched[i].name.id, touched[i].name.number);
		text = mend_text_format("%s%s%s", before, i > 0 ? ", " : "", title);
	}
	return text;
}

static json_t *mounts_of(const struct live *live, const struct mend_manifest *manifest)
{
	json_t *mounts = json_array();

	for (size_t i = 0; manifest && i < live->count; i++) {
		if (!strcmp(live->mounts[i].root, manifest->root))
			json_array_append_new(mounts, json_string(live->mounts[i].mount));
	}
	return mounts;
}

static bool holds(const json_t *array, const char *text)
{
	const json_t *value;
	size_t i;

	json_array_foreach((json_t *)array, i, value)
	{
		if (!strcmp(json_string_value(value), text))
			return true;
	}
	return false;
}

static bool is_served(const struct live *live, const struct mend_manifest *manifest)
{
	auto_free char *mounts = live_mounts_of(live, manifest->root);

	return mounts != NULL;
}

/* Each once; with `live` only those of releases that a mount serves. */
static json_t *units_of(const struct touched *touched, size_t count, const struct live *live)
{
	json_t *units = json_array();

	for (size_t i = 0; i < count; i++) {
		const struct mend_manifest *manifest = touched[i].manifest;

		if (manifest && live && !is_served(live, manifest))
			continue;
		for (size_t j = 0; manifest && j < manifest->restart_count; j++) {
			if (!holds(units, manifest->restart[j]))
				json_array_append_new(units, json_string(manifest->restart[j]));
		}
	}
	return units;
}

void change_json(const struct change *change, const char *event, const struct flip_outcome *outcome,
		 const struct touched *touched, size_t count)
{
	json_t *releases;

	if (!change->options->json)
		return;
	releases = json_array();
	for (size_t i = 0; i < count; i++) {
		json_t *release = say_release(touched[i].name.id, touched[i].name.number);

		json_object_set_new(release, "state", json_string(touched[i].state));
		json_object_set_new(release, "mounts",
				    mounts_of(change->live, touched[i].manifest));
		json_array_append_new(releases, release);
	}
	say_json(json_pack("{s:i, s:s, s:b, s:b, s:i, s:I, s:o, s:o}", "format", 1, "event", event,
			   "dry_run", change->options->dry_run, "flipped", outcome != NULL,
			   "generation", (int)(outcome ? outcome->generation : change->generation),
			   "microseconds", (json_int_t)(outcome ? outcome->microseconds : 0),
			   "releases", releases, "restart", units_of(touched, count, NULL)));
}

void change_hint(const struct change *change, const struct touched *touched, size_t count)
{
	auto_json units = units_of(touched, count, change->live);
	auto_free char *list = mend_text_copy("");

	for (size_t i = 0; i < json_array_size(units); i++) {
		auto_free char *before = take(list);

		list = mend_text_format("%s %s", before,
					json_string_value(json_array_get(units, i)));
	}
	if (list[0])
		say(change->options, "what runs keeps what it has loaded: systemctl try-restart%s",
		    list);
}

/* "openssl (b): active on /usr/lib in 0.4 ms" */
static void say_active(const struct change *change, const struct touched *touched,
		       const struct flip_outcome *outcome)
{
	auto_free char *mounts = live_mounts_of(change->live, touched->manifest->root);
	char title[MEND_TITLE_OF_MAX];

	mend_release_text(title, touched->name.id, touched->name.number);
	if (mounts)
		say(change->options, "%s: active on %s in %.1f ms", title, mounts,
		    (double)outcome->microseconds / 1000);
	else
		say(change->options,
		    "%s: installed; no mount serves %s now, it takes effect at the next one", title,
		    touched->manifest->root);
}

void change_say_active(const struct change *change, const struct flip_outcome *outcome,
		       const struct touched *touched, size_t count)
{
	for (size_t i = 0; i < count; i++)
		say_active(change, &touched[i], outcome);
}

/* Where nobody can tell the root any more, all mounts are told. */
static void say_gone(const struct change *change, const struct touched *touched,
		     const struct flip_outcome *outcome)
{
	const char *root = touched->manifest ? touched->manifest->root : NULL;
	auto_free char *mounts = live_mounts_of(change->live, root);
	char title[MEND_TITLE_OF_MAX];

	mend_release_text(title, touched->name.id, touched->name.number);
	if (mounts)
		say(change->options, "%s: no longer active; the base is back on %s in %.1f ms",
		    title, mounts, (double)outcome->microseconds / 1000);
	else
		say(change->options, "%s: no longer active", title);
}

void change_say_gone(const struct change *change, const struct flip_outcome *outcome,
		     const struct touched *touched, size_t count)
{
	for (size_t i = 0; i < count; i++)
		say_gone(change, &touched[i], outcome);
}
