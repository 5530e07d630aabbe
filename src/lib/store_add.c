/* SPDX-License-Identifier: MIT */
/*
 * Takes a bundle apart. Objects first, then patches/ID/N by one rename, so that a release that is
 * there has all of its objects. What is there already is mended where it is damaged and synced.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "lib/store_private.h"

enum installed { NOT_INSTALLED, INSTALLED, DAMAGED };

static void sig_name(char out[MEND_KEY_ID_HEX + sizeof(STORE_SIG_SUFFIX)],
		     const struct mend_bundle *bundle, size_t i)
{
	snprintf(out, MEND_KEY_ID_HEX + sizeof(STORE_SIG_SUFFIX), "%s" STORE_SIG_SUFFIX,
		 bundle->sig_names[i]);
}

/*
 * One signature cannot fit two manifests: where it is the bundle's and the manifest is not, it is
 * the disk that changed the manifest, and not the publisher.
 */
static bool shares_signature(int dir, const struct mend_bundle *bundle)
{
	char name[MEND_KEY_ID_HEX + sizeof(STORE_SIG_SUFFIX)];
	auto_fd sigs = -1;
	size_t i;

	if (mend_fs_open_dir(&sigs, dir, STORE_SIGNATURES, NULL) < 0)
		return false;
	for (i = 0; i < bundle->sig_count; i++) {
		auto_bytes found = { 0 };

		sig_name(name, bundle, i);
		if (mend_fs_read(&found, sigs, name, MEND_SIG_FILE_MAX, NULL) == 0 &&
		    mend_span_equal(mend_bytes_span(&found), bundle->sigs[i]))
			return true;
	}
	return false;
}

static int look_at_installed(enum installed *out, int dir, const struct mend_bundle *bundle,
			     struct mend_error *err)
{
	auto_bytes found = { 0 };
	struct mend_error why;

	if (dir < 0) {
		*out = NOT_INSTALLED;
		return 0;
	}
	if (mend_fs_read(&found, dir, STORE_MANIFEST, MEND_MANIFEST_MAX, &why) < 0) {
		*out = DAMAGED;
		return 0;
	}
	if (mend_span_equal(mend_bytes_span(&found), mend_bytes_span(&bundle->manifest))) {
		*out = INSTALLED;
		return 0;
	}
	if (!shares_signature(dir, bundle))
		return mend_fail(
			err, MEND_EXISTS,
			"another manifest is installed under this number: "
			"remove that release first, or ask the publisher for a new number");
	*out = DAMAGED;
	return 0;
}

static int put_objects(struct mend_store *store, const struct mend_bundle *bundle,
		       const struct mend_manifest *manifest, mend_find_base *find_base,
		       void *context, struct mend_error *err)
{
	size_t i;

	for (i = 0; i < manifest->target_count; i++) {
		const struct mend_target *target = &manifest->targets[i];

		if (target->op != MEND_OP_REPLACE && target->op != MEND_OP_ADD)
			continue;
		if (mend_store_object_put(store->dir, bundle, &target->object, target->size,
					  find_base, context, err) < 0)
			return mend_fail_at(err, "%s", target->path);
	}
	/* Unless the manifest only removes, the directory is there now. */
	return bundle->object_count > 0 ? mend_store_sync_dir(store->dir, STORE_OBJECTS, err) : 0;
}

static bool is_listed(const char *name, char **names, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (!strcmp(names[i], name))
			return true;
	return false;
}

/* Together with those that are there, a reader would take no more than MEND_SIGS_MAX. */
static int check_signature_count(int sigs, const struct mend_bundle *bundle, struct mend_error *err)
{
	char name[MEND_KEY_ID_HEX + sizeof(STORE_SIG_SUFFIX)];
	char **names;
	size_t count, total, i;

	if (mend_fs_list(&names, &count, sigs, err) < 0)
		return -1;
	total = count;
	for (i = 0; i < bundle->sig_count; i++) {
		sig_name(name, bundle, i);
		total += !is_listed(name, names, count);
	}
	for (i = 0; i < count; i++)
		total -= mend_store_is_temporary(names[i]);
	mend_fs_list_free(names, count);
	if (total > MEND_SIGS_MAX)
		return mend_fail(err, MEND_LIMIT,
				 "more than %d signatures with those that are there",
				 MEND_SIGS_MAX);
	return 0;
}

