/* SPDX-License-Identifier: MIT */
/* What verify finds, what it says, and how it says to mend it. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "lab.h"

static char problems[8192]; /* "what -> mend\n" */
static uint64_t done_at_last, total_at_last;

static void collect(void *context, const char *what, const char *mend)
{
	size_t used = strlen(problems);

	ck_assert_ptr_eq(context, problems);
	snprintf(problems + used, sizeof(problems) - used, "%s -> %s\n", what, mend);
}

static void progress(void *context, uint64_t done, uint64_t total)
{
	(void)context;
	ck_assert_uint_ge(done, done_at_last);
	done_at_last = done;
	total_at_last = total;
}

static size_t verify(bool quick)
{
	struct mend_error err;
	size_t count = 999;

	problems[0] = '\0';
	done_at_last = total_at_last = 0;
	unit_works(mend_store_verify(&count, lab.store->dir, lab.ring, quick, collect, progress,
				     problems, &err));
	return count;
}

/* Both kinds of run find one problem, and say this of it. */
static void expect(const char *what, const char *mend)
{
	int quick;

	for (quick = 0; quick < 2; quick++) {
		ck_assert_msg(verify(quick) == 1, "%s", problems);
		ck_assert_msg(strstr(problems, what) && strstr(problems, mend), "%s", problems);
	}
}

static void make_store(void)
{
	lab_install("curl", 1, "libcurl.so");
	lab_install("openssl", 2, "libssl.so");
	lab_generation("openssl=2", true);
	ck_assert_msg(verify(false) == 0, "%s", problems);
	ck_assert_msg(verify(true) == 0, "%s", problems);
}

static char *object_of(const char *id, unsigned release, const char *path)
{
	auto_free char *fix = lab_fix_of(id, release, path);

	return lab_object_path(fix);
}

START_TEST(whole_store)
{
	struct mend_error err;
	size_t count;

	make_store();
	ck_assert_uint_eq(total_at_last,
			  strlen("curl 1 of libcurl.so") + strlen("openssl 2 of libssl.so"));
	ck_assert_uint_eq(done_at_last, total_at_last);
	unit_works(
		mend_store_verify(&count, lab.store->dir, lab.ring, true, NULL, NULL, NULL, &err));
	ck_assert_uint_eq(count, 0);
}
END_TEST

START_TEST(flipped_bit)
{
	auto_free char *object = object_of("openssl", 2, "libssl.so");

	make_store();
	lab_flip(object);
	expect("openssl (b): libssl.so: object ", "install the bundle of openssl (b) again");
	ck_assert_ptr_nonnull(strstr(problems, "is damaged: its content has another hash"));
}
END_TEST

START_TEST(flipped_bit_nobody_needs)
{
	auto_free char *object = object_of("openssl", 3, "libssl.so");
	struct mend_error err;

	make_store();
	lab_install("openssl", 3, "libssl.so");
	unit_works(mend_store_remove(lab.store, "openssl", 3, &err));
	lab_flip(object);
	expect("is damaged", "nothing needs it, take it away: mendctl gc");
}
END_TEST

/* The sum is there to save time; the hash decides. */
START_TEST(damaged_sum_is_no_problem)
{
	auto_free char *object = object_of("openssl", 2, "libssl.so");
	auto_free char *sum = mend_text_format("%s.xxh3", object);

	make_store();
	lab_flip(sum);
	ck_assert_uint_eq(verify(true), 0);
	ck_assert_int_eq(unlinkat(lab.dir, sum, 0), 0);
	ck_assert_uint_eq(verify(true), 0);
}
END_TEST

START_TEST(missing_object)
{
	auto_free char *object = object_of("openssl", 2, "libssl.so");

	make_store();
	ck_assert_int_eq(unlinkat(lab.dir, object, 0), 0);
	expect("openssl (b): libssl.so: object ", "install the bundle of openssl (b) again");
	ck_assert_ptr_nonnull(strstr(problems, "is not in the store"));
}
END_TEST

