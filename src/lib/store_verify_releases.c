/* SPDX-License-Identifier: MIT */
/* The part of verify that goes through what is installed. */
#include <string.h>

#include "lib/store_verify.h"

static bool is_live(const struct store_verify *verify, const struct mend_release_name *name)
{
	return verify->live && mend_store_holds(verify->live, name);
}

static void need(struct store_verify *verify, const struct mend_release_name *name,
		 const struct mend_target *target)
{
	struct store_need *entry;

	if (target->op != MEND_OP_REPLACE && target->op != MEND_OP_ADD)
		return;
	verify->needs = mend_grow(verify->needs, verify->need_count + 1, sizeof(*verify->needs));
	entry = &verify->needs[verify->need_count++];
	*entry = (struct store_need){ .object = target->object, .release = *name };
	entry->path = mend_text_copy(target->path);
}

static const char *how_to_mend(enum mend_code code)
{
	switch (code) {
	case MEND_UNTRUSTED:
	case MEND_THRESHOLD:
	case MEND_KEY_SCOPE:
		return "trust its publisher (mendctl keys), or remove it: mendctl remove";
	default:
		return "install its bundle again, or remove it: mendctl remove";
	}
}

static void check_release(struct store_verify *verify, const struct mend_release_name *name)
{
	auto_call(mend_release_free) struct mend_release *release = NULL;
	struct mend_error why;
	size_t i;

	if (mend_store_release(&release, verify->store_dir, verify->ring, name->id, name->number,
			       &why) < 0) {
		mend_store_verify_report(verify, how_to_mend(why.code), "%s%s", why.text,
					 is_live(verify, name) ? " (it is active)" : "");
		return;
	}
	for (i = 0; i < release->manifest->target_count; i++)
		need(verify, name, &release->manifest->targets[i]);
}

static bool is_installed(const struct mend_release_name *wanted,
			 const struct mend_release_name *names, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (!strcmp(names[i].id, wanted->id) && names[i].number == wanted->number)
			return true;
	return false;
}

/* Older generations may name what was removed since; the live one may not. */
static void check_live(struct store_verify *verify, const struct mend_release_name *names,
		       size_t count)
{
	size_t i;

	for (i = 0; verify->live && i < verify->live->count; i++) {
		const struct mend_release_name *wanted = &verify->live->releases[i];
		char title[MEND_TITLE_OF_MAX];

		if (is_installed(wanted, names, count))
			continue;
		mend_release_text(title, wanted->id, wanted->number);
		mend_store_verify_report(verify, "install its bundle again",
					 "generation %u, which is live: %s is not installed",
					 verify->current, title);
	}
}

static int compare_needs(const void *a, const void *b)
{
	return memcmp(&((const struct store_need *)a)->object,
		      &((const struct store_need *)b)->object, sizeof(struct mend_digest));
}

int mend_store_verify_releases(struct store_verify *verify, struct mend_error *err)
{
	auto_free struct mend_release_name *names = NULL;
	size_t count, i;

	if (mend_store_releases(&names, &count, verify->store_dir, err) < 0)
		return -1;
	for (i = 0; i < count; i++)
		check_release(verify, &names[i]);
	check_live(verify, names, count);
	if (verify->need_count > 0)
		qsort(verify->needs, verify->need_count, sizeof(*verify->needs), compare_needs);
	return 0;
}

void mend_store_verify_free(struct store_verify *verify)
{
	size_t i;

	for (i = 0; i < verify->need_count; i++)
		free(verify->needs[i].path);
	free(verify->needs);
	mend_generation_free(verify->live);
}
