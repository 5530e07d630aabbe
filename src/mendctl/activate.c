/* SPDX-License-Identifier: MIT */
/* mendctl activate: releases that are in the store already, all or none. */
#include "mendctl/candidate.h"
#include "mendctl/change.h"
#include "mendctl/gate.h"
#include "mendctl/patch_name.h"

/* Puts the release into the set, which owns it from then on. */
static int add(struct touched *out, const struct change *change, const char *text,
	       struct mend_error *err)
{
	auto_call(mend_release_free) struct mend_release *release = NULL;
	struct mend_release_name name;
	char title[MEND_TITLE_OF_MAX];

	if (patch_name_read(&name, text, err) ||
	    patch_name_installed(&name, change->store->dir, err))
		return -1;
	if (mend_store_release(&release, change->store->dir, change->ring, name.id, name.number,
			       err))
		return -1;
	mend_release_text(title, name.id, name.number);
	if (release_check(release->manifest, title, change->store->dir, err) ||
	    set_put(change->set, release->manifest, release, err))
		return -1;
	*out = (struct touched){ .name = name,
				 .manifest = take(release)->manifest,
				 .state = "active" };
	return 0;
}

static int check_base(const struct change *change, const struct touched *touched,
		      struct mend_error *err)
{
	auto_call(fit_free) struct fit *fit = NULL;
	char title[MEND_TITLE_OF_MAX];

	mend_release_text(title, touched->name.id, touched->name.number);
	if (fit_open(&fit, touched->manifest, change->live, change->store->dir, change->options,
		     err) ||
	    fit_check(fit, err))
		return refuse(err, title);
	return 0;
}

int verb_activate(const struct options *options, struct mend_error *err)
{
	auto_free struct touched *touched = mend_alloc(options->arg_count * sizeof(*touched));
	auto_change change = { 0 };

	if (change_open(&change, options, CHANGE_STRICT, err))
		return -1;
	for (unsigned i = 0; i < options->arg_count; i++) {
		if (add(&touched[i], &change, options->args[i], err))
			return -1;
	}
	if (set_check(change.set, err))
		return -1;
	for (unsigned i = 0; i < options->arg_count; i++) {
		if (check_base(&change, &touched[i], err))
			return -1;
	}
	if (gate_check(&change, NULL, 0, err))
		return -1;
	return change_activate(&change, "activate", touched, options->arg_count, err);
}
