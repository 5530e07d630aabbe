/* SPDX-License-Identifier: MIT */
/*
 * What outlives a worker: one anonymous shared mapping, made before the first fork, at the same
 * address in every process of the mount. The kernel's node ids point into it, so it must never be
 * lost while the mount is up.
 *
 * Invariants:
 *  1. The slots are the truth; chains and free lists are derived. A worker that dies inside the
 * lock leaves a table that state_lock() of the next one rebuilds from the slots alone.
 *  2. A slot is visible once its kind is not NODE_FREE; kind is written last, under the lock.
 *  3. lookups goes up before the reply that tells the kernel, and down only on FORGET: a crash can
 * leave it too high (a slot is kept for ever), never too low.
 *  4. A node id is never used twice: it is the slot and the slot's generation.
 */
#ifndef MENDFS_STATE_H
#define MENDFS_STATE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "mendfs/digest.h"
#include "mendfs/journal.h"

#define STATE_NODES	   (1u << 22) /* slots; memory is used as they are */
#define STATE_BUCKETS	   (1u << 17)
#define STATE_TEXTS	   (512u << 20) /* bytes of address space for paths */
#define STATE_TEXT_CLASSES 9		/* 16 … 4096 bytes */
#define NODE_HANDLE_MAX	   64
#define NODE_ROOT	   1u
#define STATE_PATH	   4096 /* bytes of a path, with the NUL */

enum node_kind {
	NODE_FREE,
	NODE_BASE,   /* an inode of the base */
	NODE_OBJECT, /* a file of a patch */
	NODE_LINK,   /* a symlink of a patch */
	NODE_DIR,    /* a directory that only patches have */
};

/* How to open an inode of the base again: file handle of open_by_handle_at(2) and the mount it is
 * on. */
struct node_handle {
	uint16_t mount; /* index into the mounts of struct base */
	uint16_t size;
	int32_t type;
	uint8_t bytes[NODE_HANDLE_MAX];
};

struct node_patched {
	struct mend_digest digest; /* of the content, or of the link's text */
	uint64_t size;		   /* bytes */
	int64_t time;		   /* the release's, seconds since the epoch */
	uint32_t mode;
	uint32_t to; /* a link's text: offset of a text */
};

struct node {
	_Atomic uint64_t lookups; /* as the kernel counts them */
	uint64_t ino;		  /* st_ino that is shown */
	_Atomic int32_t
		backing; /* passthrough id of the connection, 0 for none; kept until FORGET */
	int32_t fd;	 /* instead of a handle, where the base has none; else -1 */
	uint32_t generation;
	uint32_t next;	    /* chain by key */
	uint32_t path_next; /* chain by path: directories and what patches have */
	uint32_t path; /* offset of a text relative to the mount; 0 for other files of the base */
	uint8_t kind;
	bool is_dir;
	_Atomic bool was_writable; /* opened for reading and writing: a mapping may change its times
				      unseen, so its attributes are not cached */
	union {
		struct node_handle handle;
		struct node_patched patched;
	};
};

/* Who is alive, and what all of them have to know; see family.h. */
#define FAMILY_INIT_MAX 256
#define FAMILY_THREADS	6
struct family {
	_Atomic pid_t supervisor, worker, standby;
	_Atomic pid_t threads[FAMILY_THREADS]; /* those of threads_of that take requests */
	_Atomic pid_t threads_of;
	_Atomic uint64_t begun,
		answered; /* requests; the watchdog and the crash count compare them */
	_Atomic uint64_t answered_before; /* what `answered` was when the worker began */
	_Atomic uint32_t deaths;	  /* of workers, ever */
	_Atomic uint32_t barren; /* workers in a row that died over the first request they got */
	_Atomic uint32_t live;	 /* number of the generation that is live */
	_Atomic uint32_t flipping_from; /* what was live before, while is_flipping */
	_Atomic bool is_flipping;	/* the kernel may not have heard of all of it yet */
	_Atomic bool is_ready;		/* the first INIT was answered */
	_Atomic bool is_over;		/* unmounted, or asked to end: nobody is replaced */
	uint32_t init_size;
	uint8_t init[FAMILY_INIT_MAX]
		__attribute__((aligned(8))); /* the kernel's INIT, for the next session */
};

struct state {
	uint64_t layout; /* STATE_LAYOUT: a later version takes over only what it understands */
	uint64_t seed;	 /* of the hashes that the chains go by */
	pthread_mutex_t lock; /* process-shared and robust: slots, chains, texts */
	uint32_t used;	      /* slots ever used, from 1 */
	uint32_t free;	      /* chain of free slots by next, 0 ends */
	uint32_t text_end;
	uint32_t text_free[STATE_TEXT_CLASSES];
	struct family family;
	struct journal journal;
	uint32_t by_key[STATE_BUCKETS];
	uint32_t by_path[STATE_BUCKETS];
	struct node nodes[STATE_NODES];
	char texts[STATE_TEXTS];
};

/* Changes with every change of what is in struct state. */
#define STATE_LAYOUT ((uint64_t)1 << 32 | (uint32_t)sizeof(struct state))

/* Maps a new empty state with its root node; ends the process when it cannot. *fd is its memory, to
 * be handed to an heir. */
struct state *state_new(int *fd);
/* Maps the state of another process, or NULL when it is of another layout. */
struct state *state_map(int fd);

/* The text at an offset, valid while its node is. */
static inline const char *state_text(const struct state *state, uint32_t offset)
{
	return state->texts + offset;
}

static inline struct node *state_node(struct state *state, uint64_t id)
{
	return &state->nodes[(uint32_t)id];
}

static inline uint64_t state_id(const struct state *state, const struct node *node)
{
	uint64_t slot = (uint64_t)(node - state->nodes);

	return slot == NODE_ROOT ? NODE_ROOT : slot | (uint64_t)node->generation << 32;
}

/*
 * Finds or makes the node and counts one lookup on it. path is needed for directories and what a
 * patch has, else NULL. A base directory that was known by another path takes the new one. NULL:
 * the table is full (ENFILE).
 */
struct node *state_enter_base(struct state *state, const struct node_handle *handle, int fd,
			      uint64_t ino, const char *path, bool is_dir);
struct node *state_enter_patched(struct state *state, enum node_kind kind, const char *path,
				 const struct node_patched *patched, const char *to, uint64_t ino);

/* What a slot held that has to be given back outside the lock. */
struct state_gone {
	int32_t backing; /* 0: none */
	int fd;		 /* -1: none */
};
/* Takes lookups off; true when the node is gone. */
bool state_forget(struct state *state, uint64_t id, uint64_t lookups, struct state_gone *gone);

/* The id of a base inode's node, or 0; no lookup is counted. */
uint64_t state_find_base(struct state *state, const struct node_handle *handle);
/* The directory's node id that is known by this path ("" is the root), or 0. */
uint64_t state_find_dir(struct state *state, const char *path);
/* Copies a node's path; false when it has none. */
bool state_path(struct state *state, const struct node *node, char *out, size_t size);
/* A directory moved through the mount: its path and those below it. */
void state_renamed(struct state *state, const char *from, const char *to);

#endif
