/* SPDX-License-Identifier: MIT */
/*
 * A file being written beside the one it will replace: output_begin, write to fd, then
 * output_commit; output_discard is always safe, also after the commit.
 */
#ifndef PUBLISH_OUTPUT_H
#define PUBLISH_OUTPUT_H

#include <sys/types.h>

#include "mendfs/error.h"
#include "mendfs/span.h"

struct output {
	int dir, fd; /* fd: open for reading and writing */
	char *path, *name;
	char temporary[32]; /* "" when there is none */
};
#define OUTPUT_NONE                                                                                \
	{                                                                                          \
		.dir = -1, .fd = -1                                                                \
	}

/* MEND_EXISTS when path is there. output_begin asks too; this is for asking before long work. */
int output_check(const char *path, struct mend_error *err);
/* MEND_EXISTS when path is there and force is not given. */
int output_begin(struct output *out, const char *path, mode_t mode, bool force,
		 struct mend_error *err);
/* Durably in its place, whole. */
int output_commit(struct output *output, struct mend_error *err);
void output_discard(struct output *output);
#define auto_output __attribute__((cleanup(output_discard))) struct output

#endif