START_TEST(symlink_for_an_object)
{
	auto_free char *object = object_of("openssl", 2, "libssl.so");

	make_store();
	ck_assert_int_eq(renameat(lab.dir, object, lab.dir, "elsewhere"), 0);
	ck_assert_int_eq(symlinkat("../../../elsewhere", lab.dir, object), 0);
	expect(": not a file", "install the bundle of openssl (b) again");
}
END_TEST

START_TEST(strangers_among_objects)
{
	make_store();
	lab_write("store/objects/ab/README", "");
	expect("objects/ab/README: is not called like an object", "it is not the store's");
	ck_assert_int_eq(unlinkat(lab.store->dir, "objects/ab/README", 0), 0);
	lab_write("store/objects/README", "");
	expect("objects/README: ", "it is not the store's");
}
END_TEST

START_TEST(damaged_manifest)
{
	make_store();
	lab_flip("store/patches/openssl/2/manifest.json");
	expect("openssl (b): ", "install its bundle again, or remove it");
	ck_assert_ptr_nonnull(strstr(problems, "(it is active)"));
}
END_TEST

START_TEST(publisher_no_longer_trusted)
{
	make_store();
	lab.ring->keys[0].key.id[0] ^= 1;
	ck_assert_uint_eq(verify(true), 2);
	ck_assert_ptr_nonnull(strstr(problems, "trust its publisher (mendctl keys)"));
}
END_TEST

START_TEST(live_release_that_is_gone)
{
	make_store();
	ck_assert_int_eq(renameat(lab.store->dir, "patches/openssl", lab.dir, "elsewhere"), 0);
	ck_assert_uint_eq(verify(true), 1);
	ck_assert_ptr_nonnull(strstr(
		problems, "generation 1, which is live: openssl (b) is not installed -> install"));
}
END_TEST

/* Removing is a right: older generations may have lost what they name. */
START_TEST(release_that_an_older_generation_names)
{
	struct mend_error err;

	make_store();
	lab_generation("curl=1", true);
	unit_works(mend_store_remove(lab.store, "openssl", 2, &err));
	ck_assert_msg(verify(true) == 0, "%s", problems);
}
END_TEST

START_TEST(damaged_generations)
{
	make_store();
	lab_write("store/generations/2", "{");
	expect("generation 2: generations/2: ", "take it away: mendctl gc");
	ck_assert_int_eq(unlinkat(lab.store->dir, "generations/2", 0), 0);
	lab_write("store/generations/1", "{");
	expect("generation 1, which is live: generations/1: ", "mendctl rollback N");
	ck_assert_int_eq(unlinkat(lab.store->dir, "generations/1", 0), 0);
	expect("generation 1, which is live: generation 1 is not in the store",
	       "mendctl rollback N");
}
END_TEST

START_TEST(wrong_link)
{
	make_store();
	ck_assert_int_eq(unlinkat(lab.store->dir, "current", 0), 0);
	ck_assert_int_eq(symlinkat("/etc", lab.store->dir, "current"), 0);
	expect("current: leads to /etc, which is no generation", "a symlink to generations/N");
}
END_TEST

START_TEST(damaged_floor_and_history)
{
	struct mend_error err;

	make_store();
	lab_write("store/floor", "{}");
	expect("floor: format: missing", "put it back from a backup");
	ck_assert_int_eq(unlinkat(lab.store->dir, "floor", 0), 0);
	unit_works(mend_store_history_add(lab.store, "install", "", 1, &err));
	unit_works(mend_store_history_add(lab.store, "revert", "", 2, &err));
	ck_assert_uint_eq(verify(true), 0);
	lab_flip("store/history.jsonl");
	ck_assert_uint_eq(verify(true), 1);
	ck_assert_ptr_nonnull(strstr(problems, "history.jsonl: line "));
}
END_TEST

int main(void)
{
	return lab_main(
		"store_verify",
		(const TTest *[]){ whole_store, flipped_bit, flipped_bit_nobody_needs,
				   damaged_sum_is_no_problem, missing_object, symlink_for_an_object,
				   strangers_among_objects, damaged_manifest,
				   publisher_no_longer_trusted, live_release_that_is_gone,
				   release_that_an_older_generation_names, damaged_generations,
				   wrong_link, damaged_floor_and_history, NULL });
}
