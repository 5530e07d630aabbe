/* SPDX-License-Identifier: MIT */
/* mendctl deactivate: base files come back, what was installed stays so. */
#include "mendctl/change.h"
#include "mendctl/patch_name.h"

static int drop(struct touched *out, const struct change *change, const char *text,
		struct mend_error *err)
{
	struct mend_release_name name;
	const struct set_item *item;

	if (patch_name_read(&name, text, err))
		return -1;
	item = set_find(change->set, name.id);
	if (!item || (name.number > 0 && name.number != item->name.number))
		return mend_fail(err, MEND_ABSENT, "%s: not active", text);
	*out = (struct touched){ .name = item->name,
				 .manifest = item->manifest,
				 .state = "installed" };
	set_drop(change->set, name.id);
	return 0;
}

int verb_deactivate(const struct options *options, struct mend_error *err)
{
	auto_free struct touched *touched = mend_alloc(options->arg_count * sizeof(*touched));
	struct flip_outcome outcome;
	auto_change change = { 0 };

	if (change_open(&change, options, CHANGE_STRICT, err))
		return -1;
	for (unsigned i = 0; i < options->arg_count; i++) {
		if (drop(&touched[i], &change, options->args[i], err))
			return -1;
	}
	if (change_deactivate(&outcome, &change, "deactivate", touched, options->arg_count, err))
		return -1;
	change_json(&change, "deactivate", &outcome, touched, options->arg_count);
	change_say_gone(&change, &outcome, touched, options->arg_count);
	change_hint(&change, touched, options->arg_count);
	return 0;
}
