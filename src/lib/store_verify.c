/* SPDX-License-Identifier: MIT */
/* Goes through the whole store and tells what is wrong with it, and how to mend that. */
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/store_verify.h"

void mend_store_verify_report(struct store_verify *verify, const char *mend, const char *format,
			      ...)
{
	char what[sizeof(((struct mend_error *)0)->text) + 64];
	va_list args;

	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	verify->problems++;
	if (verify->each)
		verify->each(verify->context, what, mend);
}

static void check_current(struct store_verify *verify)
{
	struct mend_error why;

	if (mend_store_current(&verify->current, verify->store_dir, &why) == 0)
		return;
	verify->current = 0;
	mend_store_verify_report(verify,
				 "make " STORE_CURRENT
				 " a symlink to generations/N again, or go to a generation that is "
				 "whole: mendctl rollback N",
				 "%s", why.text);
}

static void check_live(struct store_verify *verify)
{
	struct mend_error why;

	if (verify->current == 0 ||
	    mend_store_generation(&verify->live, verify->store_dir, verify->current, &why) == 0)
		return;
	mend_store_verify_report(verify, "go to a generation that is whole: mendctl rollback N",
				 "generation %u, which is live: %s", verify->current, why.text);
}

static int check_generations(struct store_verify *verify, struct mend_error *err)
{
	auto_free unsigned *numbers = NULL;
	size_t count, i;

	check_current(verify);
	check_live(verify);
	if (mend_store_generations(&numbers, &count, verify->store_dir, err) < 0)
		return -1;
	for (i = 0; i < count; i++) {
		auto_call(mend_generation_free) struct mend_generation *generation = NULL;
		struct mend_error why;

		if (numbers[i] != verify->current &&
		    mend_store_generation(&generation, verify->store_dir, numbers[i], &why) < 0)
			mend_store_verify_report(verify, "take it away: mendctl gc",
						 "generation %u: %s", numbers[i], why.text);
	}
	return 0;
}

static void check_floor(struct store_verify *verify)
{
	struct mend_error why;

	if (mend_store_floor_check(verify->store_dir, &why) < 0)
		mend_store_verify_report(
			verify,
			"put it back from a backup, or take it away: older releases can be "
			"installed then",
			"%s", why.text);
}

static void check_history(struct store_verify *verify)
{
	struct mend_error why;

	if (mend_store_history(verify->store_dir, NULL, NULL, &why) < 0)
		mend_store_verify_report(verify,
					 "find out who changed it; then rename it, and the next "
					 "change begins a new one",
					 "%s", why.text);
}

int mend_store_verify(size_t *problems, int store_dir, const struct mend_keyring *ring, bool quick,
		      mend_store_problem *each, mend_store_progress *progress, void *context,
		      struct mend_error *err)
{
	struct store_verify verify = {
		.store_dir = store_dir,
		.ring = ring,
		.quick = quick,
		.each = each,
		.progress = progress,
		.context = context,
	};
	int result = 0;

	if (store_dir >= 0) {
		result = check_generations(&verify, err);
		if (result == 0)
			result = mend_store_verify_releases(&verify, err);
		if (result == 0)
			result = mend_store_verify_objects(&verify, err);
		check_floor(&verify);
		check_history(&verify);
	}
	mend_store_verify_free(&verify);
	if (result == 0)
		*problems = verify.problems;
	return result;
}
