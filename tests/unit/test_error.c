/* SPDX-License-Identifier: MIT */
/* Errors: how they are filled, what may be in their text, what codes stand for. */
#include <errno.h>
#include <string.h>

#include "unit.h"

START_TEST(fills_once_and_returns_minus_one)
{
	struct mend_error err = { .sys_errno = 7 };

	ck_assert_int_eq(mend_fail(&err, MEND_HASH, "%s: %d", "x", 3), -1);
	ck_assert_int_eq(err.code, MEND_HASH);
	ck_assert_int_eq(err.sys_errno, 0);
	ck_assert_str_eq(err.text, "x: 3");
}
END_TEST

START_TEST(nobody_needs_to_listen)
{
	ck_assert_int_eq(mend_fail(NULL, MEND_HASH, "x"), -1);
	ck_assert_int_eq(mend_fail_errno(NULL, "x"), -1);
	ck_assert_int_eq(mend_fail_at(NULL, "x"), -1);
}
END_TEST

START_TEST(errno_is_described)
{
	struct mend_error err;

	errno = ENOENT;
	ck_assert_int_eq(mend_fail_errno(&err, "%s: cannot open", "a"), -1);
	ck_assert_int_eq(err.code, MEND_SYSTEM);
	ck_assert_int_eq(err.sys_errno, ENOENT);
	ck_assert_str_eq(err.text, "a: cannot open: No such file or directory");
	errno = 12345;
	mend_fail_errno(&err, "a");
	ck_assert_str_eq(err.text, "a: unknown error");
}
END_TEST

START_TEST(says_where)
{
	struct mend_error err;

	errno = EIO;
	mend_fail_errno(&err, "cannot read");
	ck_assert_int_eq(mend_fail_at(&err, "%s", "objects"), -1);
	ck_assert_str_eq(err.text, "objects: cannot read: Input/output error");
	ck_assert_int_eq(err.code, MEND_SYSTEM);
	ck_assert_int_eq(err.sys_errno, EIO);
	mend_fail(&err, err.code, "[%s]", err.text);
	ck_assert_str_eq(err.text, "[objects: cannot read: Input/output error]");
}
END_TEST

START_TEST(text_is_plain)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{ "a\nb\tc\x1b[31m\x7f", "a?b?c?[31m?" },
		{ "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80",
		  "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80" },
		{ "\xc2\x9b"
		  "31m",
		  "?31m" },
		{ "\xff\xc3(\xe2\x82", "?"
				       "?(?"
				       "?" },
		{ "\xed\xa0\x80\xc0\xaf", "?????" },
	};
	struct mend_error err;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		mend_fail(&err, MEND_FORMAT, "%s", cases[i].in);
		ck_assert_str_eq(err.text, cases[i].out);
		mend_fail(&err, MEND_FORMAT, "x");
		mend_fail_at(&err, "%s", cases[i].in);
		ck_assert_int_eq(strncmp(err.text, cases[i].out, strlen(cases[i].out)), 0);
	}
}
END_TEST

START_TEST(long_text_is_cut_between_characters)
{
	struct mend_error err;
	char text[1024];

	for (size_t shift = 0; shift < 3; shift++) {
		size_t used = 0;

		memset(text, 'x', shift);
		for (used = shift; used + 3 < sizeof text; used += 3)
			memcpy(text + used, "\xe2\x82\xac", 3);
		text[used] = '\0';
		mend_fail(&err, MEND_FORMAT, "%s", text);
		ck_assert_uint_ge(strlen(err.text), sizeof err.text - 4);
		ck_assert(mend_text_is_plain(err.text, strlen(err.text)));
		ck_assert_ptr_null(strchr(err.text, '?'));
		mend_fail_at(&err, "%s", text);
		ck_assert_uint_lt(strlen(err.text), sizeof err.text);
	}
}
END_TEST

START_TEST(codes_have_names_and_exits)
{
	static const int exits[MEND_CODES] = {
		[MEND_OK] = 0,	      [MEND_USAGE] = 2,	    [MEND_SYSTEM] = 3,
		[MEND_FORMAT] = 1,    [MEND_LIMIT] = 1,	    [MEND_SIGNATURE] = 1,
		[MEND_UNTRUSTED] = 1, [MEND_THRESHOLD] = 1, [MEND_KEY_SCOPE] = 1,
		[MEND_HASH] = 1,      [MEND_BASE] = 1,	    [MEND_ROLLBACK] = 1,
		[MEND_PLATFORM] = 1,  [MEND_CONFLICT] = 1,  [MEND_REQUIRES] = 1,
		[MEND_EXPIRED] = 1,   [MEND_ABSENT] = 1,    [MEND_EXISTS] = 1,
		[MEND_BUSY] = 3,      [MEND_MOUNT] = 3,	    [MEND_INCOMPATIBLE] = 1,
	};

	for (int code = 0; code < MEND_CODES; code++) {
		ck_assert_int_eq(mend_code_exit((enum mend_code)code), exits[code]);
		ck_assert_ptr_nonnull(mend_code_name((enum mend_code)code));
		for (int other = 0; other < code; other++)
			ck_assert_str_ne(mend_code_name((enum mend_code)code),
					 mend_code_name((enum mend_code)other));
	}
	ck_assert_str_eq(mend_code_name(MEND_KEY_SCOPE), "key-scope");
	ck_assert_str_eq(mend_code_name((enum mend_code)1000), "unknown");
	ck_assert_int_eq(mend_code_exit(MEND_CODES), 3);
}
END_TEST

int main(void)
{
	return unit_main("error",
			 (const TTest *[]){ fills_once_and_returns_minus_one,
					    nobody_needs_to_listen, errno_is_described, says_where,
					    text_is_plain, long_text_is_cut_between_characters,
					    codes_have_names_and_exits, NULL });
}
