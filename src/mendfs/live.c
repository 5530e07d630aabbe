/* SPDX-License-Identifier: MIT */
/* Loading a generation, and deciding target by target whether the base still fits. */
#include <pthread.h>

#include "mendfs/live.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "mendfs/seal.h"

static void leave_out(struct live *live, const struct mend_release *release,
		      const struct mend_error *why)
{
	struct mend_gen_left_out *entry;

	live->left_out =
		mend_grow(live->left_out, live->left_out_count + 1, sizeof *live->left_out);
	entry = &live->left_out[live->left_out_count++];
	memset(entry, 0, sizeof *entry);
	snprintf(entry->name.id, sizeof entry->name.id, "%s", release->manifest->id);
	entry->name.number = release->manifest->release;
	snprintf(entry->reason, sizeof entry->reason, "%.255s", why->text);
}

int live_object(const struct live *live, const struct mend_digest *digest)
{
	for (size_t i = 0; live && i < live->object_count; i++)
		if (mend_digest_equal(&live->objects[i].digest, digest))
			return live->objects[i].fd;
	return -1;
}

static int get_object(int *out, struct live *live, const struct live *old, int store,
		      const struct mend_target *target, struct mend_error *err)
{
	int fd = live_object(live, &target->object);

	if (fd < 0) {
		int lent = live_object(old, &target->object);

		if (lent >= 0)
			fd = fcntl(lent, F_DUPFD_CLOEXEC, 0);
		if (fd < 0 && seal_object(&fd, store, &target->object, target->size, err))
			return -1;
		live->objects =
			mend_grow(live->objects, live->object_count + 1, sizeof *live->objects);
		live->objects[live->object_count++] =
			(struct live_object){ .digest = target->object, .fd = fd };
	}
	*out = fd;
	return 0;
}

static void break_release(struct live *live, const struct mend_release *release)
{
	for (size_t i = 0; i < live->gen->target_count; i++)
		if (live->gen->targets[i].release == release)
			live->targets[i].is_broken = true;
}

static void load_objects(struct live *live, const struct live *old, int store)
{
	for (size_t i = 0; i < live->gen->target_count; i++) {
		const struct mend_gen_target *entry = &live->gen->targets[i];
		struct live_target *target = &live->targets[i];
		struct mend_error err = { 0 };

		if (target->is_broken ||
		    (entry->target->op != MEND_OP_REPLACE && entry->target->op != MEND_OP_ADD))
			continue;
		if (get_object(&target->object, live, old, store, entry->target, &err)) {
			leave_out(live, entry->release, &err);
			break_release(live, entry->release);
		}
	}
}

static struct live *live_around(struct mend_gen *gen)
{
	struct live *live = mend_alloc(sizeof *live);

	live->gen = gen;
	live->since = time(NULL);
	live->targets = mend_alloc((gen->target_count + 1) * sizeof *live->targets);
	for (size_t i = 0; i < gen->target_count; i++) {
		live->targets[i].object = -1;
		pthread_mutex_init(&live->targets[i].lock, NULL);
	}
	return live;
}

/* The ring, or an empty one with the reason among its bad keys: an unreadable key never stops a
 * mount. */
static int read_ring(struct mend_keyring **out, const char *config, struct mend_error *err)
{
	auto_fd dir = open(config, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return mend_keyring_load(out, dir, err);
}

int live_load(struct live **out, const struct live_source *source, unsigned number,
	      const struct live *old, struct mend_error *err)
{
	auto_call(mend_store_close) struct mend_store *store = NULL;
	auto_call(mend_keyring_free) struct mend_keyring *ring = NULL;
	struct mend_gen *gen;
	struct live *live;

	if (mend_store_open(&store, source->store, MEND_STORE_READ, err))
		return -1;
	if (number == LIVE_CURRENT && mend_store_current(&number, store->dir, err))
		return -1;
	if (read_ring(&ring, source->config, err))
		return -1;
	if (mend_gen_load(&gen, store->dir, ring, number, source->root, err))
		return -1;
	live = live_around(gen);
	load_objects(live, old, store->dir);
	live->bad_keys = take(ring->bad);
	live->bad_key_count = ring->bad_count;
	ring->bad_count = 0;
	*out = live;
	return 0;
}

struct live *live_empty(const char *reason)
{
	struct mend_gen *gen = mend_alloc(sizeof *gen);

	gen->refs = 1;
	gen->reason = mend_text_copy(reason);
	return live_around(gen);
}

void live_free(struct live *live)
{
	if (!live)
		return;
	for (size_t i = 0; i < live->gen->target_count; i++)
		pthread_mutex_destroy(&live->targets[i].lock);
	for (size_t i = 0; i < live->object_count; i++)
		close(live->objects[i].fd);
	mend_fs_list_free(live->bad_keys, live->bad_key_count);
	mend_gen_unref(live->gen);
	free(live->targets);
	free(live->objects);
	free(live->left_out);
	free(live);
}

int live_find(const struct live *live, const char *path)
{
	const struct mend_gen_target *found = mend_gen_find(live->gen, path);

	return found ? (int)(found - live->gen->targets) : -1;
}

static void look(struct live_seen *seen, int dir, const char *name)
{
	struct stat st;

	memset(seen, 0, sizeof *seen);
	seen->is_valid = true;
	if (dir < 0 || fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW))
		return;
	seen->is_there = true;
	seen->dev = st.st_dev;
	seen->ino = st.st_ino;
	seen->size = st.st_size;
	seen->mtime = st.st_mtim;
	seen->ctime = st.st_ctim;
}

