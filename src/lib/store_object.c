/* SPDX-License-Identifier: MIT */
/* Reads and checks the content in objects/. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "lib/store_private.h"

#define SUM_FILE_MAX 64

void mend_store_object_names(char dir[STORE_OBJECT_DIR_SIZE], char name[STORE_OBJECT_NAME_SIZE],
			     const struct mend_digest *digest)
{
	char hex[MEND_DIGEST_HEX];

	mend_digest_hex(hex, digest);
	snprintf(dir, STORE_OBJECT_DIR_SIZE, STORE_OBJECTS "/%.2s", hex);
	snprintf(name, STORE_OBJECT_NAME_SIZE, "%s", hex + 2);
}

static int fail_absent(const struct mend_digest *digest, struct mend_error *err)
{
	char hex[MEND_DIGEST_HEX];

	mend_digest_hex(hex, digest);
	return mend_fail(err, MEND_ABSENT, "object %s is not in the store", hex);
}

int mend_store_object_open(int *out, int store_dir, const struct mend_digest *digest,
			   struct mend_error *err)
{
	char dir[STORE_OBJECT_DIR_SIZE], name[STORE_OBJECT_NAME_SIZE];
	char path[sizeof(dir) + sizeof(name)];
	struct stat st;

	if (store_dir < 0)
		return fail_absent(digest, err);
	mend_store_object_names(dir, name, digest);
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	auto_fd fd = openat(store_dir, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return fail_absent(digest, err);
	if (fd < 0 && errno == ELOOP)
		return mend_fail(err, MEND_HASH, "%s: not a file", path);
	if (fd < 0 || fstat(fd, &st) < 0)
		return mend_fail_errno(err, "%s", path);
	if (!S_ISREG(st.st_mode))
		return mend_fail(err, MEND_HASH, "%s: not a file", path);
	*out = mend_take_fd(&fd);
	return 0;
}

bool mend_store_scrub_fits(int store_dir, int fd, const struct mend_digest *digest)
{
	char dir[STORE_OBJECT_DIR_SIZE], name[STORE_OBJECT_NAME_SIZE];
	char path[sizeof(dir) + STORE_SUM_NAME_SIZE], text[SUM_FILE_MAX];
	auto_bytes noted = { 0 };
	uint64_t sum;

	mend_store_object_names(dir, name, digest);
	snprintf(path, sizeof(path), "%s/%s" STORE_SUM_SUFFIX, dir, name);
	if (mend_fs_read(&noted, store_dir, path, SUM_FILE_MAX, NULL) < 0 ||
	    mend_scrub_of_fd(&sum, fd, NULL) < 0)
		return false;
	snprintf(text, sizeof(text), "%016llx\n", (unsigned long long)sum);
	return mend_span_equal(mend_bytes_span(&noted), mend_span_text(text));
}

int mend_store_object_check(int store_dir, const struct mend_digest *digest, bool quick,
			    struct mend_error *err)
{
	char hex[MEND_DIGEST_HEX];
	struct mend_digest found;
	auto_fd fd = -1;

	if (mend_store_object_open(&fd, store_dir, digest, err) < 0)
		return -1;
	if (quick && mend_store_scrub_fits(store_dir, fd, digest))
		return 0;
	mend_digest_hex(hex, digest);
	if (mend_digest_of_fd(&found, fd, err) < 0)
		return mend_fail_at(err, "object %s", hex);
	if (!mend_digest_equal(&found, digest))
		return mend_fail(err, MEND_HASH,
				 "object %s is damaged: its content has another hash", hex);
	return 0;
}
