/* SPDX-License-Identifier: MIT */
/* The live set of a mount: what is in it, what is left out and why, and how it is searched. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "lab.h"
#include "mendfs/gen.h"

static struct mend_gen *load_for(unsigned number, const char *root)
{
	struct mend_gen *gen = NULL;
	struct mend_error err;

	unit_works(mend_gen_load(&gen, lab.store->dir, lab.ring, number, root, &err));
	return gen;
}

static struct mend_gen *load(const char *releases)
{
	return load_for(lab_generation(releases, false), "/usr/lib");
}

/* A release with these targets and one content, "new". */
static void install(const char *id, const char *root, const char *targets, const char *more)
{
	auto_free char *manifest = lab_manifest(id, 1, root, targets, more);
	auto_call(mend_bundle_free) struct mend_bundle *bundle =
		lab_bundle(&lab.publisher, manifest,
			   (const char *const[]){ strstr(targets, "object") ? "new" : NULL, NULL });
	struct mend_error err;

	unit_works(lab_add(bundle, &err));
}

static void install_replace(const char *id, const char *root, const char *path, const char *more)
{
	auto_free char *target = lab_replace(path, "old", "new");

	install(id, root, target, more);
}

/* Nothing is served but this release, which was left out for this reason. */
static void expect_left_out(const char *releases, const char *id, const char *part)
{
	struct mend_gen *gen = load(releases);

	ck_assert_uint_eq(gen->left_out_count, 1);
	ck_assert_str_eq(gen->left_out[0].name.id, id);
	ck_assert_msg(strstr(gen->left_out[0].reason, part), "%s", gen->left_out[0].reason);
	ck_assert_ptr_null(mend_gen_find(gen, id));
	mend_gen_unref(gen);
}

START_TEST(empty_generation)
{
	struct mend_gen *gen = load_for(0, "/usr/lib");
	struct mend_error err;
	size_t first, count;

	ck_assert_uint_eq(gen->number, 0);
	ck_assert_uint_eq(gen->release_count + gen->target_count + gen->left_out_count, 0);
	ck_assert_ptr_null(mend_gen_find(gen, "a"));
	mend_gen_below(gen, "", &first, &count);
	ck_assert_uint_eq(count, 0);
	mend_gen_unref(gen);
	lab_fails(mend_gen_load(&gen, lab.store->dir, lab.ring, 3, "/usr/lib", &err), MEND_ABSENT,
		  "generation 3 is not in the store");
}
END_TEST

START_TEST(releases_of_this_root)
{
	struct mend_gen *gen;

	install_replace("openssl", "/usr/lib", "libssl.so.3", "");
	install_replace("opt", "/opt/lib", "libssl.so.3", "");
	gen = load("openssl=1 opt=1");
	ck_assert_uint_eq(gen->release_count, 1);
	ck_assert_uint_eq(gen->left_out_count, 0);
	ck_assert_uint_eq(gen->target_count, 1);
	ck_assert_str_eq(gen->reason, "a test");
	ck_assert_str_eq(mend_gen_find(gen, "libssl.so.3")->release->manifest->id, "openssl");
	ck_assert_ptr_eq(mend_gen_ref(gen), gen);
	mend_gen_unref(gen);
	mend_gen_unref(gen);
	mend_gen_unref(NULL);
}
END_TEST

static void expect_below(const struct mend_gen *gen, const char *dir, const char *want_first,
			 size_t want_count)
{
	size_t first, count;

	mend_gen_below(gen, dir, &first, &count);
	ck_assert_msg(count == want_count, "%s: %zu", dir, count);
	if (count > 0)
		ck_assert_str_eq(gen->targets[first].target->path, want_first);
}

