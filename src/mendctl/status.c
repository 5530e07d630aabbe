/* SPDX-License-Identifier: MIT */
/* mendctl status: what each mount serves now, and what it does not serve although it should. */
#include <stdio.h>
#include <string.h>

#include "mendctl/boot.h"
#include "mendctl/seen.h"
#include "mendctl/table.h"

struct report {
	const struct options *options;
	bool is_known; /* what is live in the store, which is in the next two */
	unsigned number;
	struct mend_generation *live; /* NULL: generation 0 */
	struct mend_boot *boot;	      /* NULL: there is no store to read */
	struct seen_list *seen;
};

static void close_report(struct report *report)
{
	mend_boot_free(report->boot);
	mend_generation_free(report->live);
	seen_free(report->seen);
}

static int load_store(struct report *report, struct mend_error *err)
{
	auto_call(mend_store_close) struct mend_store *store = NULL;

	if (open_store(&store, report->options, MEND_STORE_READ, err))
		return -1;
	report->boot = boot_load(store->dir);
	if (mend_store_current(&report->number, store->dir, err))
		return -1;
	if (report->number == 0)
		return 0;
	return mend_store_generation(&report->live, store->dir, report->number, err);
}

static void status_json(const struct report *report)
{
	json_t *mounts = json_array(), *releases = json_array();

	for (size_t i = 0; report->live && i < report->live->count; i++)
		json_array_append_new(releases, say_release(report->live->releases[i].id,
							    report->live->releases[i].number));
	for (size_t i = 0; i < report->seen->count; i++) {
		const struct seen *seen = &report->seen->all[i];

		json_array_append_new(mounts, json_pack("{s:s, s:b, s:s, s:O?}", "name", seen->name,
							"running", seen->running, "reason",
							seen->why ? seen->why : "", "status",
							seen->status));
	}
	say_json(
		json_pack("{s:i, s:o, s:s, s:o, s:o, s:o}", "format", 1, "generation",
			  report->is_known ? json_integer(report->number) : json_null(), "reason",
			  report->live ? report->live->reason : "", "releases", releases, "mounts",
			  mounts, "switched_off",
			  report->boot ? boot_off_json(report->boot, report->live) : json_array()));
}

static const char *text_in(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

static void title_of(char out[MEND_TITLE_OF_MAX], const json_t *release)
{
	mend_release_text(out, text_in(release, "id"),
			  (unsigned)json_integer_value(json_object_get(release, "release")));
}

/* A release's targets are told only when they are not what they should be. */
static void add_targets(struct table *table, const json_t *release)
{
	json_t *targets = json_object_get(release, "targets"), *target;
	size_t i;

	json_array_foreach(targets, i, target)
	{
		auto_free char *path = NULL;

		if (!strcmp(text_in(target, "state"), "active"))
			continue;
		path = mend_text_format("%s: %s", text_in(target, "path"),
					text_in(target, "reason"));
		table_add(table, (const char *[]){ "", text_in(target, "state"), path, NULL });
	}
}

static void print_releases(const struct report *report, const struct seen *seen)
{
	auto_call(table_free) struct table *table =
		table_new((const char *[]){ "  PATCH", "STATE", "", NULL });
	json_t *entries, *entry;
	size_t i;

	entries = json_object_get(seen->status, "releases");
	json_array_foreach(entries, i, entry)
	{
		char title[MEND_TITLE_OF_MAX];
		auto_free char *patch = NULL;

		title_of(title, entry);
		patch = mend_text_format("  %s", title);
		table_add(table, (const char *[]){ patch, text_in(entry, "state"),
						   text_in(entry, "title"), NULL });
		add_targets(table, entry);
	}
	entries = json_object_get(seen->status, "left_out");
	json_array_foreach(entries, i, entry)
	{
		char title[MEND_TITLE_OF_MAX];
		auto_free char *patch = NULL;

		title_of(title, entry);
		patch = mend_text_format("  %s", title);
		table_add(table,
			  (const char *[]){ patch, "left out", text_in(entry, "reason"), NULL });
	}
	if (table->rows > 0)
		table_print(table, report->options);
	else
		say(report->options, "  nothing active: this is the base");
}

static void print_mount(const struct report *report, const struct seen *seen)
{
	int64_t number = seen_number(seen, "generation");
	json_t *bad = json_object_get(seen->status, "bad_keys"), *line;
	size_t i;

	if (!seen->running) {
		say(report->options, "%s: %s", seen_mount(seen), seen->why);
		return;
	}
	say(report->options, "%s: generation %lld since %s%s", seen_mount(seen), (long long)number,
	    seen_text(seen, "since"),
	    json_is_true(json_object_get(seen->status, "read_only")) ? ", read-only" : "");
	if (report->is_known && number != (int64_t)report->number)
		say(report->options, "  behind the store's generation %u: any change brings it up",
		    report->number);
	print_releases(report, seen);
	json_array_foreach(bad, i, line)
		say(report->options, "  key left out: %s", json_string_value(line));
}

static void print_store(const struct report *report)
{
	if (report->number == 0) {
		say(report->options, "generation 0: nothing was activated yet");
		return;
	}
	say(report->options, "generation %u since %s: %s", report->number, report->live->created,
	    report->live->reason);
	for (size_t i = 0; i < report->live->count; i++) {
		char title[MEND_TITLE_OF_MAX];

		mend_release_text(title, report->live->releases[i].id,
				  report->live->releases[i].number);
		say(report->options, "  %s", title);
	}
	if (report->live->count == 0)
		say(report->options, "  nothing active");
}

static void print_all(const struct report *report)
{
	for (size_t i = 0; i < report->seen->count; i++)
		print_mount(report, &report->seen->all[i]);
	if (report->seen->count == 0 && report->is_known)
		print_store(report);
	if (report->seen->count == 0)
		say(report->options, "no mount is running");
	if (report->boot)
		boot_say_off(report->options, report->boot, report->live);
}

/* What the mounts do is told whatever the store looks like. */
int verb_status(const struct options *options, struct mend_error *err)
{
	__attribute__((cleanup(close_report))) struct report report = { .options = options };
	struct mend_error why;

	if (seen_load(&report.seen, options, err))
		return -1;
	report.is_known = !load_store(&report, &why);
	if (options->json)
		status_json(&report);
	else
		print_all(&report);
	if (!report.is_known) {
		*err = why;
		return -1;
	}
	return 0;
}
