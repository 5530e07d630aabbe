/* SPDX-License-Identifier: MIT */
/* The floor: the highest release of each patch that was ever live. Bundles below it are refused. */
#include <string.h>

#include "lib/store_private.h"

#define FLOOR_FORMAT 1
#define FLOOR_MAX    (4 * 1024 * 1024)

static int check_entries(const json_t *floors, struct mend_error *err)
{
	json_t *value;
	const char *id;
	int64_t number;

	if (mend_json_is_object(floors, "floor", err) < 0)
		return -1;
	json_object_foreach((json_t *)floors, id, value)
	{
		if (!mend_path_is_id(id))
			return mend_fail(err, MEND_FORMAT, "floor: %s is no patch's id", id);
		if (mend_json_integer(&number, floors, id, 1, MEND_RELEASE_MAX, err) < 0)
			return mend_fail_at(err, "floor");
	}
	return 0;
}

static int decode(json_t **floors, const json_t *root, struct mend_error *err)
{
	static const char *const keys[] = { "format", "floor", NULL };
	int64_t format;

	if (mend_json_is_object(root, "it", err) < 0 ||
	    mend_json_integer(&format, root, "format", FLOOR_FORMAT, FLOOR_FORMAT, err) < 0 ||
	    mend_json_only(root, keys, err) < 0 ||
	    check_entries(json_object_get(root, "floor"), err) < 0)
		return -1;
	*floors = json_incref(json_object_get(root, "floor"));
	return 0;
}

/* An object of ids and numbers; an empty one when there is no file. */
static int read_floors(json_t **out, int store_dir, struct mend_error *err)
{
	struct mend_error why = { .sys_errno = ENOENT };
	auto_bytes raw = { 0 };
	auto_json root = NULL;

	if (store_dir < 0 || mend_fs_read(&raw, store_dir, STORE_FLOOR, FLOOR_MAX, &why) < 0) {
		if (why.sys_errno != ENOENT) {
			if (err)
				*err = why;
			return -1;
		}
		*out = json_object();
		return 0;
	}
	if (mend_json_parse(&root, mend_bytes_span(&raw), STORE_FLOOR, err) < 0)
		return -1;
	if (decode(out, root, err) < 0)
		return mend_fail_at(err, STORE_FLOOR);
	return 0;
}

static unsigned floor_of(const json_t *floors, const char *id)
{
	return (unsigned)json_integer_value(json_object_get(floors, id));
}

/* 0 as well when the live generation cannot be read: the floor file has it all but after a power
 * cut, and being unable to install anything would not mend it. */
static unsigned live_release(int store_dir, const char *id)
{
	auto_call(mend_generation_free) struct mend_generation *live = NULL;
	unsigned current;
	size_t i;

	if (mend_store_current(&current, store_dir, NULL) < 0 || current == 0 ||
	    mend_store_generation(&live, store_dir, current, NULL) < 0)
		return 0;
	for (i = 0; i < live->count; i++)
		if (!strcmp(live->releases[i].id, id))
			return live->releases[i].number;
	return 0;
}

int mend_store_floor(unsigned *out, int store_dir, const char *id, struct mend_error *err)
{
	auto_json floors = NULL;
	unsigned noted, live;

	if (read_floors(&floors, store_dir, err) < 0)
		return -1;
	noted = floor_of(floors, id);
	live = live_release(store_dir, id);
	*out = live > noted ? live : noted;
	return 0;
}

int mend_store_floor_check(int store_dir, struct mend_error *err)
{
	auto_json floors = NULL;

	return read_floors(&floors, store_dir, err);
}

static int write_floors(int store_dir, json_t *floors, struct mend_error *err)
{
	auto_json root = json_pack("{s:i, s:O}", "format", FLOOR_FORMAT, "floor", floors);
	auto_free char *text = root ? json_dumps(root, JSON_INDENT(2)) : NULL;
	auto_free char *content = text ? mend_text_format("%s\n", text) : NULL;

	if (!content)
		return mend_fail(err, MEND_SYSTEM, STORE_FLOOR ": cannot encode it");
	return mend_fs_write(store_dir, STORE_FLOOR, mend_span_text(content), 0644, err);
}

int mend_store_floor_raise(int store_dir, const struct mend_generation *generation,
			   struct mend_error *err)
{
	auto_json floors = NULL;
	bool raised = false;
	size_t i;

	if (read_floors(&floors, store_dir, err) < 0)
		return -1;
	for (i = 0; i < generation->count; i++) {
		const struct mend_release_name *name = &generation->releases[i];

		if (floor_of(floors, name->id) >= name->number)
			continue;
		json_object_set_new(floors, name->id, json_integer(name->number));
		raised = true;
	}
	return raised ? write_floors(store_dir, floors, err) : 0;
}
