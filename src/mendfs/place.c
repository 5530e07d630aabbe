/* SPDX-License-Identifier: MIT */
/* Names about to change, and how patches give way to them. */
#include "mendfs/place.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "mendfs/auto.h"

/* The kernel knows a directory of this path as one that only patches have. */
static void forget_directory(struct overlay *overlay, const char *path)
{
	const char *slash = strrchr(path, '/');
	char parent[STATE_PATH];
	uint64_t id;

	snprintf(parent, sizeof parent, "%.*s", slash ? (int)(slash - path) : 0, path);
	id = state_find_dir(overlay->state, parent);
	if (id)
		notifier_entry(overlay->notifier, id, slash ? slash + 1 : path);
}

/* A package that ships a directory which only patches had before finds it there already, and never
 * makes it. */
static int make_directories(struct overlay *overlay, const char *path)
{
	char part[STATE_PATH];
	bool is_first = true;

	for (const char *end = path; end; end = *end ? end : NULL) {
		end = strchrnul(end + 1, '/');
		memcpy(part, path, (size_t)(end - path));
		part[end - path] = 0;
		if (mkdirat(overlay->lower.root, part, 0755)) {
			if (errno != EEXIST)
				return errno;
		} else if (is_first) {
			forget_directory(overlay, part);
			is_first = false;
		}
	}
	return 0;
}

