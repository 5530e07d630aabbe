/* SPDX-License-Identifier: MIT */
/* The shared table of nodes: slots, two hash indexes, and the texts (paths) they name. */
#include "mendfs/state.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <xxhash.h>

/* Bytes before a text that hold its class; the link of a free one lies in it. */
#define TEXT_HEAD 4

static struct state *map_memory(int fd)
{
	void *memory = mmap(NULL, sizeof(struct state), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_NORESERVE, fd, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

struct state *state_map(int fd)
{
	struct state *state;
	struct stat st;

	if (fstat(fd, &st) || st.st_size != sizeof(struct state))
		return NULL;
	state = map_memory(fd);
	if (state && state->layout != STATE_LAYOUT) {
		munmap(state, sizeof *state);
		return NULL;
	}
	return state;
}

struct state *state_new(int *fd)
{
	int memory = memfd_create("mendfs-state", MFD_CLOEXEC);
	struct state *state = NULL;
	pthread_mutexattr_t attr;

	if (memory >= 0 && !ftruncate(memory, sizeof *state))
		state = map_memory(memory);
	if (!state) {
		perror("mendfs: the shared state");
		exit(3);
	}
	*fd = memory;
	state->layout = STATE_LAYOUT;
	randombytes_buf(&state->seed, sizeof state->seed);
	pthread_mutexattr_init(&attr);
	pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
	pthread_mutex_init(&state->lock, &attr);
	pthread_mutexattr_destroy(&attr);
	state->used = NODE_ROOT + 1;
	state->text_end = 64; /* offset 0 means none */
	return state;
}

/* Seeded at random, so that nobody can prepare names that collide; the seed stays with the table.
 */
static uint64_t hash_of(const struct state *state, const void *data, size_t size)
{
	return XXH3_64bits_withSeed(data, size, state->seed);
}

static uint32_t key_bucket(const struct state *state, const struct node *node)
{
	uint64_t hash;

	if (node->kind == NODE_BASE)
		hash = hash_of(state, &node->handle,
			       offsetof(struct node_handle, bytes) + node->handle.size);
	else
		hash = hash_of(state, &node->patched.digest, sizeof node->patched.digest);
	return (uint32_t)hash % STATE_BUCKETS;
}

static uint32_t path_bucket(const struct state *state, const char *path)
{
	return (uint32_t)hash_of(state, path, strlen(path)) % STATE_BUCKETS;
}

static void chain_key(struct state *state, struct node *node)
{
	uint32_t *head = &state->by_key[key_bucket(state, node)];

	node->next = *head;
	*head = (uint32_t)(node - state->nodes);
}

static void chain_path(struct state *state, struct node *node)
{
	uint32_t *head;

	if (!node->path)
		return;
	head = &state->by_path[path_bucket(state, state_text(state, node->path))];
	node->path_next = *head;
	*head = (uint32_t)(node - state->nodes);
}

static void unchain_key(struct state *state, struct node *node)
{
	uint32_t slot = (uint32_t)(node - state->nodes);
	uint32_t *link = &state->by_key[key_bucket(state, node)];

	while (*link && *link != slot)
		link = &state->nodes[*link].next;
	if (*link)
		*link = node->next;
}

static void unchain_path(struct state *state, struct node *node)
{
	uint32_t slot = (uint32_t)(node - state->nodes);
	uint32_t *link;

	if (!node->path)
		return;
	link = &state->by_path[path_bucket(state, state_text(state, node->path))];
	while (*link && *link != slot)
		link = &state->nodes[*link].path_next;
	if (*link)
		*link = node->path_next;
}

/* Somebody died inside the lock: build all that is derived anew. Free texts are given up. */
static void rebuild(struct state *state)
{
	memset(state->by_key, 0, sizeof state->by_key);
	memset(state->by_path, 0, sizeof state->by_path);
	memset(state->text_free, 0, sizeof state->text_free);
	state->free = 0;
	for (uint32_t slot = NODE_ROOT; slot < state->used; slot++) {
		struct node *node = &state->nodes[slot];

		if (node->kind != NODE_FREE) {
			chain_key(state, node);
			chain_path(state, node);
		} else {
			node->next = state->free;
			state->free = slot;
		}
	}
}

static void lock(struct state *state)
{
	int error = pthread_mutex_lock(&state->lock);

	if (error == EOWNERDEAD) {
		rebuild(state);
		pthread_mutex_consistent(&state->lock);
	}
}

static void unlock(struct state *state)
{
	pthread_mutex_unlock(&state->lock);
}

/* --- texts: powers of two from 16 bytes, freed ones in a list per class --- */

static uint32_t text_put(struct state *state, const char *text)
{
	size_t need = TEXT_HEAD + strlen(text) + 1;
	uint32_t class = 0;
	uint32_t at;

	while (class < STATE_TEXT_CLASSES - 1 && (16u << class) < need)
		class ++;
	if ((16u << class) < need)
		return 0;
	at = state->text_free[class];
	if (at) {
		memcpy(&state->text_free[class], state->texts + at, sizeof(uint32_t));
	} else {
		if (state->text_end + (16u << class) > STATE_TEXTS)
			return 0;
		at = state->text_end + TEXT_HEAD;
		state->text_end += 16u << class;
	}
	memcpy(state->texts + at - TEXT_HEAD, &class, sizeof class);
	memcpy(state->texts + at, text, strlen(text) + 1);
	return at;
}

static void text_drop(struct state *state, uint32_t at)
{
	uint32_t class;

	if (!at)
		return;
	memcpy(&class, state->texts + at - TEXT_HEAD, sizeof class);
	memcpy(state->texts + at, &state->text_free[class], sizeof(uint32_t));
	state->text_free[class] = at;
}

/* --- nodes --- */

static struct node *slot_take(struct state *state)
{
	struct node *node;
	uint32_t slot = state->free;

	if (slot) {
		node = &state->nodes[slot];
		state->free = node->next;
	} else {
		if (state->used >= STATE_NODES)
			return NULL;
		node = &state->nodes[state->used++];
	}
	node->generation++;
	node->backing = 0;
	node->fd = -1;
	node->path = 0;
	node->was_writable = false;
	return node;
}

static bool same_handle(const struct node_handle *a, const struct node_handle *b)
{
	return a->mount == b->mount && a->type == b->type && a->size == b->size &&
	       !memcmp(a->bytes, b->bytes, a->size);
}

static void take_path(struct state *state, struct node *node, const char *path)
{
	uint32_t old = node->path;

	if (old && !strcmp(state_text(state, old), path))
		return;
	unchain_path(state, node);
	node->path = text_put(state, path);
	chain_path(state, node);
	text_drop(state, old);
}

struct node *state_enter_base(struct state *state, const struct node_handle *handle, int fd,
			      uint64_t ino, const char *path, bool is_dir)
{
	struct node probe = { .kind = NODE_BASE, .handle = *handle };
	struct node *node = NULL;
	uint32_t slot;

	lock(state);
	for (slot = state->by_key[key_bucket(state, &probe)]; slot;
	     slot = state->nodes[slot].next) {
		node = &state->nodes[slot];
		if (node->kind == NODE_BASE && same_handle(&node->handle, handle))
			break;
	}
	if (!slot) {
		node = path && !*path ? &state->nodes[NODE_ROOT] : slot_take(state);
		if (!node) {
			unlock(state);
			return NULL;
		}
		node->handle = *handle;
		node->fd = fd;
		node->ino = ino;
		node->is_dir = is_dir;
		node->lookups = 0;
		node->kind = NODE_BASE;
		chain_key(state, node);
	}
	if (path)
		take_path(state, node, path);
	atomic_fetch_add(&node->lookups, 1);
	unlock(state);
	return node;
}

struct node *state_enter_patched(struct state *state, enum node_kind kind, const char *path,
				 const struct node_patched *patched, const char *to, uint64_t ino)
{
	struct node probe = { .kind = (uint8_t)kind, .patched = *patched };
	struct node *node = NULL;
	uint32_t slot;

	lock(state);
	for (slot = state->by_key[key_bucket(state, &probe)]; slot;
	     slot = state->nodes[slot].next) {
		node = &state->nodes[slot];
		if (node->kind == kind && node->path && node->ino == ino &&
		    mend_digest_equal(&node->patched.digest, &patched->digest) &&
		    node->patched.mode == patched->mode && node->patched.time == patched->time &&
		    !strcmp(state_text(state, node->path), path))
			break;
	}
	if (!slot) {
		node = slot_take(state);
		if (!node) {
			unlock(state);
			return NULL;
		}
		node->patched = *patched;
		node->patched.to = to ? text_put(state, to) : 0;
		node->ino = ino;
		node->is_dir = kind == NODE_DIR;
		node->lookups = 0;
		node->path = text_put(state, path);
		node->kind = (uint8_t)kind;
		chain_key(state, node);
		chain_path(state, node);
	}
	atomic_fetch_add(&node->lookups, 1);
	unlock(state);
	return node;
}

bool state_forget(struct state *state, uint64_t id, uint64_t lookups, struct state_gone *gone)
{
	struct node *node = state_node(state, id);
	bool is_gone;

	if (id == NODE_ROOT)
		return false;
	lock(state);
	is_gone = node->lookups <= lookups;
	if (is_gone) {
		*gone = (struct state_gone){ .backing = node->backing, .fd = node->fd };
		unchain_key(state, node);
		unchain_path(state, node);
		text_drop(state, node->path);
		if (node->kind == NODE_LINK)
			text_drop(state, node->patched.to);
		node->kind = NODE_FREE;
		node->lookups = 0;
		node->backing = 0;
		node->path = 0;
		node->next = state->free;
		state->free = (uint32_t)(node - state->nodes);
	} else {
		atomic_fetch_sub(&node->lookups, lookups);
	}
	unlock(state);
	return is_gone;
}

uint64_t state_find_base(struct state *state, const struct node_handle *handle)
{
	struct node probe = { .kind = NODE_BASE, .handle = *handle };
	uint64_t id = 0;

	lock(state);
	for (uint32_t slot = state->by_key[key_bucket(state, &probe)]; slot && !id;
	     slot = state->nodes[slot].next) {
		const struct node *node = &state->nodes[slot];

		if (node->kind == NODE_BASE && same_handle(&node->handle, handle))
			id = state_id(state, node);
	}
	unlock(state);
	return id;
}

uint64_t state_find_dir(struct state *state, const char *path)
{
	uint64_t id = 0;

	lock(state);
	for (uint32_t slot = state->by_path[path_bucket(state, path)]; slot && !id;
	     slot = state->nodes[slot].path_next) {
		const struct node *node = &state->nodes[slot];

		if (node->is_dir && !strcmp(state_text(state, node->path), path))
			id = state_id(state, node);
	}
	unlock(state);
	return id;
}

bool state_path(struct state *state, const struct node *node, char *out, size_t size)
{
	bool has;

	lock(state);
	has = node->path && strlen(state_text(state, node->path)) < size;
	if (has)
		strcpy(out, state_text(state, node->path));
	unlock(state);
	return has;
}

void state_renamed(struct state *state, const char *from, const char *to)
{
	size_t length = strlen(from);
	char path[STATE_PATH];

	lock(state);
	for (uint32_t slot = NODE_ROOT; slot < state->used; slot++) {
		struct node *node = &state->nodes[slot];
		const char *old;

		if (node->kind != NODE_BASE || !node->is_dir || !node->path)
			continue;
		old = state_text(state, node->path);
		if (strncmp(old, from, length) || (old[length] && old[length] != '/'))
			continue;
		if ((size_t)snprintf(path, sizeof path, "%s%s", to, old + length) < sizeof path)
			take_path(state, node, path);
	}
	unlock(state);
}
