/* SPDX-License-Identifier: MIT */
/* Names to nodes, and the attributes of nodes: where a patch steps in front of the base. */
#include "mendfs/overlay.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <xxhash.h>

#include "mendfs/auto.h"
#include "mendfs/keep.h"
#include "mendfs/place.h"

bool overlay_join(char out[STATE_PATH], const char *dir, const char *name)
{
	return snprintf(out, STATE_PATH, *dir ? "%s/%s" : "%s%s", dir, name) < STATE_PATH;
}

/* The upper half spells "mend": no file system numbers inodes there. */
uint64_t overlay_patched_ino(const char *path, const struct mend_digest *digest)
{
	uint64_t hash = XXH3_64bits(path, strlen(path));

	if (digest)
		hash ^= XXH3_64bits(digest, sizeof *digest);
	return 0x6d656e6400000000ULL | (hash & 0xffffffffULL);
}

static void patched_attr(struct stat *out, const struct node *node)
{
	const struct node_patched *patched = &node->patched;

	memset(out, 0, sizeof *out);
	out->st_ino = node->ino;
	out->st_nlink = node->is_dir ? 2 : 1;
	out->st_mode = patched->mode;
	out->st_size = (off_t)patched->size;
	out->st_blksize = 4096;
	out->st_blocks = (out->st_size + 511) / 512;
	out->st_mtim.tv_sec = patched->time;
	out->st_atim = out->st_mtim;
	out->st_ctim = out->st_mtim;
}

int overlay_attr(struct overlay *overlay, struct stat *out, const struct node *node)
{
	auto_fd fd = -1;

	if (node->kind != NODE_BASE) {
		patched_attr(out, node);
		return 0;
	}
	fd = lower_open_node(&overlay->lower, node, O_PATH | O_NOFOLLOW);
	if (fd < 0)
		return -fd;
	return lower_stat(&overlay->lower, out, fd) ? errno : 0;
}

static int enter_target(struct overlay *overlay, struct overlay_entry *out, int index,
			const char *path)
{
	const struct mend_gen_target *entry = &overlay->live->gen->targets[index];
	const struct mend_target *target = entry->target;
	struct node_patched patched = { .time = entry->release->manifest->issued_at };
	enum node_kind kind = NODE_OBJECT;
	const char *to = NULL;

	if (target->op == MEND_OP_REMOVE) {
		out->node = NULL;
		return 0;
	}
	if (target->op == MEND_OP_SYMLINK) {
		kind = NODE_LINK;
		to = target->to;
		mend_digest_of(&patched.digest, mend_span_text(to));
		patched.size = strlen(to);
		patched.mode = S_IFLNK | 0777;
	} else {
		patched.digest = target->object;
		patched.size = target->size;
		patched.mode = S_IFREG | target->mode;
	}
	out->node = state_enter_patched(overlay->state, kind, path, &patched, to,
					overlay_patched_ino(path, &patched.digest));
	if (!out->node)
		return ENFILE;
	patched_attr(&out->attr, out->node);
	return 0;
}

/* Is something that is served added below this name, so that it has to be a directory? */
static bool is_patched_dir(struct overlay *overlay, const char *path)
{
	const struct live *live = overlay->live;
	size_t first;
	size_t count;

	mend_gen_below(live->gen, path, &first, &count);
	for (size_t i = first; i < first + count; i++) {
		enum mend_op op = live->gen->targets[i].target->op;

		if ((op == MEND_OP_ADD || op == MEND_OP_SYMLINK) &&
		    live_is_active(live, (int)i, overlay->lower.root, -1, ""))
			return true;
	}
	return false;
}

static int enter_patched_dir(struct overlay *overlay, struct overlay_entry *out, const char *path)
{
	struct node_patched patched = { .mode = S_IFDIR | 0755, .size = 4096 };
	size_t first;
	size_t count;

	out->node = NULL;
	if (!is_patched_dir(overlay, path))
		return 0;
	mend_gen_below(overlay->live->gen, path, &first, &count);
	patched.time = overlay->live->gen->targets[first].release->manifest->issued_at;
	mend_digest_of(&patched.digest, mend_span_text(path));
	out->node = state_enter_patched(overlay->state, NODE_DIR, path, &patched, NULL,
					overlay_patched_ino(path, NULL));
	if (!out->node)
		return ENFILE;
	patched_attr(&out->attr, out->node);
	return 0;
}

static int enter_base(struct overlay *overlay, struct overlay_entry *out, int *fd, const char *path)
{
	struct node_handle handle;
	int error;

	if (lower_stat(&overlay->lower, &out->attr, *fd))
		return errno;
	error = lower_handle(&overlay->lower, &handle, *fd);
	if (error)
		return error;
	out->node =
		state_enter_base(overlay->state, &handle, lower_handle_needs_fd(&handle) ? *fd : -1,
				 out->attr.st_ino, S_ISDIR(out->attr.st_mode) ? path : NULL,
				 S_ISDIR(out->attr.st_mode));
	if (!out->node)
		return ENFILE;
	if (out->node->fd == *fd)
		mend_take_fd(fd);
	return 0;
}

