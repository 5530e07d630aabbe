/* SPDX-License-Identifier: MIT */
/* What all verbs that change the live generation do before and after. */
#ifndef MENDCTL_CHANGE_H
#define MENDCTL_CHANGE_H

#include "mendctl/flip.h"

struct change {
	const struct options *options;
	struct mend_store *store;
	struct mend_keyring *ring;
	struct live *live;
	size_t deaf;	     /* mounts that run but did not answer; with CHANGE_DEAF_MOUNTS */
	unsigned generation; /* that is live */
	bool is_damaged;     /* what is live cannot be read; with CHANGE_ANY_LIVE */
	struct set *set;     /* what is live; the verb makes it what is to be */
};

/* What a verb goes on in spite of. */
enum change_lenience {
	CHANGE_STRICT = 0,
	CHANGE_ANY_LIVE = 1 << 0,    /* a live generation that cannot be read: the set is empty */
	CHANGE_DEAF_MOUNTS = 1 << 1, /* mounts that do not answer */
};

/* Opens the store (locked but for a dry run), the keyring and the mounts. */
int change_open(struct change *out, const struct options *options, unsigned lenience,
		struct mend_error *err);
void change_close(struct change *change);
#define auto_change __attribute__((cleanup(change_close))) struct change

/* Is the set what is live already? */
bool change_is_live(const struct change *change);

/* A release that the verb was about. */
struct touched {
	struct mend_release_name name;
	const struct mend_manifest *manifest; /* NULL: cannot be read */
	const char *state;		      /* afterwards: "active", "installed", "removed" */
};

/* Flips to the set, unless it is live already, and tells how it went. */
int change_activate(const struct change *change, const char *event, const struct touched *touched,
		    size_t count, struct mend_error *err);

/* Flips to the set, from which these were dropped, unless another release needs one of them. */
int change_deactivate(struct flip_outcome *out, const struct change *change, const char *event,
		      const struct touched *dropped, size_t count, struct mend_error *err);

/* --- outcome.c --- */

/* "openssl (b), zlib (a)", to be freed. */
char *change_titles(const struct touched *touched, size_t count);

/* With --json: the result. `outcome` is NULL when nothing was flipped. */
void change_json(const struct change *change, const char *event, const struct flip_outcome *outcome,
		 const struct touched *touched, size_t count);

/* One line with the services that have the old or the new content in use, if there are any. */
void change_hint(const struct change *change, const struct touched *touched, size_t count);

void change_say_active(const struct change *change, const struct flip_outcome *outcome,
		       const struct touched *touched, size_t count);
void change_say_gone(const struct change *change, const struct flip_outcome *outcome,
		     const struct touched *touched, size_t count);

#endif
