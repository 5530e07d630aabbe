/* SPDX-License-Identifier: MIT */
/* mendctl keys: who may sign for this machine, CONFIG/keys.d. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "mendctl/table.h"
#include "mendfs/fs.h"

static int make_keys_dir(int *out, const struct options *options, struct mend_error *err)
{
	auto_free char *path = mend_text_format("%s/keys.d", options->config);

	return mend_fs_make_dirs(out, AT_FDCWD, path, 0755, err);
}

/* --- list --- */

static json_t *paths_of(const struct mend_trusted_key *key)
{
	json_t *paths = json_array();

	for (size_t i = 0; key->paths && i < key->path_count; i++)
		json_array_append_new(paths, json_string(key->paths[i]));
	return key->paths ? paths : (json_decref(paths), json_null());
}

static void list_json(const struct mend_keyring *ring)
{
	json_t *keys = json_array(), *bad = json_array();

	for (size_t i = 0; i < ring->count; i++) {
		const struct mend_trusted_key *key = &ring->keys[i];
		char hex[MEND_KEY_ID_HEX];

		mend_key_id_hex(hex, key->key.id);
		json_array_append_new(keys, json_pack("{s:s, s:s, s:o, s:i}", "name", key->name,
						      "key", hex, "paths", paths_of(key),
						      "threshold", (int)key->threshold));
	}
	for (size_t i = 0; i < ring->bad_count; i++)
		json_array_append_new(bad, json_string(ring->bad[i]));
	say_json(json_pack("{s:i, s:o, s:o}", "format", 1, "keys", keys, "bad", bad));
}

static char *paths_text(const struct mend_trusted_key *key)
{
	char *text = mend_text_copy(key->paths ? "" : "everything");

	for (size_t i = 0; key->paths && i < key->path_count; i++) {
		auto_free char *before = text;

		text = mend_text_format("%s%s%s", before, i > 0 ? ", " : "", key->paths[i]);
	}
	return text;
}

int verb_keys_list(const struct options *options, struct mend_error *err)
{
	auto_call(mend_keyring_free) struct mend_keyring *ring = NULL;
	auto_call(table_free) struct table *table =
		table_new((const char *[]){ "NAME", "KEY", "THRESHOLD", "MAY PATCH", NULL });

	if (open_keyring(&ring, options, err))
		return -1;
	if (options->json) {
		list_json(ring);
		return 0;
	}
	for (size_t i = 0; i < ring->count; i++) {
		auto_free char *paths = paths_text(&ring->keys[i]);
		char hex[MEND_KEY_ID_HEX], threshold[12];

		mend_key_id_hex(hex, ring->keys[i].key.id);
		snprintf(threshold, sizeof(threshold), "%u", ring->keys[i].threshold);
		table_add(table,
			  (const char *[]){ ring->keys[i].name, hex, threshold, paths, NULL });
	}
	if (table->rows > 0)
		table_print(table, options);
	else
		say(options, "no publisher is trusted: mendctl keys add FILE");
	return 0;
}

/* --- add --- */

static int check_name(const char *name, struct mend_error *err)
{
	size_t length = strlen(name);

	if (length == 0 || length > 64 || name[0] == '.' ||
	    strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._+-") !=
		    length)
		return mend_fail(err, MEND_USAGE,
				 "%s: not fit for a key's name: letters, digits and ._+- only",
				 name);
	return 0;
}

/* --name, or the file's without its directory and ".pub". */
static char *choose_name(const struct options *options)
{
	const char *file = strrchr(options->args[0], '/');
	size_t length;

	if (options->name)
		return mend_text_copy(options->name);
	file = file ? file + 1 : options->args[0];
	length = strlen(file);
	if (length > 4 && !strcmp(file + length - 4, ".pub"))
		length -= 4;
	return mend_text_format("%.*s", (int)length, file);
}

static int read_key(struct mend_bytes *out, struct mend_pubkey *key, const char *file,
		    struct mend_error *err)
{
	if (mend_fs_read(out, AT_FDCWD, file, MEND_KEY_FILE_MAX, err))
		return -1;
	if (mend_pubkey_parse(key, mend_bytes_span(out), err))
		return mend_fail_at(err, "%s", file);
	return 0;
}

static const struct mend_trusted_key *find(const struct mend_keyring *ring,
					   const struct mend_pubkey *key)
{
	for (size_t i = 0; i < ring->count; i++) {
		if (!memcmp(&ring->keys[i].key, key, sizeof(*key)))
			return &ring->keys[i];
	}
	return NULL;
}

static int check_new(const struct options *options, int dir, const char *name,
		     const struct mend_pubkey *key, struct mend_error *err)
{
	auto_call(mend_keyring_free) struct mend_keyring *ring = NULL;
	auto_free char *file = mend_text_format("%s.pub", name);
	const struct mend_trusted_key *same;

	if (open_keyring(&ring, options, err))
		return -1;
	same = find(ring, key);
	if (same)
		return mend_fail(err, MEND_EXISTS, "%s: this key is trusted already, as %s", name,
				 same->name);
	if (!faccessat(dir, file, F_OK, AT_SYMLINK_NOFOLLOW))
		return mend_fail(err, MEND_EXISTS,
				 "%s: another key is called so: choose another --name", name);
	return 0;
}

static int unlink_both(int dir, const char *name, struct mend_error *err)
{
	auto_free char *pub = mend_text_format("%s.pub", name);
	auto_free char *conf = mend_text_format("%s.conf", name);

	if (unlinkat(dir, pub, 0))
		return mend_fail_errno(err, "keys.d/%s", pub);
	if (mend_fs_sync(dir, err))
		return mend_fail_at(err, "keys.d");
	if (unlinkat(dir, conf, 0) && errno != ENOENT)
		return mend_fail_errno(err, "keys.d/%s", conf);
	return mend_fs_sync(dir, err);
}

