/* SPDX-License-Identifier: MIT */
/* A bundle's checks, in the order in which each may rely on those before. */
#include "mendctl/candidate.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

int refuse(struct mend_error *err, const char *what)
{
	if (mend_code_exit(err->code) == 1)
		mend_fail_at(err, "refused");
	return mend_fail_at(err, "%s", what);
}

/* Nothing of the manifest is told before a signature vouches for it, so the file's name has to do.
 */
static int refuse_stranger(const struct mend_bundle *bundle, const char *file,
			   const struct options *options, struct mend_error *err)
{
	auto_free char *keys = mend_text_copy(bundle->sig_names[0]);

	for (size_t i = 1; i < bundle->sig_count; i++) {
		auto_free char *before = take(keys);

		keys = mend_text_format("%s, %s", before, bundle->sig_names[i]);
	}
	return mend_fail(err, MEND_UNTRUSTED,
			 "%s: refused: signed by %s %s, %s %s/keys.d does not trust", file,
			 bundle->sig_count > 1 ? "keys" : "key", keys,
			 bundle->sig_count > 1 ? "none of which" : "which", options->config);
}

static int open_bundle(struct mend_bundle **out, const char *file, struct mend_error *err)
{
	/* A FIFO must not make us wait before the reader refuses it. */
	auto_fd fd = open(file, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return mend_fail_errno(err, "%s", file);
	if (mend_bundle_open(out, fd, err))
		return refuse(err, file);
	mend_take_fd(&fd);
	return 0;
}

static int check_floor(const struct mend_manifest *manifest, const char *title, int store_dir,
		       struct mend_error *err)
{
	char accepted[MEND_TITLE_OF_MAX];
	unsigned floor;

	if (mend_store_floor(&floor, store_dir, manifest->id, err))
		return -1;
	if (manifest->release >= floor)
		return 0;
	mend_label_of(accepted, floor);
	return mend_fail(err, MEND_ROLLBACK,
			 "%s: refused: older than (%s), which was accepted before", title,
			 accepted);
}

int release_check(const struct mend_manifest *manifest, const char *title, int store_dir,
		  struct mend_error *err)
{
	if (mend_manifest_in_time(manifest, time(NULL), err) ||
	    mend_manifest_fits_platform(manifest, "", err))
		return refuse(err, title);
	return check_floor(manifest, title, store_dir, err);
}

/* The same number stands for the same bytes for ever. */
static int check_installed(struct candidate *candidate, const struct mend_keyring *ring,
			   int store_dir, struct mend_error *err)
{
	auto_call(mend_release_free) struct mend_release *installed = NULL;
	const struct mend_manifest *manifest = candidate->manifest;
	struct mend_error why;

	if (mend_store_release(&installed, store_dir, ring, manifest->id, manifest->release,
			       &why)) {
		candidate->was_installed = why.code != MEND_ABSENT;
		return 0;
	}
	candidate->was_installed = true;
	if (mend_span_equal(mend_verified_bytes(installed->verified),
			    mend_verified_bytes(candidate->verified)))
		return 0;
	return mend_fail(err, MEND_EXISTS,
			 "%s: refused: another manifest is installed under this number",
			 candidate->title);
}

static int check(struct candidate *out, const char *file, const struct mend_keyring *ring,
		 int store_dir, const struct options *options, struct mend_error *err)
{
	if (open_bundle(&out->bundle, file, err))
		return -1;
	if (mend_verify(&out->verified, ring, mend_bytes_span(&out->bundle->manifest),
			out->bundle->sigs, out->bundle->sig_count, err))
		return err->code == MEND_UNTRUSTED
			       ? refuse_stranger(out->bundle, file, options, err)
			       : refuse(err, file);
	if (mend_manifest_decode(&out->manifest, out->verified, err))
		return refuse(err, file);
	mend_release_text(out->title, out->manifest->id, out->manifest->release);
	if (mend_manifest_may(out->manifest, out->verified, ring, err) ||
	    mend_manifest_in_time(out->manifest, time(NULL), err) ||
	    mend_manifest_fits_platform(out->manifest, "", err) ||
	    mend_bundle_matches(out->bundle, out->manifest, err))
		return refuse(err, out->title);
	if (check_floor(out->manifest, out->title, store_dir, err))
		return -1;
	return check_installed(out, ring, store_dir, err);
}

int candidate_open(struct candidate *out, const char *file, const struct mend_keyring *ring,
		   int store_dir, const struct options *options, struct mend_error *err)
{
	struct candidate candidate = { 0 };
	struct mend_error why;

	if (check(&candidate, file, ring, store_dir, options, &why)) {
		candidate_close(&candidate);
		*err = why;
		return -1;
	}
	*out = candidate;
	return 0;
}

void candidate_close(struct candidate *candidate)
{
	mend_manifest_free(candidate->manifest);
	mend_verified_free(candidate->verified);
	mend_bundle_free(candidate->bundle);
	*candidate = (struct candidate){ 0 };
}

int candidate_try(const struct candidate *candidate, struct fit *fit, struct mend_error *err)
{
	for (size_t i = 0; i < candidate->manifest->target_count; i++) {
		const struct mend_target *target = &candidate->manifest->targets[i];
		auto_fd nowhere = -1;

		if (target->op != MEND_OP_REPLACE && target->op != MEND_OP_ADD)
			continue;
		nowhere = memfd_create("mendctl", MFD_CLOEXEC);
		if (nowhere < 0)
			return mend_fail_errno(err, "memfd_create");
		if (mend_bundle_extract(candidate->bundle, &target->object, target->size, fit_find,
					fit, nowhere, err))
			return mend_fail_at(err, "%s: %s", candidate->title, target->path);
	}
	return 0;
}
