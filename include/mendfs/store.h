/* SPDX-License-Identifier: MIT */
/*
 * What is installed on this machine; the layout is mendfs-store(5):
 *
 *	lock                          flock(2), held by whoever writes
 *	objects/ab/cd…                content, 0444, named by BLAKE2b-256
 *	objects/ab/cd….xxh3           its scrub sum
 *	patches/ID/N/manifest.json    and signatures/KEYID.minisig, verbatim; the directory
 *	                              appears by one rename
 *	generations/N                 JSON; `current` is a symlink to "generations/N"; none:
 *	                              generation 0, nothing active
 *	generations/last              the highest number that was taken away
 *	floor                         JSON, the highest release of each patch that was ever live
 *	history.jsonl                 append-only, each line carries the hash of the one before
 *
 * Every change is one rename after everything it names is synced: after a power cut the store is
 * the old or the new. What was written and is named by nothing is found by gc. Objects and releases
 * first, then the generation, then `current`.
 */
#ifndef MENDFS_STORE_H
#define MENDFS_STORE_H

#include "mendfs/bundle.h"
#include "mendfs/json.h"

#define MEND_STORE_DEFAULT	 "/var/lib/mendfs"
#define MEND_GENERATION_FILE_MAX (1024 * 1024)
#define MEND_RELEASES_MAX	 1024 /* in one generation */
#define MEND_HISTORY_LINE_MAX	 65536

enum mend_store_mode {
	MEND_STORE_READ,  /* a missing store reads as an empty one: dir is -1 */
	MEND_STORE_WRITE, /* makes the store when missing, holds the lock (MEND_BUSY after waiting
			     10 s) */
};

struct mend_store {
	int dir;  /* O_DIRECTORY; -1 for a missing one */
	int lock; /* -1 when reading */
	char *path;
};

int mend_store_open(struct mend_store **out, const char *path, enum mend_store_mode mode,
		    struct mend_error *err);
void mend_store_close(struct mend_store *store);
MEND_AUTO(struct mend_store, mend_store_close)

/* --- objects --- */

/* O_RDONLY of an object; MEND_ABSENT when it is not there. Its content is unverified until it is
 * hashed. */
int mend_store_object_open(int *out, int store_dir, const struct mend_digest *digest,
			   struct mend_error *err);
/* Hashes an object: MEND_HASH, MEND_ABSENT. When quick, a scrub sum that fits is enough. */
int mend_store_object_check(int store_dir, const struct mend_digest *digest, bool quick,
			    struct mend_error *err);

/* --- releases --- */

struct mend_release {
	struct mend_verified *verified;
	struct mend_manifest *manifest;
};

/* Takes a bundle apart, durably: objects, then patches/ID/N by one rename. Neither looks at the
 * floor (the caller does) nor raises it (activation does). The same release with the same manifest
 * is there already: 0, its signatures are merged and what is damaged of it is put back; another
 * manifest under the same number: MEND_EXISTS. find_base as in mend_bundle_extract(). */
int mend_store_add(struct mend_store *store, struct mend_bundle *bundle,
		   const struct mend_manifest *manifest, mend_find_base *find_base, void *context,
		   struct mend_error *err);
/* Reads, verifies against the ring, decodes, and checks that it is ID and N, and that its signers
 * may patch its paths. MEND_ABSENT when it is not installed. */
int mend_store_release(struct mend_release **out, int store_dir, const struct mend_keyring *ring,
		       const char *id, unsigned number, struct mend_error *err);
void mend_release_free(struct mend_release *release);
MEND_AUTO(struct mend_release, mend_release_free)
/* Takes patches/ID/N away; its objects stay until gc. MEND_CONFLICT while the live generation has
 * it. */
int mend_store_remove(struct mend_store *store, const char *id, unsigned number,
		      struct mend_error *err);

struct mend_release_name {
	char id[MEND_ID_MAX + 1];
	unsigned number;
};
/* Installed releases, sorted by id and number; free(3) the array. */
int mend_store_releases(struct mend_release_name **out, size_t *count, int store_dir,
			struct mend_error *err);

/* --- generations --- */

struct mend_generation {
	unsigned number;		    /* from 1; 0 is the empty one, which has no file */
	unsigned parent;		    /* the one that was live when it was made */
	char *created;			    /* "2026-11-27T01:02:03Z" */
	char *reason;			    /* one line: "install openssl (b)" */
	struct mend_release_name *releases; /* sorted by id, one per id */
	size_t count;
};

int mend_store_current(unsigned *out, int store_dir, struct mend_error *err);
int mend_store_generation(struct mend_generation **out, int store_dir, unsigned number,
			  struct mend_error *err); /* MEND_ABSENT */
void mend_generation_free(struct mend_generation *generation);
MEND_AUTO(struct mend_generation, mend_generation_free)
/* Numbers that exist, ascending; free(3) the array. */
int mend_store_generations(unsigned **out, size_t *count, int store_dir, struct mend_error *err);
/* Writes generations/N with N one above every one that exists or existed; fills *number. Not live
 * yet. */
int mend_store_generation_add(unsigned *number, struct mend_store *store,
			      const struct mend_release_name *releases, size_t count,
			      unsigned parent, const char *reason, struct mend_error *err);
int mend_store_generation_drop(struct mend_store *store, unsigned number, struct mend_error *err);
/* The commit point: renames `current` over (or takes it away for 0). The floor moves with it, see
 * mend_store_floor(). Going to nothing active works whatever state the floor's file is in. */
int mend_store_set_current(struct mend_store *store, unsigned number, struct mend_error *err);

/* --- floor, history --- */

/* The highest release that was ever live: the higher of the floor's file and the live generation. 0
 * for a patch that never was. It is for what comes in from outside; a rollback does not ask. */
int mend_store_floor(unsigned *out, int store_dir, const char *id, struct mend_error *err);
/* Appends {"time","event","detail","generation","previous"}; `previous` is the BLAKE2b-256 of the
 * line before (64 zeros at the start). A torn last line of a power cut is cut off first. */
int mend_store_history_add(struct mend_store *store, const char *event, const char *detail,
			   unsigned generation, struct mend_error *err);
/* Calls each with every line, oldest first; checks the chain: MEND_HASH where it breaks. */
typedef int mend_history_each(void *context, const json_t *line, struct mend_error *err);
int mend_store_history(int store_dir, mend_history_each *each, void *context,
		       struct mend_error *err);

/* --- upkeep --- */

/* Takes away objects, temporaries and generation files that nothing needs: keeps `keep` generations
 * besides the current one, releases that are in a kept generation or are the newest of their patch.
 */
struct mend_gc {
	unsigned generations, releases, objects, temporaries; /* taken away */
	uint64_t bytes;
};
int mend_store_gc(struct mend_gc *out, struct mend_store *store, unsigned keep, bool dry_run,
		  struct mend_error *err);
/* Goes through everything: signatures, formats, hashes (or scrub sums alone), links. Calls each
 * problem with what and how to mend it; returns 0 also when there were some, *problems counts them.
 */
typedef void mend_store_problem(void *context, const char *what, const char *mend);
typedef void mend_store_progress(void *context, uint64_t done, uint64_t total); /* bytes */
int mend_store_verify(size_t *problems, int store_dir, const struct mend_keyring *ring, bool quick,
		      mend_store_problem *each, mend_store_progress *progress, void *context,
		      struct mend_error *err);

#endif
