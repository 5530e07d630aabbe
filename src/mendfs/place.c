/* SPDX-License-Identifier: MIT */
/* Names about to change, and how patches give way to them. */
#include "mendfs/place.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "mendfs/auto.h"

int place_open(struct place *out, struct overlay *overlay, uint64_t parent, const char *name)
{
	const struct node *node = state_node(overlay->state, parent);
	char dir[STATE_PATH];
	struct stat st;

	*out = (struct place){ .parent = parent, .name = name, .dir = -1, .index = -1 };
	if (node->kind != NODE_BASE)
		return EROFS;
	if (!state_path(overlay->state, node, dir, sizeof dir) ||
	    !overlay_join(out->path, dir, name))
		return ENAMETOOLONG;
	out->dir = lower_open_node(&overlay->lower, node, O_PATH | O_DIRECTORY);
	if (out->dir < 0)
		return -out->dir;
	out->is_in_base = !fstatat(out->dir, name, &st, AT_SYMLINK_NOFOLLOW);
	out->index = live_find(overlay->live, out->path);
	if (out->index >= 0) {
		out->op = overlay->live->gen->targets[out->index].target->op;
		out->is_active = live_is_active(overlay->live, out->index, overlay->lower.root,
						out->dir, name);
	}
	return 0;
}

void place_close(struct place *place)
{
	mend_auto_close(&place->dir);
}

int place_clear_hidden(const struct overlay *overlay, const struct place *place)
{
	if (!place->is_active || place->op != MEND_OP_REMOVE || !place->is_in_base)
		return 0;
	live_step_aside(overlay->live, place->index, place->dir, place->name);
	return unlinkat(place->dir, place->name, 0) ? errno : 0;
}

bool place_is_patch_only(const struct place *place)
{
	return place->is_active && !place->is_in_base && place->op != MEND_OP_REMOVE;
}

void place_step_aside(struct overlay *overlay, const struct place *place)
{
	if (place->index < 0)
		return;
	live_step_aside(overlay->live, place->index, place->dir, place->name);
	notifier_entry(overlay->notifier, place->parent, place->name);
}

void place_changed(struct overlay *overlay, const struct place *place)
{
	if (place->index < 0)
		return;
	live_doubt(overlay->live, place->index);
	notifier_entry(overlay->notifier, place->parent, place->name);
}

int place_yield(struct overlay *overlay, const struct node *node)
{
	char path[STATE_PATH];
	char dir[STATE_PATH];
	auto_fd parent_fd = -1;
	char *slash;
	int index;

	if (node->kind == NODE_DIR || !state_path(overlay->state, node, path, sizeof path))
		return EROFS;
	pthread_rwlock_rdlock(&overlay->flip);
	index = live_find(overlay->live, path);
	if (index >= 0) {
		strcpy(dir, path);
		slash = strrchr(dir, '/');
		if (slash)
			*slash = 0;
		parent_fd = openat(overlay->lower.root, slash ? dir : ".",
				   O_PATH | O_DIRECTORY | O_CLOEXEC);
		live_step_aside(overlay->live, index, parent_fd, slash ? slash + 1 : path);
	}
	pthread_rwlock_unlock(&overlay->flip);
	return ESTALE;
}
