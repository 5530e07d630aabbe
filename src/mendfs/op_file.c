/* SPDX-License-Identifier: MIT */
/* Open files. The kernel reads and maps the backing itself; what it does not pass through comes
 * here. */
#include "mendfs/overlay.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "mendfs/auto.h"
#include "mendfs/place.h"
#include "mendfs/seal.h"

/* The sealed content of a patched node: of the live set, or for a node of an older generation that
 * is still held, the store's. */
int overlay_open_object(struct overlay *overlay, const struct node *node)
{
	auto_call(mend_store_close) struct mend_store *store = NULL;
	int fd = live_object(overlay->live, &node->patched.digest);

	if (fd >= 0) {
		fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
		return fd < 0 ? -errno : fd;
	}
	if (mend_store_open(&store, overlay->options->store, MEND_STORE_READ, NULL) ||
	    seal_object(&fd, store->dir, &node->patched.digest, node->patched.size, NULL))
		return -ESTALE;
	return fd;
}

int overlay_open_content(struct overlay *overlay, const struct node *node, int flags)
{
	int fd;

	if (node->kind != NODE_OBJECT)
		return lower_open_node(&overlay->lower, node, flags);
	pthread_rwlock_rdlock(&overlay->flip);
	fd = overlay_open_object(overlay, node);
	pthread_rwlock_unlock(&overlay->flip);
	return fd;
}

/* The node's one backing, made at its first open and kept until FORGET: a second one for an inode
 * that is in use would be refused. */
int overlay_backing(fuse_req_t req, struct node *node)
{
	struct overlay *overlay = overlay_of(req);
	auto_fd fd = -1;
	int id = atomic_load(&node->backing);
	int none = 0;

	if (id > 0)
		return id;
	fd = overlay_open_content(overlay, node, O_PATH | O_NOFOLLOW);
	if (fd < 0)
		return fd;
	errno = 0;
	id = fuse_passthrough_open(req, fd);
	if (id <= 0)
		return errno ? -errno : -EIO;
	if (!atomic_compare_exchange_strong(&node->backing, &none, id)) {
		fuse_passthrough_close(req, id);
		id = none;
	}
	return id;
}

/* The backing is opened without asking whether its inode is immutable or may only grow. */
static int may_write(struct overlay *overlay, const struct node *node, int flags)
{
	auto_fd fd = -1;

	if ((flags & O_ACCMODE) == O_RDONLY)
		return 0;
	fd = lower_open_node(&overlay->lower, node,
			     (flags & (O_ACCMODE | O_APPEND)) | O_NONBLOCK | O_NOFOLLOW);
	return fd < 0 ? -fd : 0;
}

void op_open(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *file)
{
	struct overlay *overlay = overlay_of(req);
	struct node *node = state_node(overlay->state, ino);
	int error;
	int id;

	if (node->kind == NODE_OBJECT && (file->flags & O_ACCMODE) != O_RDONLY) {
		fuse_reply_err(req, place_yield(overlay, node, PLACE_CONTENT));
		return;
	}
	error = may_write(overlay, node, file->flags);
	if (error) {
		fuse_reply_err(req, error);
		return;
	}
	if ((file->flags & O_ACCMODE) == O_RDWR && !atomic_exchange(&node->was_writable, true))
		notify_inode_now(overlay->session, ino);
	id = overlay_backing(req, node);
	if (id < 0) {
		fuse_reply_err(req, -id);
		return;
	}
	file->backing_id = id;
	file->fh = 0;
	fuse_reply_open(req, file);
}

/* Somebody has written to the base of a target: it may be what the patch was made for, or no
 * longer. */
static void base_written(struct overlay *overlay, const struct node *node)
{
	char dir[STATE_PATH];
	int index;

	pthread_rwlock_rdlock(&overlay->flip);
	index = live_find_inode(overlay->live, node->ino);
	if (index >= 0) {
		const char *path = overlay->live->gen->targets[index].target->path;
		const char *slash = strrchr(path, '/');
		uint64_t parent;

		snprintf(dir, sizeof dir, "%.*s", slash ? (int)(slash - path) : 0, path);
		parent = state_find_dir(overlay->state, dir);
		live_doubt(overlay->live, index);
		if (parent)
			notifier_entry(overlay->notifier, parent, slash ? slash + 1 : path);
	}
	pthread_rwlock_unlock(&overlay->flip);
}

void op_release(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *file)
{
	struct overlay *overlay = overlay_of(req);
	const struct node *node = state_node(overlay->state, ino);

	if (node->kind == NODE_BASE && (file->flags & O_ACCMODE) != O_RDONLY)
		base_written(overlay, node);
	fuse_reply_err(req, 0);
}

/* ENOSYS once: the kernel does not ask again. */
void op_flush(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *file)
{
	(void)ino;
	(void)file;
	fuse_reply_err(req, ENOSYS);
}

/* What a patch brings is not on a disk. */
void overlay_sync(fuse_req_t req, fuse_ino_t ino, int flags, int datasync)
{
	struct overlay *overlay = overlay_of(req);
	const struct node *node = state_node(overlay->state, ino);
	auto_fd fd = -1;

	if (node->kind != NODE_BASE) {
		fuse_reply_err(req, 0);
		return;
	}
	fd = lower_open_node(&overlay->lower, node, O_RDONLY | flags);
	if (fd < 0)
		fuse_reply_err(req, -fd);
	else
		fuse_reply_err(req, (datasync ? fdatasync(fd) : fsync(fd)) ? errno : 0);
}

void op_fsync(fuse_req_t req, fuse_ino_t ino, int datasync, struct fuse_file_info *file)
{
	(void)file;
	overlay_sync(req, ino, 0, datasync);
}

/* SEEK_DATA and SEEK_HOLE; the others the kernel does itself. */
void op_lseek(fuse_req_t req, fuse_ino_t ino, off_t offset, int whence, struct fuse_file_info *file)
{
	struct overlay *overlay = overlay_of(req);
	const struct node *node = state_node(overlay->state, ino);
	auto_fd fd = overlay_open_content(overlay, node, O_RDONLY);
	off_t at;

	(void)file;
	if (fd < 0) {
		fuse_reply_err(req, -fd);
		return;
	}
	/* A sealed object's descriptor is shared by its duplicates: its offset is nobody's. */
	at = lseek(fd, offset, whence);
	if (at < 0)
		fuse_reply_err(req, errno);
	else
		fuse_reply_lseek(req, at);
}
