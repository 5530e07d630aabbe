/* SPDX-License-Identifier: MIT */
/* Reads generations/N, strictly: what we would not have written is refused. */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "lib/store_private.h"

#define GENERATION_FORMAT 1
#define NUMBER_MAX	  999999999

void mend_store_generation_path(char out[STORE_GENERATION_PATH_SIZE], unsigned number)
{
	snprintf(out, STORE_GENERATION_PATH_SIZE, STORE_GENERATIONS "/%u", number);
}

int mend_store_current(unsigned *out, int store_dir, struct mend_error *err)
{
	char link[STORE_GENERATION_PATH_SIZE + 1];
	const char *prefix = STORE_GENERATIONS "/";
	ssize_t size;

	if (store_dir < 0) {
		*out = 0;
		return 0;
	}
	size = readlinkat(store_dir, STORE_CURRENT, link, sizeof(link) - 1);
	if (size < 0 && errno == ENOENT) {
		*out = 0;
		return 0;
	}
	if (size < 0 && errno == EINVAL)
		return mend_fail(err, MEND_FORMAT, STORE_CURRENT ": is not a symlink");
	if (size < 0)
		return mend_fail_errno(err, STORE_CURRENT);
	link[size] = '\0';
	if (strncmp(link, prefix, strlen(prefix)) ||
	    !mend_store_number_parse(out, link + strlen(prefix)))
		return mend_fail(err, MEND_FORMAT,
				 STORE_CURRENT ": leads to %s, which is no generation", link);
	return 0;
}

static int decode_release(struct mend_generation *out, const json_t *entry, struct mend_error *err)
{
	static const char *const keys[] = { "id", "release", NULL };
	struct mend_release_name *name = &out->releases[out->count];
	const char *id;
	int64_t number;

	if (mend_json_is_object(entry, "an entry of releases", err) < 0 ||
	    mend_json_only(entry, keys, err) < 0 || mend_json_string(&id, entry, "id", err) < 0 ||
	    mend_json_integer(&number, entry, "release", 1, MEND_RELEASE_MAX, err) < 0)
		return -1;
	if (!mend_path_is_id(id))
		return mend_fail(err, MEND_FORMAT, "releases: %s is no patch's id", id);
	if (out->count > 0 && strcmp(name[-1].id, id) >= 0)
		return mend_fail(err, MEND_FORMAT, "releases: %s is not in order", id);
	snprintf(name->id, sizeof(name->id), "%s", id);
	name->number = (unsigned)number;
	out->count++;
	return 0;
}

static int decode(struct mend_generation *out, const json_t *root, unsigned number,
		  struct mend_error *err)
{
	static const char *const keys[] = { "format", "number",	  "parent", "created",
					    "reason", "releases", NULL };
	const char *created, *reason;
	int64_t format, own, parent;
	json_t *releases;
	size_t i;

	if (mend_json_is_object(root, "it", err) < 0 ||
	    mend_json_integer(&format, root, "format", GENERATION_FORMAT, GENERATION_FORMAT, err) <
		    0 ||
	    mend_json_only(root, keys, err) < 0 ||
	    mend_json_integer(&own, root, "number", 1, NUMBER_MAX, err) < 0 ||
	    mend_json_integer(&parent, root, "parent", 0, NUMBER_MAX, err) < 0 ||
	    mend_json_string(&created, root, "created", err) < 0 ||
	    mend_json_string(&reason, root, "reason", err) < 0 ||
	    mend_json_array(&releases, root, "releases", MEND_RELEASES_MAX, err) < 0)
		return -1;
	if (own != number)
		return mend_fail(err, MEND_FORMAT, "says it is generation %lld", (long long)own);
	if (parent >= own)
		return mend_fail(err, MEND_FORMAT, "says it comes after generation %lld",
				 (long long)parent);
	if (!mend_text_is_plain(created, strlen(created)) ||
	    !mend_text_is_plain(reason, strlen(reason)))
		return mend_fail(err, MEND_FORMAT, "created and reason have to be one line each");
	out->number = number;
	out->parent = (unsigned)parent;
	out->created = mend_text_copy(created);
	out->reason = mend_text_copy(reason);
	out->releases = mend_alloc((json_array_size(releases) + 1) * sizeof(*out->releases));
	for (i = 0; i < json_array_size(releases); i++)
		if (decode_release(out, json_array_get(releases, i), err) < 0)
			return -1;
	return 0;
}

static int read_generation(struct mend_bytes *out, int store_dir, unsigned number,
			   struct mend_error *err)
{
	char path[STORE_GENERATION_PATH_SIZE];
	struct mend_error why = { .code = MEND_ABSENT };

	mend_store_generation_path(path, number);
	if (store_dir >= 0 &&
	    mend_fs_read(out, store_dir, path, MEND_GENERATION_FILE_MAX, &why) == 0)
		return 0;
	if (why.code == MEND_ABSENT || why.sys_errno == ENOENT)
		return mend_fail(err, MEND_ABSENT, "generation %u is not in the store", number);
	if (err)
		*err = why;
	return -1;
}

int mend_store_generation(struct mend_generation **out, int store_dir, unsigned number,
			  struct mend_error *err)
{
	auto_call(mend_generation_free) struct mend_generation *generation = NULL;
	char path[STORE_GENERATION_PATH_SIZE];
	auto_bytes raw = { 0 };
	auto_json root = NULL;

	mend_store_generation_path(path, number);
	if (read_generation(&raw, store_dir, number, err) < 0 ||
	    mend_json_parse(&root, mend_bytes_span(&raw), path, err) < 0)
		return -1;
	generation = mend_alloc(sizeof(*generation));
	if (decode(generation, root, number, err) < 0)
		return mend_fail_at(err, "%s", path);
	*out = take(generation);
	return 0;
}

void mend_generation_free(struct mend_generation *generation)
{
	if (!generation)
		return;
	free(generation->created);
	free(generation->reason);
	free(generation->releases);
	free(generation);
}

static int compare_numbers(const void *a, const void *b)
{
	unsigned left = *(const unsigned *)a, right = *(const unsigned *)b;

	return (left > right) - (left < right);
}

int mend_store_generations(unsigned **out, size_t *count, int store_dir, struct mend_error *err)
{
	char **names;
	size_t name_count, i, found = 0;
	unsigned *numbers;

	if (mend_store_list(&names, &name_count, store_dir, STORE_GENERATIONS, err) < 0)
		return -1;
	numbers = mend_alloc((name_count + 1) * sizeof(*numbers));
	for (i = 0; i < name_count; i++)
		found += mend_store_number_parse(&numbers[found], names[i]);
	mend_fs_list_free(names, name_count);
	qsort(numbers, found, sizeof(*numbers), compare_numbers);
	*out = numbers;
	*count = found;
	return 0;
}
