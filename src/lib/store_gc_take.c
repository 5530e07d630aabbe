/* SPDX-License-Identifier: MIT */
/* The half of gc that takes away. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "lib/store_gc.h"

/* The deepest directory of the store is patches/ID/N/signatures. */
#define DEPTH_MAX 4

static bool is_kept(const struct store_kept *kept, unsigned number)
{
	size_t i;

	for (i = 0; i < kept->generation_count; i++)
		if (kept->generations[i] == number)
			return true;
	return false;
}

int mend_store_gc_generations(struct mend_gc *taken, struct mend_store *store,
			      const struct store_kept *kept, bool dry_run, struct mend_error *err)
{
	auto_free unsigned *numbers = NULL;
	size_t count, i;

	if (mend_store_generations(&numbers, &count, store->dir, err) < 0)
		return -1;
	for (i = 0; i < count; i++) {
		if (is_kept(kept, numbers[i]))
			continue;
		if (!dry_run && mend_store_generation_drop(store, numbers[i], err) < 0)
			return -1;
		taken->generations++;
	}
	return 0;
}

int mend_store_gc_releases(struct mend_gc *taken, struct mend_store *store,
			   const struct store_kept *kept, bool dry_run, struct mend_error *err)
{
	auto_free struct mend_release_name *names = NULL;
	size_t count, i;

	if (mend_store_releases(&names, &count, store->dir, err) < 0)
		return -1;
	for (i = 0; i < count; i++) {
		if (mend_store_gc_keeps(kept, names, count, i))
			continue;
		if (!dry_run && mend_store_remove(store, names[i].id, names[i].number, err) < 0)
			return -1;
		taken->releases++;
	}
	return 0;
}

/* "cd…" or "cd….xxh3" below objects/ab: false for anything else, which is not ours to take. */
static bool parse_name(struct mend_digest *digest, bool *is_sum, const char *dir, const char *name)
{
	char hex[MEND_DIGEST_HEX];

	*is_sum = false;
	if (strlen(name) == STORE_SUM_NAME_SIZE - 1)
		*is_sum = !strcmp(name + STORE_OBJECT_NAME_SIZE - 1, STORE_SUM_SUFFIX);
	if (strlen(dir) != 2 || (!*is_sum && strlen(name) != STORE_OBJECT_NAME_SIZE - 1))
		return false;
	snprintf(hex, sizeof(hex), "%s%s", dir, name);
	return mend_digest_parse(digest, hex);
}

/* An object sorts before its sum and goes before it, so what a power cut leaves is a sum alone. */
static int take_object(struct mend_gc *taken, int dir, const char *name, bool is_sum, bool dry_run,
		       struct mend_error *err)
{
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	    (!dry_run && unlinkat(dir, name, 0) < 0))
		return mend_fail_errno(err, "%s: cannot take it away", name);
	if (!is_sum)
		taken->objects++;
	taken->bytes += (uint64_t)st.st_size;
	return 0;
}

static int take_from_dir(struct mend_gc *taken, int objects, const char *dir_name,
			 const struct store_kept *kept, bool dry_run, struct mend_error *err)
{
	auto_fd dir = -1;
	char **names;
	size_t count, i;
	int result = 0;

	if (mend_fs_open_dir(&dir, objects, dir_name, err) < 0 ||
	    mend_fs_list(&names, &count, dir, err) < 0)
		return -1;
	for (i = 0; i < count && result == 0; i++) {
		struct mend_digest digest;
		bool is_sum;

		if (parse_name(&digest, &is_sum, dir_name, names[i]) &&
		    !mend_store_digests_has(&kept->digests, &digest))
			result = take_object(taken, dir, names[i], is_sum, dry_run, err);
	}
	mend_fs_list_free(names, count);
	if (result == 0 && !dry_run)
		result = mend_fs_sync(dir, err);
	return result;
}

int mend_store_gc_objects(struct mend_gc *taken, struct mend_store *store,
			  const struct store_kept *kept, bool dry_run, struct mend_error *err)
{
	auto_fd objects = -1;
	char **names;
	size_t count, i;
	int result = 0;

	if (mend_store_open_dir(&objects, store->dir, STORE_OBJECTS, err) < 0 ||
	    mend_store_list(&names, &count, objects, ".", err) < 0)
		return -1;
	for (i = 0; i < count && result == 0; i++)
		if (strlen(names[i]) == 2)
			result = take_from_dir(taken, objects, names[i], kept, dry_run, err);
	mend_fs_list_free(names, count);
	return result;
}

static int take_temporary(struct mend_gc *taken, int dir, const char *name, const struct stat *st,
			  bool dry_run, struct mend_error *err)
{
	if (!dry_run && mend_fs_remove_tree(dir, name, err) < 0)
		return -1;
	taken->temporaries++;
	if (S_ISREG(st->st_mode))
		taken->bytes += (uint64_t)st->st_size;
	return 0;
}

static int sweep(struct mend_gc *taken, int dir, unsigned depth, bool dry_run,
		 struct mend_error *err)
{
	char **names;
	size_t count, i;
	int result = 0;

	if (mend_fs_list(&names, &count, dir, err) < 0)
		return -1;
	for (i = 0; i < count && result == 0; i++) {
		struct stat st;
		auto_fd below = -1;

		if (fstatat(dir, names[i], &st, AT_SYMLINK_NOFOLLOW) < 0) {
			result = mend_fail_errno(err, "%s", names[i]);
		} else if (mend_store_is_temporary(names[i])) {
			result = take_temporary(taken, dir, names[i], &st, dry_run, err);
		} else if (S_ISDIR(st.st_mode) && depth < DEPTH_MAX) {
			result = mend_fs_open_dir(&below, dir, names[i], err);
			if (result == 0)
				result = sweep(taken, below, depth + 1, dry_run, err);
		}
	}
	mend_fs_list_free(names, count);
	return result;
}

int mend_store_gc_temporaries(struct mend_gc *taken, int store_dir, bool dry_run,
			      struct mend_error *err)
{
	return sweep(taken, store_dir, 0, dry_run, err);
}
