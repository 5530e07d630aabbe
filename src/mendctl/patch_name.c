/* SPDX-License-Identifier: MIT */
/* Reads what a person calls a release. */
#include "mendctl/patch_name.h"

#include <stdio.h>
#include <string.h>

/* "a" → 1, "z" → 26, "aa" → 27; 0 when it is no label. */
static unsigned number_of_label(const char *label)
{
	unsigned number = 0;

	for (; *label; label++) {
		if (*label < 'a' || *label > 'z')
			return 0;
		number = 26 * number + (unsigned)(*label - 'a') + 1;
		if (number > MEND_RELEASE_MAX)
			return 0;
	}
	return number;
}

static int read_release(unsigned *out, const char *text, const char *whole, struct mend_error *err)
{
	if (!options_number(out, text, 1, MEND_RELEASE_MAX, whole, NULL))
		return 0;
	*out = number_of_label(text);
	if (*out > 0)
		return 0;
	return mend_fail(err, MEND_USAGE, "%s: \"%s\" is neither a release's number nor its label",
			 whole, text);
}

int patch_name_read(struct mend_release_name *out, const char *text, struct mend_error *err)
{
	size_t length = strcspn(text, "=@");
	struct mend_release_name name = { .number = 0 };

	if (length < sizeof(name.id))
		memcpy(name.id, text, length);
	if (!mend_path_is_id(name.id))
		return mend_fail(err, MEND_USAGE, "%s: no patch is called so", text);
	if (text[length] && read_release(&name.number, text + length + 1, text, err))
		return -1;
	*out = name;
	return 0;
}

int patch_name_installed(struct mend_release_name *name, int store_dir, struct mend_error *err)
{
	auto_free struct mend_release_name *all = NULL;
	char title[MEND_TITLE_OF_MAX];
	unsigned found = 0;
	size_t count;

	if (mend_store_releases(&all, &count, store_dir, err))
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (!strcmp(all[i].id, name->id) &&
		    (name->number == 0 || name->number == all[i].number))
			found = all[i].number;
	}
	if (found == 0 && name->number == 0)
		return mend_fail(err, MEND_ABSENT, "%s: not installed", name->id);
	if (found == 0) {
		mend_release_text(title, name->id, name->number);
		return mend_fail(err, MEND_ABSENT, "%s: not installed", title);
	}
	name->number = found;
	return 0;
}
