/* SPDX-License-Identifier: MIT */
/* What may be a path, a root, an id; patterns; labels. */
#include "mendfs/path.h"

#include <string.h>

#include "unit.h"

static char *repeated(char c, size_t count)
{
	char *text = mend_alloc(count + 1);

	memset(text, c, count);
	return text;
}

START_TEST(target_paths)
{
	static const char *const good[] = {
		"a", "a/b", "...", "a..b/.c", "x86_64-linux-gnu/libssl.so.3", "caf\xc3\xa9", "a b"
	};
	static const char *const bad[] = { "",	   "/",	    "/a",   "a/",      "a//b", ".",
					   "..",   "./a",   "a/.",  "a/..",    "../a", "a/../b",
					   "a\nb", "a\x7f", "\xff", "\xc2\x85" };

	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		ck_assert_msg(mend_path_is_target(good[i]), "%s", good[i]);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		ck_assert_msg(!mend_path_is_target(bad[i]), "case %zu", i);
}
END_TEST

START_TEST(lengths_of_paths)
{
	auto_free char *name = repeated('a', MEND_NAME_MAX);
	auto_free char *long_name = repeated('a', MEND_NAME_MAX + 1);
	auto_free char *path = repeated('a', MEND_PATH_MAX);

	ck_assert(mend_path_is_target(name));
	ck_assert(!mend_path_is_target(long_name));
	for (size_t i = 200; i < MEND_PATH_MAX; i += 200)
		path[i] = '/';
	ck_assert(!mend_path_is_target(path));
	path[MEND_PATH_MAX - 1] = '\0';
	ck_assert(mend_path_is_target(path));
	path[0] = '/';
	ck_assert(mend_path_is_root(path));
}
END_TEST

START_TEST(roots)
{
	ck_assert(mend_path_is_root("/usr/lib"));
	ck_assert(mend_path_is_root("/opt"));
	ck_assert(!mend_path_is_root("/"));
	ck_assert(!mend_path_is_root(""));
	ck_assert(!mend_path_is_root("usr/lib"));
	ck_assert(!mend_path_is_root("//usr/lib"));
	ck_assert(!mend_path_is_root("/usr/lib/"));
	ck_assert(!mend_path_is_root("/usr/../lib"));
}
END_TEST

START_TEST(ids)
{
	static const char *const bad[] = { "",	  "-a",	 ".a",	"+a",	   "A",
					   "a_b", "a/b", "a b", "\xc3\xa9" };
	auto_free char *longest = repeated('a', MEND_ID_MAX);
	auto_free char *longer = repeated('a', MEND_ID_MAX + 1);

	ck_assert(mend_path_is_id("openssl"));
	ck_assert(mend_path_is_id("libstdc++6.0-x"));
	ck_assert(mend_path_is_id("7zip"));
	ck_assert(mend_path_is_id(longest));
	ck_assert(!mend_path_is_id(longer));
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		ck_assert_msg(!mend_path_is_id(bad[i]), "%s", bad[i]);
}
END_TEST

START_TEST(patterns)
{
	static const struct {
		const char *pattern, *path;
		bool matches;
	} cases[] = {
		{ "/usr/lib/a", "/usr/lib/a", true },
		{ "/usr/lib/a", "/usr/lib/ab", false },
		{ "/usr/lib/*", "/usr/lib/a", true },
		{ "/usr/lib/*", "/usr/lib/a/b", false },
		{ "/usr/lib/*", "/usr/lib", false },
		{ "/usr/lib/*/libssl.so.*", "/usr/lib/x/libssl.so.3", true },
		{ "/usr/lib/*/libssl.so.*", "/usr/lib/libssl.so.3", false },
		{ "/usr/lib/[ab]", "/usr/lib/b", true },
		{ "/usr/lib/?", "/usr/lib/bc", false },
		{ "/usr/**", "/usr/lib/a/b", true },
		{ "/usr/**", "/usr/lib", true },
		{ "/usr/**", "/usr", false },
		{ "/usr/**", "/opt/x", false },
		{ "/**/b", "/a/x/y/b", true },
		{ "/**/b", "/b", true },
		{ "/**/b", "/b/c", false },
		{ "/**/b/**/c", "/b/x/b/y/c", true },
		{ "/**/b/**/c", "/b/x/b/y/d", false },
		{ "/usr/**/**/b", "/usr/b", true },
		{ "/usr/a**/b", "/usr/axx/b", true },
		{ "/usr/a**/b", "/usr/ax/x/b", false },
		{ "usr/**", "/usr/lib", false },
		{ "", "/usr", false },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		ck_assert_msg(mend_path_matches(cases[i].pattern, cases[i].path) ==
				      cases[i].matches,
			      "%s on %s", cases[i].pattern, cases[i].path);
}
END_TEST

/* A pattern that makes a matcher which tries everything run for ever. */
START_TEST(patterns_end_in_time)
{
	char pattern[8192] = "", path[8192] = "";

	for (int i = 0; i < 100; i++) {
		strcat(pattern, "/**/a");
		strcat(path, "/a/a/a");
	}
	strcat(pattern, "/b");
	ck_assert(!mend_path_matches(pattern, path));
}
END_TEST

START_TEST(labels)
{
	static const struct {
		unsigned release;
		const char *label;
	} cases[] = { { 0, "" },
		      { 1, "a" },
		      { 2, "b" },
		      { 26, "z" },
		      { 27, "aa" },
		      { 52, "az" },
		      { 53, "ba" },
		      { 702, "zz" },
		      { 703, "aaa" },
		      { 18278, "zzz" },
		      { 18279, "aaaa" },
		      { MEND_RELEASE_MAX, "bdwgn" },
		      { 4294967295U, "mwlqkwu" } };
	char label[MEND_LABEL_MAX];

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		mend_label_of(label, cases[i].release);
		ck_assert_str_eq(label, cases[i].label);
	}
}
END_TEST

int main(void)
{
	return unit_main("path", (const TTest *[]){ target_paths, lengths_of_paths, roots, ids,
						    patterns, patterns_end_in_time, labels, NULL });
}
