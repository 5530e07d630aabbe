/* SPDX-License-Identifier: MIT */
/* The boot counter: what counts, what is suspect and when, and a file that nobody can make it trip
 * over. */
#include "mendfs/boot.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "lab.h"

#define FIRST  "00000000-0000-0000-0000-000000000001"
#define SECOND "00000000-0000-0000-0000-000000000002"
#define THIRD  "00000000-0000-0000-0000-000000000003"
#define FOURTH "00000000-0000-0000-0000-000000000004"

static const struct mend_release_name a1 = { "a", 1 }, a2 = { "a", 2 }, b1 = { "b", 1 };

static unsigned unhealthy(const struct mend_boot *boot, const struct mend_release_name *name)
{
	for (size_t i = 0; i < boot->active_count; i++)
		if (!strcmp(boot->active[i].name.id, name->id) &&
		    boot->active[i].name.number == name->number)
			return boot->active[i].unhealthy;
	return 99;
}

START_TEST(the_third_boot_suspects)
{
	auto_call(mend_boot_free) struct mend_boot *boot = mend_boot_new();

	ck_assert(mend_boot_begin(boot, FIRST, &a1, 1));
	ck_assert_uint_eq(unhealthy(boot, &a1), 0);
	ck_assert(!mend_boot_begin(boot, FIRST, &a1, 1));
	ck_assert_uint_eq(unhealthy(boot, &a1), 0);
	ck_assert(mend_boot_begin(boot, SECOND, &a1, 1));
	ck_assert_uint_eq(unhealthy(boot, &a1), 1);
	ck_assert(!mend_boot_is_suspect(boot, &a1));
	ck_assert(mend_boot_begin(boot, THIRD, &a1, 1));
	ck_assert(mend_boot_is_suspect(boot, &a1));
	ck_assert(!mend_boot_is_suspect(boot, &a2));
	/* Nobody took it out: it stays suspect, and is not counted for ever. */
	ck_assert(mend_boot_begin(boot, FOURTH, &a1, 1));
	ck_assert_uint_eq(unhealthy(boot, &a1), MEND_BOOT_TRIES);
	ck_assert(mend_boot_is_suspect(boot, &a1));
	mend_boot_switch_off(boot, &a1);
	ck_assert(!mend_boot_is_suspect(boot, &a1));
	ck_assert_uint_eq(boot->active_count, 0);
	ck_assert_uint_eq(boot->off_count, 1);
}
END_TEST

START_TEST(a_healthy_boot_in_between_clears)
{
	auto_call(mend_boot_free) struct mend_boot *boot = mend_boot_new();

	mend_boot_begin(boot, FIRST, &a1, 1);
	mend_boot_begin(boot, SECOND, &a1, 1);
	mend_boot_healthy(boot, SECOND, &a1, 1);
	ck_assert_uint_eq(unhealthy(boot, &a1), 0);
	ck_assert_uint_eq(mend_boot_good(boot, "a"), 1);
	mend_boot_begin(boot, THIRD, &a1, 1);
	ck_assert_uint_eq(unhealthy(boot, &a1), 0);
	mend_boot_begin(boot, FOURTH, &a1, 1);
	mend_boot_begin(boot, FIRST, &a1, 1);
	/* It was good once: boots that fail now do so for another reason. */
	ck_assert_uint_eq(unhealthy(boot, &a1), 2);
	ck_assert(!mend_boot_is_suspect(boot, &a1));
}
END_TEST

START_TEST(only_what_is_new_is_suspect)
{
	const struct mend_release_name old[] = { a1, b1 }, new[] = { a2, b1 };
	auto_call(mend_boot_free) struct mend_boot *boot = mend_boot_new();

	mend_boot_begin(boot, FIRST, old, 2);
	mend_boot_healthy(boot, FIRST, old, 2);
	mend_boot_begin(boot, SECOND, new, 2);
	mend_boot_begin(boot, THIRD, new, 2);
	mend_boot_begin(boot, FOURTH, new, 2);
	ck_assert(mend_boot_is_suspect(boot, &a2));
	ck_assert(!mend_boot_is_suspect(boot, &b1));
	ck_assert_uint_eq(mend_boot_good(boot, "a"), 1);
	mend_boot_switch_off(boot, &a2);
	mend_boot_put_back(boot, &a1);
	ck_assert_uint_eq(unhealthy(boot, &a1), 0);
	ck_assert(!mend_boot_is_suspect(boot, &a1));
}
END_TEST