static bool is_same(const struct live_seen *a, const struct live_seen *b)
{
	return a->is_valid && b->is_valid && a->is_there == b->is_there && a->dev == b->dev &&
	       a->ino == b->ino && a->size == b->size && a->mtime.tv_sec == b->mtime.tv_sec &&
	       a->mtime.tv_nsec == b->mtime.tv_nsec && a->ctime.tv_sec == b->ctime.tv_sec &&
	       a->ctime.tv_nsec == b->ctime.tv_nsec;
}

/* Under the target's lock. A base that cannot be read is not what the patch was made for. */
static void decide(struct live_target *live, const struct mend_target *target, int base_root)
{
	struct mend_error err = { 0 };

	if (mend_target_check(&live->state, live->reason, target, base_root, &err)) {
		live->state = MEND_TARGET_DRIFTED;
		snprintf(live->reason, sizeof live->reason, "%.255s", err.text);
	}
}

/* Under the target's lock: the content still fits, but somebody changed what else there is of it.
 */
static void stay_aside(struct live_target *live, const struct live_seen *now)
{
	if (live->state != MEND_TARGET_ACTIVE || now->ino != live->aside)
		live->aside = 0;
	if (!live->aside)
		return;
	live->state = MEND_TARGET_DRIFTED;
	snprintf(live->reason, sizeof live->reason,
		 "its mode, owner, times or attributes were changed through the mount");
}

bool live_is_active(const struct live *live, int index, int base_root, int dir, const char *name)
{
	struct live_target *target = &live->targets[index];
	struct live_seen now;
	bool active;

	if (target->is_broken)
		return false;
	pthread_mutex_lock(&target->lock);
	look(&now, dir, name);
	if (!is_same(&now, &target->seen)) {
		struct live_seen after;

		decide(target, live->gen->targets[index].target, base_root);
		stay_aside(target, &now);
		look(&after, dir, name);
		target->seen = now;
		target->seen.is_valid = is_same(&now, &after);
	}
	active = target->state == MEND_TARGET_ACTIVE;
	pthread_mutex_unlock(&target->lock);
	return active;
}

static int open_parent(int base_root, const char *path, const char **name)
{
	const char *slash = strrchr(path, '/');
	char dir[MEND_PATH_MAX];

	*name = slash ? slash + 1 : path;
	if (!slash)
		return fcntl(base_root, F_DUPFD_CLOEXEC, 0);
	if ((size_t)(slash - path) >= sizeof dir)
		return -1;
	memcpy(dir, path, (size_t)(slash - path));
	dir[slash - path] = 0;
	return openat(base_root, dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

enum mend_target_state live_state(const struct live *live, int index, int base_root,
				  char reason[MEND_REASON_MAX])
{
	struct live_target *target = &live->targets[index];
	const char *name;
	auto_fd dir = open_parent(base_root, live->gen->targets[index].target->path, &name);
	enum mend_target_state state;

	live_is_active(live, index, base_root, dir, name);
	pthread_mutex_lock(&target->lock);
	state = target->state;
	if (state == MEND_TARGET_ACTIVE)
		reason[0] = 0;
	else
		memcpy(reason, target->reason, MEND_REASON_MAX);
	pthread_mutex_unlock(&target->lock);
	return state;
}

int live_find_inode(const struct live *live, uint64_t ino)
{
	int index = -1;

	for (size_t i = 0; index < 0 && i < live->gen->target_count; i++) {
		struct live_target *target = &live->targets[i];

		pthread_mutex_lock(&target->lock);
		if (target->seen.is_there && target->seen.ino == ino)
			index = (int)i;
		pthread_mutex_unlock(&target->lock);
	}
	return index;
}

void live_doubt(const struct live *live, int index)
{
	struct live_target *target = &live->targets[index];

	pthread_mutex_lock(&target->lock);
	target->seen.is_valid = false;
	pthread_mutex_unlock(&target->lock);
}

void live_step_aside(const struct live *live, int index, int dir, const char *name)
{
	struct live_target *target = &live->targets[index];

	pthread_mutex_lock(&target->lock);
	look(&target->seen, dir, name);
	target->state = MEND_TARGET_DRIFTED;
	snprintf(target->reason, sizeof target->reason, "it was written to through the mount");
	pthread_mutex_unlock(&target->lock);
}

void live_stay_aside(const struct live *live, int index, int dir, const char *name)
{
	struct live_target *target = &live->targets[index];

	live_step_aside(live, index, dir, name);
	pthread_mutex_lock(&target->lock);
	target->aside = target->seen.ino;
	pthread_mutex_unlock(&target->lock);
}
