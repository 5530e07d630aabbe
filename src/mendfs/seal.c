/* SPDX-License-Identifier: MIT */
/* Objects of the store, in sealed memory. */
#include "mendfs/seal.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U /* Linux 6.3 */
#endif

#define CHUNK ((size_t)256 * 1024)
#define SEALS (F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL)

static int make_memory(int *out, struct mend_error *err)
{
	int fd = memfd_create("mendfs-object", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC);

	if (fd < 0 && errno == EINVAL)
		fd = memfd_create("mendfs-object", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		return mend_fail_errno(err, "memory for an object");
	*out = fd;
	return 0;
}

/* Copies and hashes the same bytes, never more than size. */
static int copy_hashed(struct mend_digest *out, int to, int from, uint64_t size,
		       struct mend_error *err)
{
	auto_free uint8_t *chunk = mend_alloc(CHUNK);
	struct mend_hasher hasher;
	uint64_t done = 0;

	mend_hasher_start(&hasher);
	for (;;) {
		ssize_t got = read(from, chunk, CHUNK);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return mend_fail_errno(err, "an object of the store");
		if (got == 0)
			break;
		done += (uint64_t)got;
		if (done > size)
			return mend_fail(err, MEND_HASH,
					 "an object of the store is longer than its release says");
		mend_hasher_add(&hasher, chunk, (size_t)got);
		if (mend_fs_write_all(to, mend_span_of(chunk, (size_t)got), err))
			return -1;
	}
	if (done != size)
		return mend_fail(err, MEND_HASH,
				 "an object of the store is shorter than its release says");
	mend_hasher_end(out, &hasher);
	return 0;
}

int seal_object(int *out, int store_dir, const struct mend_digest *digest, uint64_t size,
		struct mend_error *err)
{
	auto_fd from = -1;
	auto_fd to = -1;
	struct mend_digest found;
	char hex[MEND_DIGEST_HEX];

	mend_digest_hex(hex, digest);
	if (mend_store_object_open(&from, store_dir, digest, err) || make_memory(&to, err))
		return -1;
	if (copy_hashed(&found, to, from, size, err))
		return mend_fail_at(err, "object %.16s", hex);
	if (!mend_digest_equal(&found, digest))
		return mend_fail(err, MEND_HASH, "object %.16s: the store's copy is damaged", hex);
	if (fchmod(to, 0755) || fcntl(to, F_ADD_SEALS, SEALS))
		return mend_fail_errno(err, "object %.16s: cannot be sealed", hex);
	*out = mend_take_fd(&to);
	return 0;
}
