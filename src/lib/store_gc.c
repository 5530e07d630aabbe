/* SPDX-License-Identifier: MIT */
/*
 * Takes away what nothing needs. What is kept is found out first, in full, and nothing is taken
 * away when that fails. Then generations go, then releases, then objects: whoever names something
 * goes before it, so that a power cut leaves nothing that names what is gone.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "lib/store_gc.h"

static void free_kept(struct store_kept *kept)
{
	free(kept->generations);
	free(kept->releases);
	free(kept->digests.digests);
}

static void keep_releases(struct store_kept *kept, const struct mend_generation *generation)
{
	size_t i;

	for (i = 0; i < generation->count; i++) {
		kept->releases =
			mend_grow(kept->releases, kept->release_count + 1, sizeof(*kept->releases));
		kept->releases[kept->release_count++] = generation->releases[i];
	}
}

/* A generation that is not live and is damaged is kept for nobody: it can never go live again. */
static int keep_generation(struct store_kept *kept, int store_dir, unsigned number, bool is_live,
			   struct mend_error *err)
{
	auto_call(mend_generation_free) struct mend_generation *generation = NULL;
	struct mend_error why;

	if (mend_store_generation(&generation, store_dir, number, &why) < 0) {
		if (!is_live && (why.code == MEND_FORMAT || why.code == MEND_LIMIT))
			return 0;
		if (err)
			*err = why;
		return -1;
	}
	keep_releases(kept, generation);
	kept->generations = mend_grow(kept->generations, kept->generation_count + 1,
				      sizeof(*kept->generations));
	kept->generations[kept->generation_count++] = number;
	return 0;
}

static int keep_generations(struct store_kept *kept, int store_dir, unsigned keep,
			    struct mend_error *err)
{
	auto_free unsigned *numbers = NULL;
	unsigned current;
	size_t count, i, live;

	if (mend_store_current(&current, store_dir, err) < 0 ||
	    mend_store_generations(&numbers, &count, store_dir, err) < 0)
		return -1;
	if (current > 0 && keep_generation(kept, store_dir, current, true, err) < 0)
		return -1;
	live = kept->generation_count;
	for (i = count; i > 0 && kept->generation_count - live < keep; i--)
		if (numbers[i - 1] != current &&
		    keep_generation(kept, store_dir, numbers[i - 1], false, err) < 0)
			return -1;
	return 0;
}

static bool is_listed(const struct store_kept *kept, const struct mend_release_name *name)
{
	size_t i;

	for (i = 0; i < kept->release_count; i++)
		if (!strcmp(kept->releases[i].id, name->id) &&
		    kept->releases[i].number == name->number)
			return true;
	return false;
}

bool mend_store_gc_keeps(const struct store_kept *kept, const struct mend_release_name *names,
			 size_t count, size_t i)
{
	bool is_newest = i + 1 == count || strcmp(names[i].id, names[i + 1].id);

	return is_newest || is_listed(kept, &names[i]);
}

static int keep_objects(struct store_kept *kept, int store_dir, struct mend_error *err)
{
	auto_free struct mend_release_name *names = NULL;
	size_t count, i;

	if (mend_store_releases(&names, &count, store_dir, err) < 0)
		return -1;
	for (i = 0; i < count; i++) {
		char path[STORE_RELEASE_PATH_SIZE + sizeof(STORE_MANIFEST)];
		auto_bytes manifest = { 0 };

		if (!mend_store_gc_keeps(kept, names, count, i))
			continue;
		mend_store_release_path(path, names[i].id, names[i].number);
		strcat(path, "/" STORE_MANIFEST);
		if (mend_fs_read(&manifest, store_dir, path, MEND_MANIFEST_MAX, err) < 0)
			return mend_fail_at(err, "what it needs cannot be told");
		mend_store_digests_find(&kept->digests, mend_bytes_span(&manifest));
	}
	mend_store_digests_sort(&kept->digests);
	return 0;
}

int mend_store_gc(struct mend_gc *out, struct mend_store *store, unsigned keep, bool dry_run,
		  struct mend_error *err)
{
	__attribute__((cleanup(free_kept))) struct store_kept kept = { .release_count = 0 };
	struct mend_gc taken = { .generations = 0 };

	if (keep_generations(&kept, store->dir, keep, err) < 0 ||
	    keep_objects(&kept, store->dir, err) < 0 ||
	    mend_store_gc_generations(&taken, store, &kept, dry_run, err) < 0 ||
	    mend_store_gc_releases(&taken, store, &kept, dry_run, err) < 0 ||
	    mend_store_gc_objects(&taken, store, &kept, dry_run, err) < 0 ||
	    mend_store_gc_temporaries(&taken, store->dir, dry_run, err) < 0)
		return mend_fail_at(err, "gc");
	*out = taken;
	return 0;
}
