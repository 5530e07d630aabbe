/* SPDX-License-Identifier: MIT */
/* Writes generations. A number is used once: a mount may remember what was prepared under it. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lib/store_private.h"
#include "mendfs/time.h"

#define LAST_MAX 16

static unsigned larger(unsigned a, unsigned b)
{
	return a > b ? a : b;
}

/* 0 when there is none. One that cannot be read costs the numbers that were taken away, no more. */
static unsigned last_used_up(int store_dir)
{
	auto_bytes raw = { 0 };
	unsigned number;

	if (mend_fs_read(&raw, store_dir, STORE_GENERATIONS "/" STORE_LAST, LAST_MAX, NULL) < 0)
		return 0;
	if (raw.size > 0 && raw.data[raw.size - 1] == '\n')
		raw.data[raw.size - 1] = '\0';
	return mend_store_number_parse(&number, (const char *)raw.data) ? number : 0;
}

int mend_store_use_up(int store_dir, unsigned number, struct mend_error *err)
{
	char text[LAST_MAX];

	if (number <= last_used_up(store_dir))
		return 0;
	snprintf(text, sizeof(text), "%u\n", number);
	return mend_fs_write(store_dir, STORE_GENERATIONS "/" STORE_LAST, mend_span_text(text),
			     0644, err);
}

static int next_number(unsigned *out, int store_dir, struct mend_error *err)
{
	auto_free unsigned *numbers = NULL;
	unsigned highest = last_used_up(store_dir), current;
	size_t count;

	if (mend_store_generations(&numbers, &count, store_dir, err) < 0)
		return -1;
	if (count > 0)
		highest = larger(highest, numbers[count - 1]);
	/* A damaged link is mended by the next generation that goes live. */
	if (mend_store_current(&current, store_dir, NULL) == 0)
		highest = larger(highest, current);
	*out = highest + 1;
	return 0;
}

static int compare_ids(const void *a, const void *b)
{
	return strcmp(((const struct mend_release_name *)a)->id,
		      ((const struct mend_release_name *)b)->id);
}

static int check_release(int store_dir, const struct mend_release_name *name,
			 struct mend_error *err)
{
	char path[STORE_RELEASE_PATH_SIZE], title[MEND_TITLE_OF_MAX];
	auto_fd dir = -1;

	if (!mend_path_is_id(name->id) || name->number == 0 || name->number > MEND_RELEASE_MAX)
		return mend_fail(err, MEND_USAGE, "%s=%u: no release is called so", name->id,
				 name->number);
	mend_store_release_path(path, name->id, name->number);
	if (mend_store_open_dir(&dir, store_dir, path, err) < 0)
		return -1;
	mend_release_text(title, name->id, name->number);
	if (dir < 0)
		return mend_fail(err, MEND_ABSENT, "%s is not installed", title);
	return 0;
}

static int encode_releases(json_t **out, int store_dir, struct mend_release_name *sorted,
			   size_t count, struct mend_error *err)
{
	auto_json list = json_array();
	size_t i;

	if (count > 0)
		qsort(sorted, count, sizeof(*sorted), compare_ids);
	for (i = 0; i < count; i++) {
		if (check_release(store_dir, &sorted[i], err) < 0)
			return -1;
		if (i > 0 && compare_ids(&sorted[i - 1], &sorted[i]) == 0)
			return mend_fail(err, MEND_CONFLICT,
					 "%s: two releases of one patch cannot be active together",
					 sorted[i].id);
		json_array_append_new(list, json_pack("{s:s, s:i}", "id", sorted[i].id, "release",
						      (int)sorted[i].number));
	}
	*out = take(list);
	return 0;
}

static int encode(char **out, unsigned number, unsigned parent, const char *reason,
		  json_t *releases, struct mend_error *err)
{
	char created[MEND_TIME_SIZE];
	auto_json root = NULL;

	mend_time_text(created, time(NULL));
	root = json_pack("{s:i, s:i, s:i, s:s, s:s, s:O}", "format", 1, "number", (int)number,
			 "parent", (int)parent, "created", created, "reason", reason, "releases",
			 releases);
	*out = root ? json_dumps(root, JSON_INDENT(2)) : NULL;
	if (!*out)
		return mend_fail(err, MEND_SYSTEM, "cannot encode it");
	return 0;
}

static int write_generation(int store_dir, unsigned number, const char *text,
			    struct mend_error *err)
{
	auto_free char *content = mend_text_format("%s\n", text);
	char path[STORE_GENERATION_PATH_SIZE];
	auto_fd dir = -1;

	if (strlen(content) > MEND_GENERATION_FILE_MAX)
		return mend_fail(err, MEND_LIMIT, "more than %d bytes", MEND_GENERATION_FILE_MAX);
	if (mend_fs_make_dirs(&dir, store_dir, STORE_GENERATIONS, 0755, err) < 0)
		return -1;
	mend_store_generation_path(path, number);
	return mend_fs_write(store_dir, path, mend_span_text(content), 0644, err);
}

int mend_store_generation_add(unsigned *number, struct mend_store *store,
			      const struct mend_release_name *releases, size_t count,
			      unsigned parent, const char *reason, struct mend_error *err)
{
	auto_free struct mend_release_name *sorted = NULL;
	auto_free char *text = NULL;
	auto_json list = NULL;
	unsigned next;

	if (count > MEND_RELEASES_MAX)
		return mend_fail(err, MEND_LIMIT, "more than %d active releases",
				 MEND_RELEASES_MAX);
	if (!mend_text_is_plain(reason, strlen(reason)))
		return mend_fail(err, MEND_USAGE, "a generation's reason is one line of text");
	sorted = mend_alloc((count + 1) * sizeof(*sorted));
	if (count > 0)
		memcpy(sorted, releases, count * sizeof(*sorted));
	if (encode_releases(&list, store->dir, sorted, count, err) < 0 ||
	    next_number(&next, store->dir, err) < 0)
		return -1;
	if (parent >= next)
		return mend_fail(err, MEND_USAGE, "generation %u cannot come after %u", next,
				 parent);
	if (encode(&text, next, parent, reason, list, err) < 0 ||
	    write_generation(store->dir, next, text, err) < 0)
		return mend_fail_at(err, "generation %u", next);
	*number = next;
	return 0;
}

int mend_store_generation_drop(struct mend_store *store, unsigned number, struct mend_error *err)
{
	char path[STORE_GENERATION_PATH_SIZE];
	unsigned current;

	if (mend_store_current(&current, store->dir, err) < 0)
		return -1;
	if (number == current)
		return mend_fail(err, MEND_CONFLICT, "generation %u is live", number);
	mend_store_generation_path(path, number);
	if (faccessat(store->dir, path, F_OK, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT)
		return mend_fail(err, MEND_ABSENT, "generation %u is not in the store", number);
	if (mend_store_use_up(store->dir, number, err) < 0)
		return -1;
	if (unlinkat(store->dir, path, 0) < 0)
		return mend_fail_errno(err, "%s: cannot take it away", path);
	return mend_store_sync_dir(store->dir, STORE_GENERATIONS, err);
}
