/* SPDX-License-Identifier: MIT */
/* Taking names away, and moving them. */
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "mendfs/auto.h"
#include "mendfs/caller.h"
#include "mendfs/keep.h"
#include "mendfs/place.h"

/* 0: no such name. */
static uint64_t ino_of(const struct place *place)
{
	struct stat st;

	return fstatat(place->dir, place->name, &st, AT_SYMLINK_NOFOLLOW) ? 0 : st.st_ino;
}

/* One name being taken away, for the journal. */
struct taking {
	const struct place *place;
	int flags;
};

static int take_one(void *context)
{
	const struct taking *taking = context;

	return unlinkat(taking->place->dir, taking->place->name, taking->flags) ? errno : 0;
}

static uint64_t look_at(void *context)
{
	const struct taking *taking = context;

	return ino_of(taking->place);
}

static bool was_taken(void *context, uint64_t ino)
{
	return ino && look_at(context) != ino;
}

static const struct journal_work taking_work = { .act = take_one,
						 .look = look_at,
						 .was_done = was_taken };

static int take_away(fuse_req_t req, const struct place *place, int flags)
{
	struct overlay *overlay = overlay_of(req);
	auto_keep keep = { .fd = -1 };
	int error;

	if (place_is_patch_only(place)) {
		place_step_aside(overlay, place);
		return 0;
	}
	keep_begin(&keep, place->dir, place->name);
	error = journal_once(&taking_work, &(struct taking){ place, flags });
	if (error)
		return error;
	keep_end(req, &keep);
	place_changed(overlay, place);
	return 0;
}

static void take_name(fuse_req_t req, fuse_ino_t parent, const char *name, int flags)
{
	struct overlay *overlay = overlay_of(req);
	auto_place place = { .dir = -1 };
	int error;

	pthread_rwlock_rdlock(&overlay->flip);
	error = place_open(&place, overlay, parent, name);
	if (!error)
		error = take_away(req, &place, flags);
	fuse_reply_err(req, error);
	pthread_rwlock_unlock(&overlay->flip);
}

void op_unlink(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	take_name(req, parent, name, 0);
}

void op_rmdir(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	take_name(req, parent, name, AT_REMOVEDIR);
}

static bool is_dir(const struct place *place)
{
	struct stat st;

	return !fstatat(place->dir, place->name, &st, AT_SYMLINK_NOFOLLOW) && S_ISDIR(st.st_mode);
}

/* The kernel moves the names it has cached by itself; a patched node must not move with its name.
 */
static void tell_moved(struct overlay *overlay, const struct place *from, const struct place *to)
{
	place_changed(overlay, from);
	place_changed(overlay, to);
	if (from->is_active && to->index < 0)
		notifier_entry(overlay->notifier, to->parent, to->name);
	if (to->is_active && from->index < 0)
		notifier_entry(overlay->notifier, from->parent, from->name);
}

/* One name being moved, for the journal. */
struct moving {
	fuse_req_t req;
	const struct place *from, *to;
	unsigned flags;
};

/* As ourselves, but for a whiteout: that is a new inode, with an owner. */
static int move_one(void *context)
{
	const struct moving *moving = context;
	int error;

	if (moving->flags & RENAME_WHITEOUT)
		caller_begin(moving->req);
	error = syscall(SYS_renameat2, moving->from->dir, moving->from->name, moving->to->dir,
			moving->to->name, moving->flags)
			? errno
			: 0;
	if (moving->flags & RENAME_WHITEOUT)
		caller_end();
	return error;
}

static uint64_t look_at_moving(void *context)
{
	const struct moving *moving = context;

	return ino_of(moving->from);
}

static bool was_moved(void *context, uint64_t ino)
{
	const struct moving *moving = context;

	return ino && ino_of(moving->to) == ino && ino_of(moving->from) != ino;
}

static const struct journal_work moving_work = { .act = move_one,
						 .look = look_at_moving,
						 .was_done = was_moved };

static int move(fuse_req_t req, const struct place *from, const struct place *to, unsigned flags)
{
	struct overlay *overlay = overlay_of(req);
	auto_keep keep = { .fd = -1 };
	int error;

	/* What only a patch has cannot be moved; mv(1) copies it then. */
	if (place_is_patch_only(from) || (flags & RENAME_EXCHANGE && place_is_patch_only(to)))
		return EXDEV;
	if (flags & RENAME_NOREPLACE && place_is_patch_only(to))
		return EEXIST;
	error = place_clear_hidden(overlay, to);
	if (error)
		return error;
	if (!(flags & RENAME_EXCHANGE))
		keep_begin(&keep, to->dir, to->name);
	error = journal_once(&moving_work, &(struct moving){ req, from, to, flags });
	if (error) {
		/* ext4 gives a directory new times also when it takes a whiteout back. */
		notify_inode_now(overlay->session, from->parent);
		return error;
	}
	keep_end(req, &keep);
	if (flags & RENAME_EXCHANGE) {
		static const char swapped[] = "\1swapped";

		if (is_dir(from) || is_dir(to)) {
			state_renamed(overlay->state, to->path, swapped);
			state_renamed(overlay->state, from->path, to->path);
			state_renamed(overlay->state, swapped, from->path);
		}
	} else if (is_dir(to)) {
		state_renamed(overlay->state, from->path, to->path);
	}
	tell_moved(overlay, from, to);
	return 0;
}

void op_rename(fuse_req_t req, fuse_ino_t parent, const char *name, fuse_ino_t new_parent,
	       const char *new_name, unsigned flags)
{
	struct overlay *overlay = overlay_of(req);
	auto_place from = { .dir = -1 };
	auto_place to = { .dir = -1 };
	int error;

	pthread_rwlock_rdlock(&overlay->flip);
	error = place_open(&from, overlay, parent, name);
	if (!error)
		error = place_open(&to, overlay, new_parent, new_name);
	if (!error)
		error = move(req, &from, &to, flags);
	fuse_reply_err(req, error);
	pthread_rwlock_unlock(&overlay->flip);
}
