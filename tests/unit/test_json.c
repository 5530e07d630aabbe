/* SPDX-License-Identifier: MIT */
/* Strict JSON and its getters. */
#include "mendfs/json.h"

#include <stdio.h>
#include <string.h>

#include "unit.h"

static json_t *parsed(const char *text)
{
	json_t *value = NULL;
	struct mend_error err;

	unit_works(mend_json_parse(&value, mend_span_text(text), "x", &err));
	return value;
}

START_TEST(takes_json)
{
	static const char *const texts[] = { "{}",
					     "[]",
					     "null",
					     " {\"a\": [1, -2, \"b\", true]}\n",
					     "\"caf\xc3\xa9 \\u20ac\"",
					     "9223372036854775807" };

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		json_decref(parsed(texts[i]));
}
END_TEST

START_TEST(refuses_the_rest)
{
	static const struct {
		const char *raw, *text;
	} cases[] = {
		{ "", "x: line 1: not JSON: unexpected token near end of file" },
		{ "{\"a\":1,\n\"a\":2}", "x: line 2: not JSON: duplicate object key near '\"a\"'" },
		{ "{\"a\":{\"b\":1,\"b\":1}}",
		  "x: line 1: not JSON: duplicate object key near '\"b\"'" },
		{ "{\"a\":1,}", "x: line 1: not JSON: string or '}' expected near '}'" },
		{ "[1] 2", "x: line 1: not JSON: end of file expected near '2'" },
		{ "[1.0]", "x: a number that is not an integer" },
		{ "{\"a\":{\"b\":[1e3]}}", "x: a number that is not an integer" },
		{ "[9223372036854775808]",
		  "x: line 1: not JSON: too big integer near '9223372036854775808'" },
		{ "[01]", "x: line 1: not JSON: invalid token near '0'" },
		{ "[NaN]", "x: line 1: not JSON: invalid token near 'NaN'" },
		{ "['a']", "x: line 1: not JSON: invalid token near '''" },
		{ "// no\n{}", "x: line 1: not JSON: invalid token near '/'" },
		{ "[\"a\\u0000\"]",
		  "x: line 1: not JSON: \\u0000 is not allowed without JSON_ALLOW_NUL near "
		  "'\"a\\u0000\"'" },
		{ "{\"a\\u0000\":1}",
		  "x: line 1: not JSON: NUL byte in object key not supported near '\"a\\u0000\"'" },
		{ "[\"\\ud800\"]",
		  "x: line 1: not JSON: invalid Unicode '\\uD800' near '\"\\ud800\"'" },
		{ "[\"\xff\"]", "x: line 1: not JSON: unable to decode byte 0xff near '\"'" },
		{ "[\"\xc0\xaf\"]", "x: line 1: not JSON: unable to decode byte 0xc0 near '\"'" },
		{ "[\"a\nb\"]", "x: line 1: not JSON: unexpected newline near '\"a'" },
		{ "\xef\xbb\xbf{}", "x: line 1: not JSON: invalid token near '\xef\xbb\xbf'" },
	};
	struct mend_error err;
	json_t *value = NULL;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		unit_fails(mend_json_parse(&value, mend_span_text(cases[i].raw), "x", &err),
			   MEND_FORMAT, cases[i].text);
	unit_fails(mend_json_parse(&value, mend_span_of("{}\0", 3), "x", &err), MEND_FORMAT,
		   "x: line 1: not JSON: end of file expected near end of file");
	ck_assert_ptr_null(value);
}
END_TEST

static char *nested(size_t depth)
{
	char *text = mend_alloc(2 * depth + 1);

	memset(text, '[', depth);
	memset(text + depth, ']', depth);
	return text;
}

