/* SPDX-License-Identifier: MIT */
/* Opens the store, waits for its lock, and knows how its files are called. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>

#include "lib/store_private.h"

#define LOCK_TRIES    200
#define LOCK_PAUSE_MS 50

bool mend_store_is_temporary(const char *name)
{
	return !strncmp(name, STORE_TEMPORARY, strlen(STORE_TEMPORARY));
}

bool mend_store_number_parse(unsigned *out, const char *text)
{
	unsigned number = 0;
	const char *digit;

	if (text[0] == '\0' || text[0] == '0')
		return false;
	for (digit = text; *digit; digit++) {
		if (*digit < '0' || *digit > '9' || digit - text >= 9)
			return false;
		number = number * 10 + (unsigned)(*digit - '0');
	}
	*out = number;
	return true;
}

/* A missing one is -1. */
static int open_if_there(int *out, int dir, const char *path, struct mend_error *err)
{
	struct mend_error why;

	if (mend_fs_open_dir(out, dir, path, &why) == 0)
		return 0;
	if (why.code == MEND_SYSTEM && why.sys_errno == ENOENT) {
		*out = -1;
		return 0;
	}
	if (err)
		*err = why;
	return -1;
}

int mend_store_open_dir(int *out, int dir, const char *path, struct mend_error *err)
{
	if (dir >= 0)
		return open_if_there(out, dir, path, err);
	*out = -1;
	return 0;
}

int mend_store_list(char ***names, size_t *count, int dir, const char *path, struct mend_error *err)
{
	auto_fd fd = -1;

	if (mend_store_open_dir(&fd, dir, path, err) < 0)
		return -1;
	if (fd >= 0)
		return mend_fs_list(names, count, fd, err);
	*names = NULL;
	*count = 0;
	return 0;
}

int mend_store_sync_dir(int store_dir, const char *path, struct mend_error *err)
{
	auto_fd fd = -1;

	if (mend_fs_open_dir(&fd, store_dir, path, err) < 0)
		return -1;
	if (mend_fs_sync(fd, err) < 0)
		return mend_fail_at(err, "%s", path);
	return 0;
}

static int take_lock(int *out, int dir, const char *path, struct mend_error *err)
{
	auto_fd fd = openat(dir, STORE_LOCK, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	struct timespec pause = { .tv_nsec = LOCK_PAUSE_MS * 1000000L };
	int tries;

	if (fd < 0)
		return mend_fail_errno(err, "%s/" STORE_LOCK, path);
	for (tries = 0; flock(fd, LOCK_EX | LOCK_NB) < 0; tries++) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return mend_fail_errno(err, "%s/" STORE_LOCK, path);
		if (tries == LOCK_TRIES)
			return mend_fail(err, MEND_BUSY,
					 "%s: another program is changing the store: "
					 "try again when it is done",
					 path);
		nanosleep(&pause, NULL);
	}
	*out = mend_take_fd(&fd);
	return 0;
}

static int open_for_reading(struct mend_store *store, struct mend_error *err)
{
	if (open_if_there(&store->dir, AT_FDCWD, store->path, err) < 0)
		return mend_fail_at(err, "store");
	return 0;
}

static int open_for_writing(struct mend_store *store, struct mend_error *err)
{
	if (mend_fs_make_dirs(&store->dir, AT_FDCWD, store->path, 0755, err) < 0)
		return mend_fail_at(err, "store");
	return take_lock(&store->lock, store->dir, store->path, err);
}

int mend_store_open(struct mend_store **out, const char *path, enum mend_store_mode mode,
		    struct mend_error *err)
{
	auto_call(mend_store_close) struct mend_store *store = mend_alloc(sizeof(*store));
	int result;

	store->dir = -1;
	store->lock = -1;
	store->path = mend_text_copy(path);
	result = mode == MEND_STORE_WRITE ? open_for_writing(store, err)
					  : open_for_reading(store, err);
	if (result < 0)
		return -1;
	*out = take(store);
	return 0;
}

void mend_store_close(struct mend_store *store)
{
	if (!store)
		return;
	if (store->lock >= 0)
		close(store->lock);
	if (store->dir >= 0)
		close(store->dir);
	free(store->path);
	free(store);
}
