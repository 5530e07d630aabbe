/* SPDX-License-Identifier: MIT */
/* Generations, which one is live, and the floor. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "lab.h"

START_TEST(numbers_are_never_used_again)
{
	struct mend_error err;
	struct mend_gc gc;

	ck_assert_uint_eq(lab_generation("", true), 1);
	ck_assert_uint_eq(lab_generation("", false), 2);
	unit_works(mend_store_generation_drop(lab.store, 2, &err));
	ck_assert_uint_eq(lab_generation("", false), 3);
	ck_assert_uint_eq(lab_generation("", false), 4);
	unit_works(mend_store_gc(&gc, lab.store, 0, false, &err));
	ck_assert_uint_eq(gc.generations, 2);
	ck_assert_uint_eq(lab_generation("", false), 5);
	/* A note that is damaged costs the numbers that were taken away, and no more. */
	lab_write("store/generations/last", "x\n");
	ck_assert_uint_eq(lab_generation("", false), 6);
}
END_TEST

START_TEST(generation_round_trip)
{
	auto_call(mend_generation_free) struct mend_generation *generation = NULL;
	struct mend_error err;
	unsigned current;

	lab_install("openssl", 2, "a");
	lab_install("curl", 1, "b");
	ck_assert_uint_eq(lab_generation("openssl=2 curl=1", true), 1);
	unit_works(mend_store_generation(&generation, lab.store->dir, 1, &err));
	ck_assert_uint_eq(generation->number, 1);
	ck_assert_uint_eq(generation->parent, 0);
	ck_assert_str_eq(generation->reason, "a test");
	ck_assert_uint_eq(strlen(generation->created), 20);
	ck_assert_uint_eq(generation->count, 2);
	ck_assert_str_eq(generation->releases[0].id, "curl");
	ck_assert_uint_eq(generation->releases[1].number, 2);
	unit_works(mend_store_current(&current, lab.store->dir, &err));
	ck_assert_uint_eq(current, 1);
}
END_TEST

START_TEST(refused_generations)
{
	struct mend_release_name names[2] = { { "openssl", 1 }, { "openssl", 2 } };
	struct mend_error err;
	unsigned number;

	lab_install("openssl", 1, "a");
	lab_fails(mend_store_generation_add(&number, lab.store, names, 2, 0, "r", &err),
		  MEND_ABSENT, "openssl (b) is not installed");
	lab_install("openssl", 2, "a");
	lab_fails(mend_store_generation_add(&number, lab.store, names, 2, 0, "r", &err),
		  MEND_CONFLICT, "openssl: two releases of one patch cannot be active together");
	lab_fails(mend_store_generation_add(&number, lab.store, names, 1, 0, "a\nb", &err),
		  MEND_USAGE, "one line");
	lab_fails(mend_store_generation_add(&number, lab.store, names, 1, 1, "r", &err), MEND_USAGE,
		  "generation 1 cannot come after 1");
	lab_fails(mend_store_generation_add(&number, lab.store, names, MEND_RELEASES_MAX + 1, 0,
					    "r", &err),
		  MEND_LIMIT, "more than 1024 active releases");
	names[0].id[0] = '/';
	lab_fails(mend_store_generation_add(&number, lab.store, names, 1, 0, "r", &err), MEND_USAGE,
		  "no release is called so");
	lab_fails(mend_store_set_current(lab.store, 7, &err), MEND_ABSENT,
		  "generation 7 is not in the store");
	lab_fails(mend_store_generation_drop(lab.store, 7, &err), MEND_ABSENT,
		  "generation 7 is not in the store");
	number = lab_generation("", true);
	lab_fails(mend_store_generation_drop(lab.store, number, &err), MEND_CONFLICT,
		  "generation 1 is live");
}
END_TEST

#define HEAD	 "{\"format\": 1, \"number\": 1, \"parent\": 0, \"created\": \"t\", "
#define RELEASES "\"releases\": [{\"id\": \"a\", \"release\": 1}, {\"id\": \"b\", \"release\": 2}]"

