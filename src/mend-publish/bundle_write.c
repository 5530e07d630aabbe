/* SPDX-License-Identifier: MIT */
/* Writes bundles in their one form: mend_tar_header() and what belongs after it. */
#include "mend-publish/bundle_write.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>

#include "mendfs/fs.h"

static const uint8_t zeros[2 * MEND_TAR_BLOCK];

static int put_header(int fd, const char *name, uint64_t size, int64_t mtime,
		      struct mend_error *err)
{
	uint8_t block[MEND_TAR_BLOCK];

	mend_tar_header(block, name, size, mtime);
	return mend_fs_write_all(fd, mend_span_of(block, sizeof(block)), err);
}

static int put_padding(int fd, uint64_t size, struct mend_error *err)
{
	return mend_fs_write_all(fd, mend_span_of(zeros, (size_t)(-size % MEND_TAR_BLOCK)), err);
}

static int put_member(int fd, const char *name, struct mend_span content, int64_t mtime,
		      struct mend_error *err)
{
	if (put_header(fd, name, content.size, mtime, err) < 0 ||
	    mend_fs_write_all(fd, content, err) < 0)
		return -1;
	return put_padding(fd, content.size, err);
}

static int copy(int fd, int from, uint64_t offset, uint64_t size, struct mend_error *err)
{
	off_t at = (off_t)offset, end = (off_t)(offset + size);

	while (at < end) {
		ssize_t sent = sendfile(fd, from, &at, (size_t)(end - at));

		if (sent < 0 && errno != EINTR)
			return mend_fail_errno(err, "cannot copy an object");
		if (sent == 0)
			return mend_fail(err, MEND_FORMAT, "an object is cut off");
	}
	return 0;
}

static int put_object(int fd, const struct parts *parts, const struct mend_bundle_object *object,
		      struct mend_error *err)
{
	char name[MEND_MEMBER_NAME_MAX];

	mend_object_name(name, object);
	if (put_header(fd, name, object->size, parts->mtime, err) < 0 ||
	    copy(fd, parts->object_fd, object->offset, object->size, err) < 0)
		return -1;
	return put_padding(fd, object->size, err);
}

static int compare(const void *a, const void *b)
{
	return strcmp(((const struct signature *)a)->key, ((const struct signature *)b)->key);
}

static int put_signatures(int fd, const struct parts *parts, struct mend_error *err)
{
	struct signature sorted[MEND_SIGS_MAX];
	char name[MEND_MEMBER_NAME_MAX];

	memcpy(sorted, parts->signatures, sizeof(sorted));
	qsort(sorted, parts->signature_count, sizeof(*sorted), compare);
	for (size_t i = 0; i < parts->signature_count; i++) {
		snprintf(name, sizeof(name), "signatures/%.16s.minisig", sorted[i].key);
		if (put_member(fd, name, sorted[i].file, parts->mtime, err) < 0)
			return -1;
	}
	return 0;
}

int bundle_write(int fd, const struct parts *parts, struct mend_error *err)
{
	if (put_member(fd, "manifest.json", parts->manifest, parts->mtime, err) < 0 ||
	    put_signatures(fd, parts, err) < 0)
		return -1;
	for (size_t i = 0; i < parts->object_count; i++) {
		if (put_object(fd, parts, &parts->objects[i], err) < 0)
			return -1;
	}
	return mend_fs_write_all(fd, mend_span_of(zeros, sizeof(zeros)), err);
}
