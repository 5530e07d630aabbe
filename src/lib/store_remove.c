/* SPDX-License-Identifier: MIT */
/* Takes a release away: by one rename, so that it is there whole or not at all. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "lib/store_private.h"

bool mend_store_holds(const struct mend_generation *generation,
		      const struct mend_release_name *name)
{
	size_t i;

	for (i = 0; i < generation->count; i++)
		if (!strcmp(generation->releases[i].id, name->id) &&
		    generation->releases[i].number == name->number)
			return true;
	return false;
}

static int check_not_live(int store_dir, const struct mend_release_name *name,
			  struct mend_error *err)
{
	auto_call(mend_generation_free) struct mend_generation *live = NULL;
	unsigned current;

	if (mend_store_current(&current, store_dir, err) < 0)
		return -1;
	if (current == 0)
		return 0;
	if (mend_store_generation(&live, store_dir, current, err) < 0)
		return -1;
	if (mend_store_holds(live, name))
		return mend_fail(err, MEND_CONFLICT, "is active: deactivate it first");
	return 0;
}

static int take_away(int patch, unsigned number, struct mend_error *err)
{
	char temporary[32], name[16];

	snprintf(name, sizeof(name), "%u", number);
	snprintf(temporary, sizeof(temporary), STORE_TEMPORARY "%u", number);
	if (mend_fs_remove_tree(patch, temporary, err) < 0)
		return -1;
	if (renameat(patch, name, patch, temporary) < 0)
		return errno == ENOENT ? mend_fail(err, MEND_ABSENT, "is not installed")
				       : mend_fail_errno(err, "cannot take it away");
	if (mend_fs_sync(patch, err) < 0)
		return -1;
	return mend_fs_remove_tree(patch, temporary, err);
}

static int remove_release(struct mend_store *store, const struct mend_release_name *name,
			  struct mend_error *err)
{
	auto_fd patches = -1, patch = -1;

	if (mend_store_open_dir(&patches, store->dir, STORE_PATCHES, err) < 0 ||
	    mend_store_open_dir(&patch, patches, name->id, err) < 0)
		return -1;
	if (patch < 0)
		return mend_fail(err, MEND_ABSENT, "is not installed");
	if (check_not_live(store->dir, name, err) < 0 || take_away(patch, name->number, err) < 0)
		return -1;
	/* Fails while other releases of the patch are there, and is meant to. */
	if (unlinkat(patches, name->id, AT_REMOVEDIR) == 0)
		return mend_fs_sync(patches, err);
	return 0;
}

int mend_store_remove(struct mend_store *store, const char *id, unsigned number,
		      struct mend_error *err)
{
	struct mend_release_name name = { .number = number };
	char title[MEND_TITLE_OF_MAX];

	if (!mend_path_is_id(id) || number == 0 || number > MEND_RELEASE_MAX)
		return mend_fail(err, MEND_USAGE, "%s=%u: no release is called so", id, number);
	snprintf(name.id, sizeof(name.id), "%s", id);
	if (remove_release(store, &name, err) == 0)
		return 0;
	mend_release_text(title, id, number);
	return mend_fail_at(err, "%s", title);
}
