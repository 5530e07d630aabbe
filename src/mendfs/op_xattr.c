/* SPDX-License-Identifier: MIT */
/*
 * Extended attributes: the base's own. What a patch brings has four, which are told to who asks for
 * them by name and not listed, so that no copy carries them on: user.mendfs.patch and .release
 * (which), .object (BLAKE2b-256 of the content), .base (of what it stands in front of).
 */
#include "mendfs/overlay.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
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

static char *bases_of(const struct mend_target *target)
{
	char *text = mend_text_copy("");

	for (size_t i = 0; i < target->base_count; i++) {
		auto_free char *before = text;
		char hex[MEND_DIGEST_HEX];

		if (target->bases[i].link) {
			text = mend_text_format("%s%s->%s", before, i ? " " : "",
						target->bases[i].link);
			continue;
		}
		mend_digest_hex(hex, &target->bases[i].content);
		text = mend_text_format("%s%s%s", before, i ? " " : "", hex);
	}
	return text;
}

/* From malloc(3), or NULL when there is no such attribute. */
static char *provenance(const struct mend_gen_target *found, const char *name)
{
	char hex[MEND_DIGEST_HEX];

	if (!strcmp(name, "user.mendfs.patch"))
		return mend_text_copy(found->release->manifest->id);
	if (!strcmp(name, "user.mendfs.release"))
		return mend_text_format("%u", found->release->manifest->release);
	if (!strcmp(name, "user.mendfs.base"))
		return bases_of(found->target);
	if (strcmp(name, "user.mendfs.object") != 0 || found->target->op == MEND_OP_SYMLINK)
		return NULL;
	mend_digest_hex(hex, &found->target->object);
	return mend_text_copy(hex);
}

static void reply_provenance(fuse_req_t req, struct overlay *overlay, const struct node *node,
			     const char *name, size_t size)
{
	auto_free char *value = NULL;
	char path[STATE_PATH];
	int index = -1;

	pthread_rwlock_rdlock(&overlay->flip);
	if (node->kind == NODE_OBJECT && state_path(overlay->state, node, path, sizeof path))
		index = live_find(overlay->live, path);
	if (index >= 0)
		value = provenance(&overlay->live->gen->targets[index], name);
	pthread_rwlock_unlock(&overlay->flip);
	if (!value)
		fuse_reply_err(req, ENODATA);
	else if (size && size < strlen(value))
		fuse_reply_err(req, ERANGE);
	else
		reply(req, value, (ssize_t)strlen(value), size);
}

void op_getxattr(fuse_req_t req, fuse_ino_t ino, const char *name, size_t size)
{
	struct overlay *overlay = overlay_of(req);
	const struct node *node = state_node(overlay->state, ino);
	auto_free char *room = size ? mend_alloc(size) : NULL;
	auto_fd fd = -1;
	char path[32];

	if (node->kind != NODE_BASE) {
		reply_provenance(req, overlay, node, name, size);
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
