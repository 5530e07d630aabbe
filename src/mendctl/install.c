/* SPDX-License-Identifier: MIT */
/* mendctl install: bundles, all or none, from the file to the mounts. */
#include <stdio.h>
#include <string.h>

#include "mendctl/candidate.h"
#include "mendctl/change.h"
#include "mendctl/gate.h"
#include "mendctl/trial.h"

struct candidates {
	struct candidate *all;
	size_t count;
};

static void close_candidates(struct candidates *candidates)
{
	for (size_t i = 0; i < candidates->count; i++)
		candidate_close(&candidates->all[i]);
	free(candidates->all);
}

static int open_candidates(struct candidates *out, const struct change *change,
			   struct mend_error *err)
{
	const struct options *options = change->options;

	out->all = mend_alloc(options->arg_count * sizeof(*out->all));
	for (unsigned i = 0; i < options->arg_count; i++) {
		if (candidate_open(&out->all[i], options->args[i], change->ring, change->store->dir,
				   options, err))
			return -1;
		out->count++;
	}
	return 0;
}

/* Puts them into the set, and checks it. That is for when they are to be active: what is only
 * stored is checked again by activate, against what is active then. */
static int join(const struct change *change, const struct candidates *candidates,
		struct mend_error *err)
{
	for (size_t i = 0; i < candidates->count; i++) {
		if (set_put(change->set, candidates->all[i].manifest, NULL, err))
			return -1;
	}
	return set_check(change->set, err);
}

static int open_fit(struct fit **out, const struct change *change,
		    const struct candidate *candidate, struct mend_error *err)
{
	if (fit_open(out, candidate->manifest, change->live, change->store->dir, change->options,
		     err))
		return refuse(err, candidate->title);
	return 0;
}

static int check_bases(const struct change *change, const struct candidates *candidates,
		       struct mend_error *err)
{
	for (size_t i = 0; i < candidates->count; i++) {
		auto_call(fit_free) struct fit *fit = NULL;

		if (open_fit(&fit, change, &candidates->all[i], err))
			return -1;
		if (fit_check(fit, err))
			return refuse(err, candidates->all[i].title);
	}
	return 0;
}

static int add_one(const struct change *change, const struct candidate *candidate,
		   struct mend_error *err)
{
	auto_call(fit_free) struct fit *fit = NULL;

	if (open_fit(&fit, change, candidate, err))
		return -1;
	if (change->options->dry_run)
		return candidate_try(candidate, fit, err);
	return mend_store_add(change->store, candidate->bundle, candidate->manifest, fit_find, fit,
			      err);
}

/* Takes the first ones out again; those that were there before stay. */
static void take_back(const struct change *change, const struct candidates *candidates,
		      size_t count)
{
	struct mend_error why;

	for (size_t i = 0; i < count; i++) {
		const struct candidate *candidate = &candidates->all[i];

		if (!change->options->dry_run && !candidate->was_installed &&
		    mend_store_remove(change->store, candidate->manifest->id,
				      candidate->manifest->release, &why))
			say_note("%s: is left installed: %s", candidate->title, why.text);
	}
}

static int add_all(const struct change *change, const struct candidates *candidates,
		   struct mend_error *err)
{
	for (size_t i = 0; i < candidates->count; i++) {
		if (add_one(change, &candidates->all[i], err)) {
			take_back(change, candidates, i);
			return -1;
		}
	}
	return 0;
}

static struct touched *touch(const struct candidates *candidates, const char *state)
{
	struct touched *touched = mend_alloc(candidates->count * sizeof(*touched));

	for (size_t i = 0; i < candidates->count; i++) {
		const struct mend_manifest *manifest = candidates->all[i].manifest;

		touched[i].manifest = manifest;
		snprintf(touched[i].name.id, sizeof(touched[i].name.id), "%s", manifest->id);
		touched[i].name.number = manifest->release;
		touched[i].state = state;
	}
	return touched;
}

static void say_each(const struct change *change, const struct candidates *candidates,
		     const char *what)
{
	for (size_t i = 0; i < candidates->count; i++)
		say(change->options, "%s: %s", candidates->all[i].title, what);
}

static int store_only(const struct change *change, const struct candidates *candidates,
		      struct mend_error *err)
{
	auto_free struct touched *touched = touch(candidates, "installed");
	auto_free char *titles = change_titles(touched, candidates->count);
	struct mend_error why;

	if (add_all(change, candidates, err))
		return -1;
	if (!change->options->dry_run &&
	    mend_store_history_add(change->store, "store", titles, change->generation, &why))
		say_note("done, but not in the history: %s", why.text);
	change_json(change, "install", NULL, touched, candidates->count);
	say_each(change, candidates,
		 change->options->dry_run ? "would be installed, not active"
					  : "installed, not active");
	return 0;
}

/* A mount that did not follow is a failure, too, but one after the commit point. */
static bool was_committed(const struct change *change)
{
	unsigned now;

	return mend_store_current(&now, change->store->dir, NULL) || now != change->generation;
}

static int make_active(struct change *change, const struct candidates *candidates,
		       struct mend_error *err)
{
	auto_free struct touched *touched = touch(candidates, "active");

	if (join(change, candidates, err) || check_bases(change, candidates, err) ||
	    gate_check(change, candidates->all, candidates->count, err) ||
	    (change->options->trial &&
	     trial_check(change, candidates->all, candidates->count, err)) ||
	    add_all(change, candidates, err))
		return -1;
	if (change->options->dry_run) {
		change_json(change, "install", NULL, touched, candidates->count);
		say_each(change, candidates,
			 change_is_live(change) ? "is active already" : "would be active");
		return 0;
	}
	if (change_activate(change, "install", touched, candidates->count, err)) {
		if (!was_committed(change))
			take_back(change, candidates, candidates->count);
		return -1;
	}
	return 0;
}

int verb_install(const struct options *options, struct mend_error *err)
{
	__attribute__((cleanup(close_candidates))) struct candidates candidates = { 0 };
	auto_change change = { 0 };

	if (options->trial && options->no_activate)
		return mend_fail(err, MEND_USAGE,
				 "install: --trial is for what is to be active: without "
				 "--no-activate");
	if (change_open(&change, options, CHANGE_STRICT, err) ||
	    open_candidates(&candidates, &change, err))
		return -1;
	return options->no_activate ? store_only(&change, &candidates, err)
				    : make_active(&change, &candidates, err);
}
