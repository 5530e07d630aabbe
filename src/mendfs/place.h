/* SPDX-License-Identifier: MIT */
/*
 * A name that is about to change: its directory in the base, and the patch that stands in front of
 * it. Writing always goes to the base; the patch steps aside, because the base is no longer (or
 * need no longer be) what it was made for.
 */
#ifndef MENDFS_PLACE_H
#define MENDFS_PLACE_H

#include "mendfs/overlay.h"

struct place {
	uint64_t parent;
	const char *name;
	char path[STATE_PATH];
	int dir;   /* O_PATH of the base directory, negative: the base has none; owned */
	int index; /* of a target of this path, or -1 */
	bool is_active;
	bool is_in_base;
	enum mend_op op; /* of the target */
};

/* For a name that goes, or one that is to be made: then a directory that only patches have is made
 * in the base, too. 0 or an errno. The caller holds flip for reading. */
int place_open(struct place *out, struct overlay *overlay, uint64_t parent, const char *name);
int place_make(struct place *out, struct overlay *overlay, uint64_t parent, const char *name);
/* What the base has of a directory node: a descriptor or -errno. */
int place_directory(struct overlay *overlay, uint64_t parent, bool makes);
void place_close(struct place *place);
#define auto_place __attribute__((cleanup(place_close))) struct place

/* A name that a patch hides is made again: what is hidden goes first. 0 or an errno. */
int place_clear_hidden(const struct overlay *overlay, const struct place *place);
/* Shown because of a patch alone; the base has no such name. */
bool place_is_patch_only(const struct place *place);
/* The patch no longer stands in front of this name, until the base or the generation changes. */
void place_step_aside(struct overlay *overlay, const struct place *place);
/* The name has changed by our own hand: a target of it is looked at again. */
void place_changed(struct overlay *overlay, const struct place *place);
/* A target that makes something of nothing would make it again as soon as the name is gone. */
void place_gone(struct overlay *overlay, const struct place *place);
/* The directory of this name shows something that the base does not have. */
bool place_shows_more(struct overlay *overlay, const struct place *place);
/* Takes what is hidden out of a directory that shows nothing. 0 or an errno. */
int place_clear_directory(struct overlay *overlay, const struct place *place);
/* What the kernel knows of names below a directory that moves: patches do not move along. */
void place_moved(struct overlay *overlay, const struct place *from, const struct place *to);
/* Steps aside for a node of a patch that somebody wants to write to (PLACE_CONTENT) or of which he
 * wants to change something else; the errno to answer, which makes the kernel look the name up
 * again. */
enum place_change { PLACE_CONTENT, PLACE_REST };
int place_yield(struct overlay *overlay, const struct node *node, enum place_change change);

#endif
