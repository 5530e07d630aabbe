/* SPDX-License-Identifier: MIT */
/*
 * What a mount serves right now: a generation, the content of its objects in sealed memory, and for
 * each target whether the base still is what it was made for. Everything but that last answer is
 * immutable.
 */
#ifndef MENDFS_LIVE_H
#define MENDFS_LIVE_H

#include <sys/stat.h>

#include "mendfs/base.h"
#include "mendfs/fs.h"
#include "mendfs/gen.h"

/* The base entry that an answer was found for; `is_there` false: no such name. */
struct live_seen {
	bool is_valid, is_there;
	dev_t dev;
	ino_t ino;
	off_t size;
	struct timespec mtime, ctime;
};

struct live_target {
	int object;	      /* sealed memfd, of struct live; -1 for remove and symlink */
	bool is_broken;	      /* of a release that was left out: never served */
	pthread_mutex_t lock; /* the rest */
	struct live_seen seen;
	ino_t aside; /* of the base entry whose mode or the like was changed; 0: none */
	enum mend_target_state state;
	char reason[MEND_REASON_MAX];
};

struct live_object {
	struct mend_digest digest;
	int fd; /* sealed: what was hashed is what is mapped */
};

struct live {
	struct mend_gen *gen;
	struct live_target *targets; /* beside gen->targets */
	struct live_object *objects;
	size_t object_count;
	struct mend_gen_left_out
		*left_out; /* besides the generation's: an object was missing or damaged */
	size_t left_out_count;
	char **bad_keys;
	size_t bad_key_count;
	time_t since;
};

struct live_source {
	const char *store, *config; /* directories */
	const char *root;	    /* logical */
};

/* number: LIVE_CURRENT takes what `current` names. `old`, if not NULL, lends sealed objects of the
 * same hash. */
#define LIVE_CURRENT (~0u)
int live_load(struct live **out, const struct live_source *source, unsigned number,
	      const struct live *old, struct mend_error *err);
/* An empty generation, for a store that cannot be read; reason is told in the status. */
struct live *live_empty(const char *reason);
void live_free(struct live *live);

/* Looks a path up; returns the target's index or -1. */
int live_find(const struct live *live, const char *path);
/* Whether a target is served. base_root is the base; dir (-1: missing in the base) and name are
 * where its name is. Hashes the base content when it is not what was seen last. */
bool live_is_active(const struct live *live, int index, int base_root, int dir, const char *name);
/* The same by path; fills the state for reports. */
enum mend_target_state live_state(const struct live *live, int index, int base_root,
				  char reason[MEND_REASON_MAX]);
/* The target whose base this inode was when it was last seen, or -1. */
int live_find_inode(const struct live *live, uint64_t ino);
/* The base may have changed in a way that its times do not show. */
void live_doubt(const struct live *live, int index);
/* Stands back from a name that somebody writes to, until its base entry or the generation changes.
 */
void live_step_aside(const struct live *live, int index, int dir, const char *name);
/* The same for one who changes its mode, owner, times or attributes: while the entry is this very
 * file with this very content, what was changed is what is shown. */
void live_stay_aside(const struct live *live, int index, int dir, const char *name);
/* Descriptor of a sealed object, or -1. */
int live_object(const struct live *live, const struct mend_digest *digest);

#endif
