/* SPDX-License-Identifier: MIT */
/* What gc takes away, and above all what it keeps. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "lab.h"

static struct mend_gc run_gc(unsigned keep, bool dry_run)
{
	struct mend_gc gc;
	struct mend_error err;

	unit_works(mend_store_gc(&gc, lab.store, keep, dry_run, &err));
	return gc;
}

static bool has_object(const char *id, unsigned release, const char *path)
{
	auto_free char *fix = lab_fix_of(id, release, path);
	auto_free char *object = lab_object_path(fix);
	auto_free char *sum = mend_text_format("%s.xxh3", object);

	ck_assert_int_eq(lab_exists(object), lab_exists(sum));
	return lab_exists(object);
}

static bool has_release(const char *id, unsigned release)
{
	auto_free char *path = mend_text_format("store/patches/%s/%u", id, release);

	return lab_exists(path);
}

START_TEST(nothing_to_take)
{
	struct mend_gc gc = run_gc(0, false);

	ck_assert_uint_eq(gc.generations + gc.releases + gc.objects + gc.temporaries, 0);
	ck_assert_uint_eq(gc.bytes, 0);
	lab_install("openssl", 1, "a");
	lab_generation("openssl=1", true);
	gc = run_gc(0, false);
	ck_assert_uint_eq(gc.generations + gc.releases + gc.objects + gc.temporaries, 0);
}
END_TEST

/* openssl 1 to 4 in generations 1 to 4, 2 is live. */
static void four_releases(void)
{
	struct mend_error err;
	unsigned i;

	for (i = 1; i <= 4; i++) {
		auto_free char *releases = mend_text_format("openssl=%u", i);

		lab_install("openssl", i, "a");
		lab_generation(releases, true);
	}
	unit_works(mend_store_set_current(lab.store, 2, &err));
}

START_TEST(live_and_newest_stay)
{
	struct mend_gc gc;

	four_releases();
	gc = run_gc(0, true);
	ck_assert_uint_eq(gc.generations, 3);
	ck_assert_uint_eq(gc.releases, 2);
	ck_assert_uint_eq(gc.objects, 2);
	ck_assert(has_release("openssl", 1) && has_object("openssl", 3, "a"));
	gc = run_gc(0, false);
	ck_assert_uint_eq(gc.generations, 3);
	ck_assert_uint_eq(gc.releases, 2);
	ck_assert_uint_eq(gc.objects, 2);
	ck_assert_uint_ge(gc.bytes, 2 * strlen("openssl 1 of a"));
	ck_assert(lab_exists("store/generations/2") && !lab_exists("store/generations/4"));
	ck_assert(has_release("openssl", 2) && has_object("openssl", 2, "a"));
	ck_assert(has_release("openssl", 4) && has_object("openssl", 4, "a"));
	ck_assert(!has_release("openssl", 1) && !has_object("openssl", 1, "a"));
	ck_assert(!has_release("openssl", 3) && !has_object("openssl", 3, "a"));
}
END_TEST

START_TEST(kept_generations_keep_their_releases)
{
	struct mend_gc gc;

	four_releases();
	gc = run_gc(2, false);
	ck_assert_uint_eq(gc.generations, 1);
	ck_assert_uint_eq(gc.releases, 1);
	ck_assert(!lab_exists("store/generations/1") && lab_exists("store/generations/3"));
	ck_assert(!has_object("openssl", 1, "a") && has_object("openssl", 3, "a"));
	gc = run_gc(1000, false);
	ck_assert_uint_eq(gc.generations + gc.releases + gc.objects, 0);
}
END_TEST

/* Two releases with the same content: it goes with the last of them. */
START_TEST(shared_object)
{
	auto_free char *target = lab_replace("a", "old", "new");
	auto_free char *object = lab_object_path("new");
	struct mend_error err;
	unsigned i;

	for (i = 1; i <= 2; i++) {
		auto_free char *manifest = lab_manifest("p", i, "/usr/lib", target, "");
		auto_call(mend_bundle_free) struct mend_bundle *bundle =
			lab_bundle(&lab.publisher, manifest, (const char *const[]){ "new", NULL });

		unit_works(lab_add(bundle, &err));
	}
	ck_assert_uint_eq(run_gc(0, false).releases, 1);
	ck_assert(lab_exists(object));
	unit_works(mend_store_remove(lab.store, "p", 2, &err));
	ck_assert_uint_eq(run_gc(0, false).objects, 1);
	ck_assert(!lab_exists(object));
}
END_TEST

