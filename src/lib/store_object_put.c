/* SPDX-License-Identifier: MIT */
/* Puts content into objects/: decoded and hashed into a temporary, synced, and only then named. */
#include <fcntl.h>
#include <stdio.h>

#include "lib/store_private.h"

/* What an object is decoded from. */
struct source {
	const struct mend_bundle *bundle;
	uint64_t size;
	mend_find_base *find_base;
	void *context;
};

static int write_sum(int dir, const char *name, int fd, struct mend_error *err)
{
	char sum_name[STORE_SUM_NAME_SIZE], text[32];
	uint64_t sum;

	if (mend_scrub_of_fd(&sum, fd, err) < 0)
		return -1;
	snprintf(sum_name, sizeof(sum_name), "%s" STORE_SUM_SUFFIX, name);
	snprintf(text, sizeof(text), "%016llx\n", (unsigned long long)sum);
	return mend_fs_write(dir, sum_name, mend_span_text(text), 0444, err);
}

static int move_into_place(int dir, const char *temporary, const char *name, struct mend_error *err)
{
	if (renameat(dir, temporary, dir, name) < 0)
		return mend_fail_errno(err, "%s: cannot rename into place", name);
	return mend_fs_sync(dir, err);
}

static int write_object(int dir, const char *name, const struct mend_digest *digest,
			const struct source *source, struct mend_error *err)
{
	char temporary[32];
	auto_fd fd = -1;

	if (mend_fs_temporary(&fd, temporary, dir, 0444, err) < 0)
		return -1;
	if (mend_bundle_extract(source->bundle, digest, source->size, source->find_base,
				source->context, fd, err) < 0 ||
	    mend_fs_sync(fd, err) < 0 || move_into_place(dir, temporary, name, err) < 0) {
		unlinkat(dir, temporary, 0);
		return -1;
	}
	return write_sum(dir, name, fd, err);
}

/* It may be there unsynced: from a run that ended before it got to that. */
static int keep_object(int store_dir, int dir, const char *name, const struct mend_digest *digest,
		       struct mend_error *err)
{
	auto_fd fd = -1;

	if (mend_store_object_open(&fd, store_dir, digest, err) < 0)
		return -1;
	if (!mend_store_scrub_fits(store_dir, fd, digest) && write_sum(dir, name, fd, err) < 0)
		return -1;
	if (mend_fs_sync(fd, err) < 0)
		return -1;
	return mend_fs_sync(dir, err);
}

int mend_store_object_put(int store_dir, const struct mend_bundle *bundle,
			  const struct mend_digest *digest, uint64_t size,
			  mend_find_base *find_base, void *context, struct mend_error *err)
{
	struct source source = { bundle, size, find_base, context };
	char dir_name[STORE_OBJECT_DIR_SIZE], name[STORE_OBJECT_NAME_SIZE];
	auto_fd dir = -1;

	mend_store_object_names(dir_name, name, digest);
	if (mend_fs_make_dirs(&dir, store_dir, dir_name, 0755, err) < 0)
		return -1;
	if (mend_store_object_check(store_dir, digest, false, NULL) == 0)
		return keep_object(store_dir, dir, name, digest, err);
	return write_object(dir, name, digest, &source, err);
}
