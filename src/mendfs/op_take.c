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
	if (flags & AT_REMOVEDIR) {
		error = place_clear_directory(overlay, place);
		if (error || !place->is_in_base)
			return error;
	}
	if (place->dir < 0)
		return ENOENT;
	keep_begin(&keep, place->dir, place->name);
	error = journal_once(&taking_work, &(struct taking){ place, flags });
	if (error)
		return error;
	keep_end(req, &keep);
	place_gone(overlay, place);
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

/* The kernel moves the names it has cached by itself. */
static void tell_moved(struct overlay *overlay, const struct moving *moving)
{
	const struct place *from = moving->from;
	const struct place *to = moving->to;
	bool is_swap = moving->flags & RENAME_EXCHANGE;

	if (is_swap)
		place_changed(overlay, from);
	else
		place_gone(overlay, from);
	place_changed(overlay, to);
	if (is_swap && (is_dir(from) || is_dir(to))) {
		static const char swapped[] = "\1swapped";

		state_renamed(overlay->state, to->path, swapped);
		state_renamed(overlay->state, from->path, to->path);
		state_renamed(overlay->state, swapped, from->path);
		place_moved(overlay, from, to);
	} else if (is_dir(to)) {
		state_renamed(overlay->state, from->path, to->path);
		place_moved(overlay, from, to);
	}
}

/* A patched node must not move with its name: the patch steps aside, and the kernel looks again. */
static bool must_step_aside(struct overlay *overlay, const struct place *place)
{
	if (!place->is_active || !place->is_in_base || place->op == MEND_OP_REMOVE)
		return false;
	place_step_aside(overlay, place);
	return true;
}

static int move(fuse_req_t req, const struct place *from, const struct place *to, unsigned flags)
{
	struct overlay *overlay = overlay_of(req);
	struct moving moving = { req, from, to, flags };
	auto_keep keep = { .fd = -1 };
	int error;

	/* What only a patch has cannot be moved; mv(1) copies it then. */
	if (place_is_patch_only(from) || (flags & RENAME_EXCHANGE && place_is_patch_only(to)) ||
	    (!from->is_in_base && place_shows_more(overlay, from)))
		return EXDEV;
	if (from->dir < 0)
		return ENOENT;
	if (flags & RENAME_NOREPLACE && place_is_patch_only(to))
		return EEXIST;
	if (must_step_aside(overlay, from) ||
	    (flags & RENAME_EXCHANGE && must_step_aside(overlay, to)))
		return ESTALE;
	error = place_clear_hidden(overlay, to);
	if (!error && !(flags & RENAME_EXCHANGE)) {
		error = place_clear_directory(overlay, to);
		keep_begin(&keep, to->dir, to->name);
	}
	if (error)
		return error;
	error = journal_once(&moving_work, &moving);
	if (error) {
		/* ext4 gives a directory new times also when it takes a whiteout back. */
		notify_inode_now(overlay->session, from->parent);
		return error;
	}
	keep_end(req, &keep);
	tell_moved(overlay, &moving);
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
		error = place_make(&to, overlay, new_parent, new_name);
	if (!error)
		error = move(req, &from, &to, flags);
	fuse_reply_err(req, error);
	pthread_rwlock_unlock(&overlay->flip);
}
