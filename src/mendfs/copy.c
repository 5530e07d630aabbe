/* SPDX-License-Identifier: MIT */
/* Copies of what a patch brings, made in the base. */
#include "mendfs/copy.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/sendfile.h>
#include <sys/stat.h>

#include "mendfs/auto.h"

static int copy_content(int to, int from, size_t size)
{
	off_t at = 0; /* the descriptor's own is shared with others */

	while ((size_t)at < size) {
		ssize_t got = sendfile(to, from, &at, size - (size_t)at);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got ? errno : EIO;
	}
	return 0;
}

static int copy_object(struct overlay *overlay, const struct node *node, int dir, const char *name)
{
	const struct timespec times[2] = { { .tv_sec = node->patched.time },
					   { .tv_sec = node->patched.time } };
	auto_fd from = overlay_open_object(overlay, node);
	auto_fd to = from < 0 ? -1 : openat(dir, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
	char path[32];
	int error;

	if (from < 0)
		return -from;
	if (to < 0)
		return errno;
	error = copy_content(to, from, node->patched.size);
	if (error)
		return error;
	snprintf(path, sizeof path, "/proc/self/fd/%d", to);
	if (fchmod(to, node->patched.mode & 07777) || futimens(to, times) ||
	    linkat(AT_FDCWD, path, dir, name, AT_SYMLINK_FOLLOW))
		return errno;
	return 0;
}

int copy_patched(struct overlay *overlay, const struct node *node, int dir, const char *name)
{
	switch ((enum node_kind)node->kind) {
	case NODE_OBJECT:
		return copy_object(overlay, node, dir, name);
	case NODE_LINK:
		return symlinkat(state_text(overlay->state, node->patched.to), dir, name) ? errno
											  : 0;
	case NODE_FREE:
	case NODE_BASE:
	case NODE_DIR:
		break;
	}
	return EPERM;
}
