/* SPDX-License-Identifier: MIT */
/* What a mount serves right now: loading it, its sealed objects, and whether the base still fits.
 */
#include <pthread.h>

#include "mendfs/live.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "lab.h"

static int base = -1;

/* Two releases, one and two, are live; the base has what they were made for. */
static unsigned set_up(void)
{
	auto_free char *key = unit_key_file(&lab.publisher);

	lab_write("config/keys.d/lab.pub", key);
	lab_write("base/a", "base of a");
	lab_write("base/sub/b", "base of sub/b");
	lab_install("one", 1, "a");
	lab_install("two", 1, "sub/b");
	base = openat(lab.dir, "base", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(base, 0);
	return lab_generation("one=1 two=1", true);
}

static int try_load(struct live **out, unsigned number, const struct live *old,
		    struct mend_error *err)
{
	auto_free char *store = mend_text_format("%s/store", lab.path);
	auto_free char *config = mend_text_format("%s/config", lab.path);
	struct live_source source = { .store = store, .config = config, .root = "/usr/lib" };

	return live_load(out, &source, number, old, err);
}

static struct live *load(const struct live *old)
{
	struct mend_error err = { 0 };
	struct live *live = NULL;

	ck_assert_msg(!try_load(&live, LIVE_CURRENT, old, &err), "%s", err.text);
	return live;
}

static void expect_content(int fd, const char *want)
{
	char room[64] = "";
	ssize_t got = pread(fd, room, sizeof room - 1, 0);

	ck_assert_int_eq(got, (ssize_t)strlen(want));
	ck_assert_str_eq(room, want);
}

static void expect_state(const struct live *live, const char *path, enum mend_target_state want,
			 const char *part)
{
	char reason[MEND_REASON_MAX];
	int index = live_find(live, path);

	ck_assert_int_ge(index, 0);
	ck_assert_str_eq(mend_target_state_name(live_state(live, index, base, reason)),
			 mend_target_state_name(want));
	ck_assert_msg(strstr(reason, part) != NULL, "%s", reason);
}

static void expect_left_out(const struct live *live, const char *id, const char *part)
{
	ck_assert_uint_eq(live->left_out_count, 1);
	ck_assert_str_eq(live->left_out[0].name.id, id);
	ck_assert_msg(strstr(live->left_out[0].reason, part) != NULL, "%s",
		      live->left_out[0].reason);
}

START_TEST(current)
{
	unsigned number = set_up();
	struct live *live = load(NULL);
	struct mend_digest digest;
	int fd;

	ck_assert_uint_eq(live->gen->number, number);
	ck_assert_uint_eq(live->left_out_count + live->bad_key_count, 0);
	ck_assert_int_eq(live_find(live, "sub"), -1);
	ck_assert_int_eq(live_find(live, "sub/c"), -1);
	expect_state(live, "a", MEND_TARGET_ACTIVE, "");
	expect_state(live, "sub/b", MEND_TARGET_ACTIVE, "");
	fd = live->targets[live_find(live, "sub/b")].object;
	expect_content(fd, "two 1 of sub/b");
	mend_digest_of(&digest, mend_span_text("two 1 of sub/b"));
	ck_assert_int_eq(live_object(live, &digest), fd);
	mend_digest_of(&digest, mend_span_text("two 2 of sub/b"));
	ck_assert_int_eq(live_object(live, &digest), -1);
	live_free(live);
}
END_TEST

/* What was hashed is what is mapped. */
START_TEST(objects_are_sealed)
{
	const int want = F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL;
	struct live *live;
	struct stat st;
	int fd;

	set_up();
	live = load(NULL);
	fd = live->targets[live_find(live, "a")].object;
	ck_assert_int_eq(fcntl(fd, F_GET_SEALS) & want, want);
	ck_assert_int_eq(pwrite(fd, "x", 1, 0), -1);
	ck_assert_int_eq(ftruncate(fd, 0), -1);
	ck_assert_ptr_eq(mmap(NULL, 4096, PROT_WRITE, MAP_SHARED, fd, 0), MAP_FAILED);
	ck_assert_int_eq(fstat(fd, &st), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0755);
	expect_content(fd, "one 1 of a");
	live_free(live);
}
END_TEST

START_TEST(damaged_object)
{
	auto_free char *object = lab_object_path("one 1 of a");
	struct live *live;

	set_up();
	lab_flip(object);
	live = load(NULL);
	expect_left_out(live, "one", "the store's copy is damaged");
	ck_assert(!live_is_active(live, live_find(live, "a"), base, base, "a"));
	expect_state(live, "sub/b", MEND_TARGET_ACTIVE, "");
	live_free(live);
}
END_TEST

START_TEST(object_of_another_size)
{
	auto_free char *object = lab_object_path("one 1 of a");
	struct live *live;

	set_up();
	lab_write(object, "one 1 of a, and more");
	live = load(NULL);
	expect_left_out(live, "one", "longer than its release says");
	live_free(live);
	lab_write(object, "one");
	live = load(NULL);
	expect_left_out(live, "one", "shorter than its release says");
	live_free(live);
}
END_TEST

START_TEST(missing_object)
{
	auto_free char *object = lab_object_path("two 1 of sub/b");
	struct live *live;

	set_up();
	ck_assert_int_eq(unlinkat(lab.dir, object, 0), 0);
	live = load(NULL);
	expect_left_out(live, "two", "object");
	expect_state(live, "a", MEND_TARGET_ACTIVE, "");
	live_free(live);
}
END_TEST

/* What is live already was verified: it need not be in the store a second time. */
START_TEST(objects_are_lent)
{
	auto_free char *object = lab_object_path("one 1 of a");
	struct live *old, *live;

	set_up();
	old = load(NULL);
	lab_flip(object);
	live = load(old);
	ck_assert_uint_eq(live->left_out_count, 0);
	live_free(old);
	expect_content(live->targets[live_find(live, "a")].object, "one 1 of a");
	live_free(live);
}
END_TEST

START_TEST(key_is_gone)
{
	struct live *live;

	set_up();
	ck_assert_int_eq(unlinkat(lab.dir, "config/keys.d/lab.pub", 0), 0);
	lab_write("config/keys.d/broken.pub", "no key");
	live = load(NULL);
	ck_assert_uint_eq(live->gen->left_out_count, 2);
	ck_assert_uint_eq(live->gen->target_count, 0);
	ck_assert_uint_eq(live->bad_key_count, 1);
	ck_assert_msg(strstr(live->bad_keys[0], "broken") != NULL, "%s", live->bad_keys[0]);
	live_free(live);
}
END_TEST

START_TEST(no_such_generation)
{
	struct mend_error err;
	struct live *live;

	set_up();
	lab_fails(try_load(&live, 99, NULL, &err), MEND_ABSENT, "generation 99");
}
END_TEST

START_TEST(empty)
{
	struct live *live = live_empty("no store");

	ck_assert_str_eq(live->gen->reason, "no store");
	ck_assert_int_eq(live_find(live, "a"), -1);
	ck_assert_uint_eq(live->gen->number, 0);
	live_free(live);
	live_free(NULL);
}
END_TEST

START_TEST(base_changes)
{
	struct live *live;

	set_up();
	live = load(NULL);
	expect_state(live, "a", MEND_TARGET_ACTIVE, "");
	lab_write("base/a", "something else");
	expect_state(live, "a", MEND_TARGET_DRIFTED, "other content");
	lab_write("base/a", "one 1 of a");
	expect_state(live, "a", MEND_TARGET_SUPERSEDED, "already has the fix");
	ck_assert_int_eq(unlinkat(base, "a", 0), 0);
	expect_state(live, "a", MEND_TARGET_DRIFTED, "does not have it");
	lab_write("base/a", "base of a");
	expect_state(live, "a", MEND_TARGET_ACTIVE, "");
	expect_state(live, "sub/b", MEND_TARGET_ACTIVE, "");
	live_free(live);
}
END_TEST

/* A change that leaves size and times as they were is only seen by who doubts. */
START_TEST(base_is_doubted)
{
	struct live *live;
	int index;

	set_up();
	live = load(NULL);
	index = live_find(live, "a");
	ck_assert(live_is_active(live, index, base, base, "a"));
	lab_write("base/a", "something else");
	live_doubt(live, index);
	ck_assert(!live_is_active(live, index, base, base, "a"));
	live_free(live);
}
END_TEST

/* A name that is written to is left alone until its entry changes. */
START_TEST(steps_aside)
{
	struct live *live;
	int index;

	set_up();
	live = load(NULL);
	index = live_find(live, "a");
	live_step_aside(live, index, base, "a");
	expect_state(live, "a", MEND_TARGET_DRIFTED, "written to through the mount");
	ck_assert_int_eq(unlinkat(base, "a", 0), 0);
	lab_write("base/a", "base of a");
	expect_state(live, "a", MEND_TARGET_ACTIVE, "");
	live_free(live);
}
END_TEST

int main(void)
{
	return lab_main("daemon_live",
			(const TTest *[]){ current, objects_are_sealed, damaged_object,
					   object_of_another_size, missing_object, objects_are_lent,
					   key_is_gone, no_such_generation, empty, base_changes,
					   base_is_doubted, steps_aside, NULL });
}
