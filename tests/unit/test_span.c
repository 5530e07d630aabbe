/* SPDX-License-Identifier: MIT */
/* Bytes and texts. */
#include <string.h>

#include "unit.h"

START_TEST(lines_are_cut_off)
{
	struct mend_span rest = mend_span_text("one\n\nthree");
	struct mend_span line = mend_span_text("untouched");

	ck_assert(mend_span_line(&line, &rest));
	ck_assert(mend_span_equal(line, mend_span_text("one")));
	ck_assert(mend_span_line(&line, &rest));
	ck_assert_uint_eq(line.size, 0);
	ck_assert(!mend_span_line(&line, &rest));
	ck_assert(mend_span_equal(rest, mend_span_text("three")));
	rest = mend_span_of(NULL, 0);
	ck_assert(!mend_span_line(&line, &rest));
}
END_TEST

START_TEST(equal_is_size_and_bytes)
{
	ck_assert(mend_span_equal(mend_span_of(NULL, 0), mend_span_text("")));
	ck_assert(!mend_span_equal(mend_span_text("a"), mend_span_text("ab")));
	ck_assert(!mend_span_equal(mend_span_text("a"), mend_span_text("b")));
	ck_assert(mend_span_equal(mend_span_of("a\0b", 3), mend_span_of("a\0b", 3)));
}
END_TEST

START_TEST(memory_is_there)
{
	auto_bytes bytes = { .data = mend_alloc(4), .size = 4 };
	auto_free char *text = mend_text_format("%s-%d", "x", 3);
	auto_free char *copy = mend_text_copy(text);
	uint32_t *numbers = mend_grow(NULL, 2, sizeof *numbers);

	ck_assert_uint_eq(bytes.data[0] | bytes.data[3], 0);
	ck_assert_str_eq(copy, "x-3");
	numbers[1] = 9;
	numbers = mend_grow(numbers, 100, sizeof *numbers);
	ck_assert_uint_eq(numbers[1], 9);
	numbers = mend_grow(numbers, 0, sizeof *numbers);
	ck_assert_ptr_nonnull(numbers);
	free(numbers);
	mend_bytes_free(&bytes);
	ck_assert_ptr_null(bytes.data);
	ck_assert_uint_eq(bytes.size, 0);
}
END_TEST

START_TEST(utf8_by_the_rfc)
{
	static const struct {
		const char *text;
		size_t size, bytes;
	} cases[] = {
		{ "", 0, 0 },
		{ "a", 1, 1 },
		{ "\0", 1, 1 },
		{ "\x7f", 1, 1 },
		{ "\x80", 1, 0 },
		{ "\xc1\xbf", 2, 0 },
		{ "\xc2\x80", 2, 2 },
		{ "\xc2", 1, 0 },
		{ "\xc3(", 2, 0 },
		{ "\xdf\xbf", 2, 2 },
		{ "\xe0\x9f\xbf", 3, 0 },
		{ "\xe0\xa0\x80", 3, 3 },
		{ "\xe2\x82", 2, 0 },
		{ "\xe2\x82(", 3, 0 },
		{ "\xed\x9f\xbf", 3, 3 },
		{ "\xed\xa0\x80", 3, 0 },
		{ "\xef\xbf\xbd", 3, 3 },
		{ "\xf0\x8f\xbf\xbf", 4, 0 },
		{ "\xf0\x90\x80\x80", 4, 4 },
		{ "\xf4\x8f\xbf\xbf", 4, 4 },
		{ "\xf4\x90\x80\x80", 4, 0 },
		{ "\xf5\x80\x80\x80", 4, 0 },
		{ "\xff", 1, 0 },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		ck_assert_msg(mend_text_char(cases[i].text, cases[i].size) == cases[i].bytes,
			      "case %zu", i);
}
END_TEST

START_TEST(plain_has_no_controls)
{
	static const char *const plain[] = { "", "a b~", "\xc2\xa0", "\xc3\xa9\xf0\x9f\x98\x80" };
	static const char *const other[] = { "\t",	 "a\n",	     "\x7f", "\x1f",
					     "\xc2\x80", "\xc2\x9f", "\xff" };

	for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
		ck_assert_msg(mend_text_is_plain(plain[i], strlen(plain[i])), "case %zu", i);
	for (size_t i = 0; i < sizeof other / sizeof *other; i++)
		ck_assert_msg(!mend_text_is_plain(other[i], strlen(other[i])), "case %zu", i);
	ck_assert(!mend_text_is_plain("a\0b", 3));
}
END_TEST

int main(void)
{
	return unit_main("span", (const TTest *[]){ lines_are_cut_off, equal_is_size_and_bytes,
						    memory_is_there, utf8_by_the_rfc,
						    plain_has_no_controls, NULL });
}
