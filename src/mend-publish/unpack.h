/* SPDX-License-Identifier: MIT */
/*
 * Archives of strangers, through libarchive. Nothing is decoded beyond a budget, and memory grows
 * with what is there, not with what is told. Names are checked: what comes out of here is below the
 * archive's top.
 */
#ifndef PUBLISH_UNPACK_H
#define PUBLISH_UNPACK_H

#include <sys/types.h>

#include "mendfs/error.h"
#include "mendfs/path.h"
#include "mendfs/span.h"

enum unpack_kind { UNPACK_FILE, UNPACK_SYMLINK, UNPACK_HARD_LINK, UNPACK_DIRECTORY, UNPACK_OTHER };
struct unpack_entry {
	enum unpack_kind kind;
	char path[MEND_PATH_MAX]; /* relative; "" is the top itself */
	char to[MEND_PATH_MAX];	  /* a symlink's text; a hard link's path in the archive */
	mode_t mode;
	uint64_t size;
};

struct unpack;

enum unpack_format { UNPACK_AR, UNPACK_TAR, UNPACK_RPM, UNPACK_RAW };
/* At most `most` bytes come out of it, headers included (MEND_LIMIT). fd stays the caller's. */
int unpack_fd(struct unpack **out, int fd, enum unpack_format format, uint64_t most,
	      struct mend_error *err);
int unpack_memory(struct unpack **out, struct mend_span content, enum unpack_format format,
		  uint64_t most, struct mend_error *err);
/* The archive that is the content of the current entry of `outer`, which has to outlive it. */
int unpack_within(struct unpack **out, struct unpack *outer, enum unpack_format format,
		  uint64_t most, struct mend_error *err);
void unpack_free(struct unpack *unpack);
MEND_AUTO(struct unpack, unpack_free)

/* The next entry; *end at the end. */
int unpack_next(struct unpack_entry *out, bool *end, struct unpack *unpack, struct mend_error *err);
/* The whole content of the current entry (MEND_LIMIT beyond limit). */
int unpack_content(struct mend_bytes *out, struct unpack *unpack, size_t limit,
		   struct mend_error *err);
/* No more than limit bytes of it, without an error when there are more. */
int unpack_start_of(struct mend_bytes *out, struct unpack *unpack, size_t limit,
		    struct mend_error *err);

#endif