START_TEST(search)
{
	static const char *const paths[] = { "a", "a-b/x", "b/c/d", "b/c/e", "b.so", "b0", "z" };
	struct mend_gen *gen;
	size_t i;

	for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		char id[] = { (char)('g' - i), '\0' };

		install_replace(id, "/usr/lib", paths[i], "");
	}
	gen = load("a=1 b=1 c=1 d=1 e=1 f=1 g=1");
	ck_assert_uint_eq(gen->target_count, 7);
	for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		ck_assert_str_eq(mend_gen_find(gen, paths[i])->target->path, paths[i]);
	ck_assert_ptr_null(mend_gen_find(gen, "b"));
	ck_assert_ptr_null(mend_gen_find(gen, "b/c"));
	expect_below(gen, "", "a", 7);
	expect_below(gen, "b", "b/c/d", 2);
	expect_below(gen, "b/c", "b/c/d", 2);
	expect_below(gen, "a", "", 0);
	expect_below(gen, "a-b", "a-b/x", 1);
	expect_below(gen, "zz", "", 0);
	expect_below(gen, "A", "", 0);
	mend_gen_unref(gen);
}
END_TEST

START_TEST(missing_and_damaged)
{
	install_replace("a", "/usr/lib", "a", "");
	lab_generation("a=1", false);
	lab_flip("store/patches/a/1/manifest.json");
	expect_left_out("a=1", "a", "a (a): ");
	ck_assert_int_eq(renameat(lab.store->dir, "patches/a/1", lab.store->dir, "patches/a/2"), 0);
	{
		struct mend_gen *gen = load_for(1, "/usr/lib");

		ck_assert_uint_eq(gen->left_out_count, 1);
		ck_assert_str_eq(gen->left_out[0].reason, "a (a) is not installed");
		mend_gen_unref(gen);
	}
}
END_TEST

START_TEST(publisher_no_longer_trusted)
{
	install_replace("a", "/usr/lib", "a", "");
	lab.ring->keys[0].key.id[0] ^= 1;
	expect_left_out("a=1", "a", "which is not trusted");
}
END_TEST

START_TEST(publisher_narrowed)
{
	install_replace("a", "/usr/lib", "a", "");
	lab.ring->keys[0].paths = (char *[]){ (char *)"/opt/**" };
	lab.ring->keys[0].path_count = 1;
	expect_left_out("a=1", "a", "/usr/lib/a: not a path that key \"lab\" may patch");
	lab.ring->keys[0].paths = NULL;
	lab.ring->keys[0].path_count = 0;
}
END_TEST

START_TEST(expired)
{
	install_replace("a", "/usr/lib", "a", "\"expires\": \"2026-11-23T00:00:00Z\", ");
	expect_left_out("a=1", "a", "2026-11-23");
}
END_TEST

START_TEST(another_system)
{
	install_replace("a", "/usr/lib", "a", "\"os\": [{\"id\": \"plan9\"}], ");
	expect_left_out("a=1", "a", "made for plan9");
}
END_TEST

/* The second one, by id, is left out: for a path that is taken, above or below one that is. */
START_TEST(paths_in_conflict)
{
	static const char *const paths[] = { "x/y", "x/y/z", "x" };
	size_t i;

	install_replace("first", "/usr/lib", "x/y", "");
	install_replace("free", "/usr/lib", "x/z", "");
	for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		char id[] = { 's', (char)('a' + i), '\0' };
		auto_free char *releases = mend_text_format("free=1 %s=1 first=1", id);
		auto_free char *part =
			mend_text_format("%s: conflicts with x/y of first (a)", paths[i]);

		install_replace(id, "/usr/lib", paths[i], "");
		expect_left_out(releases, id,
				strcmp(paths[i], "x") ? part : "x: conflicts with x/");
	}
}
END_TEST

START_TEST(unsorted_generation)
{
	struct mend_gen *gen;
	struct mend_error err;

	lab_write("store/generations/1",
		  "{\"format\": 1, \"number\": 1, \"parent\": 0, \"created\": \"t\", "
		  "\"reason\": \"r\", \"releases\": [{\"id\": \"b\", \"release\": 1}, "
		  "{\"id\": \"a\", \"release\": 1}]}");
	lab_fails(mend_gen_load(&gen, lab.store->dir, lab.ring, 1, "/usr/lib", &err), MEND_FORMAT,
		  "generations/1: releases: a is not in order");
}
END_TEST

int main(void)
{
	return lab_main("gen", (const TTest *[]){ empty_generation, releases_of_this_root, search,
						  missing_and_damaged, publisher_no_longer_trusted,
						  publisher_narrowed, expired, another_system,
						  paths_in_conflict, unsorted_generation, NULL });
}
