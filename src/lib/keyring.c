/* SPDX-License-Identifier: MIT */
/* Reading keys.d: trusted keys and what narrows them; what is not fit is left out and told. */
#include "mendfs/keyring.h"

#include <fcntl.h>
#include <string.h>

#include "mendfs/conf.h"
#include "mendfs/fs.h"

static bool has_suffix(const char *name, const char *suffix)
{
	size_t size = strlen(name), tail = strlen(suffix);

	return size > tail && strcmp(name + size - tail, suffix) == 0;
}

static void add_bad(struct mend_keyring *ring, const struct mend_error *why)
{
	ring->bad = mend_grow(ring->bad, ring->bad_count + 1, sizeof *ring->bad);
	ring->bad[ring->bad_count++] = mend_text_copy(why->text);
}

/* Whoever may write a key file decides what this machine runs. */
static int check_owner(int fd, struct mend_error *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return mend_fail_errno(err, "cannot stat");
	if (st.st_uid != 0 && st.st_uid != geteuid())
		return mend_fail(err, MEND_UNTRUSTED, "belongs to user %u: chown it to root",
				 (unsigned)st.st_uid);
	if ((st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return mend_fail(err, MEND_UNTRUSTED, "others may write it: chmod go-w");
	return 0;
}

static int read_trusted(struct mend_bytes *out, int dir, const char *name, size_t limit,
			struct mend_error *err)
{
	auto_fd fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd < 0 && errno == ELOOP)
		return mend_fail(err, MEND_UNTRUSTED, "%s: a symlink: put the file itself there",
				 name);
	if (fd < 0)
		return mend_fail_errno(err, "%s: cannot open", name);
	if (check_owner(fd, err) < 0 || mend_fs_read_fd(out, fd, limit, err) < 0)
		return mend_fail_at(err, "%s", name);
	return 0;
}

/* "GLOB, GLOB …" */
static int parse_paths(struct mend_trusted_key *key, const char *value, struct mend_error *err)
{
	auto_free char *copy = mend_text_copy(value);
	char *rest = copy, *glob;

	while ((glob = strsep(&rest, ",")) != NULL) {
		size_t size;

		glob += strspn(glob, " \t");
		size = strlen(glob);
		while (size > 0 && (glob[size - 1] == ' ' || glob[size - 1] == '\t'))
			glob[--size] = '\0';
		if (glob[0] != '/')
			return mend_fail(err, MEND_FORMAT, "paths: \"%.200s\": not absolute", glob);
		key->paths = mend_grow(key->paths, key->path_count + 1, sizeof *key->paths);
		key->paths[key->path_count++] = mend_text_copy(glob);
	}
	return 0;
}

static int parse_threshold(struct mend_trusted_key *key, const char *value, struct mend_error *err)
{
	unsigned number = 0;

	for (const char *digit = value; *digit >= '0' && *digit <= '9' && number < 100; digit++)
		number = 10 * number + (unsigned)(*digit - '0');
	if (value[0] == '0' || strspn(value, "0123456789") != strlen(value) || number < 1 ||
	    number > MEND_SIGS_MAX)
		return mend_fail(err, MEND_FORMAT, "threshold: \"%.40s\": not from 1 to %d", value,
				 MEND_SIGS_MAX);
	key->threshold = number;
	return 0;
}

static int apply_item(struct mend_trusted_key *key, const struct mend_conf_item *item,
		      struct mend_error *err)
{
	if (item->section[0] != '\0')
		return mend_fail(err, MEND_FORMAT, "[%.80s]: no sections here", item->section);
	if (strcmp(item->key, "paths") == 0 && key->paths == NULL)
		return parse_paths(key, item->value, err);
	if (strcmp(item->key, "threshold") == 0 && key->threshold == 0)
		return parse_threshold(key, item->value, err);
	if (strcmp(item->key, "paths") == 0 || strcmp(item->key, "threshold") == 0)
		return mend_fail(err, MEND_FORMAT, "%s: twice", item->key);
	return mend_fail(err, MEND_FORMAT, "%.80s: unknown key", item->key);
}

/* NAME.conf; a missing one narrows nothing. */
static int read_conf(struct mend_trusted_key *key, int dir, struct mend_error *err)
{
	auto_free char *name = mend_text_format("%s.conf", key->name);
	auto_call(mend_conf_free) struct mend_conf *conf = NULL;
	auto_bytes raw = { 0 };
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT)
		return 0;
	if (read_trusted(&raw, dir, name, MEND_CONF_MAX, err) < 0 ||
	    mend_conf_parse(&conf, mend_bytes_span(&raw), name, err) < 0)
		return -1;
	for (size_t i = 0; i < conf->count; i++)
		if (apply_item(key, &conf->items[i], err) < 0)
			return mend_fail_at(err, "%s: line %u", name, conf->items[i].line);
	return 0;
}

