/* SPDX-License-Identifier: MIT */
/* Taking names away, and moving them. */
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "mendfs/auto.h"
#include "mendfs/place.h"

static int take_away(struct overlay *overlay, const struct place *place, int flags)
{
	if (place_is_patch_only(place)) {
		place_step_aside(overlay, place);
		return 0;
	}
	if (unlinkat(place->dir, place->name, flags))
		return errno;
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
		error = take_away(overlay, &place, flags);
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

static int move(struct overlay *overlay, const struct place *from, const struct place *to,
		unsigned flags)
{
	int error;

	/* What only a patch has cannot be moved; mv(1) copies it then. */
	if (place_is_patch_only(from) || (flags & RENAME_EXCHANGE && place_is_patch_only(to)))
		return EXDEV;
	if (flags & RENAME_NOREPLACE && place_is_patch_only(to))
		return EEXIST;
	error = place_clear_hidden(overlay, to);
	if (error)
		return error;
	if (syscall(SYS_renameat2, from->dir, from->name, to->dir, to->name, flags))
		return errno;
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
		error = move(overlay, &from, &to, flags);
	fuse_reply_err(req, error);
	pthread_rwlock_unlock(&overlay->flip);
}
