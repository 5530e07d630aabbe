/* SPDX-License-Identifier: MIT */
/*
 * ini files: "[section]" or "[section "name"]" lines, `key = value` lines, "#" and ";" comments,
 * blank lines. One value a line, no continuation, no quoting. Unknown keys are for the caller to
 * refuse.
 */
#ifndef MENDFS_CONF_H
#define MENDFS_CONF_H

#include "mendfs/error.h"
#include "mendfs/span.h"

#define MEND_CONF_MAX (64 * 1024)

struct mend_conf_item {
	char *section; /* "" before the first section; "mount /usr/lib" for [mount "/usr/lib"] or
			  [mount /usr/lib] */
	char *key;
	char *value;
	unsigned line; /* from 1 */
};

struct mend_conf {
	struct mend_conf_item *items;
	size_t count;
};

/* `what` names the file in messages. */
int mend_conf_parse(struct mend_conf **out, struct mend_span raw, const char *what,
		    struct mend_error *err);
void mend_conf_free(struct mend_conf *conf);
MEND_AUTO(struct mend_conf, mend_conf_free)
/* The last value of a key in a section, or NULL. */
const char *mend_conf_get(const struct mend_conf *conf, const char *section, const char *key);

#endif
