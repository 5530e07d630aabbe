/* SPDX-License-Identifier: MIT */
/* What the files of the store share among themselves; the store's own names are here and nowhere
 * else. */
#ifndef MENDFS_LIB_STORE_PRIVATE_H
#define MENDFS_LIB_STORE_PRIVATE_H

#include "mendfs/fs.h"
#include "mendfs/store.h"

#define STORE_LOCK	  "lock"
#define STORE_OBJECTS	  "objects"
#define STORE_PATCHES	  "patches"
#define STORE_GENERATIONS "generations"
#define STORE_CURRENT	  "current"
#define STORE_FLOOR	  "floor"
#define STORE_HISTORY	  "history.jsonl"
#define STORE_BOOT	  "boot"
#define STORE_MANIFEST	  "manifest.json"
#define STORE_SIGNATURES  "signatures"
#define STORE_SIG_SUFFIX  ".minisig"
#define STORE_SUM_SUFFIX  ".xxh3"
/* In generations/: the highest number that was ever taken away. */
#define STORE_LAST	"last"
#define STORE_TEMPORARY ".tmp-"

/* "objects/ab" and the 62 digits below it, each with its NUL. */
#define STORE_OBJECT_DIR_SIZE  (sizeof(STORE_OBJECTS) + 3)
#define STORE_OBJECT_NAME_SIZE (MEND_DIGEST_HEX - 2)
#define STORE_SUM_NAME_SIZE    (STORE_OBJECT_NAME_SIZE + sizeof(STORE_SUM_SUFFIX) - 1)
/* "patches/ID/N" and "generations/N". */
#define STORE_RELEASE_PATH_SIZE	   (sizeof(STORE_PATCHES) + MEND_ID_MAX + 16)
#define STORE_GENERATION_PATH_SIZE (sizeof(STORE_GENERATIONS) + 16)

bool mend_store_is_temporary(const char *name);
/* Decimal as we write it: no sign, no zero in front, 1 … 999999999. */
bool mend_store_number_parse(unsigned *out, const char *text);
/* Opens a directory of the store; *out is -1 when it, or the store, is missing. */
int mend_store_open_dir(int *out, int dir, const char *path, struct mend_error *err);
/* Names in a directory of the store, none when it is missing; mend_fs_list_free() them. */
int mend_store_list(char ***names, size_t *count, int dir, const char *path,
		    struct mend_error *err);

void mend_store_object_names(char dir[STORE_OBJECT_DIR_SIZE], char name[STORE_OBJECT_NAME_SIZE],
			     const struct mend_digest *digest);
void mend_store_release_path(char out[STORE_RELEASE_PATH_SIZE], const char *id, unsigned number);
void mend_store_generation_path(char out[STORE_GENERATION_PATH_SIZE], unsigned number);
/* False as well when there is no scrub sum, or no readable one: then the hash has to tell. */
bool mend_store_scrub_fits(int store_dir, int fd, const struct mend_digest *digest);
/* Puts an object there, durably, if it is not there whole. */
int mend_store_object_put(int store_dir, const struct mend_bundle *bundle,
			  const struct mend_digest *digest, uint64_t size,
			  mend_find_base *find_base, void *context, struct mend_error *err);

/* Syncs a directory of the store. */
int mend_store_sync_dir(int store_dir, const char *path, struct mend_error *err);
/* Is the release in this generation? */
bool mend_store_holds(const struct mend_generation *generation,
		      const struct mend_release_name *name);
/* Notes, before generation `number` is taken away, that its number is used up. */
int mend_store_use_up(int store_dir, unsigned number, struct mend_error *err);
/* Raises the floor file to what a generation holds. */
int mend_store_floor_raise(int store_dir, const struct mend_generation *generation,
			   struct mend_error *err);
/* 0 when the floor file is as we write it, or missing. */
int mend_store_floor_check(int store_dir, struct mend_error *err);

/* A growing set of digests. */
struct mend_store_digests {
	struct mend_digest *digests;
	size_t count;
};
/* Adds everything in a manifest's text that looks like a digest. It is not decoded for that: gc has
 * no keys to verify it with. */
void mend_store_digests_find(struct mend_store_digests *set, struct mend_span manifest);
void mend_store_digests_sort(struct mend_store_digests *set);
bool mend_store_digests_has(const struct mend_store_digests *set, const struct mend_digest *digest);

#endif
