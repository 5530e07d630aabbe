/* SPDX-License-Identifier: MIT */
/* What a publisher's directories have under a target's path, and new content. */
#ifndef PUBLISH_BASE_FILE_H
#define PUBLISH_BASE_FILE_H

#include <sys/types.h>

#include "mendfs/digest.h"

/* A regular file (content), a symlink (link), or nothing (both NULL). */
struct base_file {
	struct mend_bytes content;
	char *link;
};

/* PATH below an open base directory, never through a symlink. What is there but can be no base is
 * MEND_BASE. `dir_name` is for messages. */
int base_file_read(struct base_file *out, int dir, const char *path, const char *dir_name,
		   struct mend_error *err);
void base_file_free(struct base_file *file);
#define auto_base_file __attribute__((cleanup(base_file_free))) struct base_file

/* The whole of a new file and, when not NULL, its permissions. */
int new_file_read(struct mend_bytes *out, mode_t *mode, const char *path, struct mend_error *err);

#endif
