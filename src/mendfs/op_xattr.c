/* SPDX-License-Identifier: MIT */
/* Extended attributes: the base's own; what a patch brings has none. */
#include "mendfs/overlay.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/xattr.h>

#include "mendfs/auto.h"
#include "mendfs/caller.h"

/* The *xattr(2) calls take no O_PATH descriptor, but the name of one under /proc. */
static int open_named(struct overlay *overlay, const struct node *node, char path[32])
{
	int fd = lower_open_node(&overlay->lower, node, O_PATH | O_NOFOLLOW);

	if (fd >= 0)
		snprintf(path, 32, "/proc/self/fd/%d", fd);
	return fd;
}

static void reply(fuse_req_t req, const char *room, ssize_t got, size_t size)
{
	if (got < 0)
		fuse_reply_err(req, errno);
	else if (size)
		fuse_reply_buf(req, room, (size_t)got);
	else
		fuse_reply_xattr(req, (size_t)got);
}

void op_getxattr(fuse_req_t req, fuse_ino_t ino, const char *name, size_t size)
{
	struct overlay *overlay = overlay_of(req);
	const struct node *node = state_node(overlay->state, ino);
	auto_free char *room = size ? mend_alloc(size) : NULL;
	auto_fd fd = -1;
	char path[32];

	if (node->kind != NODE_BASE) {
		fuse_reply_err(req, ENODATA);
		return;
	}
	fd = open_named(overlay, node, path);
	if (fd < 0) {
		fuse_reply_err(req, -fd);
		return;
	}
	reply(req, room, getxattr(path, name, room, size), size);
}

void op_listxattr(fuse_req_t req, fuse_ino_t ino, size_t size)
{
	struct overlay *overlay = overlay_of(req);
	const struct node *node = state_node(overlay->state, ino);
	auto_free char *room = size ? mend_alloc(size) : NULL;
	auto_fd fd = -1;
	char path[32];
	ssize_t got;

	if (node->kind != NODE_BASE) {
		reply(req, room, 0, size);
		return;
	}
	fd = open_named(overlay, node, path);
	if (fd < 0) {
		fuse_reply_err(req, -fd);
		return;
	}
	got = listxattr(path, NULL, 0);
	if (got > 0) {
		/* As the caller: not everybody is told of "trusted." names. */
		caller_begin(req);
		got = listxattr(path, room, size);
		caller_end();
	}
	reply(req, room, got, size);
}
