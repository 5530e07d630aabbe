/* SPDX-License-Identifier: MIT */
/*
 * A bundle's objects: zstd frames (RFC 8878) to content. What they decode to is signed, by its
 * hash; so are the compressed bytes, if the manifest tells the bundle's members. It need not, so
 * nothing is believed of a frame: memory is bounded by the content's size from the manifest and by
 * the window limit, and the content's hash decides.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <zstd.h>

#include "lib/tar.h"
#include "mendfs/fs.h"

#define CHUNK	   (128 * 1024)
#define FRAME_MORE 4096 /* bytes of a frame beyond what content that cannot be compressed takes */

struct decoder {
	struct mend_hasher hasher; /* first: it is aligned to 64 bytes */
	ZSTD_DCtx *zstd;
	struct mend_bytes reference; /* of a delta */
	struct mend_bytes frame;
	uint64_t left; /* bytes of content that may still come */
	uint8_t *out;
	int out_fd;
};

static void decoder_free(struct decoder *decoder)
{
	ZSTD_freeDCtx(decoder->zstd);
	mend_bytes_free(&decoder->reference);
	mend_bytes_free(&decoder->frame);
	free(decoder->out);
}

/* Into memory of our own: what was hashed is what is used. */
static int read_reference(struct mend_bytes *out, int fd, const struct mend_digest *want,
			  struct mend_error *err)
{
	auto_bytes bytes = { NULL, 0 };
	struct mend_digest digest;
	struct stat st;
	char hex[MEND_DIGEST_HEX];

	if (fstat(fd, &st) < 0)
		return mend_fail_errno(err, "cannot look at the base of a delta");
	if (!S_ISREG(st.st_mode))
		return mend_fail(err, MEND_HASH, "base of a delta is not a regular file");
	if ((uint64_t)st.st_size > MEND_OBJECT_MAX)
		return mend_fail(err, MEND_LIMIT, "base of a delta has more than %llu bytes",
				 MEND_OBJECT_MAX);
	bytes.data = mend_alloc((size_t)st.st_size + 1);
	bytes.size = (size_t)st.st_size;
	if (mend_tar_read(bytes.data, fd, 0, bytes.size, err) < 0)
		return -1;
	mend_digest_of(&digest, mend_bytes_span(&bytes));
	mend_digest_hex(hex, want);
	if (!mend_digest_equal(&digest, want))
		return mend_fail(err, MEND_HASH, "base of a delta is not %s", hex);
	out->data = take(bytes.data);
	out->size = bytes.size;
	return 0;
}

static int decoder_start(struct decoder *decoder, const struct mend_bundle_object *object,
			 int base_fd, struct mend_error *err)
{
	decoder->zstd = ZSTD_createDCtx();
	decoder->out = mend_alloc(CHUNK);
	if (!decoder->zstd || ZSTD_isError(ZSTD_DCtx_setParameter(
				      decoder->zstd, ZSTD_d_windowLogMax, MEND_WINDOW_LOG_MAX)))
		return mend_fail(err, MEND_SYSTEM, "cannot start zstd");
	mend_hasher_start(&decoder->hasher);
	if (!object->is_delta)
		return 0;
	if (read_reference(&decoder->reference, base_fd, &object->from, err) < 0)
		return -1;
	if (ZSTD_isError(ZSTD_DCtx_refPrefix(decoder->zstd, decoder->reference.data,
					     decoder->reference.size)))
		return mend_fail(err, MEND_SYSTEM, "cannot start zstd with a base");
	return 0;
}

static int decoder_put(struct decoder *decoder, size_t size, struct mend_error *err)
{
	if (size > decoder->left)
		return mend_fail(err, MEND_HASH, "content is longer than the manifest says");
	decoder->left -= size;
	mend_hasher_add(&decoder->hasher, decoder->out, size);
	if (decoder->out_fd < 0)
		return 0;
	return mend_fs_write_all(decoder->out_fd, mend_span_of(decoder->out, size), err);
}

/* RFC 8878, 3.1.1.1.2. A frame in a single segment has its content as its window. */
static uint64_t window_of(const uint8_t *frame, uint64_t content)
{
	bool single_segment = frame[4] & 0x20;
	uint64_t base = 1ULL << (10 + (frame[5] >> 3));

	return single_segment ? content : base + base / 8 * (frame[5] & 7);
}

/*
 * zstd has skippable frames and fields that decoders pass over, and decodes a small content without
 * a look at its window. The frame's header is therefore held to what mend-publish(1) writes: a
 * checksum, a known content size, no dictionary, no bit that means nothing, a window in its limit.
 */
static int check_frame(const uint8_t *frame, size_t size, uint64_t content, struct mend_error *err)
{
	static const uint8_t magic[4] = { 0x28, 0xb5, 0x2f, 0xfd };
	unsigned long long told;

	if (size < 6 || memcmp(frame, magic, sizeof(magic)) != 0)
		return mend_fail(err, MEND_FORMAT, "not a zstd frame");
	if ((frame[4] & 0x1f) != 0x04)
		return mend_fail(err, MEND_FORMAT,
				 "zstd frame needs a checksum, no dictionary, no unused bits");
	told = ZSTD_getFrameContentSize(frame, size);
	if (told == ZSTD_CONTENTSIZE_UNKNOWN || told == ZSTD_CONTENTSIZE_ERROR)
		return mend_fail(err, MEND_FORMAT, "zstd frame does not tell its content's size");
	if (told != content)
		return mend_fail(err, MEND_HASH, "content has %llu bytes; the manifest says %llu",
				 told, (unsigned long long)content);
	if (window_of(frame, content) > 1ULL << MEND_WINDOW_LOG_MAX)
		return mend_fail(err, MEND_LIMIT, "zstd frame has a window of more than 2^%d bytes",
				 MEND_WINDOW_LOG_MAX);
	return 0;
}