START_TEST(damaged_generations)
{
	static const struct {
		const char *text, *part;
		enum mend_code code;
	} cases[] = {
		{ "", "not JSON", MEND_FORMAT },
		{ "[]", "it: not an object", MEND_FORMAT },
		{ "{\"format\": 2}", "format: 2: not between 1 and 1", MEND_LIMIT },
		{ HEAD "\"reason\": \"r\"}", "releases: missing", MEND_FORMAT },
		{ HEAD "\"reason\": \"r\", \"x\": 1, " RELEASES "}", "x: unknown member",
		  MEND_FORMAT },
		{ HEAD "\"reason\": \"r\\n\", " RELEASES "}", "one line each", MEND_FORMAT },
		{ "{\"format\": 1, \"number\": 2, \"parent\": 0, \"created\": \"t\", "
		  "\"reason\": \"r\", " RELEASES "}",
		  "says it is generation 2", MEND_FORMAT },
		{ "{\"format\": 1, \"number\": 1, \"parent\": 1, \"created\": \"t\", "
		  "\"reason\": \"r\", " RELEASES "}",
		  "says it comes after generation 1", MEND_FORMAT },
		{ HEAD "\"reason\": \"r\", \"releases\": [{\"id\": \"b\", \"release\": 2}, "
		       "{\"id\": \"a\", \"release\": 1}]}",
		  "a is not in order", MEND_FORMAT },
		{ HEAD "\"reason\": \"r\", \"releases\": [{\"id\": \"a\", \"release\": 2}, "
		       "{\"id\": \"a\", \"release\": 1}]}",
		  "a is not in order", MEND_FORMAT },
		{ HEAD "\"reason\": \"r\", \"releases\": [{\"id\": \"../a\", \"release\": 2}]}",
		  "is no patch's id", MEND_FORMAT },
		{ HEAD "\"reason\": \"r\", \"releases\": [{\"id\": \"a\", \"release\": 0}]}",
		  "release: 0: not between", MEND_LIMIT },
		{ HEAD "\"reason\": \"r\", \"releases\": [{\"id\": \"a\", \"release\": 1, "
		       "\"x\": 1}]}",
		  "x: unknown member", MEND_FORMAT },
	};
	struct mend_generation *generation;
	struct mend_error err;
	size_t i;

	lab_write("store/generations/1", HEAD "\"reason\": \"r\", " RELEASES "}");
	unit_works(mend_store_generation(&generation, lab.store->dir, 1, &err));
	mend_generation_free(generation);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		lab_write("store/generations/1", cases[i].text);
		lab_fails(mend_store_generation(&generation, lab.store->dir, 1, &err),
			  cases[i].code, cases[i].part);
		ck_assert(strstr(err.text, "generations/1") == err.text);
	}
}
END_TEST

START_TEST(current_that_leads_elsewhere)
{
	static const char *const links[] = { "/etc",	       "generations/0",	 "generations/01",
					     "generations/1/", "generations/-1", "generations/" };
	struct mend_error err;
	unsigned number;
	size_t i;

	for (i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
		unlinkat(lab.store->dir, "current", 0);
		ck_assert_int_eq(symlinkat(links[i], lab.store->dir, "current"), 0);
		lab_fails(mend_store_current(&number, lab.store->dir, &err), MEND_FORMAT,
			  "which is no generation");
	}
	unlinkat(lab.store->dir, "current", 0);
	lab_write("store/current", "generations/1");
	lab_fails(mend_store_current(&number, lab.store->dir, &err), MEND_FORMAT,
		  "current: is not a symlink");
}
END_TEST

static unsigned floor_of(const char *id)
{
	struct mend_error err;
	unsigned number = 999;

	unit_works(mend_store_floor(&number, lab.store->dir, id, &err));
	return number;
}

