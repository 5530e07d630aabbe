/* SPDX-License-Identifier: MIT */
/* Changing what is there: owner, mode, size, times, extended attributes, allocated room. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "mendfs/auto.h"
#include "mendfs/caller.h"
#include "mendfs/place.h"

/* An inode of the base by descriptor and, for calls that take no O_PATH descriptor, by name under
 * /proc. */
struct opened {
	int fd;
	char path[32];
};

/* 0 or an errno; a patched node gives way, and the kernel looks its name up again. */
static int open_to_change(struct opened *out, struct overlay *overlay, fuse_ino_t ino,
			  enum place_change change)
{
	const struct node *node = state_node(overlay->state, ino);

	out->fd = -1;
	if (node->kind != NODE_BASE)
		return place_yield(overlay, node, change);
	out->fd = lower_open_node(&overlay->lower, node, O_PATH | O_NOFOLLOW);
	if (out->fd < 0)
		return -out->fd;
	snprintf(out->path, sizeof out->path, "/proc/self/fd/%d", out->fd);
	return 0;
}

static void close_opened(struct opened *opened)
{
	mend_auto_close(&opened->fd);
}
#define auto_opened __attribute__((cleanup(close_opened))) struct opened

static struct timespec time_to_set(int to_set, int now, int given, struct timespec time)
{
	if (to_set & now)
		return (struct timespec){ .tv_nsec = UTIME_NOW };
	if (to_set & given)
		return time;
	return (struct timespec){ .tv_nsec = UTIME_OMIT };
}

static int set_owner(fuse_req_t req, const struct opened *opened, const struct stat *attr,
		     int to_set)
{
	uid_t uid = to_set & FUSE_SET_ATTR_UID ? attr->st_uid : (uid_t)-1;
	gid_t gid = to_set & FUSE_SET_ATTR_GID ? attr->st_gid : (gid_t)-1;
	int error;

	caller_begin(req);
	error = fchownat(opened->fd, "", uid, gid, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW) ? errno : 0;
	caller_end();
	return error;
}

/* The permission to write is older than the call where a descriptor is truncated. */
static int set_size(fuse_req_t req, struct overlay *overlay, fuse_ino_t ino, off_t size)
{
	auto_fd fd = lower_open_node(&overlay->lower, state_node(overlay->state, ino),
				     O_WRONLY | O_NONBLOCK);
	int error;

	if (fd < 0)
		return -fd;
	caller_begin(req);
	error = ftruncate(fd, size) ? errno : 0;
	caller_end();
	return error;
}

static int set_times(const struct opened *opened, const struct stat *attr, int to_set)
{
	const struct timespec set[2] = {
		time_to_set(to_set, FUSE_SET_ATTR_ATIME_NOW, FUSE_SET_ATTR_ATIME, attr->st_atim),
		time_to_set(to_set, FUSE_SET_ATTR_MTIME_NOW, FUSE_SET_ATTR_MTIME, attr->st_mtim),
	};

	return utimensat(opened->fd, "", set, AT_EMPTY_PATH) ? errno : 0;
}

/*
 * Owner and size as the caller, whose groups and capabilities decide which set-id bits go. The mode
 * and the times as ourselves: the kernel asks for them also on behalf of one who only writes.
 * Owner before mode: changing the owner takes set-id bits away.
 */
static int change(fuse_req_t req, fuse_ino_t ino, const struct opened *opened,
		  const struct stat *attr, int to_set)
{
	const int times = FUSE_SET_ATTR_ATIME | FUSE_SET_ATTR_MTIME | FUSE_SET_ATTR_ATIME_NOW |
			  FUSE_SET_ATTR_MTIME_NOW;
	int error = 0;

	if (to_set & (FUSE_SET_ATTR_UID | FUSE_SET_ATTR_GID))
		error = set_owner(req, opened, attr, to_set);
	if (!error && to_set & FUSE_SET_ATTR_SIZE)
		error = set_size(req, overlay_of(req), ino, attr->st_size);
	if (!error && to_set & FUSE_SET_ATTR_MODE && chmod(opened->path, attr->st_mode & 07777))
		error = errno;
	if (!error && to_set & times)
		error = set_times(opened, attr, to_set);
	return error;
}

