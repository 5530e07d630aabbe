/* SPDX-License-Identifier: MIT */
/*
 * Directories, without state of an open one: readdir is given an offset and starts there. What
 * patches add comes first, under offsets that no file system gives out (ext4's own hashes stop
 * below); the base's entries follow with the base's own.
 */
#include "mendfs/overlay.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>

#include "mendfs/auto.h"

#define ADDED_FIRST ((off_t)0x7fffffff00000000LL)
#define ADDED_LAST  (ADDED_FIRST + 2 * MEND_TARGETS_MAX)

/* A reply being filled. */
struct filler {
	fuse_req_t req;
	char *room;
	size_t used, size;
};

static bool fill(struct filler *filler, const char *name, uint64_t ino, unsigned type, off_t next)
{
	struct stat st = { .st_ino = ino, .st_mode = type << 12 };
	size_t need = fuse_add_direntry(filler->req, filler->room + filler->used,
					filler->size - filler->used, name, &st, next);

	if (need > filler->size - filler->used)
		return false;
	filler->used += need;
	return true;
}

/* A directory of the live set, for one readdir. */
struct listing {
	struct overlay *overlay;
	const char *path;
	int fd; /* of the base directory, or -1 */
	size_t first, count;
};

/* The component of target i directly below the directory. */
static bool component(const struct listing *listing, size_t i, char name[MEND_NAME_MAX + 1],
		      bool *is_last)
{
	const char *path = listing->overlay->live->gen->targets[i].target->path;
	const char *start = *listing->path ? path + strlen(listing->path) + 1 : path;
	size_t length = strcspn(start, "/");

	if (length > MEND_NAME_MAX)
		return false;
	memcpy(name, start, length);
	name[length] = 0;
	*is_last = !start[length];
	return true;
}

static bool base_has(const struct listing *listing, const char *name)
{
	struct stat st;

	return listing->fd >= 0 && !fstatat(listing->fd, name, &st, AT_SYMLINK_NOFOLLOW);
}

static bool is_active(const struct listing *listing, size_t i, const char *name)
{
	return live_is_active(listing->overlay->live, (int)i, listing->overlay->lower.root,
			      listing->fd, name);
}

/* The entry that target i adds to this directory, if it does: a file, a link, or the first of those
 * that make a directory. */
static bool adds(const struct listing *listing, size_t i, char name[MEND_NAME_MAX + 1],
		 uint64_t *ino, unsigned *type)
{
	const struct mend_target *target = listing->overlay->live->gen->targets[i].target;
	char before[MEND_NAME_MAX + 1];
	char path[STATE_PATH];
	struct mend_digest digest;
	bool is_last;
	bool before_last;

	if (target->op != MEND_OP_ADD && target->op != MEND_OP_SYMLINK)
		return false;
	if (!component(listing, i, name, &is_last) || base_has(listing, name))
		return false;
	if (is_last) {
		if (!is_active(listing, i, name))
			return false;
		digest = target->object;
		if (target->op == MEND_OP_SYMLINK)
			mend_digest_of(&digest, mend_span_text(target->to));
		*ino = overlay_patched_ino(target->path, &digest);
		*type = target->op == MEND_OP_SYMLINK ? DT_LNK : DT_REG;
		return true;
	}
	if (!live_is_active(listing->overlay->live, (int)i, listing->overlay->lower.root, -1, ""))
		return false;
	for (size_t j = listing->first; j < i; j++)
		if (component(listing, j, before, &before_last) && !strcmp(before, name) &&
		    live_is_active(listing->overlay->live, (int)j, listing->overlay->lower.root, -1,
				   ""))
			return false;
	if (!overlay_join(path, listing->path, name))
		return false;
	*ino = overlay_patched_ino(path, NULL);
	*type = DT_DIR;
	return true;
}

static bool fill_added(struct filler *filler, const struct listing *listing, off_t offset)
{
	char name[MEND_NAME_MAX + 1];
	uint64_t ino;
	unsigned type;
	size_t start = offset ? (size_t)(offset - ADDED_FIRST) : 0;

	if (listing->fd < 0 && !offset &&
	    (!fill(filler, ".", overlay_patched_ino(listing->path, NULL), DT_DIR, ADDED_FIRST) ||
	     !fill(filler, "..", overlay_patched_ino("..", NULL), DT_DIR, ADDED_FIRST)))
		return false;
	for (size_t i = start; i < listing->count; i++)
		if (adds(listing, listing->first + i, name, &ino, &type) &&
		    !fill(filler, name, ino, type, ADDED_FIRST + (off_t)i + 1))
			return false;
	return true;
}