static int write_signatures(int dir, const struct mend_bundle *bundle, struct mend_error *err)
{
	char name[MEND_KEY_ID_HEX + sizeof(STORE_SIG_SUFFIX)];
	auto_fd sigs = -1;
	size_t i;

	if (mend_fs_make_dirs(&sigs, dir, STORE_SIGNATURES, 0755, err) < 0 ||
	    check_signature_count(sigs, bundle, err) < 0)
		return -1;
	for (i = 0; i < bundle->sig_count; i++) {
		sig_name(name, bundle, i);
		if (mend_fs_write(sigs, name, bundle->sigs[i], 0644, err) < 0)
			return -1;
	}
	return 0;
}

/* All of a release's own files, durably. What has the right content already is written again: it
 * may have been left unsynced. */
static int write_files(int dir, const struct mend_bundle *bundle, struct mend_error *err)
{
	if (mend_fs_write(dir, STORE_MANIFEST, mend_bytes_span(&bundle->manifest), 0644, err) < 0)
		return -1;
	return write_signatures(dir, bundle, err);
}

static int build(int patch, unsigned number, const struct mend_bundle *bundle,
		 struct mend_error *err)
{
	char temporary[32], name[16];
	auto_fd dir = -1;

	snprintf(name, sizeof(name), "%u", number);
	snprintf(temporary, sizeof(temporary), STORE_TEMPORARY "%u", number);
	/* Left by a run that did not get to the end: the lock is ours. */
	if (mend_fs_remove_tree(patch, temporary, err) < 0 ||
	    mend_fs_make_dirs(&dir, patch, temporary, 0755, err) < 0)
		return -1;
	if (write_files(dir, bundle, err) < 0) {
		mend_fs_remove_tree(patch, temporary, NULL);
		return -1;
	}
	if (renameat(patch, temporary, patch, name) < 0) {
		mend_fail_errno(err, "cannot rename into place");
		mend_fs_remove_tree(patch, temporary, NULL);
		return -1;
	}
	return 0;
}

static int put_release(struct mend_store *store, const struct mend_manifest *manifest,
		       int installed, const struct mend_bundle *bundle, struct mend_error *err)
{
	auto_free char *path = mend_text_format(STORE_PATCHES "/%s", manifest->id);
	auto_fd patch = -1;
	int result;

	if (mend_fs_make_dirs(&patch, store->dir, path, 0755, err) < 0)
		return -1;
	result = installed >= 0 ? write_files(installed, bundle, err)
				: build(patch, manifest->release, bundle, err);
	if (result < 0 || mend_fs_sync(patch, err) < 0)
		return -1;
	return mend_store_sync_dir(store->dir, STORE_PATCHES, err);
}

static int add(struct mend_store *store, struct mend_bundle *bundle,
	       const struct mend_manifest *manifest, mend_find_base *find_base, void *context,
	       struct mend_error *err)
{
	char path[STORE_RELEASE_PATH_SIZE];
	enum installed installed;
	auto_fd dir = -1;

	mend_store_release_path(path, manifest->id, manifest->release);
	if (mend_bundle_matches(bundle, manifest, err) < 0 ||
	    mend_store_open_dir(&dir, store->dir, path, err) < 0 ||
	    look_at_installed(&installed, dir, bundle, err) < 0 ||
	    put_objects(store, bundle, manifest, find_base, context, err) < 0 ||
	    put_release(store, manifest, dir, bundle, err) < 0)
		return -1;
	return mend_fs_sync(store->dir, err);
}

int mend_store_add(struct mend_store *store, struct mend_bundle *bundle,
		   const struct mend_manifest *manifest, mend_find_base *find_base, void *context,
		   struct mend_error *err)
{
	char title[MEND_TITLE_OF_MAX];

	if (add(store, bundle, manifest, find_base, context, err) == 0)
		return 0;
	mend_release_text(title, manifest->id, manifest->release);
	return mend_fail_at(err, "%s", title);
}