START_TEST(nesting_has_an_end)
{
	auto_free char *deepest = nested(MEND_JSON_DEPTH);
	auto_free char *deeper = nested(MEND_JSON_DEPTH + 1);
	auto_free char *abyss = nested(100000);
	struct mend_error err;
	json_t *value = NULL;

	json_decref(parsed(deepest));
	unit_fails(mend_json_parse(&value, mend_span_text(deeper), "x", &err), MEND_LIMIT,
		   "x: nested more than 32 deep");
	unit_fails(mend_json_parse(&value, mend_span_text(abyss), "x", &err), MEND_FORMAT,
		   "x: line 1: not JSON: maximum parsing depth reached near '['");
}
END_TEST

START_TEST(members)
{
	auto_json object = parsed("{\"s\":\"text\",\"i\":7,\"n\":null,\"a\":[1,2]}");
	struct mend_error err;
	const char *text = "untouched";
	int64_t number = 42;
	json_t *array = NULL;

	unit_fails(mend_json_string(&text, object, "i", &err), MEND_FORMAT, "i: not a string");
	unit_fails(mend_json_string(&text, object, "n", &err), MEND_FORMAT, "n: not a string");
	unit_fails(mend_json_string(&text, object, "x", &err), MEND_FORMAT, "x: missing");
	unit_fails(mend_json_optional(&text, object, "i", &err), MEND_FORMAT, "i: not a string");
	ck_assert_str_eq(text, "untouched");
	unit_works(mend_json_string(&text, object, "s", &err));
	ck_assert_str_eq(text, "text");
	unit_works(mend_json_optional(&text, object, "n", &err));
	ck_assert_ptr_null(text);
	unit_works(mend_json_optional(&text, object, "s", &err));
	ck_assert_str_eq(text, "text");
	unit_works(mend_json_optional(&text, object, "x", &err));
	ck_assert_ptr_null(text);

	unit_fails(mend_json_integer(&number, object, "s", 0, 9, &err), MEND_FORMAT,
		   "s: not an integer");
	unit_fails(mend_json_integer(&number, object, "x", 0, 9, &err), MEND_FORMAT, "x: missing");
	unit_fails(mend_json_integer(&number, object, "i", 0, 6, &err), MEND_LIMIT,
		   "i: 7: not between 0 and 6");
	unit_fails(mend_json_integer(&number, object, "i", 8, 9, &err), MEND_LIMIT,
		   "i: 7: not between 8 and 9");
	ck_assert_int_eq(number, 42);
	unit_works(mend_json_integer(&number, object, "i", 7, 7, &err));
	ck_assert_int_eq(number, 7);

	unit_fails(mend_json_array(&array, object, "s", 9, &err), MEND_FORMAT, "s: not an array");
	unit_fails(mend_json_array(&array, object, "x", 9, &err), MEND_FORMAT, "x: missing");
	unit_fails(mend_json_array(&array, object, "a", 1, &err), MEND_LIMIT,
		   "a: 2 entries: more than the limit of 1");
	ck_assert_ptr_null(array);
	unit_works(mend_json_array(&array, object, "a", 2, &err));
	ck_assert_uint_eq(json_array_size(array), 2);
}
END_TEST

START_TEST(only_known_members)
{
	static const char *const all[] = { "a", "b", NULL };
	static const char *const some[] = { "a", NULL };
	auto_json object = parsed("{\"a\":1,\"b\":2}");
	auto_json array = parsed("[]");
	struct mend_error err;

	unit_works(mend_json_only(object, all, &err));
	unit_fails(mend_json_only(object, some, &err), MEND_FORMAT, "b: unknown member");
	unit_works(mend_json_is_object(object, "it", &err));
	unit_fails(mend_json_is_object(array, "it", &err), MEND_FORMAT, "it: not an object");
	unit_fails(mend_json_is_object(NULL, "it", &err), MEND_FORMAT, "it: not an object");
}
END_TEST

int main(void)
{
	return unit_main("json",
			 (const TTest *[]){ takes_json, refuses_the_rest, nesting_has_an_end,
					    members, only_known_members, NULL });
}
