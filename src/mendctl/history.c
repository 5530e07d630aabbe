/* SPDX-License-Identifier: MIT */
/* mendctl history: what was done to this machine, oldest first. */
#include <stdio.h>

#include "mendctl/table.h"

/* Lines before a break in the chain are still told. */
static int collect(void *context, const json_t *line, struct mend_error *err)
{
	(void)err;
	json_array_append_new(context, json_deep_copy(line));
	return 0;
}

static const char *text_in(const json_t *line, const char *key)
{
	const char *text = json_string_value(json_object_get(line, key));

	return text ? text : "";
}

static void print_events(const json_t *events, const struct options *options)
{
	auto_call(table_free) struct table *table =
		table_new((const char *[]){ "TIME", "GENERATION", "EVENT", "DETAIL", NULL });
	const json_t *line;
	size_t i;

	json_array_foreach((json_t *)events, i, line)
	{
		char number[24];

		snprintf(number, sizeof(number), "%lld",
			 (long long)json_integer_value(json_object_get(line, "generation")));
		table_add(table,
			  (const char *[]){ text_in(line, "time"), number, text_in(line, "event"),
					    text_in(line, "detail"), NULL });
	}
	if (table->rows > 0)
		table_print(table, options);
	else
		say(options, "nothing was done yet");
}

int verb_history(const struct options *options, struct mend_error *err)
{
	auto_call(mend_store_close) struct mend_store *store = NULL;
	auto_json events = json_array();
	int result;

	if (open_store(&store, options, MEND_STORE_READ, err))
		return -1;
	result = mend_store_history(store->dir, collect, events, err);
	if (!options->json)
		print_events(events, options);
	else if (!result) /* else main() prints the error as the only object */
		say_json(json_pack("{s:i, s:O}", "format", 1, "events", events));
	return result;
}
