/* SPDX-License-Identifier: MIT */
/*
 * The objects of a bundle being made: compressed one after the other into an anonymous file, sorted
 * as a bundle needs them. With the same zstd the same content gives the same bytes.
 */
#ifndef PUBLISH_COMPRESS_H
#define PUBLISH_COMPRESS_H

#include "mendfs/bundle.h"

struct pool {
	int fd;
	uint64_t size;
	struct mend_bundle_object *objects;
	size_t count;
};
#define POOL_NONE                                                                                  \
	{                                                                                          \
		.fd = -1                                                                           \
	}

int pool_open(struct pool *out, struct mend_error *err);
void pool_close(struct pool *pool);
#define auto_pool __attribute__((cleanup(pool_close))) struct pool

/* The whole content; once, also when it is given again. `compressed` gets its size, when not NULL.
 */
int pool_add(struct pool *pool, uint64_t *compressed, const struct mend_digest *digest,
	     struct mend_span content, struct mend_error *err);
/* A delta against base, kept only when it is clearly smaller than `whole`, the compressed size of
 * the whole content. */
int pool_add_delta(struct pool *pool, const struct mend_digest *digest, struct mend_span content,
		   const struct mend_digest *from, struct mend_span base, uint64_t whole,
		   struct mend_error *err);
/* Into the order of a bundle. */
void pool_sort(struct pool *pool);
/* Tells the manifest, which tells none yet, what the objects' bytes are. */
void pool_tell(struct mend_manifest *manifest, const struct pool *pool);

#endif
