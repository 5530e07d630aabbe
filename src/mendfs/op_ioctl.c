/* SPDX-License-Identifier: MIT */
/*
 * Inode flags, chattr(1) and lsattr(1). The kernel turns what a program asks into one of these and
 * checks who may change a flag; no other ioctl of a file system has a meaning here.
 */
#include "mendfs/overlay.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>

#include "mendfs/auto.h"
#include "mendfs/place.h"

/* The bytes of an answer, or of what is set. Flags are an int, whatever their numbers say. */
static size_t size_of(unsigned command)
{
	switch (command) {
	case FS_IOC_GETFLAGS:
	case FS_IOC_SETFLAGS:
		return sizeof(int);
	case FS_IOC_FSGETXATTR:
	case FS_IOC_FSSETXATTR:
		return sizeof(struct fsxattr);
	default:
		return 0;
	}
}

static bool is_change(unsigned command)
{
	return command == FS_IOC_SETFLAGS || command == FS_IOC_FSSETXATTR;
}

/* What a patch brings has no flags, and gives way to the base when it is to get some. */
static void reply_patched(fuse_req_t req, const struct node *node, unsigned command, size_t size)
{
	const struct fsxattr none = { 0 };

	if (is_change(command))
		fuse_reply_err(req, place_yield(overlay_of(req), node, PLACE_REST));
	else
		fuse_reply_ioctl(req, 0, &none, size);
}

void op_ioctl(fuse_req_t req, fuse_ino_t ino, unsigned command, void *arg,
	      struct fuse_file_info *file, unsigned flags, const void *in, size_t in_size,
	      size_t out_size)
{
	struct overlay *overlay = overlay_of(req);
	const struct node *node = state_node(overlay->state, ino);
	size_t size = size_of(command);
	union {
		long flags;
		struct fsxattr more;
	} room = { 0 };
	auto_fd fd = -1;

	(void)arg;
	(void)file;
	(void)flags;
	if (!size || (is_change(command) ? in_size : out_size) < size) {
		fuse_reply_err(req, ENOTTY);
		return;
	}
	if (node->kind != NODE_BASE) {
		reply_patched(req, node, command, size);
		return;
	}
	fd = lower_open_node(&overlay->lower, node, O_RDONLY | O_NONBLOCK | O_NOFOLLOW);
	if (fd < 0) {
		fuse_reply_err(req, -fd);
		return;
	}
	if (is_change(command))
		memcpy(&room, in, size);
	if (ioctl(fd, command, &room))
		fuse_reply_err(req, errno);
	else
		fuse_reply_ioctl(req, 0, &room, is_change(command) ? 0 : size);
}
