/* SPDX-License-Identifier: MIT */
/* The flip: swap the pointer when no operation uses it, then make the kernel forget every name that
 * the two sets answer differently. */
#include "mendfs/flip.h"

#include <stdio.h>
#include <string.h>

#include "mendfs/family.h"

void overlay_init_locks(struct overlay *overlay)
{
	pthread_rwlockattr_t attr;

	pthread_rwlockattr_init(&attr);
	pthread_rwlockattr_setkind_np(&attr, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
	pthread_rwlock_init(&overlay->flip, &attr);
	pthread_rwlockattr_destroy(&attr);
	pthread_mutex_init(&overlay->fork_lock, NULL);
}

int flip_prepare(struct overlay *overlay, unsigned generation, struct mend_error *err)
{
	struct live_source source = { .store = overlay->options->store,
				      .config = overlay->options->config,
				      .root = overlay->options->root };
	struct live *live;
	int result;

	/* A standby is never forked in the middle of it: the locks of the library would stay held
	 * in it. */
	pthread_mutex_lock(&overlay->fork_lock);
	result = live_load(&live, &source, generation, overlay->live, err);
	pthread_mutex_unlock(&overlay->fork_lock);
	if (result)
		return -1;
	flip_abort(overlay);
	overlay->prepared = live;
	return 0;
}

void flip_abort(struct overlay *overlay)
{
	live_free(overlay->prepared);
	overlay->prepared = NULL;
}

/* Forgets the first name on the way to path below the deepest directory that the kernel may know.
 */
static void forget_path(struct overlay *overlay, const char *path)
{
	char dir[STATE_PATH];
	char name[MEND_NAME_MAX + 1];
	uint64_t parent = 0;
	size_t length = strlen(path);

	while (!parent && length) {
		while (length && path[length - 1] != '/')
			length--;
		memcpy(dir, path, length ? length - 1 : 0);
		dir[length ? length - 1 : 0] = 0;
		parent = state_find_dir(overlay->state, dir);
		if (parent)
			break;
		length -= length ? 1 : 0;
	}
	if (!parent)
		return;
	path += length;
	length = strcspn(path, "/");
	if (length > MEND_NAME_MAX)
		return;
	memcpy(name, path, length);
	name[length] = 0;
	notify_entry_now(overlay->session, parent, name);
}

static void forget_targets(struct overlay *overlay, const struct live *live)
{
	for (size_t i = 0; i < live->gen->target_count; i++)
		forget_path(overlay, live->gen->targets[i].target->path);
}

void flip_commit(struct overlay *overlay)
{
	struct family *family = &overlay->state->family;
	struct live *old;

	if (!overlay->prepared)
		return;
	pthread_mutex_lock(&overlay->fork_lock);
	pthread_rwlock_wrlock(&overlay->flip);
	atomic_store(&family->flipping_from, overlay->live->gen->number);
	atomic_store(&family->is_flipping, true);
	atomic_store(&family->live, overlay->prepared->gen->number);
	old = overlay->live;
	overlay->live = overlay->prepared;
	overlay->prepared = NULL;
	pthread_rwlock_unlock(&overlay->flip);
	pthread_mutex_unlock(&overlay->fork_lock);
	forget_targets(overlay, old);
	forget_targets(overlay, overlay->live);
	atomic_store(&family->is_flipping, false);
	live_free(old);
	family_live_changed();
}

/* Names that only the old set had may still be known as they were in it. */
static void forget_generation(struct overlay *overlay, unsigned number)
{
	struct mend_error err = { 0 };

	if (flip_prepare(overlay, number, &err)) {
		fprintf(stderr, "mendfs: generation %u: %s\n", number, err.text);
		return;
	}
	forget_targets(overlay, overlay->prepared);
	flip_abort(overlay);
}

void flip_resume(struct overlay *overlay)
{
	struct family *family = &overlay->state->family;
	unsigned number = atomic_load(&family->live);
	bool is_behind = number != overlay->live->gen->number;
	struct mend_error err = { 0 };

	if (!is_behind && !atomic_load(&family->is_flipping))
		return;
	if (atomic_load(&family->is_flipping))
		forget_generation(overlay, atomic_load(&family->flipping_from));
	if (is_behind && flip_prepare(overlay, number, &err)) {
		fprintf(stderr, "mendfs: generation %u: %s\n", number, err.text);
		return;
	}
	if (is_behind)
		flip_commit(overlay);
	else
		forget_targets(overlay, overlay->live);
	atomic_store(&family->is_flipping, false);
}