START_TEST(floor_follows_what_is_live)
{
	unsigned first;
	struct mend_error err;

	lab_install("openssl", 2, "a");
	lab_install("openssl", 5, "a");
	lab_install("curl", 1, "b");
	ck_assert_uint_eq(floor_of("openssl"), 0); /* installed is not accepted yet */
	first = lab_generation("openssl=2", true);
	ck_assert_uint_eq(floor_of("openssl"), 2);
	lab_generation("openssl=5 curl=1", false);
	ck_assert_uint_eq(floor_of("openssl"), 2); /* prepared is not live yet */
	lab_generation("openssl=5 curl=1", true);
	ck_assert_uint_eq(floor_of("openssl"), 5);
	ck_assert_uint_eq(floor_of("curl"), 1);
	/* Going back is the administrator's right, and does not lower it. */
	unit_works(mend_store_set_current(lab.store, first, &err));
	ck_assert_uint_eq(floor_of("openssl"), 5);
	unit_works(mend_store_set_current(lab.store, 0, &err));
	ck_assert(!lab_exists("store/current"));
	ck_assert_uint_eq(floor_of("openssl"), 5);
}
END_TEST

/* As after a power cut between the rename of `current` and the write of the floor. */
START_TEST(floor_file_that_lags)
{
	auto_free char *text = NULL;

	lab_install("openssl", 2, "a");
	lab_generation("openssl=2", true);
	ck_assert_int_eq(unlinkat(lab.store->dir, "floor", 0), 0);
	ck_assert_uint_eq(floor_of("openssl"), 2);
	lab_generation("", true);
	ck_assert_uint_eq(floor_of("openssl"), 2);
	text = lab_read("store/floor");
	ck_assert_ptr_nonnull(strstr(text, "\"openssl\": 2"));
}
END_TEST

START_TEST(damaged_floor)
{
	static const struct {
		const char *text, *part;
	} cases[] = {
		{ "", "floor: line 1: not JSON" },
		{ "{\"format\": 1}", "floor: not an object" },
		{ "{\"format\": 1, \"floor\": {\"../a\": 1}}", "../a is no patch's id" },
		{ "{\"format\": 1, \"floor\": {\"a\": 0}}", "a: 0: not between" },
		{ "{\"format\": 1, \"floor\": {\"a\": \"1\"}}", "a: not an integer" },
		{ "{\"format\": 1, \"floor\": {}, \"x\": 1}", "x: unknown member" },
	};
	struct mend_error err;
	unsigned number, next;
	size_t i;

	lab_install("openssl", 2, "a");
	lab_install("openssl", 3, "a");
	lab_generation("openssl=2", true);
	next = lab_generation("openssl=3", false);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		lab_write("store/floor", cases[i].text);
		err.text[0] = '\0';
		ck_assert_int_eq(mend_store_floor(&number, lab.store->dir, "openssl", &err), -1);
		ck_assert_msg(strstr(err.text, cases[i].part), "%s", err.text);
		ck_assert_int_eq(mend_store_set_current(lab.store, next, &err), -1);
		ck_assert_msg(strstr(err.text, cases[i].part), "%s", err.text);
	}
	/* Off is off: the base comes back all the same. */
	unit_works(mend_store_set_current(lab.store, lab_generation("", false), &err));
	unit_works(mend_store_current(&number, lab.store->dir, &err));
	ck_assert_uint_eq(number, next + 1);
}
END_TEST

/* Whatever is wrong with the one that is live, another one can go live. */
START_TEST(way_out_of_a_damaged_live_generation)
{
	struct mend_error err;
	unsigned first, number;

	lab_install("openssl", 2, "a");
	first = lab_generation("openssl=2", true);
	number = lab_generation("openssl=2", true);
	lab_write("store/generations/2", "{");
	unit_works(mend_store_set_current(lab.store, first, &err));
	unlinkat(lab.store->dir, "current", 0);
	ck_assert_int_eq(symlinkat("nowhere", lab.store->dir, "current"), 0);
	unit_works(mend_store_set_current(lab.store, first, &err));
	unit_works(mend_store_current(&number, lab.store->dir, &err));
	ck_assert_uint_eq(number, first);
}
END_TEST

int main(void)
{
	return lab_main("store_generation",
			(const TTest *[]){ numbers_are_never_used_again, generation_round_trip,
					   refused_generations, damaged_generations,
					   current_that_leads_elsewhere, floor_follows_what_is_live,
					   floor_file_that_lags, damaged_floor,
					   way_out_of_a_damaged_live_generation, NULL });
}
