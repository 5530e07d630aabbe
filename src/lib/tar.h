/* SPDX-License-Identifier: MIT */
/* The strict half of ustar: reads exactly what mend_tar_header() writes, member by member. */
#ifndef LIB_TAR_H
#define LIB_TAR_H

#include "mendfs/bundle.h"

struct mend_tar {
	int fd;	       /* borrowed */
	uint64_t size; /* bytes of the file */
	uint64_t next; /* offset of the next header */
};

struct mend_tar_member {
	char name[MEND_MEMBER_NAME_MAX + 1];
	uint64_t offset, size; /* of its content, which lies within the file */
	int64_t mtime;
};

int mend_tar_open(struct mend_tar *out, int fd, struct mend_error *err);
/* The next member; *end instead when two zero blocks and then nothing follow. The padding after its
 * content was seen to be zero. */
int mend_tar_next(struct mend_tar_member *out, bool *end, struct mend_tar *tar,
		  struct mend_error *err);
/* Exactly size bytes from an offset of the file. */
int mend_tar_read(void *out, int fd, uint64_t offset, size_t size, struct mend_error *err);

#endif
