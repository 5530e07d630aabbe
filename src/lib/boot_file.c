/* SPDX-License-Identifier: MIT */
/* The store's file `boot`, read as strictly as everything else, and the kernel's name of this boot.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "lib/store_private.h"
#include "mendfs/boot.h"

#define BOOT_FORMAT 1
#define BOOT_ID	    "/proc/sys/kernel/random/boot_id"

static bool is_boot_id(const char *text, size_t length)
{
	if (length != MEND_BOOT_ID_SIZE - 1)
		return false;
	for (size_t i = 0; i < length; i++) {
		bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (is_dash ? text[i] != '-' : !memchr("0123456789abcdef", text[i], 16))
			return false;
	}
	return true;
}

int mend_boot_id(char out[MEND_BOOT_ID_SIZE], struct mend_error *err)
{
	auto_bytes raw = { 0 };

	if (mend_fs_read(&raw, AT_FDCWD, BOOT_ID, 4096, err) < 0)
		return -1;
	if (raw.size > 0 && raw.data[raw.size - 1] == '\n')
		raw.data[--raw.size] = 0;
	if (!is_boot_id((const char *)raw.data, raw.size))
		return mend_fail(err, MEND_FORMAT, BOOT_ID ": not the id of a boot");
	memcpy(out, raw.data, MEND_BOOT_ID_SIZE);
	return 0;
}

/* --- reading --- */

static int read_name(struct mend_release_name *out, const json_t *entry, struct mend_error *err)
{
	int64_t number;
	const char *id;

	if (mend_json_string(&id, entry, "id", err) < 0 ||
	    mend_json_integer(&number, entry, "release", 1, MEND_RELEASE_MAX, err) < 0)
		return -1;
	if (!mend_path_is_id(id))
		return mend_fail(err, MEND_FORMAT, "%s is no patch's id", id);
	memcpy(out->id, id, strlen(id) + 1);
	out->number = (unsigned)number;
	return 0;
}

static int read_time(char out[MEND_TIME_SIZE], const json_t *object, const char *key,
		     struct mend_error *err)
{
	const char *text;
	int64_t seconds;

	if (mend_json_string(&text, object, key, err) < 0)
		return -1;
	if (!mend_time_parse(&seconds, text))
		return mend_fail(err, MEND_FORMAT, "%s: not a time", key);
	memcpy(out, text, MEND_TIME_SIZE);
	return 0;
}

/* The entries of one list, each an object with these members and no other. */
static int open_list(json_t **out, const json_t *root, const char *key, const char *const *keys,
		     struct mend_error *err)
{
	json_t *entry;
	size_t i;

	if (mend_json_array(out, root, key, MEND_RELEASES_MAX, err) < 0)
		return -1;
	json_array_foreach(*out, i, entry)
	{
		if (mend_json_is_object(entry, key, err) < 0 ||
		    mend_json_only(entry, keys, err) < 0)
			return -1;
	}
	return 0;
}

static int read_active(struct mend_boot *boot, const json_t *root, struct mend_error *err)
{
	static const char *const keys[] = { "id", "release", "unhealthy", NULL };
	json_t *entries, *entry;
	int64_t unhealthy;
	size_t i;

	if (open_list(&entries, root, "active", keys, err) < 0)
		return -1;
	boot->active = mend_alloc((json_array_size(entries) + 1) * sizeof(boot->active[0]));
	json_array_foreach(entries, i, entry)
	{
		if (read_name(&boot->active[i].name, entry, err) < 0 ||
		    mend_json_integer(&unhealthy, entry, "unhealthy", 0, MEND_BOOT_TRIES, err) < 0)
			return mend_fail_at(err, "active");
		boot->active[i].unhealthy = (unsigned)unhealthy;
		boot->active_count++;
	}
	return 0;
}

static int read_good(struct mend_boot *boot, const json_t *root, struct mend_error *err)
{
	static const char *const keys[] = { "id", "release", NULL };
	json_t *entries, *entry;
	size_t i;

	if (open_list(&entries, root, "good", keys, err) < 0)
		return -1;
	boot->good = mend_alloc((json_array_size(entries) + 1) * sizeof(boot->good[0]));
	json_array_foreach(entries, i, entry)
	{
		if (read_name(&boot->good[i], entry, err) < 0)
			return mend_fail_at(err, "good");
		boot->good_count++;
	}
	return 0;
}

