/* SPDX-License-Identifier: MIT */
/* Does a release fit the base, and where in the base is the content that a delta starts from? */
#include "mendctl/fit.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

#include "mendfs/base.h"
#include "mendfs/fs.h"

/* What is only stored may be for a root that is not there yet. */
static int open_own(struct fit *fit, const char *root, bool may_be_missing, struct mend_error *err)
{
	struct mend_error why;

	if (!mend_fs_open_dir(&fit->own, AT_FDCWD, root, &why)) {
		fit->bases[fit->count++] = (struct fit_base){ fit->own, root };
		return 0;
	}
	if (may_be_missing && why.sys_errno == ENOENT)
		return 0;
	*err = why;
	return -1;
}

int fit_open(struct fit **out, const struct mend_manifest *manifest, const struct live *live,
	     int store_dir, const struct options *options, struct mend_error *err)
{
	const char *root = options->base ? options->base : manifest->root;
	auto_call(fit_free) struct fit *fit = mend_alloc(sizeof(*fit));

	fit->manifest = manifest;
	fit->store_dir = store_dir;
	fit->own = -1;
	fit->bases = mend_alloc((live->count + 1) * sizeof(*fit->bases));
	for (size_t i = 0; i < live->count; i++) {
		if (!strcmp(live->mounts[i].root, manifest->root))
			fit->bases[fit->count++] =
				(struct fit_base){ live->mounts[i].base, live->mounts[i].mount };
	}
	if (fit->count == 0 && open_own(fit, root, options->no_activate, err))
		return -1;
	*out = take(fit);
	return 0;
}

void fit_free(struct fit *fit)
{
	if (!fit)
		return;
	if (fit->own >= 0)
		close(fit->own);
	free(fit->bases);
	free(fit);
}

static int check_target(const struct mend_target *target, const struct fit_base *base,
			struct mend_error *err)
{
	enum mend_target_state state;
	char reason[MEND_REASON_MAX];

	if (mend_target_check(&state, reason, target, base->dir, err))
		return -1;
	if (mend_target_overtaken(state, target, "") != state) {
		state = MEND_TARGET_SUPERSEDED;
		snprintf(reason, sizeof(reason), "%.100s is installed at %.100s or newer",
			 target->fixed_package, target->fixed_version);
	}
	switch (state) {
	case MEND_TARGET_ACTIVE:
		return 0;
	case MEND_TARGET_SUPERSEDED:
		return mend_fail(err, MEND_BASE, "%s/%s: already fixed (%s)", base->where,
				 target->path, reason);
	case MEND_TARGET_DRIFTED:
		break;
	}
	return mend_fail(err, MEND_BASE, "%s/%s: base is not what the patch was made for (%s)",
			 base->where, target->path, reason);
}

int fit_check(const struct fit *fit, struct mend_error *err)
{
	for (size_t i = 0; i < fit->count; i++) {
		for (size_t j = 0; j < fit->manifest->target_count; j++) {
			if (check_target(&fit->manifest->targets[j], &fit->bases[i], err))
				return -1;
		}
	}
	return 0;
}

static bool was_made_for(const struct mend_target *target, const struct mend_digest *digest)
{
	for (size_t i = 0; i < target->base_count; i++) {
		if (!target->bases[i].link && mend_digest_equal(&target->bases[i].content, digest))
			return true;
	}
	return false;
}

/* Whoever asked hashes what it gets, so this may be a guess. */
static int open_below(int base, const char *path)
{
	struct open_how how = {
		.flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
	};

	return (int)syscall(SYS_openat2, base, path, &how, sizeof(how));
}

/* The base of a mount may have moved on from one of several contents that a target was made for:
 * only a file that has this very content will do. */
static int open_content(int base, const struct mend_target *target,
			const struct mend_digest *digest)
{
	auto_fd fd = open_below(base, target->path);
	struct mend_digest found;

	if (fd < 0 || mend_digest_of_fd(&found, fd, NULL) || !mend_digest_equal(&found, digest))
		return -1;
	return mend_take_fd(&fd);
}

int fit_find(void *context, const struct mend_digest *digest)
{
	const struct fit *fit = context;
	int fd = -1;

	for (size_t i = 0; i < fit->manifest->target_count && fd < 0; i++) {
		const struct mend_target *target = &fit->manifest->targets[i];

		for (size_t j = 0; j < fit->count && fd < 0; j++) {
			if (was_made_for(target, digest))
				fd = open_content(fit->bases[j].dir, target, digest);
		}
	}
	if (fd < 0 && fit->store_dir >= 0 &&
	    mend_store_object_open(&fd, fit->store_dir, digest, NULL))
		return -1;
	return fd;
}
