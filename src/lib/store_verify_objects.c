/* SPDX-License-Identifier: MIT */
/* The part of verify that reads every object. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "lib/store_verify.h"

typedef void visit(struct store_verify *verify, int dir, const char *dir_name, const char *name);

static bool ends_with(const char *text, const char *suffix)
{
	size_t size = strlen(text), suffix_size = strlen(suffix);

	return size >= suffix_size && !strcmp(text + size - suffix_size, suffix);
}

static int compare_object(const void *key, const void *entry)
{
	return memcmp(key, &((const struct store_need *)entry)->object, sizeof(struct mend_digest));
}

/* The first of those that need it, or NULL. */
static struct store_need *find_need(const struct store_verify *verify,
				    const struct mend_digest *digest)
{
	struct store_need *need = NULL;

	if (verify->need_count > 0)
		need = bsearch(digest, verify->needs, verify->need_count, sizeof(*need),
			       compare_object);
	while (need && need > verify->needs && compare_object(digest, need - 1) == 0)
		need--;
	return need;
}

static uint64_t size_of(int dir, const char *name)
{
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode))
		return 0;
	return (uint64_t)st.st_size;
}

static void measure(struct store_verify *verify, int dir, const char *dir_name, const char *name)
{
	(void)dir_name;
	verify->total += size_of(dir, name);
}

static void report_damage(struct store_verify *verify, const struct store_need *need,
			  const char *what)
{
	char title[MEND_TITLE_OF_MAX], mend[MEND_TITLE_OF_MAX + 64];

	if (!need) {
		mend_store_verify_report(verify, "nothing needs it, take it away: mendctl gc", "%s",
					 what);
		return;
	}
	mend_release_text(title, need->release.id, need->release.number);
	snprintf(mend, sizeof(mend), "install the bundle of %s again", title);
	mend_store_verify_report(verify, mend, "%s: %s: %s", title, need->path, what);
}

static void check_object(struct store_verify *verify, int dir, const char *dir_name,
			 const char *name)
{
	char hex[MEND_DIGEST_HEX + MEND_NAME_MAX];
	struct mend_digest digest;
	struct store_need *need;
	struct mend_error why;

	snprintf(hex, sizeof(hex), "%s%s", dir_name, name);
	if (strlen(dir_name) != 2 || !mend_digest_parse(&digest, hex)) {
		mend_store_verify_report(verify, "take it away: it is not the store's",
					 STORE_OBJECTS "/%s/%s: is not called like an object",
					 dir_name, name);
		return;
	}
	need = find_need(verify, &digest);
	if (need)
		need->is_there = true;
	if (mend_store_object_check(verify->store_dir, &digest, verify->quick, &why) < 0)
		report_damage(verify, need, why.text);
	verify->done += size_of(dir, name);
	if (verify->progress)
		verify->progress(verify->context, verify->done, verify->total);
}

static int visit_dir(struct store_verify *verify, visit *each, int objects, const char *dir_name,
		     struct mend_error *err)
{
	auto_fd dir = -1;
	struct mend_error why;
	char **names;
	size_t count, i;

	if (mend_fs_open_dir(&dir, objects, dir_name, &why) < 0) {
		if (each == check_object)
			mend_store_verify_report(verify, "take it away: it is not the store's",
						 STORE_OBJECTS "/%s", why.text);
		return 0;
	}
	if (mend_fs_list(&names, &count, dir, err) < 0)
		return -1;
	for (i = 0; i < count; i++)
		if (!mend_store_is_temporary(names[i]) && !ends_with(names[i], STORE_SUM_SUFFIX))
			each(verify, dir, dir_name, names[i]);
	mend_fs_list_free(names, count);
	return 0;
}

static int visit_all(struct store_verify *verify, visit *each, struct mend_error *err)
{
	auto_fd objects = -1;
	char **names;
	size_t count, i;
	int result = 0;

	if (mend_store_open_dir(&objects, verify->store_dir, STORE_OBJECTS, err) < 0 ||
	    mend_store_list(&names, &count, objects, ".", err) < 0)
		return -1;
	for (i = 0; i < count && result == 0; i++)
		result = visit_dir(verify, each, objects, names[i], err);
	mend_fs_list_free(names, count);
	return result;
}

static void check_missing(struct store_verify *verify)
{
	char hex[MEND_DIGEST_HEX], what[MEND_DIGEST_HEX + 64];
	size_t i;

	for (i = 0; i < verify->need_count; i++) {
		const struct store_need *need = &verify->needs[i];

		if (find_need(verify, &need->object)->is_there)
			continue;
		mend_digest_hex(hex, &need->object);
		snprintf(what, sizeof(what), "object %s is not in the store", hex);
		report_damage(verify, need, what);
	}
}

int mend_store_verify_objects(struct store_verify *verify, struct mend_error *err)
{
	if (visit_all(verify, measure, err) < 0 || visit_all(verify, check_object, err) < 0)
		return -1;
	check_missing(verify);
	return 0;
}