int place_directory(struct overlay *overlay, uint64_t parent, bool makes)
{
	const struct node *node = state_node(overlay->state, parent);
	char path[STATE_PATH];
	int fd;
	int error;

	if (node->kind == NODE_BASE)
		return lower_open_node(&overlay->lower, node, O_PATH | O_DIRECTORY);
	if (!state_path(overlay->state, node, path, sizeof path))
		return -ENAMETOOLONG;
	error = makes ? make_directories(overlay, path) : 0;
	if (error)
		return -error;
	fd = openat(overlay->lower.root, path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int open_place(struct place *out, struct overlay *overlay, uint64_t parent, const char *name,
		      bool makes)
{
	const struct node *node = state_node(overlay->state, parent);
	char dir[STATE_PATH];
	struct stat st;

	*out = (struct place){ .parent = parent, .name = name, .dir = -1, .index = -1 };
	if (!state_path(overlay->state, node, dir, sizeof dir) ||
	    !overlay_join(out->path, dir, name))
		return ENAMETOOLONG;
	out->dir = place_directory(overlay, parent, makes);
	if (out->dir < 0 && (node->kind == NODE_BASE || makes))
		return -out->dir;
	out->is_in_base = out->dir >= 0 && !fstatat(out->dir, name, &st, AT_SYMLINK_NOFOLLOW);
	out->index = live_find(overlay->live, out->path);
	if (out->index >= 0) {
		out->op = overlay->live->gen->targets[out->index].target->op;
		out->is_active = live_is_active(overlay->live, out->index, overlay->lower.root,
						out->dir, name);
	}
	return 0;
}

int place_open(struct place *out, struct overlay *overlay, uint64_t parent, const char *name)
{
	return open_place(out, overlay, parent, name, false);
}

int place_make(struct place *out, struct overlay *overlay, uint64_t parent, const char *name)
{
	return open_place(out, overlay, parent, name, true);
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

void place_gone(struct overlay *overlay, const struct place *place)
{
	if (place->index >= 0 && (place->op == MEND_OP_ADD || place->op == MEND_OP_SYMLINK))
		place_step_aside(overlay, place);
	else
		place_changed(overlay, place);
}

/* A target directly in or below a directory, for as long as there are more. */
struct below {
	size_t index, end;
	size_t prefix; /* length of the directory's path and the slash */
};

static struct below targets_below(const struct overlay *overlay, const char *path)
{
	struct below below = { .prefix = strlen(path) + 1 };
	size_t count;

	mend_gen_below(overlay->live->gen, path, &below.index, &count);
	below.end = below.index + count;
	return below;
}

/* Opens what the base has of a target's directory; NULL for name's directory missing. */
static int open_dir_of(const struct overlay *overlay, const char *path, const char **name)
{
	const char *slash = strrchr(path, '/');
	char dir[STATE_PATH];

	*name = slash ? slash + 1 : path;
	snprintf(dir, sizeof dir, "%.*s", slash ? (int)(slash - path) : 1, slash ? path : ".");
	return openat(overlay->lower.root, dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

static bool is_active_at(const struct overlay *overlay, size_t index)
{
	const char *name;
	auto_fd dir = open_dir_of(overlay, overlay->live->gen->targets[index].target->path, &name);

	return live_is_active(overlay->live, (int)index, overlay->lower.root, dir, name);
}

bool place_shows_more(struct overlay *overlay, const struct place *place)
{
	struct below below = targets_below(overlay, place->path);

	for (size_t i = below.index; i < below.end; i++)
		if (overlay->live->gen->targets[i].target->op != MEND_OP_REMOVE &&
		    is_active_at(overlay, i))
			return true;
	return false;
}

/* Is this entry of the directory hidden? */
static bool is_hidden(const struct overlay *overlay, const struct place *place, const char *name)
{
	char path[STATE_PATH];
	int index = overlay_join(path, place->path, name) ? live_find(overlay->live, path) : -1;

	return index >= 0 && overlay->live->gen->targets[index].target->op == MEND_OP_REMOVE &&
	       is_active_at(overlay, (size_t)index);
}

/* All of the entries, or none of them. */
static int for_hidden(struct overlay *overlay, const struct place *place, DIR *dir, bool takes)
{
	const struct dirent *entry;

	rewinddir(dir);
	while ((entry = readdir(dir))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		if (takes ? unlinkat(dirfd(dir), entry->d_name, 0)
			  : !is_hidden(overlay, place, entry->d_name))
			return takes ? errno : ENOTEMPTY;
	}
	return 0;
}

int place_clear_directory(struct overlay *overlay, const struct place *place)
{
	struct below below = targets_below(overlay, place->path);
	int fd;
	DIR *dir;
	int error;

	if (below.index == below.end)
		return 0;
	if (place_shows_more(overlay, place))
		return ENOTEMPTY;
	fd = openat(place->dir, place->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	dir = fd < 0 ? NULL : fdopendir(fd);
	if (!dir) {
		mend_auto_close(&fd);
		return 0; /* the system call itself says what is wrong */
	}
	error = for_hidden(overlay, place, dir, false);
	if (!error)
		error = for_hidden(overlay, place, dir, true);
	closedir(dir);
	return error == ENOTEMPTY ? 0 : error;
}

static void forget_below(struct overlay *overlay, const char *old, const char *now)
{
	struct below below = targets_below(overlay, old);

	for (size_t i = below.index; i < below.end; i++) {
		const char *rest = overlay->live->gen->targets[i].target->path + below.prefix;
		char path[STATE_PATH];
		char *slash;
		uint64_t parent;

		if (!overlay_join(path, now, rest))
			continue;
		slash = strrchr(path, '/');
		*slash = 0;
		parent = state_find_dir(overlay->state, path);
		if (parent)
			notifier_entry(overlay->notifier, parent, slash + 1);
	}
}

void place_moved(struct overlay *overlay, const struct place *from, const struct place *to)
{
	forget_below(overlay, from->path, to->path);
	forget_below(overlay, to->path, to->path);
	forget_below(overlay, to->path, from->path);
}

int place_yield(struct overlay *overlay, const struct node *node, enum place_change change)
{
	char path[STATE_PATH];
	const char *name;
	auto_fd dir = -1;
	int index;

	if (node->kind == NODE_DIR || !state_path(overlay->state, node, path, sizeof path))
		return EROFS;
	pthread_rwlock_rdlock(&overlay->flip);
	index = live_find(overlay->live, path);
	if (index >= 0) {
		dir = open_dir_of(overlay, path, &name);
		if (change == PLACE_CONTENT)
			live_step_aside(overlay->live, index, dir, name);
		else
			live_stay_aside(overlay->live, index, dir, name);
	}
	pthread_rwlock_unlock(&overlay->flip);
	return ESTALE;
}