static void key_free(struct mend_trusted_key *key)
{
	free(key->name);
	mend_fs_list_free(key->paths, key->path_count);
}

static int read_key(struct mend_trusted_key *key, int dir, const char *name, struct mend_error *err)
{
	auto_bytes raw = { 0 };

	if (!mend_text_is_plain(name, strlen(name)))
		return mend_fail(err, MEND_FORMAT, "%s: control characters or not UTF-8", name);
	if (read_trusted(&raw, dir, name, MEND_KEY_FILE_MAX, err) < 0)
		return -1;
	if (mend_pubkey_parse(&key->key, mend_bytes_span(&raw), err) < 0)
		return mend_fail_at(err, "%s", name);
	key->name = strndup(name, strlen(name) - strlen(".pub"));
	if (key->name == NULL)
		return mend_fail_errno(err, "%s", name);
	if (read_conf(key, dir, err) < 0)
		return -1;
	if (key->threshold == 0)
		key->threshold = 1;
	return 0;
}

/* One key under two names would count twice towards a threshold. */
static int check_new(const struct mend_keyring *ring, const struct mend_trusted_key *key,
		     struct mend_error *err)
{
	if (ring->count >= MEND_KEYS_MAX)
		return mend_fail(err, MEND_LIMIT, "%s.pub: more than the limit of %d keys",
				 key->name, MEND_KEYS_MAX);
	for (size_t i = 0; i < ring->count; i++)
		if (memcmp(ring->keys[i].key.id, key->key.id, MEND_KEY_ID_SIZE) == 0)
			return mend_fail(err, MEND_EXISTS, "%s.pub: the same key as %s.pub",
					 key->name, ring->keys[i].name);
	return 0;
}

static void add_key(struct mend_keyring *ring, int dir, const char *name)
{
	struct mend_trusted_key key = { 0 };
	struct mend_error why;

	if (read_key(&key, dir, name, &why) < 0 || check_new(ring, &key, &why) < 0) {
		add_bad(ring, &why);
		key_free(&key);
		return;
	}
	ring->keys = mend_grow(ring->keys, ring->count + 1, sizeof *ring->keys);
	ring->keys[ring->count++] = key;
}

static int load_dir(struct mend_keyring *ring, int dir, struct mend_error *err)
{
	struct mend_error why;
	char **names;
	size_t count;

	/* Who may write the directory can take a NAME.conf away, and so widen a key. */
	if (check_owner(dir, &why) < 0) {
		mend_fail_at(&why, "keys.d");
		add_bad(ring, &why);
		return 0;
	}
	if (mend_fs_list(&names, &count, dir, err) < 0)
		return mend_fail_at(err, "keys.d");
	for (size_t i = 0; i < count; i++)
		if (names[i][0] != '.' && has_suffix(names[i], ".pub"))
			add_key(ring, dir, names[i]);
	mend_fs_list_free(names, count);
	return 0;
}

int mend_keyring_load(struct mend_keyring **out, int config, struct mend_error *err)
{
	auto_call(mend_keyring_free) struct mend_keyring *ring = mend_alloc(sizeof *ring);
	auto_fd dir = -1;

	if (config >= 0) {
		dir = openat(config, "keys.d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (dir < 0 && errno != ENOENT)
			return mend_fail_errno(err, "keys.d: cannot open the directory");
	}
	if (dir >= 0 && load_dir(ring, dir, err) < 0)
		return -1;
	*out = take(ring);
	return 0;
}

void mend_keyring_free(struct mend_keyring *ring)
{
	if (ring == NULL)
		return;
	for (size_t i = 0; i < ring->count; i++)
		key_free(&ring->keys[i]);
	free(ring->keys);
	mend_fs_list_free(ring->bad, ring->bad_count);
	free(ring);
}