static bool has(const struct stat *st, const struct stat *attr, int to_set)
{
	return (!(to_set & FUSE_SET_ATTR_UID) || st->st_uid == attr->st_uid) &&
	       (!(to_set & FUSE_SET_ATTR_GID) || st->st_gid == attr->st_gid) &&
	       (!(to_set & FUSE_SET_ATTR_MODE) || !((st->st_mode ^ attr->st_mode) & 07777));
}

/* A "chown -R" that finds all as it wants it does not make patches step aside. */
static bool changes_nothing(struct overlay *overlay, const struct node *node,
			    const struct stat *attr, int to_set, struct stat *shown)
{
	const int known =
		FUSE_SET_ATTR_UID | FUSE_SET_ATTR_GID | FUSE_SET_ATTR_MODE | FUSE_SET_ATTR_CTIME;
	char path[STATE_PATH];
	struct stat base;

	if (node->kind == NODE_BASE || to_set & ~known ||
	    !state_path(overlay->state, node, path, sizeof path) ||
	    overlay_attr(overlay, shown, node) || !has(shown, attr, to_set))
		return false;
	return fstatat(overlay->lower.root, path, &base, AT_SYMLINK_NOFOLLOW) ||
	       has(&base, attr, to_set);
}

void op_setattr(fuse_req_t req, fuse_ino_t ino, struct stat *attr, int to_set,
		struct fuse_file_info *file)
{
	struct overlay *overlay = overlay_of(req);
	auto_opened opened = { .fd = -1 };
	struct stat st;
	int error;

	(void)file;
	if (changes_nothing(overlay, state_node(overlay->state, ino), attr, to_set, &st)) {
		fuse_reply_attr(req, &st, OVERLAY_FOREVER);
		return;
	}
	error = open_to_change(&opened, overlay, ino,
			       to_set & FUSE_SET_ATTR_SIZE ? PLACE_CONTENT : PLACE_REST);
	if (!error)
		error = change(req, ino, &opened, attr, to_set);
	if (!error && lower_stat(&overlay->lower, &st, opened.fd))
		error = errno;
	if (error)
		fuse_reply_err(req, error);
	else
		fuse_reply_attr(req, &st, overlay_attr_timeout(state_node(overlay->state, ino)));
}

void op_setxattr(fuse_req_t req, fuse_ino_t ino, const char *name, const char *value, size_t size,
		 int flags)
{
	struct overlay *overlay = overlay_of(req);
	auto_opened opened = { .fd = -1 };
	int error = open_to_change(&opened, overlay, ino, PLACE_REST);

	if (!error) {
		/* An ACL takes the set-gid bit from a file of a group that is not the caller's. */
		caller_begin(req);
		error = setxattr(opened.path, name, value, size, flags) ? errno : 0;
		caller_end();
	}
	fuse_reply_err(req, error);
}

void op_removexattr(fuse_req_t req, fuse_ino_t ino, const char *name)
{
	struct overlay *overlay = overlay_of(req);
	auto_opened opened = { .fd = -1 };
	int error = open_to_change(&opened, overlay, ino, PLACE_REST);

	if (!error && removexattr(opened.path, name))
		error = errno;
	fuse_reply_err(req, error);
}

void op_fallocate(fuse_req_t req, fuse_ino_t ino, int mode, off_t offset, off_t length,
		  struct fuse_file_info *file)
{
	struct overlay *overlay = overlay_of(req);
	const struct node *node = state_node(overlay->state, ino);
	auto_fd fd = -1;

	(void)file;
	if (node->kind != NODE_BASE) {
		fuse_reply_err(req, EBADF); /* none is ever open for writing */
		return;
	}
	/* O_APPEND: a file that may only grow takes no other. */
	fd = lower_open_node(&overlay->lower, node, O_WRONLY | O_APPEND | O_NONBLOCK);
	if (fd < 0)
		fuse_reply_err(req, -fd);
	else
		fuse_reply_err(req, fallocate(fd, mode, offset, length) ? errno : 0);
}
