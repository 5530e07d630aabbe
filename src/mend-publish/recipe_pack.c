/* SPDX-License-Identifier: MIT */
/* Compresses what the manifest names: each content whole, and as deltas. */
#include "mend-publish/base_file.h"
#include "mend-publish/recipe.h"

#define DELTA_SIZE_MIN (64 * 1024) /* bytes: below, a delta saves little; see --delta */

static int check_same(const struct mend_bytes *content, const struct mend_digest *want,
		      const char *path, struct mend_error *err)
{
	struct mend_digest digest;

	mend_digest_of(&digest, mend_bytes_span(content));
	if (!mend_digest_equal(&digest, want))
		return mend_fail(err, MEND_BASE, "%s: changed while it was read", path);
	return 0;
}

static int pack_delta(struct pool *pool, const struct recipe *recipe, const struct change *change,
		      size_t base, struct mend_span content, uint64_t whole, struct mend_error *err)
{
	const struct mend_target *target = &change->target;
	const struct mend_digest *from = &target->bases[base].content;
	size_t dir = change->base_dirs[base];
	auto_base_file file = { .link = NULL };

	if (base_file_read(&file, recipe->base_fds[dir], target->path, recipe->base_dirs[dir],
			   err) < 0 ||
	    check_same(&file.content, from, target->path, err) < 0)
		return -1;
	return pool_add_delta(pool, &target->object, content, from, mend_bytes_span(&file.content),
			      whole, err);
}

static bool wants_delta(const struct recipe *recipe, size_t size)
{
	return recipe->delta || (!recipe->no_delta && size > DELTA_SIZE_MIN);
}

static int pack_change(struct pool *pool, const struct recipe *recipe, const struct change *change,
		       struct mend_error *err)
{
	const struct mend_target *target = &change->target;
	auto_bytes content = { NULL, 0 };
	uint64_t whole;

	if (new_file_read(&content, NULL, change->file, err) < 0 ||
	    check_same(&content, &target->object, change->file, err) < 0 ||
	    pool_add(pool, &whole, &target->object, mend_bytes_span(&content), err) < 0)
		return -1;
	if (!wants_delta(recipe, content.size))
		return 0;
	for (size_t i = 0; i < target->base_count; i++) {
		if (pack_delta(pool, recipe, change, i, mend_bytes_span(&content), whole, err) < 0)
			return -1;
	}
	return 0;
}

int recipe_pack(struct pool *pool, const struct recipe *recipe, struct mend_error *err)
{
	for (size_t i = 0; i < recipe->change_count; i++) {
		const struct change *change = &recipe->changes[i];

		if (change->file && pack_change(pool, recipe, change, err) < 0)
			return -1;
	}
	pool_sort(pool);
	return 0;
}
