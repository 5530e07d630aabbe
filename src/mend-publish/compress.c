/* SPDX-License-Identifier: MIT */
/* Compresses objects: zstd at one level, one thread, with a checksum and the content's size. */
#include "mend-publish/compress.h"

#include <string.h>
#include <sys/mman.h>
#include <zstd.h>

#include "mendfs/fs.h"

#define LEVEL	       19
#define WORTH_PERCENT  70 /* of the whole: a delta above that is not worth its place */
#define WINDOW_LOG_MIN 10

static void free_context(ZSTD_CCtx **context)
{
	ZSTD_freeCCtx(*context);
}

int pool_open(struct pool *out, struct mend_error *err)
{
	int fd = memfd_create("objects", MFD_CLOEXEC);

	if (fd < 0)
		return mend_fail_errno(err, "cannot make an anonymous file");
	*out = (struct pool){ .fd = fd };
	return 0;
}

void pool_close(struct pool *pool)
{
	mend_auto_close(&pool->fd);
	free(pool->objects);
}

/* A window that spans the larger of the two, so that all of the base can be referred to. */
static int window_log(size_t content, size_t base)
{
	size_t larger = content > base ? content : base;
	int log = WINDOW_LOG_MIN;

	while (log < MEND_WINDOW_LOG_MAX && (size_t)1 << log <= larger)
		log++;
	return log;
}

static int compress(struct mend_bytes *out, struct mend_span content, const struct mend_span *base,
		    struct mend_error *err)
{
	__attribute__((cleanup(free_context))) ZSTD_CCtx *zstd = ZSTD_createCCtx();
	size_t room = ZSTD_compressBound(content.size), size;
	auto_free uint8_t *data = mend_alloc(room);

	if (!zstd)
		return mend_fail(err, MEND_SYSTEM, "not enough memory for zstd");
	ZSTD_CCtx_setParameter(zstd, ZSTD_c_compressionLevel, LEVEL);
	ZSTD_CCtx_setParameter(zstd, ZSTD_c_checksumFlag, 1);
	ZSTD_CCtx_setParameter(zstd, ZSTD_c_contentSizeFlag, 1);
	if (base) {
		ZSTD_CCtx_setParameter(zstd, ZSTD_c_windowLog,
				       window_log(content.size, base->size));
		ZSTD_CCtx_setParameter(zstd, ZSTD_c_enableLongDistanceMatching, 1);
		ZSTD_CCtx_refPrefix(zstd, base->data, base->size);
	}
	size = ZSTD_compress2(zstd, data, room, content.data, content.size);
	if (ZSTD_isError(size))
		return mend_fail(err, MEND_SYSTEM, "zstd: %s", ZSTD_getErrorName(size));
	out->data = take(data);
	out->size = size;
	return 0;
}

static bool is_same(const struct mend_bundle_object *a, const struct mend_bundle_object *b)
{
	return mend_digest_equal(&a->digest, &b->digest) && a->is_delta == b->is_delta &&
	       (!a->is_delta || mend_digest_equal(&a->from, &b->from));
}

static const struct mend_bundle_object *find(const struct pool *pool,
					     const struct mend_bundle_object *key)
{
	for (size_t i = 0; i < pool->count; i++) {
		if (is_same(&pool->objects[i], key))
			return &pool->objects[i];
	}
	return NULL;
}

static int append(struct pool *pool, struct mend_bundle_object object, struct mend_span data,
		  struct mend_error *err)
{
	if (mend_fs_write_all(pool->fd, data, err) < 0)
		return -1;
	object.offset = pool->size;
	object.size = data.size;
	mend_digest_of(&object.packed, data);
	object.is_pinned = true;
	pool->objects = mend_grow(pool->objects, pool->count + 1, sizeof(*pool->objects));
	pool->objects[pool->count++] = object;
	pool->size += data.size;
	return 0;
}

int pool_add(struct pool *pool, uint64_t *compressed, const struct mend_digest *digest,
	     struct mend_span content, struct mend_error *err)
{
	struct mend_bundle_object object = { .digest = *digest };
	const struct mend_bundle_object *known = find(pool, &object);
	auto_bytes data = { NULL, 0 };

	if (known) {
		if (compressed)
			*compressed = known->size;
		return 0;
	}
	if (compress(&data, content, NULL, err) < 0 ||
	    append(pool, object, mend_bytes_span(&data), err) < 0)
		return -1;
	if (compressed)
		*compressed = data.size;
	return 0;
}

int pool_add_delta(struct pool *pool, const struct mend_digest *digest, struct mend_span content,
		   const struct mend_digest *from, struct mend_span base, uint64_t whole,
		   struct mend_error *err)
{
	struct mend_bundle_object object = { .digest = *digest, .is_delta = true, .from = *from };
	auto_bytes data = { NULL, 0 };

	if (find(pool, &object))
		return 0;
	if (compress(&data, content, &base, err) < 0)
		return -1;
	if (data.size * 100 >= whole * WORTH_PERCENT)
		return 0;
	return append(pool, object, mend_bytes_span(&data), err);
}

static int compare(const void *a, const void *b)
{
	char name_a[MEND_MEMBER_NAME_MAX], name_b[MEND_MEMBER_NAME_MAX];

	mend_object_name(name_a, a);
	mend_object_name(name_b, b);
	return strcmp(name_a, name_b);
}

void pool_sort(struct pool *pool)
{
	if (pool->count > 0)
		qsort(pool->objects, pool->count, sizeof(*pool->objects), compare);
}

void pool_tell(struct mend_manifest *manifest, const struct pool *pool)
{
	char name[MEND_MEMBER_NAME_MAX];

	manifest->members = mend_alloc(pool->count * sizeof(*manifest->members));
	manifest->member_count = pool->count;
	for (size_t i = 0; i < pool->count; i++) {
		mend_object_name(name, &pool->objects[i]);
		manifest->members[i].name = mend_text_copy(name);
		manifest->members[i].packed = pool->objects[i].packed;
	}
}