START_TEST(what_came_later_was_not_booted_with)
{
	const struct mend_release_name both[] = { a1, b1 };
	auto_call(mend_boot_free) struct mend_boot *boot = mend_boot_new();

	mend_boot_begin(boot, FIRST, &a1, 1);
	mend_boot_healthy(boot, FIRST, both, 2);
	ck_assert_uint_eq(mend_boot_good(boot, "a"), 1);
	ck_assert_uint_eq(mend_boot_good(boot, "b"), 0);
	/* A boot that nobody said had begun: all that can be known is what is live. */
	mend_boot_healthy(boot, SECOND, both, 2);
	ck_assert_uint_eq(mend_boot_good(boot, "b"), 1);
}
END_TEST

START_TEST(another_try_is_counted_anew)
{
	auto_call(mend_boot_free) struct mend_boot *boot = mend_boot_new();

	mend_boot_begin(boot, FIRST, &a1, 1);
	mend_boot_begin(boot, SECOND, &a1, 1);
	mend_boot_begin(boot, THIRD, &a1, 1);
	mend_boot_switch_off(boot, &a1);
	mend_boot_begin(boot, FOURTH, NULL, 0);
	ck_assert_uint_eq(boot->off_count, 1);
	mend_boot_begin(boot, FIRST, &a1, 1);
	ck_assert_uint_eq(unhealthy(boot, &a1), 0);
	ck_assert_uint_eq(boot->off_count, 0);
}
END_TEST

START_TEST(written_and_read)
{
	auto_call(mend_boot_free) struct mend_boot *boot = mend_boot_new(), *back = NULL;
	const struct mend_release_name both[] = { a1, b1 };
	auto_free char *before = NULL, *after = NULL;
	struct mend_error err;

	mend_boot_begin(boot, FIRST, both, 2);
	mend_boot_healthy(boot, FIRST, both, 2);
	mend_boot_begin(boot, SECOND, both, 2);
	mend_boot_begin(boot, THIRD, both, 2);
	mend_boot_switch_off(boot, &b1);
	unit_works(mend_boot_write(boot, lab.store, &err));
	before = lab_read("store/boot");
	unit_works(mend_boot_read(&back, lab.store->dir, &err));
	ck_assert_str_eq(back->id, THIRD);
	ck_assert_str_eq(back->begun, boot->begun);
	ck_assert(!back->is_healthy);
	ck_assert_uint_eq(unhealthy(back, &a1), 1);
	ck_assert_uint_eq(mend_boot_good(back, "b"), 1);
	ck_assert_uint_eq(back->off_count, 1);
	ck_assert_str_eq(back->off[0].since, boot->off[0].since);
	unit_works(mend_boot_write(back, lab.store, &err));
	after = lab_read("store/boot");
	ck_assert_str_eq(before, after);
	unit_works(mend_boot_clear(lab.store, &err));
	ck_assert(!lab_exists("store/boot"));
	unit_works(mend_boot_clear(lab.store, &err));
}
END_TEST

START_TEST(nothing_written_yet)
{
	auto_call(mend_boot_free) struct mend_boot *boot = NULL, *none = NULL;
	struct mend_error err;

	unit_works(mend_boot_read(&boot, lab.store->dir, &err));
	ck_assert_str_eq(boot->id, "");
	unit_works(mend_boot_read(&none, -1, &err));
	ck_assert_uint_eq(none->active_count, 0);
}
END_TEST

#define HEAD                                                                                       \
	"{\"format\":1,\"boot\":\"" FIRST "\",\"begun\":\"2026-11-27T01:02:03Z\",\"healthy\":"     \
	"true,"
#define LISTS "\"active\":[],\"good\":[],\"off\":[]}"