/* Changes or hides an entry of the base for an active target of this very name. */
static bool is_hidden(const struct listing *listing, const char *name, uint64_t *ino,
		      unsigned *type)
{
	const struct live *live = listing->overlay->live;
	const struct mend_target *target;
	struct mend_digest digest;
	char path[STATE_PATH];
	int index;

	if (!listing->count || !overlay_join(path, listing->path, name))
		return false;
	index = live_find(live, path);
	if (index < 0 || !is_active(listing, (size_t)index, name))
		return false;
	target = live->gen->targets[index].target;
	if (target->op == MEND_OP_REMOVE)
		return true;
	digest = target->object;
	if (target->op == MEND_OP_SYMLINK)
		mend_digest_of(&digest, mend_span_text(target->to));
	*ino = overlay_patched_ino(path, &digest);
	*type = target->op == MEND_OP_SYMLINK ? DT_LNK : DT_REG;
	return false;
}

struct dirent_raw {
	uint64_t ino;
	int64_t next;
	unsigned short size;
	unsigned char type;
	char name[];
};

static int fill_base(struct filler *filler, const struct listing *listing, off_t offset)
{
	const struct lower *lower = &listing->overlay->lower;
	char room[32768] __attribute__((aligned(8)));
	struct stat st;
	long got;

	if (fstat(listing->fd, &st) || lseek(listing->fd, offset, SEEK_SET) < 0)
		return errno;
	while ((got = syscall(SYS_getdents64, listing->fd, room, sizeof room)) > 0) {
		for (long at = 0; at < got;) {
			const struct dirent_raw *entry = (const void *)(room + at);
			uint64_t ino = lower_ino(lower, st.st_dev, entry->ino);
			unsigned type = entry->type;

			at += entry->size;
			if (is_hidden(listing, entry->name, &ino, &type))
				continue;
			if (!fill(filler, entry->name, ino, type, entry->next))
				return 0;
		}
	}
	return got < 0 ? errno : 0;
}

/* ENOSYS once: the kernel opens directories by itself from then on, and caches what they list. */
void op_opendir(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *file)
{
	(void)ino;
	(void)file;
	fuse_reply_err(req, ENOSYS);
}

static int list(struct filler *filler, struct listing *listing, off_t offset)
{
	if (!offset || (offset >= ADDED_FIRST && offset < ADDED_LAST)) {
		if (!fill_added(filler, listing, offset))
			return 0;
		offset = 0;
	}
	return listing->fd < 0 ? 0 : fill_base(filler, listing, offset);
}

void op_readdir(fuse_req_t req, fuse_ino_t ino, size_t size, off_t offset,
		struct fuse_file_info *file)
{
	struct overlay *overlay = overlay_of(req);
	const struct node *node = state_node(overlay->state, ino);
	auto_free char *room = mend_alloc(size);
	struct filler filler = { .req = req, .room = room, .size = size };
	char path[STATE_PATH];
	struct listing listing = { .overlay = overlay, .path = path, .fd = -1 };
	auto_fd fd = -1;
	int error = 0;

	(void)file;
	if (!state_path(overlay->state, node, path, sizeof path)) {
		error = ENAMETOOLONG;
	} else if (node->kind == NODE_BASE) {
		fd = lower_open_node(&overlay->lower, node, O_RDONLY | O_DIRECTORY);
		error = fd < 0 ? -fd : 0;
	} else {
		/* One that only patches had may be in the base by now. */
		fd = openat(overlay->lower.root, path,
			    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	}
	listing.fd = fd;
	pthread_rwlock_rdlock(&overlay->flip);
	if (!error) {
		mend_gen_below(overlay->live->gen, path, &listing.first, &listing.count);
		error = list(&filler, &listing, offset);
	}
	if (error)
		fuse_reply_err(req, error);
	else
		fuse_reply_buf(req, filler.room, filler.used);
	pthread_rwlock_unlock(&overlay->flip);
}

void op_fsyncdir(fuse_req_t req, fuse_ino_t ino, int datasync, struct fuse_file_info *file)
{
	(void)file;
	overlay_sync(req, ino, O_DIRECTORY, datasync);
}

void op_statfs(fuse_req_t req, fuse_ino_t ino)
{
	struct overlay *overlay = overlay_of(req);
	const struct node *node = state_node(overlay->state, ino);
	auto_fd fd = -1;
	struct statvfs fs;

	if (node->kind == NODE_BASE)
		fd = lower_open_node(&overlay->lower, node, O_PATH | O_NOFOLLOW);
	if (fstatvfs(fd >= 0 ? fd : overlay->lower.root, &fs))
		fuse_reply_err(req, errno);
	else
		fuse_reply_statfs(req, &fs);
}
