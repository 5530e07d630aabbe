/* SPDX-License-Identifier: MIT */
/* Would this machine's programs start with what is about to be active? Tried, not thought. */
#include "mendctl/trial.h"

#include <string.h>

#include "mendctl/progress.h"
#include "mendctl/table.h"
#include "mendctl/view.h"
#include "mendfs/trial.h"

static void show_progress(void *context, size_t done, size_t total)
{
	progress_show(context, done, total);
}

static int try_where(struct mend_trial_result *result, const struct view *view,
		     const struct fit_base *base, const struct options *options,
		     struct mend_error *err)
{
	struct progress progress;
	const struct mend_trial trial = { .layers = view->layers,
					  .layer_count = view->count,
					  .base = base->dir,
					  .where = base->where,
					  .progress = show_progress,
					  .context = &progress };
	int failed;

	progress_start(&progress, options, "load test");
	failed = mend_trial_run(result, &trial, err);
	progress_clear(&progress);
	return failed;
}

static int try_release(struct mend_trial_result *result, const struct change *change,
		       const struct candidate *candidates, size_t count,
		       const struct mend_manifest *manifest, struct mend_error *err)
{
	auto_call(fit_free) struct fit *fit = NULL;
	auto_view view = { .count = 0 };

	if (view_open(&view, change, candidates, count, manifest, err) ||
	    fit_open(&fit, manifest, change->live, change->store->dir, change->options, err))
		return -1;
	for (size_t i = 0; i < fit->count; i++) {
		if (try_where(result, &view, &fit->bases[i], change->options, err))
			return -1;
	}
	return 0;
}

/* All releases below one root are tried at once: with the first of them. */
static bool is_first_of_root(const struct set *set, size_t index)
{
	for (size_t i = 0; i < index; i++) {
		const struct set_item *item = &set->items[i];

		if (item->is_fresh && item->manifest &&
		    !strcmp(item->manifest->root, set->items[index].manifest->root))
			return false;
	}
	return true;
}

static void show(const struct mend_trial_result *result, const struct options *options)
{
	static const char *const headings[] = { "PROGRAM", "COMPLAINT", NULL };
	auto_call(table_free) struct table *table = table_new(headings);

	for (size_t i = 0; i < result->count; i++)
		table_add(table, (const char *[]){ result->complaints[i].program,
						   result->complaints[i].text, NULL });
	if (result->count > 0 && !options->json)
		table_print(table, options);
}

static void tell(const struct mend_trial_result *result)
{
	if (result->complained_already > 0)
		say_note("load test: %zu of %zu programs cannot be loaded as it is: nothing new "
			 "was found with them",
			 result->complained_already, result->tried);
	if (result->untried > 0)
		say_note(
			"load test: programs that could not be tried: %zu, which are unreadable or "
			"have an unknown dynamic linker",
			result->untried);
}

int trial_check(const struct change *change, const struct candidate *candidates, size_t count,
		struct mend_error *err)
{
	const struct set *set = change->set;
	auto_trial result = { .complaints = NULL };

	for (size_t i = 0; i < set->count; i++) {
		const struct set_item *item = &set->items[i];

		if (item->is_fresh && item->manifest && is_first_of_root(set, i) &&
		    try_release(&result, change, candidates, count, item->manifest, err))
			return -1;
	}
	tell(&result);
	show(&result, change->options);
	if (!mend_trial_refuse(&result, err)) {
		say(change->options, "load test: programs that start as before: %zu",
		    result.tried - result.complained_already);
		return 0;
	}
	if (change->options->json)
		say_json(json_pack("{s:i, s:{s:s, s:s}, s:o}", "format", 1, "error", "code",
				   mend_code_name(err->code), "text", err->text, "trial",
				   mend_trial_json(&result)));
	return -1;
}
