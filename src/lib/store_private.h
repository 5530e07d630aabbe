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

/* "2026-11-27T01:02:03Z" */
#define STORE_TIME_SIZE 32
void mend_store_now(char out[STORE_TIME_SIZE]);

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

#endif
