/* SPDX-License-Identifier: MIT */
/* mendctl mounts: which there are, a line each. */
#include <stdio.h>

#include "mendctl/seen.h"
#include "mendctl/table.h"

static void mounts_json(const struct seen_list *list)
{
	json_t *mounts = json_array();

	for (size_t i = 0; i < list->count; i++) {
		const struct seen *seen = &list->all[i];

		json_array_append_new(
			mounts, json_pack("{s:s, s:s, s:s, s:b, s:I, s:I, s:s}", "name", seen->name,
					  "mount", seen_mount(seen), "root",
					  seen_text(seen, "root"), "running", seen->running, "pid",
					  (json_int_t)seen_number(seen, "pid"), "generation",
					  (json_int_t)seen_number(seen, "generation"), "reason",
					  seen->why ? seen->why : ""));
	}
	say_json(json_pack("{s:i, s:o}", "format", 1, "mounts", mounts));
}

static void add_row(struct table *table, const struct seen *seen)
{
	char pid[24] = "", generation[24] = "";

	if (seen->running) {
		snprintf(pid, sizeof(pid), "%lld", (long long)seen_number(seen, "pid"));
		snprintf(generation, sizeof(generation), "%lld",
			 (long long)seen_number(seen, "generation"));
	}
	table_add(table, (const char *[]){ seen_mount(seen), seen_text(seen, "root"), pid,
					   generation, seen->why ? seen->why : "running", NULL });
}

int verb_mounts(const struct options *options, struct mend_error *err)
{
	auto_call(seen_free) struct seen_list *list = NULL;
	auto_call(table_free) struct table *table =
		table_new((const char *[]){ "MOUNT", "ROOT", "PID", "GENERATION", "STATE", NULL });

	if (seen_load(&list, options, err))
		return -1;
	if (options->json) {
		mounts_json(list);
		return 0;
	}
	for (size_t i = 0; i < list->count; i++)
		add_row(table, &list->all[i]);
	if (table->rows > 0)
		table_print(table, options);
	else
		say(options, "no mount is running");
	return 0;
}
