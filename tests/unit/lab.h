/* SPDX-License-Identifier: MIT */
/*
 * A laboratory for the store's tests: a scratch directory with a store and a base, a publisher of
 * its own, and bundles made on the spot.
 */
#ifndef MENDFS_TESTS_LAB_H
#define MENDFS_TESTS_LAB_H

#include "mendfs/store.h"
#include "unit.h"

#define LAB_ISSUED "2026-11-22T00:00:00Z"

struct lab {
	char path[256]; /* scratch; holds store/ and base/ */
	int dir;
	struct mend_store *store; /* open for writing */
	struct unit_signer publisher;
	struct mend_keyring *ring; /* trusts the publisher */
};

/* Everything below fails the test that runs when it cannot be done. */

/* unit_main(), with `lab` made before each test and taken away after it. */
int lab_main(const char *name, const TTest *const *tests);
extern struct lab lab;

void lab_reopen(enum mend_store_mode mode);

void lab_trust(struct mend_keyring *ring, const struct unit_signer *publisher, const char *name);

/* A file below the scratch directory, its directories made; lab_read() gives "" when missing. */
void lab_write(const char *path, const char *content);
char *lab_read(const char *path);
/* Changes one bit in the middle of a file. */
void lab_flip(const char *path);
bool lab_exists(const char *path);
/* "store/objects/ab/cd…" of a content. */
char *lab_object_path(const char *content);

/* A target of a manifest that replaces `base` by `fix`, as JSON text. */
char *lab_replace(const char *path, const char *base, const char *fix);
/* A manifest with targets, a JSON list without its brackets; more, such as "\"expires\": …,", or
 * "".
 */
char *lab_manifest(const char *id, unsigned release, const char *root, const char *targets,
		   const char *more);
/* A bundle of the manifest, with whole objects of the contents in a NULL-terminated list. */
struct mend_bundle *lab_bundle(const struct unit_signer *publisher, const char *manifest,
			       const char *const *contents);
/* Verifies and decodes a bundle's manifest. */
struct mend_release *lab_verify(const struct mend_keyring *ring, const struct mend_bundle *bundle);
int lab_add(struct mend_bundle *bundle, struct mend_error *err);

/* A release that replaces path, "base of PATH" by "ID N of PATH", put into the store; root
 * /usr/lib.
 */
void lab_install(const char *id, unsigned release, const char *path);
char *lab_fix_of(const char *id, unsigned release, const char *path);
/* A generation of these releases ("a=1 b=2"), live when `live`. Gives its number. */
unsigned lab_generation(const char *releases, bool live);

/* The call, which fills `err` of the scope, fails with this code and has this text in its message.
 */
#define lab_fails(call, want, part)                                                                \
	do {                                                                                       \
		err = (struct mend_error){ .text = "(success)" };                                  \
		ck_assert_int_eq(call, -1);                                                        \
		ck_assert_str_eq(mend_code_name(err.code), mend_code_name(want));                  \
		ck_assert_msg(strstr(err.text, part) != NULL, "%s: %s", #call, err.text);          \
	} while (0)

#endif
