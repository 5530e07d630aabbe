/* SPDX-License-Identifier: MIT */
/*
 * Every bad bundle of tests/reject/bundle is refused, with the code and the text that EXPECT has
 * for it: lines of NAME, CODE and TEXT. good.bundle and good-told.bundle, from which each differs
 * in one thing, are not.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "mend-publish/check.h"
#include "mendfs/fs.h"
#include "unit.h"

static struct mend_trusted_key trusted = { .name = (char[]){ "key" }, .threshold = 1 };
static struct mend_keyring ring = { .keys = &trusted, .count = 1 };
static int corpus;

static void open_corpus(void)
{
	auto_bytes raw = { NULL, 0 };
	struct mend_error err;

	corpus = open("tests/reject/bundle", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(corpus, 0);
	unit_works(mend_fs_read(&raw, corpus, "key.pub", MEND_KEY_FILE_MAX, &err));
	unit_works(mend_pubkey_parse(&trusted.key, mend_bytes_span(&raw), &err));
}

static int check(const char *name, struct mend_error *err)
{
	auto_free char *file = mend_text_format("%s.bundle", name);
	auto_checked checked = { .bundle = NULL };
	auto_fd fd = openat(corpus, file, O_RDONLY | O_CLOEXEC);

	ck_assert_msg(fd >= 0, "%s is missing", file);
	if (check_bundle(&checked, fd, &ring, -1, err) < 0)
		return -1;
	mend_take_fd(&fd);
	return 0;
}

START_TEST(good_one)
{
	struct mend_error err;

	open_corpus();
	unit_works(check("good", &err));
	unit_works(check("good-told", &err));
	close(corpus);
}
END_TEST

/* Cuts "WORD " off a line. */
static char *word(char **line)
{
	char *start = *line, *end = strchr(start, ' ');

	ck_assert_msg(end != NULL, "EXPECT: %s", start);
	*end = '\0';
	*line = end + 1;
	return start;
}

START_TEST(bad_ones)
{
	auto_bytes expect = { NULL, 0 };
	struct mend_span line, rest;
	size_t lines = 2, files = 0, count; /* the good ones have no line */
	struct mend_error err;
	char **names;

	open_corpus();
	unit_works(mend_fs_read(&expect, corpus, "EXPECT", 1 << 20, &err));
	for (rest = mend_bytes_span(&expect); mend_span_line(&line, &rest); lines++) {
		auto_free char *copy = strndup((const char *)line.data, line.size);
		char *text = copy, *name = word(&text), *code = word(&text);

		err = (struct mend_error){ 0 };
		ck_assert_msg(check(name, &err) == -1, "%s is taken", name);
		ck_assert_msg(strcmp(err.text, text) == 0, "%s: '%s' is not '%s'", name, err.text,
			      text);
		ck_assert_msg(strcmp(mend_code_name(err.code), code) == 0, "%s: %s is not %s", name,
			      mend_code_name(err.code), code);
	}
	unit_works(mend_fs_list(&names, &count, corpus, &err));
	for (size_t i = 0; i < count; i++)
		files += strstr(names[i], ".bundle") != NULL;
	mend_fs_list_free(names, count);
	ck_assert_uint_eq(lines, files);
	close(corpus);
}
END_TEST

int main(void)
{
	return unit_main("publish_reject", (const TTest *[]){ good_one, bad_ones, NULL });
}