static int compare_packed(const struct mend_digest *found, const struct mend_bundle_object *object,
			  struct mend_error *err)
{
	if (!mend_digest_equal(found, &object->packed))
		return mend_fail(err, MEND_HASH, "does not have the hash it has in the manifest");
	return 0;
}

static int check_packed(int fd, const struct mend_bundle_object *object, struct mend_error *err)
{
	auto_free uint8_t *chunk = mend_alloc(CHUNK);
	struct mend_hasher hasher;
	struct mend_digest digest;

	mend_hasher_start(&hasher);
	for (uint64_t done = 0; done < object->size;) {
		uint64_t left = object->size - done;
		size_t size = left < CHUNK ? (size_t)left : CHUNK;

		if (mend_tar_read(chunk, fd, object->offset + done, size, err) < 0)
			return -1;
		mend_hasher_add(&hasher, chunk, size);
		done += size;
	}
	mend_hasher_end(&digest, &hasher);
	return compare_packed(&digest, object, err);
}

int mend_object_check_packed(const struct mend_bundle *bundle,
			     const struct mend_bundle_object *object, struct mend_error *err)
{
	char name[MEND_MEMBER_NAME_MAX];

	mend_object_name(name, object);
	return check_packed(bundle->fd, object, err) < 0 ? mend_fail_at(err, "member '%s'", name)
							 : 0;
}

/* Into memory of our own, so that what is checked is what is decoded. */
static int read_frame(struct decoder *decoder, const struct mend_bundle *bundle,
		      const struct mend_bundle_object *object, struct mend_error *err)
{
	struct mend_digest digest;

	if (object->size > decoder->left + decoder->left / 128 + FRAME_MORE)
		return mend_fail(err, MEND_LIMIT, "%llu bytes are too many for %llu of content",
				 (unsigned long long)object->size,
				 (unsigned long long)decoder->left);
	decoder->frame.data = mend_alloc((size_t)object->size);
	decoder->frame.size = (size_t)object->size;
	if (mend_tar_read(decoder->frame.data, bundle->fd, object->offset, decoder->frame.size,
			  err) < 0)
		return -1;
	if (!object->is_pinned)
		return 0;
	mend_digest_of(&digest, mend_bytes_span(&decoder->frame));
	return compare_packed(&digest, object, err);
}

static int decode(struct decoder *decoder, struct mend_error *err)
{
	ZSTD_inBuffer in = { decoder->frame.data, decoder->frame.size, 0 };
	ZSTD_outBuffer out;
	size_t more;

	do {
		out = (ZSTD_outBuffer){ decoder->out, CHUNK, 0 };
		more = ZSTD_decompressStream(decoder->zstd, &out, &in);
		if (ZSTD_isError(more))
			return mend_fail(err, MEND_FORMAT, "zstd: %s", ZSTD_getErrorName(more));
		if (decoder_put(decoder, out.pos, err) < 0)
			return -1;
	} while (more > 0 && (in.pos < in.size || out.pos == out.size));
	if (more > 0)
		return mend_fail(err, MEND_FORMAT, "zstd frame is cut off");
	if (in.pos < in.size)
		return mend_fail(err, MEND_FORMAT, "bytes follow the zstd frame");
	return 0;
}

static int check_result(struct decoder *decoder, const struct mend_bundle_object *object,
			struct mend_error *err)
{
	struct mend_digest digest;

	mend_hasher_end(&digest, &decoder->hasher);
	if (decoder->left > 0 || !mend_digest_equal(&digest, &object->digest))
		return mend_fail(err, MEND_HASH, "content does not have the hash it is named by");
	return 0;
}

int mend_object_decode(const struct mend_bundle *bundle, const struct mend_bundle_object *object,
		       uint64_t size, int base_fd, int out_fd, struct mend_error *err)
{
	__attribute__((cleanup(decoder_free))) struct decoder decoder = { .left = size,
									  .out_fd = out_fd };
	char name[MEND_MEMBER_NAME_MAX];

	mend_object_name(name, object);
	if (size > MEND_OBJECT_MAX)
		return mend_fail(err, MEND_LIMIT,
				 "member '%s': content has %llu bytes; at most %llu "
				 "are allowed",
				 name, (unsigned long long)size, MEND_OBJECT_MAX);
	if (read_frame(&decoder, bundle, object, err) < 0 ||
	    check_frame(decoder.frame.data, decoder.frame.size, size, err) < 0 ||
	    decoder_start(&decoder, object, base_fd, err) < 0 || decode(&decoder, err) < 0 ||
	    check_result(&decoder, object, err) < 0)
		return mend_fail_at(err, "member '%s'", name);
	return 0;
}
