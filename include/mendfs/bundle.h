/* SPDX-License-Identifier: MIT */
/*
 * A .mend file: a POSIX ustar of manifest.json, signatures/KEYID.minisig (one or more, sorted), and
 * objects/HEX.zst or objects/HEX.from.HEX.zst (sorted), and nothing else. Our own strict reader:
 *every byte of a header that could be written in two ways is refused in all but one. See
 *mendfs-format(5).
 *
 *	mend_bundle_open → mend_verify(manifest, sigs) → mend_manifest_decode → mend_bundle_extract…
 */
#ifndef MENDFS_BUNDLE_H
#define MENDFS_BUNDLE_H

#include "mendfs/manifest.h"

#define MEND_BUNDLE_OBJECTS_MAX 8192
#define MEND_WINDOW_LOG_MAX	27

struct mend_bundle_object {
	struct mend_digest digest;
	bool is_delta;
	struct mend_digest from; /* of a delta */
	uint64_t offset, size;	 /* of the compressed bytes in the file */
};

struct mend_bundle {
	int fd; /* owned; a regular file */
	struct mend_bytes manifest;
	struct mend_span sigs[MEND_SIGS_MAX]; /* into sig_bytes */
	struct mend_bytes sig_bytes[MEND_SIGS_MAX];
	char sig_names[MEND_SIGS_MAX][MEND_KEY_ID_HEX]; /* KEYID of the member name */
	size_t sig_count;
	struct mend_bundle_object *objects;
	size_t object_count;
};

/* Takes over fd when it succeeds. Reads headers, manifest and signatures; no object. */
int mend_bundle_open(struct mend_bundle **out, int fd, struct mend_error *err);
void mend_bundle_free(struct mend_bundle *bundle);
MEND_AUTO(struct mend_bundle, mend_bundle_free)

/* Every object the manifest names is in the bundle whole or as a delta, with nothing left over
 * (MEND_FORMAT). */
int mend_bundle_matches(const struct mend_bundle *bundle, const struct mend_manifest *manifest,
			struct mend_error *err);

/* Decodes the object into out_fd (empty, at offset 0): exactly `size` bytes, with this hash, or
 * MEND_HASH. Prefers the whole object; a delta needs its reference: find_base gives an open
 * descriptor of content with the digest, or -1. The reference is hashed before it is used. */
typedef int mend_find_base(void *context, const struct mend_digest *digest);
int mend_bundle_extract(const struct mend_bundle *bundle, const struct mend_digest *object,
			uint64_t size, mend_find_base *find_base, void *context, int out_fd,
			struct mend_error *err);

/* Writing: a canonical ustar header of one member (regular file, mode 0644, owner 0, the given
 * mtime). */
#define MEND_TAR_BLOCK 512
void mend_tar_header(uint8_t block[MEND_TAR_BLOCK], const char *name, uint64_t size, int64_t mtime);

#endif
