/* SPDX-License-Identifier: MIT */
/* What unit tests share: running them, asking for a failure, scratch directories, a signing key. */
#ifndef MENDFS_TESTS_UNIT_H
#define MENDFS_TESTS_UNIT_H

#include <check.h>

#include "mendfs/keyring.h"

/* Runs the tests of a NULL-terminated list; the exit status of main(). */
int unit_main(const char *name, const TTest *const *tests);

/* The call, which fills `err` of the scope, fails with exactly this code and text. */
#define unit_fails(call, code_, text_)                                                             \
	do {                                                                                       \
		err = (struct mend_error){ 0 };                                                    \
		ck_assert_int_eq(call, -1);                                                        \
		ck_assert_str_eq(err.text, text_);                                                 \
		ck_assert_str_eq(mend_code_name(err.code), mend_code_name(code_));                 \
	} while (0)
/* The call succeeds; says why not. */
#define unit_works(call)                                                                           \
	do {                                                                                       \
		err = (struct mend_error){ 0 };                                                    \
		if ((call) != 0)                                                                   \
			ck_abort_msg("%s: %s", #call, err.text);                                   \
		ck_assert_int_eq(err.code, MEND_OK);                                               \
	} while (0)

/* An open, empty directory; gone at unit_scratch_end(), which every test calls that began one. */
int unit_scratch(void);
void unit_scratch_end(void);
/* Writes a file below dir, mode 0644. */
void unit_write(int dir, const char *name, const char *text);

/* A publisher: a key made of one byte, the same each time. */
struct unit_signer {
	uint8_t secret[64];
	struct mend_pubkey key;
};
void unit_signer_make(struct unit_signer *out, uint8_t seed);
/* The text of a signature file, or of a key file; free(3) it. */
char *unit_sign(const struct unit_signer *signer, struct mend_span message, const char *comment);
char *unit_key_file(const struct unit_signer *signer);
/* Signs a message with the key of seed 1 and gives what mend_verify() made of it. */
struct mend_verified *unit_verified(struct mend_span message);

#endif