static int read_off(struct mend_boot *boot, const json_t *root, struct mend_error *err)
{
	static const char *const keys[] = { "id", "release", "since", NULL };
	json_t *entries, *entry;
	size_t i;

	if (open_list(&entries, root, "off", keys, err) < 0)
		return -1;
	boot->off = mend_alloc((json_array_size(entries) + 1) * sizeof(boot->off[0]));
	json_array_foreach(entries, i, entry)
	{
		if (read_name(&boot->off[i].name, entry, err) < 0 ||
		    read_time(boot->off[i].since, entry, "since", err) < 0)
			return mend_fail_at(err, "off");
		boot->off_count++;
	}
	return 0;
}

static int decode(struct mend_boot *boot, const json_t *root, struct mend_error *err)
{
	static const char *const keys[] = { "format", "boot", "begun", "healthy",
					    "active", "good", "off",   NULL };
	const json_t *healthy;
	int64_t format;
	const char *id;

	if (mend_json_is_object(root, "it", err) < 0 ||
	    mend_json_integer(&format, root, "format", BOOT_FORMAT, BOOT_FORMAT, err) < 0 ||
	    mend_json_only(root, keys, err) < 0 || mend_json_string(&id, root, "boot", err) < 0 ||
	    read_time(boot->begun, root, "begun", err) < 0)
		return -1;
	if (!is_boot_id(id, strlen(id)))
		return mend_fail(err, MEND_FORMAT, "boot: not the id of a boot");
	memcpy(boot->id, id, MEND_BOOT_ID_SIZE);
	healthy = json_object_get(root, "healthy");
	if (!json_is_boolean(healthy))
		return mend_fail(err, MEND_FORMAT, "healthy: neither true nor false");
	boot->is_healthy = json_is_true(healthy);
	return read_active(boot, root, err) < 0 || read_good(boot, root, err) < 0 ||
			       read_off(boot, root, err) < 0
		       ? -1
		       : 0;
}

int mend_boot_read(struct mend_boot **out, int store_dir, struct mend_error *err)
{
	auto_call(mend_boot_free) struct mend_boot *boot = mend_boot_new();
	struct mend_error why = { .sys_errno = ENOENT };
	auto_bytes raw = { 0 };
	auto_json root = NULL;

	if (store_dir < 0 || mend_fs_read(&raw, store_dir, STORE_BOOT, MEND_BOOT_MAX, &why) < 0) {
		if (why.sys_errno != ENOENT) {
			if (err)
				*err = why;
			return -1;
		}
		*out = take(boot);
		return 0;
	}
	if (mend_json_parse(&root, mend_bytes_span(&raw), STORE_BOOT, err) < 0)
		return -1;
	if (decode(boot, root, err) < 0)
		return mend_fail_at(err, STORE_BOOT);
	*out = take(boot);
	return 0;
}

/* --- writing --- */

static json_t *encode(const struct mend_boot *boot)
{
	json_t *active = json_array(), *good = json_array(), *off = json_array();

	for (size_t i = 0; i < boot->active_count; i++) {
		const struct mend_boot_active *entry = &boot->active[i];

		json_array_append_new(active, json_pack("{s:s, s:i, s:i}", "id", entry->name.id,
							"release", (int)entry->name.number,
							"unhealthy", (int)entry->unhealthy));
	}
	for (size_t i = 0; i < boot->good_count; i++)
		json_array_append_new(good, json_pack("{s:s, s:i}", "id", boot->good[i].id,
						      "release", (int)boot->good[i].number));
	for (size_t i = 0; i < boot->off_count; i++) {
		const struct mend_boot_off *entry = &boot->off[i];

		json_array_append_new(off,
				      json_pack("{s:s, s:i, s:s}", "id", entry->name.id, "release",
						(int)entry->name.number, "since", entry->since));
	}
	return json_pack("{s:i, s:s, s:s, s:b, s:o, s:o, s:o}", "format", BOOT_FORMAT, "boot",
			 boot->id, "begun", boot->begun, "healthy", boot->is_healthy, "active",
			 active, "good", good, "off", off);
}

int mend_boot_write(const struct mend_boot *boot, struct mend_store *store, struct mend_error *err)
{
	auto_json root = encode(boot);
	auto_free char *text = root ? json_dumps(root, JSON_INDENT(2)) : NULL;
	auto_free char *content = text ? mend_text_format("%s\n", text) : NULL;

	if (!content)
		return mend_fail(err, MEND_SYSTEM, STORE_BOOT ": cannot encode it");
	return mend_fs_write(store->dir, STORE_BOOT, mend_span_text(content), 0644, err);
}

int mend_boot_clear(struct mend_store *store, struct mend_error *err)
{
	if (unlinkat(store->dir, STORE_BOOT, 0) < 0 && errno != ENOENT)
		return mend_fail_errno(err, STORE_BOOT);
	return mend_fs_sync(store->dir, err);
}