/* JSON has two ways of writing a digit; the object is the same. */
START_TEST(digest_written_in_escapes)
{
	auto_free char *target = lab_replace("a", "old", "new");
	auto_free char *object = lab_object_path("new");
	auto_free char *manifest = NULL, *escaped = NULL;
	auto_call(mend_bundle_free) struct mend_bundle *bundle = NULL;
	struct mend_error err;
	char *digit = strstr(target, "\"object\": \"") + strlen("\"object\": \"");

	escaped = mend_text_format("%.*s\\u00%02x%s", (int)(digit - target), target,
				   (unsigned)*digit, digit + 1);
	manifest = lab_manifest("p", 1, "/usr/lib", escaped, "");
	bundle = lab_bundle(&lab.publisher, manifest, (const char *const[]){ "new", NULL });
	unit_works(lab_add(bundle, &err));
	ck_assert_uint_eq(run_gc(0, false).objects, 0);
	ck_assert(lab_exists(object));
}
END_TEST

START_TEST(temporaries)
{
	struct mend_gc gc;

	lab_install("openssl", 1, "a");
	lab_write("store/.tmp-1", "12345");
	lab_write("store/generations/.tmp-2", "");
	lab_write("store/objects/ab/.tmp-3", "");
	lab_write("store/patches/openssl/.tmp-2/manifest.json", "");
	lab_write("store/patches/openssl/1/.tmp-4", "");
	lab_write("store/patches/openssl/1/signatures/.tmp-5", "");
	gc = run_gc(0, true);
	ck_assert_uint_eq(gc.temporaries, 6);
	ck_assert(lab_exists("store/.tmp-1"));
	gc = run_gc(0, false);
	ck_assert_uint_eq(gc.temporaries, 6);
	ck_assert_uint_eq(gc.bytes, 5);
	ck_assert(!lab_exists("store/.tmp-1"));
	ck_assert(!lab_exists("store/patches/openssl/.tmp-2"));
	ck_assert(!lab_exists("store/patches/openssl/1/signatures/.tmp-5"));
	ck_assert_uint_eq(run_gc(0, false).temporaries, 0);
}
END_TEST

/* A sum that lost its object to a power cut goes; what is not ours stays. */
START_TEST(leftovers_and_strangers)
{
	static const char zeros[] =
		"00000000000000000000000000000000000000000000000000000000000000";
	auto_free char *sum = mend_text_format("store/objects/00/%s.xxh3", zeros);
	struct mend_gc gc;

	lab_write(sum, "");
	lab_write("store/objects/00/README", "");
	lab_write("store/patches/NOTES", "");
	gc = run_gc(0, false);
	ck_assert_uint_eq(gc.objects, 0);
	ck_assert(!lab_exists(sum));
	ck_assert(lab_exists("store/objects/00/README") && lab_exists("store/patches/NOTES"));
}
END_TEST

START_TEST(damaged_generation_that_is_not_live)
{
	struct mend_gc gc;

	four_releases();
	lab_write("store/generations/4", "{");
	gc = run_gc(1, false);
	ck_assert_uint_eq(gc.generations, 2);
	ck_assert(lab_exists("store/generations/2") && lab_exists("store/generations/3"));
}
END_TEST

/* While it cannot be told what is needed, nothing is taken away. */
START_TEST(nothing_is_taken_in_doubt)
{
	struct mend_gc gc;
	struct mend_error err;

	four_releases();
	lab_write("store/.tmp-1", "");
	ck_assert_int_eq(unlinkat(lab.store->dir, "patches/openssl/4/manifest.json", 0), 0);
	lab_fails(mend_store_gc(&gc, lab.store, 0, false, &err), MEND_SYSTEM,
		  "gc: what it needs cannot be told: patches/openssl/4/manifest.json");
	lab_write("store/generations/2", "{");
	lab_fails(mend_store_gc(&gc, lab.store, 0, false, &err), MEND_FORMAT, "gc: generations/2");
	ck_assert_int_eq(unlinkat(lab.store->dir, "generations/2", 0), 0);
	lab_fails(mend_store_gc(&gc, lab.store, 0, false, &err), MEND_ABSENT,
		  "gc: generation 2 is not in the store");
	ck_assert_int_eq(unlinkat(lab.store->dir, "current", 0), 0);
	ck_assert_int_eq(symlinkat("x", lab.store->dir, "current"), 0);
	lab_fails(mend_store_gc(&gc, lab.store, 0, false, &err), MEND_FORMAT, "gc: current: ");
	ck_assert(lab_exists("store/.tmp-1") && has_release("openssl", 1) &&
		  has_object("openssl", 1, "a") && lab_exists("store/generations/1"));
}
END_TEST

int main(void)
{
	return lab_main("store_gc", (const TTest *[]){ nothing_to_take, live_and_newest_stay,
						       kept_generations_keep_their_releases,
						       shared_object, digest_written_in_escapes,
						       temporaries, leftovers_and_strangers,
						       damaged_generation_that_is_not_live,
						       nothing_is_taken_in_doubt, NULL });
}
