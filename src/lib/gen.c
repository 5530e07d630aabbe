/* SPDX-License-Identifier: MIT */
/* Loads a generation for one mount, leaving out what may not be served, and finds its targets. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "mendfs/gen.h"

static void leave_out(struct mend_gen *gen, const struct mend_release_name *name,
		      const char *reason)
{
	struct mend_gen_left_out *entry;

	gen->left_out = mend_grow(gen->left_out, gen->left_out_count + 1, sizeof(*gen->left_out));
	entry = &gen->left_out[gen->left_out_count++];
	*entry = (struct mend_gen_left_out){ .name = *name };
	snprintf(entry->reason, sizeof(entry->reason), "%s", reason);
}

/* Orders a path against everything below a directory: negative before, 0 below, positive after. */
static int compare_below(const char *path, const char *dir, size_t size)
{
	int order = strncmp(path, dir, size);

	if (order || size == 0)
		return order;
	return (unsigned char)path[size] - '/';
}

/* The first target that is not before what is below dir ("past" false), or is after it. */
static size_t bound(const struct mend_gen *gen, const char *dir, bool past)
{
	size_t low = 0, high = gen->target_count, size = strlen(dir);

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = compare_below(gen->targets[middle].target->path, dir, size);

		if (order < 0 || (past && order == 0))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void mend_gen_below(const struct mend_gen *gen, const char *dir, size_t *first, size_t *count)
{
	*first = bound(gen, dir, false);
	*count = bound(gen, dir, true) - *first;
}

static int compare_key(const void *key, const void *entry)
{
	return strcmp(key, ((const struct mend_gen_target *)entry)->target->path);
}

static int compare_targets(const void *a, const void *b)
{
	return compare_key(((const struct mend_gen_target *)a)->target->path, b);
}

const struct mend_gen_target *mend_gen_find(const struct mend_gen *gen, const char *path)
{
	if (gen->target_count == 0)
		return NULL;
	return bsearch(path, gen->targets, gen->target_count, sizeof(*gen->targets), compare_key);
}

/* The target that is in the way of another one: the same path, one below it, or one above it. */
static const struct mend_gen_target *find_in_the_way(const struct mend_gen *gen, const char *path)
{
	const struct mend_gen_target *hit = mend_gen_find(gen, path);
	char above[MEND_PATH_MAX];
	char *slash;
	size_t first, count;

	mend_gen_below(gen, path, &first, &count);
	if (!hit && count > 0)
		hit = &gen->targets[first];
	snprintf(above, sizeof(above), "%s", path);
	while (!hit && (slash = strrchr(above, '/'))) {
		*slash = '\0';
		hit = mend_gen_find(gen, above);
	}
	return hit;
}

static int check_paths(const struct mend_gen *gen, const struct mend_manifest *manifest,
		       struct mend_error *err)
{
	size_t i;

	for (i = 0; i < manifest->target_count; i++) {
		const char *path = manifest->targets[i].path;
		const struct mend_gen_target *hit = find_in_the_way(gen, path);
		char other[MEND_TITLE_OF_MAX];

		if (!hit)
			continue;
		mend_release_text(other, hit->release->manifest->id,
				  hit->release->manifest->release);
		return mend_fail(err, MEND_CONFLICT, "%s: conflicts with %s of %s", path,
				 hit->target->path, other);
	}
	return 0;
}

static int check_release(const struct mend_gen *gen, const struct mend_release *release,
			 struct mend_error *err)
{
	if (mend_manifest_in_time(release->manifest, time(NULL), err) < 0 ||
	    mend_manifest_fits_platform(release->manifest, "", err) < 0)
		return -1;
	return check_paths(gen, release->manifest, err);
}

/* Owns the release. Kept sorted after each, so that the next one is checked against all before. */
static void put_release(struct mend_gen *gen, struct mend_release *release)
{
	const struct mend_manifest *manifest = release->manifest;
	size_t i, count = gen->target_count + manifest->target_count;

	gen->releases = mend_grow(gen->releases, gen->release_count + 1, sizeof(*gen->releases));
	gen->releases[gen->release_count++] = release;
	if (count == 0)
		return;
	gen->targets = mend_grow(gen->targets, count, sizeof(*gen->targets));
	for (i = 0; i < manifest->target_count; i++)
		gen->targets[gen->target_count++] = (struct mend_gen_target){
			.release = release,
			.target = &manifest->targets[i],
		};
	qsort(gen->targets, gen->target_count, sizeof(*gen->targets), compare_targets);
}

static void load_release(struct mend_gen *gen, int store_dir, const struct mend_keyring *ring,
			 const struct mend_release_name *name, const char *root)
{
	auto_call(mend_release_free) struct mend_release *release = NULL;
	struct mend_error why;

	if (mend_store_release(&release, store_dir, ring, name->id, name->number, &why) < 0)
		leave_out(gen, name, why.text);
	else if (strcmp(release->manifest->root, root))
		return;
	else if (check_release(gen, release, &why) < 0)
		leave_out(gen, name, why.text);
	else
		put_release(gen, take(release));
}

int mend_gen_load(struct mend_gen **out, int store_dir, const struct mend_keyring *ring,
		  unsigned number, const char *root, struct mend_error *err)
{
	auto_call(mend_generation_free) struct mend_generation *generation = NULL;
	struct mend_gen *gen;
	size_t i;

	if (number != 0 && mend_store_generation(&generation, store_dir, number, err) < 0)
		return -1;
	gen = mend_alloc(sizeof(*gen));
	gen->refs = 1;
	gen->number = number;
	gen->reason = mend_text_copy(generation ? generation->reason : "");
	for (i = 0; generation && i < generation->count; i++)
		load_release(gen, store_dir, ring, &generation->releases[i], root);
	*out = gen;
	return 0;
}

struct mend_gen *mend_gen_ref(struct mend_gen *gen)
{
	__atomic_add_fetch(&gen->refs, 1, __ATOMIC_RELAXED);
	return gen;
}

void mend_gen_unref(struct mend_gen *gen)
{
	size_t i;

	if (!gen || __atomic_sub_fetch(&gen->refs, 1, __ATOMIC_ACQ_REL) > 0)
		return;
	for (i = 0; i < gen->release_count; i++)
		mend_release_free(gen->releases[i]);
	free(gen->releases);
	free(gen->left_out);
	free(gen->targets);
	free(gen->reason);
	free(gen);
}