int overlay_resolve(struct overlay *overlay, struct overlay_entry *out, const struct node *parent,
		    const char *name)
{
	char dir[STATE_PATH];
	char path[STATE_PATH];
	auto_fd parent_fd = -1;
	auto_fd fd = -1;
	int index = -1;

	if (!state_path(overlay->state, parent, dir, sizeof dir) || !overlay_join(path, dir, name))
		return ENAMETOOLONG;
	parent_fd = place_directory(overlay, state_id(overlay->state, parent), false);
	if (parent_fd < 0 && parent->kind == NODE_BASE)
		return -parent_fd;
	if (parent_fd >= 0) {
		fd = openat(parent_fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
		if (fd < 0 && errno != ENOENT)
			return errno;
	}
	index = live_find(overlay->live, path);
	if (index >= 0 &&
	    live_is_active(overlay->live, index, overlay->lower.root, parent_fd, name))
		return enter_target(overlay, out, index, path);
	if (fd < 0)
		return enter_patched_dir(overlay, out, path);
	return enter_base(overlay, out, &fd, path);
}

void overlay_reply_entry(fuse_req_t req, const struct overlay_entry *entry)
{
	struct overlay *overlay = overlay_of(req);
	struct fuse_entry_param param = { .entry_timeout = OVERLAY_FOREVER };

	if (entry->node) {
		param.ino = state_id(overlay->state, entry->node);
		param.attr = entry->attr;
		param.attr_timeout = overlay_attr_timeout(entry->node);
	}
	if (fuse_reply_entry(req, &param) && entry->node)
		overlay_drop(overlay, entry->node);
}

static void give_back(struct overlay *overlay, fuse_req_t req, const struct state_gone *gone)
{
	(void)overlay;
	if (gone->backing)
		fuse_passthrough_close(req, gone->backing);
	if (gone->fd >= 0)
		close(gone->fd);
}

/* The reply was not taken (the caller was interrupted): the kernel does not know of this lookup. A
 * backing cannot be there yet when it was the first. */
void overlay_drop(struct overlay *overlay, const struct node *node)
{
	struct state_gone gone;

	if (state_forget(overlay->state, state_id(overlay->state, node), 1, &gone) && gone.fd >= 0)
		close(gone.fd);
}

void op_lookup(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct overlay *overlay = overlay_of(req);
	struct overlay_entry entry = { 0 };
	int error;

	pthread_rwlock_rdlock(&overlay->flip);
	error = overlay_resolve(overlay, &entry, state_node(overlay->state, parent), name);
	if (error)
		fuse_reply_err(req, error);
	else
		overlay_reply_entry(req, &entry);
	pthread_rwlock_unlock(&overlay->flip);
}

static void forget(fuse_req_t req, fuse_ino_t ino, uint64_t lookups)
{
	struct overlay *overlay = overlay_of(req);
	struct state_gone gone;

	if (state_forget(overlay->state, ino, lookups, &gone)) {
		keep_forget(ino);
		give_back(overlay, req, &gone);
	}
}

void op_forget(fuse_req_t req, fuse_ino_t ino, uint64_t lookups)
{
	forget(req, ino, lookups);
	fuse_reply_none(req);
}

void op_forget_multi(fuse_req_t req, size_t count, struct fuse_forget_data *forgets)
{
	for (size_t i = 0; i < count; i++)
		forget(req, forgets[i].ino, forgets[i].nlookup);
	fuse_reply_none(req);
}

void op_getattr(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *file)
{
	struct overlay *overlay = overlay_of(req);
	struct stat st;
	const struct node *node = state_node(overlay->state, ino);
	int error = overlay_attr(overlay, &st, node);

	(void)file;
	if (error)
		fuse_reply_err(req, error);
	else
		fuse_reply_attr(req, &st, overlay_attr_timeout(node));
}

void op_readlink(fuse_req_t req, fuse_ino_t ino)
{
	struct overlay *overlay = overlay_of(req);
	const struct node *node = state_node(overlay->state, ino);
	char text[STATE_PATH + 1];
	auto_fd fd = -1;
	ssize_t length;

	if (node->kind == NODE_LINK) {
		fuse_reply_readlink(req, state_text(overlay->state, node->patched.to));
		return;
	}
	fd = lower_open_node(&overlay->lower, node, O_PATH | O_NOFOLLOW);
	if (fd < 0) {
		fuse_reply_err(req, -fd);
		return;
	}
	length = readlinkat(fd, "", text, sizeof text - 1);
	if (length < 0) {
		fuse_reply_err(req, errno);
		return;
	}
	text[length] = 0;
	fuse_reply_readlink(req, text);
}