static const struct {
	const char *content, *text;
	enum mend_code code;
} damaged[] = {
	{ "", "boot: line 1: not JSON", MEND_FORMAT },
	{ "{\"format\":1", "boot: line 1: not JSON", MEND_FORMAT },
	{ "[]", "boot: it: not an object", MEND_FORMAT },
	{ "{\"format\":2," LISTS, "boot: format", MEND_LIMIT },
	{ HEAD "\"more\":1," LISTS, "boot: more", MEND_FORMAT },
	{ "{\"format\":1,\"boot\":\"x\",\"begun\":\"2026-11-27T01:02:03Z\",\"healthy\":true," LISTS,
	  "boot: boot: not the id of a boot", MEND_FORMAT },
	{ "{\"format\":1,\"boot\":\"" FIRST "\",\"begun\":\"now\",\"healthy\":true," LISTS,
	  "boot: begun: not a time", MEND_FORMAT },
	{ "{\"format\":1,\"boot\":\"" FIRST
	  "\",\"begun\":\"2026-11-27T01:02:03Z\",\"healthy\":1," LISTS,
	  "boot: healthy: neither true nor false", MEND_FORMAT },
	{ HEAD "\"active\":[{\"id\":\"a\",\"release\":1}],\"good\":[],\"off\":[]}",
	  "boot: active: unhealthy", MEND_FORMAT },
	{ HEAD "\"active\":[{\"id\":\"a\",\"release\":1,\"unhealthy\":3}],\"good\":[],\"off\":[]}",
	  "boot: active: unhealthy", MEND_LIMIT },
	{ HEAD "\"active\":[],\"good\":[{\"id\":\"../a\",\"release\":1}],\"off\":[]}",
	  "boot: good: ../a is no patch's id", MEND_FORMAT },
	{ HEAD "\"active\":[],\"good\":[{\"id\":\"a\",\"release\":0}],\"off\":[]}",
	  "boot: good: release", MEND_LIMIT },
	{ HEAD "\"active\":[],\"good\":[],\"off\":[{\"id\":\"a\",\"release\":1,\"since\":\"\"}]}",
	  "boot: off: since: not a time", MEND_FORMAT },
	{ HEAD "\"active\":[],\"good\":[7],\"off\":[]}", "boot: good: not an object", MEND_FORMAT },
	{ HEAD "\"active\":[],\"good\":{},\"off\":[]}", "boot: good", MEND_FORMAT },
};

START_TEST(damaged_file)
{
	for (size_t i = 0; i < sizeof damaged / sizeof damaged[0]; i++) {
		struct mend_boot *boot = NULL;
		struct mend_error err = { 0 };

		lab_write("store/boot", damaged[i].content);
		ck_assert_int_eq(mend_boot_read(&boot, lab.store->dir, &err), -1);
		ck_assert_ptr_null(boot);
		ck_assert_str_eq(mend_code_name(err.code), mend_code_name(damaged[i].code));
		if (strncmp(err.text, damaged[i].text, strlen(damaged[i].text)) != 0)
			ck_abort_msg("%s\nis not: %s", err.text, damaged[i].text);
	}
}
END_TEST

START_TEST(a_file_without_end)
{
	auto_fd fd = -1;
	struct mend_boot *boot = NULL;
	struct mend_error err = { 0 };

	lab_write("store/boot", "{}");
	fd = openat(lab.dir, "store/boot", O_WRONLY | O_CLOEXEC);
	ck_assert_int_eq(ftruncate(fd, MEND_BOOT_MAX + 1), 0);
	ck_assert_int_eq(mend_boot_read(&boot, lab.store->dir, &err), -1);
	ck_assert_str_eq(mend_code_name(err.code), "limit");
}
END_TEST

START_TEST(the_kernels_id)
{
	char id[MEND_BOOT_ID_SIZE], again[MEND_BOOT_ID_SIZE];
	struct mend_error err;

	unit_works(mend_boot_id(id, &err));
	unit_works(mend_boot_id(again, &err));
	ck_assert_str_eq(id, again);
	ck_assert_uint_eq(strlen(id), MEND_BOOT_ID_SIZE - 1);
}
END_TEST

int main(void)
{
	return lab_main("boot",
			(const TTest *[]){
				the_third_boot_suspects, a_healthy_boot_in_between_clears,
				only_what_is_new_is_suspect, what_came_later_was_not_booted_with,
				another_try_is_counted_anew, written_and_read, nothing_written_yet,
				damaged_file, a_file_without_end, the_kernels_id, NULL });
}
