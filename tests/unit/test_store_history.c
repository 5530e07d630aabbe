/* SPDX-License-Identifier: MIT */
/* The history: its chain, what breaks it, and what a power cut leaves. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "lab.h"

#define HISTORY "store/history.jsonl"

static void add(const char *event, const char *detail, unsigned generation)
{
	struct mend_error err;

	unit_works(mend_store_history_add(lab.store, event, detail, generation, &err));
}

static int collect(void *context, const json_t *line, struct mend_error *err)
{
	char *text = context;

	(void)err;
	strcat(text, json_string_value(json_object_get(line, "event")));
	strcat(text, " ");
	return 0;
}

static void expect(const char *want)
{
	char events[256] = "";
	struct mend_error err;

	unit_works(mend_store_history(lab.store->dir, collect, events, &err));
	ck_assert_str_eq(events, want);
}

/* Puts text at the end of the file. */
static void append(const char *text, size_t size)
{
	int fd = openat(lab.dir, HISTORY, O_WRONLY | O_APPEND | O_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, size), (ssize_t)size);
	close(fd);
}

START_TEST(chain)
{
	auto_free char *text = NULL;
	struct mend_digest digest;
	char hex[MEND_DIGEST_HEX];
	char *newline;

	expect("");
	add("install", "openssl (b)", 1);
	add("revert", "two\nlines, \"quoted\"", 2);
	add("install", "", 3);
	expect("install revert install ");
	text = lab_read(HISTORY);
	ck_assert_ptr_nonnull(strstr(text, "\"previous\":\"00000000000000000000000000000000"
					   "00000000000000000000000000000000\"}\n"));
	newline = strchr(text, '\n');
	mend_digest_of(&digest, mend_span_of(text, (size_t)(newline - text)));
	mend_digest_hex(hex, &digest);
	ck_assert_ptr_eq(strstr(newline, hex), strstr(text, hex));
	ck_assert_ptr_nonnull(strstr(newline, "two\\nlines"));
}
END_TEST

static int stop(void *context, const json_t *line, struct mend_error *err)
{
	(void)context;
	(void)line;
	return mend_fail(err, MEND_USAGE, "enough");
}

START_TEST(reader_may_stop)
{
	struct mend_error err;

	add("a", "", 1);
	lab_fails(mend_store_history(lab.store->dir, stop, NULL, &err), MEND_USAGE, "enough");
}
END_TEST

static void replace_in_history(const char *from, const char *to)
{
	auto_free char *text = lab_read(HISTORY);
	char *at = strstr(text, from);

	ck_assert_ptr_nonnull(at);
	memcpy(at, to, strlen(to));
	lab_write(HISTORY, text);
}

START_TEST(changed_line)
{
	struct mend_error err;

	add("one", "", 1);
	add("two", "", 2);
	add("three", "", 3);
	replace_in_history("two", "owt");
	lab_fails(mend_store_history(lab.store->dir, NULL, NULL, &err), MEND_HASH,
		  "history.jsonl: line 3: does not follow the line before");
}
END_TEST

START_TEST(missing_line)
{
	auto_free char *text = NULL;
	struct mend_error err;

	add("one", "", 1);
	add("two", "", 2);
	text = lab_read(HISTORY);
	lab_write(HISTORY, strchr(text, '\n') + 1);
	lab_fails(mend_store_history(lab.store->dir, NULL, NULL, &err), MEND_HASH,
		  "history.jsonl: line 1: does not follow the line before");
}
END_TEST

START_TEST(other_lines)
{
	static const struct {
		const char *text, *part;
	} cases[] = {
		{ "{}\n", "line 1: time: missing" },
		{ "[]\n", "line 1: it: not an object" },
		{ "\n", "not JSON" },
		{ "{\"time\":\"\",\"event\":\"\",\"detail\":\"\",\"generation\":-1,\"previous\":"
		  "\"\"}\n",
		  "generation: -1: not between" },
		{ "{\"time\":\"\",\"event\":\"\",\"detail\":\"\",\"generation\":1,\"previous\":"
		  "\"\"}\n",
		  "line 1: does not follow the line before" },
		{ "{\"x\":1}\n", "x: unknown member" },
	};
	struct mend_error err;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		lab_write(HISTORY, cases[i].text);
		ck_assert_int_eq(mend_store_history(lab.store->dir, NULL, NULL, &err), -1);
		ck_assert_msg(strstr(err.text, cases[i].part), "%s", err.text);
	}
}
END_TEST

/* What a power cut leaves of a line is no line: half of it, or the room for it without its bytes.
 */
START_TEST(torn_line)
{
	static const char zeros[5000];

	add("one", "", 1);
	append("{\"time\":\"20", 11);
	expect("one ");
	add("two", "", 2);
	expect("one two ");
	append(zeros, sizeof(zeros));
	expect("one two ");
	add("three", "", 3);
	append("\0\0\0\0}\n", 6);
	expect("one two three ");
	add("four", "", 4);
	expect("one two three four ");
}
END_TEST

START_TEST(torn_first_line)
{
	lab_write(HISTORY, "{\"time\"");
	expect("");
	add("one", "", 1);
	expect("one ");
	lab_write(HISTORY, "");
	add("two", "", 1);
	expect("two ");
}
END_TEST

/* Zero bytes in the middle of the file are no power cut's. */
START_TEST(zero_bytes_in_the_middle)
{
	struct mend_error err;

	add("one", "", 1);
	append("\0\n{}\n", 5);
	lab_fails(mend_store_history(lab.store->dir, NULL, NULL, &err), MEND_FORMAT, "line 2");
}
END_TEST

START_TEST(limits)
{
	auto_free char *detail = mend_alloc(MEND_HISTORY_LINE_MAX + 1);
	struct mend_error err;

	memset(detail, 'x', MEND_HISTORY_LINE_MAX - 300);
	add("long", detail, 1);
	add("long", detail, 2);
	add("long", detail, 3);
	expect("long long long ");
	memset(detail, 'x', MEND_HISTORY_LINE_MAX);
	lab_fails(mend_store_history_add(lab.store, "longer", detail, 4, &err), MEND_LIMIT,
		  "history.jsonl: a line of more than 65536 bytes");
	lab_fails(mend_store_history_add(lab.store, "bad", "\xff", 4, &err), MEND_USAGE, "UTF-8");
	expect("long long long ");
	memset(detail, 'x', MEND_HISTORY_LINE_MAX);
	append(detail, MEND_HISTORY_LINE_MAX);
	append(detail, MEND_HISTORY_LINE_MAX);
	append("\n", 1);
	lab_fails(mend_store_history(lab.store->dir, NULL, NULL, &err), MEND_LIMIT, "line 4");
	lab_fails(mend_store_history_add(lab.store, "next", "", 4, &err), MEND_LIMIT,
		  "its last line is longer than 65536 bytes");
}
END_TEST

int main(void)
{
	return lab_main("store_history",
			(const TTest *[]){ chain, reader_may_stop, changed_line, missing_line,
					   other_lines, torn_line, torn_first_line,
					   zero_bytes_in_the_middle, limits, NULL });
}
