/* SPDX-License-Identifier: MIT */
/*
 * Files, always relative to a directory that is held open. What replaces a file is written to a
 * temporary, synced, renamed, and the directory is synced: after a power cut a reader sees the old
 * content or the new, never less. Temporary names start with ".tmp-"; whoever lists skips those.
 */
#ifndef MENDFS_FS_H
#define MENDFS_FS_H

#include <sys/stat.h>
#include <sys/types.h>

#include "mendfs/error.h"
#include "mendfs/span.h"

/* Whole content of a regular file of at most `limit` bytes (MEND_LIMIT beyond). Missing:
 * MEND_SYSTEM with ENOENT. Does not follow a symlink at the last component. */
int mend_fs_read(struct mend_bytes *out, int dir, const char *name, size_t limit,
		 struct mend_error *err);
int mend_fs_read_fd(struct mend_bytes *out, int fd, size_t limit, struct mend_error *err);

/* Replaces or makes a file, durably. */
int mend_fs_write(int dir, const char *name, struct mend_span content, mode_t mode,
		  struct mend_error *err);
int mend_fs_write_all(int fd, struct mend_span content, struct mend_error *err);

/* Makes or replaces a symlink, durably. */
int mend_fs_symlink(int dir, const char *name, const char *to, struct mend_error *err);

int mend_fs_sync(int fd, struct mend_error *err); /* a file or a directory */
int mend_fs_open_dir(int *out, int dir, const char *path, struct mend_error *err);
/* Makes the missing directories of a path, each synced into its parent, and opens the last. */
int mend_fs_make_dirs(int *out, int dir, const char *path, mode_t mode, struct mend_error *err);
/* A new empty file ".tmp-…" in dir, open for reading and writing; name gets at least 32 bytes. */
int mend_fs_temporary(int *out, char name[32], int dir, mode_t mode, struct mend_error *err);
int mend_fs_remove_tree(int dir, const char *name, struct mend_error *err); /* missing is fine */
/* Names of a directory but "." and "..", sorted; free each and the array. */
int mend_fs_list(char ***names, size_t *count, int dir, struct mend_error *err);
void mend_fs_list_free(char **names, size_t count);

#endif