/* What narrows the key is there before the key, and goes after it: a power cut in between never
 * leaves it wider than it was meant to be. What was there already goes on narrowing it, unless
 * something else was told. */
static int write_both(int dir, const char *name, struct mend_span key,
		      const struct options *options, struct mend_error *err)
{
	auto_free char *pub = mend_text_format("%s.pub", name);
	auto_free char *conf = mend_text_format("%s.conf", name);
	auto_free char *paths =
		mend_text_format(options->paths ? "paths = %s\n" : "%s", options->paths ?: "");
	auto_free char *text = mend_text_copy(paths);

	if (options->threshold > 0) {
		free(text);
		text = mend_text_format("%sthreshold = %u\n", paths, options->threshold);
	}
	if (text[0] && mend_fs_write(dir, conf, mend_span_text(text), 0644, err))
		return -1;
	return mend_fs_write(dir, pub, key, 0644, err);
}

/* What the programs will make of it is the proof. */
static int check_added(const struct options *options, int dir, const char *name,
		       const struct mend_pubkey *key, struct mend_error *err)
{
	auto_call(mend_keyring_free) struct mend_keyring *ring = NULL;
	auto_fd config = open(options->config, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct mend_error why = { .code = MEND_FORMAT, .text = "is not accepted" };

	if (config < 0 || mend_keyring_load(&ring, config, &why) || !find(ring, key)) {
		for (size_t i = 0; ring && i < ring->bad_count; i++) {
			if (!strncmp(ring->bad[i], name, strlen(name)))
				mend_fail(&why, MEND_FORMAT, "%s", ring->bad[i]);
		}
		unlink_both(dir, name, NULL);
		return mend_fail(err, why.code, "%s: not added: %s", name, why.text);
	}
	return 0;
}

static void report(const struct options *options, const char *event, const char *name,
		   const struct mend_pubkey *key)
{
	char hex[MEND_KEY_ID_HEX];

	mend_key_id_hex(hex, key->id);
	if (options->json)
		say_json(json_pack("{s:i, s:s, s:s, s:s}", "format", 1, "event", event, "name",
				   name, "key", hex));
}

int verb_keys_add(const struct options *options, struct mend_error *err)
{
	auto_free char *name = choose_name(options);
	auto_bytes raw = { 0 };
	struct mend_pubkey key;
	auto_fd dir = -1;

	if (options->paths && strchr(options->paths, '\n'))
		return mend_fail(err, MEND_USAGE, "--paths: a line break in it");
	if (check_name(name, err) || read_key(&raw, &key, options->args[0], err) ||
	    make_keys_dir(&dir, options, err) || check_new(options, dir, name, &key, err) ||
	    write_both(dir, name, mend_bytes_span(&raw), options, err) ||
	    check_added(options, dir, name, &key, err))
		return -1;
	report(options, "keys add", name, &key);
	say(options, "%s: trusted", name);
	return 0;
}

/* --- remove --- */

/* Releases that the remaining keys do not vouch for go on being served until the next flip. */
static void warn_of_orphans(const struct options *options)
{
	auto_call(mend_generation_free) struct mend_generation *live = NULL;
	auto_call(mend_store_close) struct mend_store *store = NULL;
	auto_call(mend_keyring_free) struct mend_keyring *ring = NULL;
	unsigned current;

	if (open_store(&store, options, MEND_STORE_READ, NULL) ||
	    mend_store_current(&current, store->dir, NULL) || current == 0 ||
	    mend_store_generation(&live, store->dir, current, NULL) ||
	    open_keyring(&ring, options, NULL))
		return;
	for (size_t i = 0; i < live->count; i++) {
		auto_call(mend_release_free) struct mend_release *release = NULL;
		char title[MEND_TITLE_OF_MAX];

		if (!mend_store_release(&release, store->dir, ring, live->releases[i].id,
					live->releases[i].number, NULL))
			continue;
		mend_release_text(title, live->releases[i].id, live->releases[i].number);
		say_note("%s: no trusted key vouches for it now; mounts serve it until they are "
			 "told: mendctl deactivate %s",
			 title, live->releases[i].id);
	}
}

static int open_keys_dir(int *out, const struct options *options, const char *name,
			 struct mend_error *err)
{
	auto_free char *path = mend_text_format("%s/keys.d", options->config);
	auto_free char *pub = mend_text_format("%s.pub", name);
	auto_fd dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (dir < 0 && errno != ENOENT)
		return mend_fail_errno(err, "%s", path);
	if (dir < 0 || faccessat(dir, pub, F_OK, AT_SYMLINK_NOFOLLOW))
		return mend_fail(err, MEND_ABSENT, "%s: no key is called so: see mendctl keys list",
				 name);
	*out = mend_take_fd(&dir);
	return 0;
}

int verb_keys_remove(const struct options *options, struct mend_error *err)
{
	const char *name = options->args[0];
	auto_free char *pub = mend_text_format("%s.pub", name);
	struct mend_pubkey key = { 0 };
	auto_bytes raw = { 0 };
	auto_fd dir = -1;

	if (check_name(name, err) || open_keys_dir(&dir, options, name, err))
		return -1;
	/* One that cannot be read any more can still be removed. */
	if (!mend_fs_read(&raw, dir, pub, MEND_KEY_FILE_MAX, NULL))
		mend_pubkey_parse(&key, mend_bytes_span(&raw), NULL);
	if (unlink_both(dir, name, err))
		return mend_fail_at(err, "%s: not removed", name);
	report(options, "keys remove", name, &key);
	say(options, "%s: no longer trusted", name);
	warn_of_orphans(options);
	return 0;
}
