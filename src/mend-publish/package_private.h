/* SPDX-License-Identifier: MIT */
/* Between package.c and what it knows of each kind of package. */
#ifndef PUBLISH_PACKAGE_PRIVATE_H
#define PUBLISH_PACKAGE_PRIVATE_H

#include "mend-publish/package.h"

struct package_reader {
	struct package *package;
	int fd;
	uint64_t most; /* bytes that may come out of it */
	package_visit *visit;
	void *context;
};

int package_read_deb(struct package_reader *reader, struct mend_error *err);
int package_read_rpm(struct package_reader *reader, struct mend_error *err);
int package_read_apk(struct package_reader *reader, struct mend_error *err);
/* Every entry that is left in it, to the visitor; the changelog is kept. */
int package_read_entries(struct package_reader *reader, struct unpack *unpack,
			 struct mend_error *err);
/* "Key: value" or "key = value" lines: the value of the first line that begins with `key`. */
bool package_field(struct mend_span *out, struct mend_span text, const char *key);

#endif
