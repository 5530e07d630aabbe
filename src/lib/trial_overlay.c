/* SPDX-License-Identifier: MIT */
/*
 * The patch over its root, where nobody else sees it. The new files are in a tmpfs that is mounted
 * on the very directory, and overlayfs on top of both joins it with the base: nothing has a place
 * elsewhere, and all of it is gone with the namespace.
 */
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "mendfs/fs.h"
#include "trial_private.h"

#define MOUNTS_MAX 8 /* on one directory, one over the other */

static int write_map(const char *name, unsigned id, struct mend_error *err)
{
	auto_free char *path = mend_text_format("/proc/self/%s_map", name);
	auto_free char *text = mend_text_format("0 %u 1", id);
	auto_fd fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		return mend_fail_errno(err, "%s", path);
	return 0;
}

/* Somebody who is not root is root of a user namespace, with no more rights than before. */
static int become_mounter(struct mend_error *err)
{
	unsigned user = geteuid(), group = getegid();
	auto_fd groups = -1;

	if (unshare(CLONE_NEWUSER) < 0)
		return mend_fail_errno(err, "cannot make a user namespace: run it as root");
	groups = open("/proc/self/setgroups", O_WRONLY | O_CLOEXEC);
	if (groups < 0 || write(groups, "deny", 4) < 0)
		return mend_fail_errno(err, "/proc/self/setgroups");
	return write_map("uid", user, err) < 0 || write_map("gid", group, err) < 0 ? -1 : 0;
}

int trial_enter(struct mend_error *err)
{
	if (geteuid() != 0 && become_mounter(err) < 0)
		return -1;
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return mend_fail_errno(err, "cannot make a private mount namespace");
	return 0;
}

static bool is_same(int a, int b)
{
	struct stat one, other;

	return fstat(a, &one) == 0 && fstat(b, &other) == 0 && one.st_dev == other.st_dev &&
	       one.st_ino == other.st_ino;
}

/* Opens the base by a path, taking away what is mounted over it. */
static bool uncover(int *out, int base, const char *path)
{
	for (int i = 0; i < MOUNTS_MAX; i++) {
		auto_fd fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		if (fd >= 0 && is_same(fd, base)) {
			*out = mend_take_fd(&fd);
			return true;
		}
		if (umount2(path, MNT_DETACH) < 0)
			break;
	}
	return false;
}

/* The base once more, by its path in this namespace: a mount of another one, which is what a
 * running mendfs gives, cannot be a part of an overlay. Most often it is below `where`. */
static int open_base(int *out, const struct mend_trial *trial, struct mend_error *err)
{
	char path[MEND_PATH_MAX], link[64];
	ssize_t size;

	if (uncover(out, trial->base, trial->where))
		return 0;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", trial->base);
	size = readlink(link, path, sizeof(path) - 1);
	if (size < 0)
		return mend_fail_errno(err, "%s", link);
	path[size] = '\0';
	*out = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*out >= 0 && is_same(*out, trial->base))
		return 0;
	return mend_fail(err, MEND_MOUNT, "%s: its base cannot be reached by a path", trial->where);
}

/* Makes the directories above a path. */
static int open_parent(int *out, const char **name, int top, const char *path,
		       struct mend_error *err)
{
	const char *slash = strrchr(path, '/');
	auto_free char *above = mend_text_format("%.*s", slash ? (int)(slash - path) : 0, path);

	*name = slash ? slash + 1 : path;
	if (slash)
		return mend_fs_make_dirs(out, top, above, 0755, err);
	return mend_fs_open_dir(out, top, ".", err);
}

static int lay_file(int dir, const char *name, const struct mend_gate_layer *layer,
		    const struct mend_target *target, struct mend_error *err)
{
	auto_bytes content = { NULL, 0 };
	auto_fd fd = -1;

	if (layer->content(&content, layer->context, target, err) < 0)
		return -1;
	fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return mend_fail_errno(err, "cannot make it");
	if (mend_fs_write_all(fd, mend_bytes_span(&content), err) < 0)
		return -1;
	return fchmod(fd, target->mode) < 0 ? mend_fail_errno(err, "cannot change its mode") : 0;
}

static int lay_target(int top, const struct mend_gate_layer *layer,
		      const struct mend_target *target, struct mend_error *err)
{
	auto_fd dir = -1;
	const char *name;

	if (open_parent(&dir, &name, top, target->path, err) < 0)
		return -1;
	switch (target->op) {
	case MEND_OP_REPLACE:
	case MEND_OP_ADD:
		return lay_file(dir, name, layer, target, err);
	case MEND_OP_SYMLINK:
		if (symlinkat(target->to, dir, name) < 0)
			return mend_fail_errno(err, "cannot make the symlink");
		return 0;
	case MEND_OP_REMOVE: /* overlayfs's whiteout */
		if (mknodat(dir, name, S_IFCHR, makedev(0, 0)) < 0)
			return mend_fail_errno(err, "cannot hide it");
		return 0;
	}
	return 0;
}

static int lay_all(int top, const struct mend_trial *trial, struct mend_error *err)
{
	for (size_t i = 0; i < trial->layer_count; i++) {
		const struct mend_gate_layer *layer = &trial->layers[i];

		for (size_t j = 0; j < layer->manifest->target_count; j++) {
			const struct mend_target *target = &layer->manifest->targets[j];

			if (lay_target(top, layer, target, err) < 0)
				return mend_fail_at(err, "%s", target->path);
		}
	}
	return 0;
}

int trial_lay(const struct mend_trial *trial, struct mend_error *err)
{
	auto_free char *options = NULL;
	auto_fd base = -1, top = -1;

	if (open_base(&base, trial, err) < 0)
		return -1;
	if (mount("mendfs", trial->where, "tmpfs", MS_NODEV | MS_NOSUID, "mode=0755") < 0)
		return mend_fail_errno(err, "%s: cannot mount a tmpfs on it", trial->where);
	if (mend_fs_open_dir(&top, AT_FDCWD, trial->where, err) < 0 || lay_all(top, trial, err) < 0)
		return -1;
	options = mend_text_format("lowerdir=/proc/self/fd/%d:/proc/self/fd/%d", top, base);
	if (mount("mendfs", trial->where, "overlay", MS_RDONLY, options) < 0)
		return mend_fail_errno(err, "%s: cannot mount an overlay on it", trial->where);
	return 0;
}
