/* SPDX-License-Identifier: MIT */
/* Reads an installed release: bytes, signatures, and only then the manifest. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "lib/store_private.h"

/* A release's files as they are on disk: claimed, not verified. */
struct raw_release {
	struct mend_bytes manifest;
	struct mend_bytes sigs[MEND_SIGS_MAX];
	size_t sig_count;
};

static void raw_release_free(struct raw_release *raw)
{
	size_t i;

	mend_bytes_free(&raw->manifest);
	for (i = 0; i < raw->sig_count; i++)
		mend_bytes_free(&raw->sigs[i]);
}

void mend_store_release_path(char out[STORE_RELEASE_PATH_SIZE], const char *id, unsigned number)
{
	snprintf(out, STORE_RELEASE_PATH_SIZE, STORE_PATCHES "/%s/%u", id, number);
}

static bool is_signature_name(const char *name)
{
	size_t size = strlen(name), suffix = strlen(STORE_SIG_SUFFIX);

	return !mend_store_is_temporary(name) && size > suffix &&
	       !strcmp(name + size - suffix, STORE_SIG_SUFFIX);
}

static int read_signatures(struct raw_release *raw, int dir, struct mend_error *err)
{
	auto_fd sigs = -1;
	char **names;
	size_t count, i;
	int result = 0;

	if (mend_fs_open_dir(&sigs, dir, STORE_SIGNATURES, err) < 0 ||
	    mend_fs_list(&names, &count, sigs, err) < 0)
		return -1;
	for (i = 0; i < count && result == 0; i++) {
		if (!is_signature_name(names[i]))
			continue;
		if (raw->sig_count == MEND_SIGS_MAX)
			result = mend_fail(err, MEND_LIMIT, "more than %d signatures",
					   MEND_SIGS_MAX);
		else
			result = mend_fs_read(&raw->sigs[raw->sig_count], sigs, names[i],
					      MEND_SIG_FILE_MAX, err);
		raw->sig_count += result == 0;
	}
	mend_fs_list_free(names, count);
	return result;
}

static int verify(struct mend_verified **out, const struct raw_release *raw,
		  const struct mend_keyring *ring, struct mend_error *err)
{
	struct mend_span sigs[MEND_SIGS_MAX];
	size_t i;

	for (i = 0; i < raw->sig_count; i++)
		sigs[i] = mend_bytes_span(&raw->sigs[i]);
	return mend_verify(out, ring, mend_bytes_span(&raw->manifest), sigs, raw->sig_count, err);
}

/* A release that was verified may still stand where another one belongs. */
static int check_name(const struct mend_manifest *manifest, const char *id, unsigned number,
		      struct mend_error *err)
{
	char found[MEND_TITLE_OF_MAX];

	if (!strcmp(manifest->id, id) && manifest->release == number)
		return 0;
	mend_release_text(found, manifest->id, manifest->release);
	return mend_fail(err, MEND_FORMAT, "its manifest is that of %s", found);
}

static int load(struct mend_release *release, int dir, const struct mend_keyring *ring,
		const char *id, unsigned number, struct mend_error *err)
{
	__attribute__((cleanup(raw_release_free))) struct raw_release raw = { .sig_count = 0 };

	if (mend_fs_read(&raw.manifest, dir, STORE_MANIFEST, MEND_MANIFEST_MAX, err) < 0 ||
	    read_signatures(&raw, dir, err) < 0 ||
	    verify(&release->verified, &raw, ring, err) < 0 ||
	    mend_manifest_decode(&release->manifest, release->verified, err) < 0 ||
	    check_name(release->manifest, id, number, err) < 0)
		return -1;
	return mend_manifest_may(release->manifest, release->verified, ring, err);
}

int mend_store_release(struct mend_release **out, int store_dir, const struct mend_keyring *ring,
		       const char *id, unsigned number, struct mend_error *err)
{
	auto_call(mend_release_free) struct mend_release *release = NULL;
	char path[STORE_RELEASE_PATH_SIZE], title[MEND_TITLE_OF_MAX];
	auto_fd dir = -1;

	if (!mend_path_is_id(id) || number == 0 || number > MEND_RELEASE_MAX)
		return mend_fail(err, MEND_USAGE, "%s=%u: no release is called so", id, number);
	mend_store_release_path(path, id, number);
	mend_release_text(title, id, number);
	if (mend_store_open_dir(&dir, store_dir, path, err) < 0)
		return -1;
	if (dir < 0)
		return mend_fail(err, MEND_ABSENT, "%s is not installed", title);
	release = mend_alloc(sizeof(*release));
	if (load(release, dir, ring, id, number, err) < 0)
		return mend_fail_at(err, "%s", title);
	*out = take(release);
	return 0;
}

void mend_release_free(struct mend_release *release)
{
	if (!release)
		return;
	mend_manifest_free(release->manifest);
	mend_verified_free(release->verified);
	free(release);
}
