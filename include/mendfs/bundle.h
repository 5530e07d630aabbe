/* SPDX-License-Identifier: MIT */
/*
 * A .mend file: a POSIX ustar of manifest.json, signatures/KEYID.minisig (one or more), and
 * objects/HEX.zst (the whole content) or objects/HEX.from/BASEHEX.zst (a delta against a base's
 * content), each kind sorted by name, and nothing else. A delta's name is in two parts because
 * ustar has no room for 146 bytes in one. Our own strict reader: every byte of a header that could
 * be written in two ways is refused in all but one. See mendfs-format(5).
 *
 *	mend_bundle_open → mend_verify(manifest, sigs) → mend_manifest_decode →
 *	mend_bundle_matches → mend_bundle_extract…
 */
#ifndef MENDFS_BUNDLE_H
#define MENDFS_BUNDLE_H

#include "mendfs/manifest.h"

#define MEND_BUNDLE_OBJECTS_MAX MEND_MEMBERS_MAX
#define MEND_WINDOW_LOG_MAX	27

struct mend_bundle_object {
	struct mend_digest digest;
	bool is_delta;
	struct mend_digest from; /* of a delta */
	uint64_t offset, size;	 /* of the compressed bytes in the file */
	bool is_pinned;		 /* mend_bundle_matches() found in the manifest what they are: */
	struct mend_digest packed;
};

struct mend_bundle {
	int fd;	       /* owned; a regular file */
	int64_t mtime; /* of every member */
	struct mend_bytes manifest;
	struct mend_span sigs[MEND_SIGS_MAX]; /* into sig_bytes */
	struct mend_bytes sig_bytes[MEND_SIGS_MAX];
	char sig_names[MEND_SIGS_MAX][MEND_KEY_ID_HEX]; /* KEYID of the member name */
	size_t sig_count;
	struct mend_bundle_object *objects; /* by digest; deltas by base, then the whole one */
	size_t object_count;
};

/* Takes over fd when it succeeds. Reads headers, manifest and signatures; no object. */
int mend_bundle_open(struct mend_bundle **out, int fd, struct mend_error *err);
void mend_bundle_free(struct mend_bundle *bundle);
MEND_AUTO(struct mend_bundle, mend_bundle_free)

/* Every object the manifest names is in the bundle whole or as a delta against one of its target's
 * bases, with nothing left over, and the members' time is when it was issued (MEND_FORMAT). When
 * the manifest tells the objects' members, they are exactly these and all of them have the bytes
 * that it tells (MEND_HASH), also those that will not be used; and from here on each is decoded
 * only if that is still so. */
int mend_bundle_matches(struct mend_bundle *bundle, const struct mend_manifest *manifest,
			struct mend_error *err);

/* Decodes the object into out_fd (empty, at offset 0): exactly `size` bytes, with this hash, or
 * MEND_HASH. Prefers the whole object; a delta needs its reference: find_base gives an open
 * descriptor of content with the digest, which is closed here, or -1. The reference is hashed
 * before it is used. No whole object and no reference: MEND_BASE. find_base may be NULL. */
typedef int mend_find_base(void *context, const struct mend_digest *digest);
int mend_bundle_extract(const struct mend_bundle *bundle, const struct mend_digest *object,
			uint64_t size, mend_find_base *find_base, void *context, int out_fd,
			struct mend_error *err);
/* The same for one object of bundle->objects. base_fd is a delta's reference (-1 for a whole one);
 * it stays the caller's. out_fd may be -1: decoded and checked, kept nowhere. The compressed bytes
 * are read once, into memory; when the object is pinned, nothing decodes them before they are known
 * to be the right ones. */
int mend_object_decode(const struct mend_bundle *bundle, const struct mend_bundle_object *object,
		       uint64_t size, int base_fd, int out_fd, struct mend_error *err);

/* Compares the compressed bytes of a pinned object with what they are to be, and decodes nothing.
 */
int mend_object_check_packed(const struct mend_bundle *bundle,
			     const struct mend_bundle_object *object, struct mend_error *err);

/* Writing: a canonical ustar header of one member (regular file, mode 0644, owner root, the given
 * mtime). The name fits in 100 bytes, or can be cut at its last "/" into at most 155 and 100; size
 * and mtime fit in MEND_TAR_NUMBER_MAX. */
#define MEND_TAR_BLOCK	    512
#define MEND_TAR_NUMBER_MAX 077777777777LL
void mend_tar_header(uint8_t block[MEND_TAR_BLOCK], const char *name, uint64_t size, int64_t mtime);

#define MEND_MEMBER_NAME_MAX 256
/* "objects/HEX.zst" or "objects/HEX.from/BASEHEX.zst". */
void mend_object_name(char out[MEND_MEMBER_NAME_MAX], const struct mend_bundle_object *object);
/* Fills in what the name tells; false when it is no such name. */
bool mend_object_parse_name(struct mend_bundle_object *out, const char *name);

#endif
