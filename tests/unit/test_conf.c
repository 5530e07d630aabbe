/* SPDX-License-Identifier: MIT */
/* ini files. */
#include "mendfs/conf.h"

#include <stdio.h>
#include <string.h>

#include "unit.h"

static char *items_of(const struct mend_conf *conf)
{
	char *text = mend_text_copy("");

	for (size_t i = 0; i < conf->count; i++) {
		const struct mend_conf_item *item = &conf->items[i];
		char *longer = mend_text_format("%s%u [%s] %s=%s\n", text, item->line,
						item->section, item->key, item->value);

		free(text);
		text = longer;
	}
	return text;
}

START_TEST(reads_lines)
{
	static const char raw[] = "# a comment\n"
				  "\n"
				  "key = value\n"
				  "; another\n"
				  "  blanks\t=  a b  # not a comment \r\n"
				  "empty=\n"
				  "equals = a=b\n"
				  "[mount \"/usr/lib\"]\n"
				  "base = caf\xc3\xa9\n"
				  "[ mount   /opt/my lib ]\n"
				  "x=1\n"
				  "[plain]\n"
				  "x=2\n"
				  "x=3";
	auto_call(mend_conf_free) struct mend_conf *conf = NULL;
	auto_free char *items = NULL;
	struct mend_error err;

	unit_works(mend_conf_parse(&conf, mend_span_text(raw), "f", &err));
	items = items_of(conf);
	ck_assert_str_eq(items, "3 [] key=value\n"
				"5 [] blanks=a b  # not a comment\n"
				"6 [] empty=\n"
				"7 [] equals=a=b\n"
				"9 [mount /usr/lib] base=caf\xc3\xa9\n"
				"11 [mount /opt/my lib] x=1\n"
				"13 [plain] x=2\n"
				"14 [plain] x=3\n");
	ck_assert_str_eq(mend_conf_get(conf, "", "key"), "value");
	ck_assert_str_eq(mend_conf_get(conf, "plain", "x"), "3");
	ck_assert_str_eq(mend_conf_get(conf, "mount /usr/lib", "base"), "caf\xc3\xa9");
	ck_assert_ptr_null(mend_conf_get(conf, "", "x"));
	ck_assert_ptr_null(mend_conf_get(conf, "other", "x"));
}
END_TEST

START_TEST(reads_nothing)
{
	auto_call(mend_conf_free) struct mend_conf *conf = NULL;
	struct mend_error err;

	unit_works(mend_conf_parse(&conf, mend_span_of(NULL, 0), "f", &err));
	ck_assert_uint_eq(conf->count, 0);
	ck_assert_ptr_null(mend_conf_get(conf, "", "x"));
}
END_TEST

START_TEST(refuses_the_rest)
{
	static const struct {
		const char *raw, *text;
	} cases[] = {
		{ "key", "f: line 1: no \"=\": write `key = value`" },
		{ "a=1\n\n b c \n", "f: line 3: no \"=\": write `key = value`" },
		{ "= x", "f: line 1: \"\": not a key" },
		{ "a b = x", "f: line 1: \"a b\": not a key" },
		{ "caf\xc3\xa9 = x", "f: line 1: \"caf\xc3\xa9\": not a key" },
		{ "\xef\xbb\xbf[a]", "f: line 1: no \"=\": write `key = value`" },
		{ "[", "f: line 1: not a [section] or [section \"name\"]" },
		{ "[ab", "f: line 1: not a [section] or [section \"name\"]" },
		{ "[]", "f: line 1: not a [section] or [section \"name\"]" },
		{ "[a] x", "f: line 1: not a [section] or [section \"name\"]" },
		{ "[a!]", "f: line 1: not a [section] or [section \"name\"]" },
		{ "[a \"\"]", "f: line 1: not a [section] or [section \"name\"]" },
		{ "[a \"b]", "f: line 1: not a [section] or [section \"name\"]" },
		{ "[a \"b\"c\"]", "f: line 1: not a [section] or [section \"name\"]" },
		{ "[a]\n[[b]]", "f: line 2: not a [section] or [section \"name\"]" },
		{ "a = \x1b[0m", "f: line 1: control characters or not UTF-8" },
		{ "a = \xff", "f: line 1: control characters or not UTF-8" },
		{ "# \xff", "f: line 1: control characters or not UTF-8" },
	};
	struct mend_conf *conf = NULL;
	struct mend_error err;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		unit_fails(mend_conf_parse(&conf, mend_span_text(cases[i].raw), "f", &err),
			   MEND_FORMAT, cases[i].text);
	unit_fails(mend_conf_parse(&conf, mend_span_of("a=\0", 3), "f", &err), MEND_FORMAT,
		   "f: line 1: control characters or not UTF-8");
	ck_assert_ptr_null(conf);
}
END_TEST

START_TEST(has_a_limit)
{
	auto_free char *raw = mend_alloc(MEND_CONF_MAX + 1);
	struct mend_conf *conf = NULL;
	struct mend_error err;

	memset(raw, '\n', MEND_CONF_MAX + 1);
	unit_fails(mend_conf_parse(&conf, mend_span_of(raw, MEND_CONF_MAX + 1), "f", &err),
		   MEND_LIMIT, "f: 65537 bytes: more than the limit of 65536");
	unit_works(mend_conf_parse(&conf, mend_span_of(raw, MEND_CONF_MAX), "f", &err));
	mend_conf_free(conf);
}
END_TEST

int main(void)
{
	return unit_main("conf", (const TTest *[]){ reads_lines, reads_nothing, refuses_the_rest,
						    has_a_limit, NULL });
}
