/* SPDX-License-Identifier: MIT */
/*
 * The commit point: which generation is live. The floor of a patch is the higher one of the floor
 * file and the live generation, so that it moves in the same instant as `current` does:
 *
 *	1. the floor file is raised to what is live now	(it was, unless step 4 was cut short)
 *	2. the new generation is synced
 *	3. `current` is renamed over			(the commit point)
 *	4. the floor file is raised to what is live now
 *
 * Raising it only before would leave, after a power cut between the two, a floor above everything
 * that was ever live.
 */
#include <fcntl.h>
#include <stdio.h>

#include "lib/store_private.h"

/* NULL when nothing is live, or nothing that can be read: its floor was raised when it went live.
 */
static struct mend_generation *read_live(int store_dir, unsigned *number)
{
	struct mend_generation *live = NULL;

	if (mend_store_current(number, store_dir, NULL) < 0)
		*number = 0;
	if (*number == 0 || mend_store_generation(&live, store_dir, *number, NULL) < 0)
		return NULL;
	return live;
}

static int sync_generation(int store_dir, unsigned number, struct mend_error *err)
{
	char path[STORE_GENERATION_PATH_SIZE];

	mend_store_generation_path(path, number);
	auto_fd fd = openat(store_dir, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return mend_fail_errno(err, "%s", path);
	if (mend_fs_sync(fd, err) < 0)
		return mend_fail_at(err, "%s", path);
	return mend_store_sync_dir(store_dir, STORE_GENERATIONS, err);
}

static int point(int store_dir, unsigned number, struct mend_error *err)
{
	char path[STORE_GENERATION_PATH_SIZE];

	if (number > 0) {
		mend_store_generation_path(path, number);
		return mend_fs_symlink(store_dir, STORE_CURRENT, path, err);
	}
	if (unlinkat(store_dir, STORE_CURRENT, 0) < 0 && errno != ENOENT)
		return mend_fail_errno(err, STORE_CURRENT ": cannot take it away");
	return mend_fs_sync(store_dir, err);
}

/* The rename may be done when its sync fails; a failure must leave the old one live. */
static int flip(int store_dir, unsigned number, unsigned before, struct mend_error *err)
{
	unsigned found;

	if (point(store_dir, number, err) == 0)
		return 0;
	if (before != number && mend_store_current(&found, store_dir, NULL) == 0 && found == number)
		point(store_dir, before, NULL);
	return -1;
}

int mend_store_set_current(struct mend_store *store, unsigned number, struct mend_error *err)
{
	auto_call(mend_generation_free) struct mend_generation *next = NULL, *live = NULL;
	struct mend_error why;
	unsigned before;
	bool is_empty;

	if (number > 0 && (mend_store_generation(&next, store->dir, number, err) < 0 ||
			   sync_generation(store->dir, number, err) < 0))
		return -1;
	live = read_live(store->dir, &before);
	is_empty = !next || next->count == 0;
	/* Going back to the base has to work whatever state the floor file is in. */
	if (live && mend_store_floor_raise(store->dir, live, &why) < 0 && !is_empty) {
		if (err)
			*err = why;
		return -1;
	}
	if (!is_empty && mend_store_floor_check(store->dir, err) < 0)
		return -1;
	if (flip(store->dir, number, before, err) < 0)
		return -1;
	/* It is live: what fails from here on is made up for by step 1 of the next time. */
	if (next)
		mend_store_floor_raise(store->dir, next, NULL);
	return 0;
}
