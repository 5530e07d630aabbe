/* SPDX-License-Identifier: MIT */
/* Packages of distributions: what they are called, what is in them, what changed. */
#ifndef PUBLISH_PACKAGE_H
#define PUBLISH_PACKAGE_H

#include "mend-publish/unpack.h"

#define PACKAGE_TEXT_MAX      256 /* bytes of a name or version */
#define PACKAGE_CONTROL_MAX   (1024 * 1024)
#define PACKAGE_CHANGELOG_MAX (4 * 1024 * 1024) /* of it, from the newest entry on */
#define PACKAGE_FILE_MAX      (4ULL << 30)	/* bytes of a package */
#define PACKAGE_DECODED_MAX   (2ULL << 30)	/* bytes of what is in it, ... */
#define PACKAGE_DECODED_LEAST (64ULL << 20)	/* ... of which every package may have so much */
#define PACKAGE_RATIO	      200 /* ... and beyond it so many for a byte of its own */

enum package_kind { PACKAGE_DEB, PACKAGE_RPM, PACKAGE_APK };

struct package {
	char name[PACKAGE_TEXT_MAX], version[PACKAGE_TEXT_MAX];
	char source[PACKAGE_TEXT_MAX]; /* what it was built from; as `name` when not told */
	struct mend_bytes changelog;   /* in Debian's form; NULL when there is none */
};

/* Gets each entry of the package once, in its order, and may read its content from unpack. The
 * package's name and version are known by then. */
typedef int package_visit(void *context, const struct package *package,
			  const struct unpack_entry *entry, struct unpack *unpack,
			  struct mend_error *err);
/* Without a visitor only what it is called. Zeroed *out is package_clear()ed by the caller, also
 * after a failure. */
int package_read(struct package *out, const char *file, enum package_kind kind,
		 package_visit *visit, void *context, struct mend_error *err);
void package_clear(struct package *package);

/* Letters, digits and those of `more`, at most PACKAGE_TEXT_MAX - 1, not beginning with '-'. */
bool package_is_word(const char *text, const char *more);
/* Fills a text of a package, or MEND_FORMAT; `what` is "name" or "version". */
int package_set(char out[PACKAGE_TEXT_MAX], const char *what, struct mend_span value,
		struct mend_error *err);

#endif
