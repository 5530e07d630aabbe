/* SPDX-License-Identifier: MIT */
/*
 * What the security suites that apt knows have newer than what is installed on this machine, by
 * source package. apt has checked its lists against the archive's signature, and checks each
 * package against the lists when it is fetched.
 */
#ifndef PUBLISH_SECURITY_H
#define PUBLISH_SECURITY_H

#include <stdbool.h>
#include <stddef.h>

#include "mendfs/error.h"

/* One source package, and so one release. */
struct security_part {
	char *source;
	char **specs; /* as --apt takes them; of those packages that have libraries */
	size_t spec_count;
	char *output;	  /* where its bundle goes; NULL in a dry run */
	bool has_nothing; /* said by recipe_parse(): the base has all of it already */
};

struct security {
	struct security_part *parts; /* in the order of their names */
	size_t count;
};

struct security_wish {
	const char *root;
	const char *const *includes; /* as sources_include() */
	size_t include_count;
	const char *const *only; /* names of packages or sources; none for all */
	size_t only_count;
};

/* Zeroed *out is security_clear()ed by the caller, also after a failure. */
int security_find(struct security *out, const struct security_wish *wish, struct mend_error *err);
void security_clear(struct security *security);
#define auto_security __attribute__((cleanup(security_clear))) struct security

#endif
