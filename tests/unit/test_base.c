/* SPDX-License-Identifier: MIT */
/* Whether a target fits the base: by content, and without leaving the base. */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "lab.h"
#include "mendfs/base.h"

/* The base directory; the process of each test opens it when it first needs it. */
static int base_dir(void)
{
	static int fd = -1;

	if (fd < 0)
		fd = openat(lab.dir, "base", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	return fd;
}

static void expect(const struct mend_target *target, enum mend_target_state want, const char *part)
{
	struct mend_error err;
	enum mend_target_state state;
	char reason[MEND_REASON_MAX];

	unit_works(mend_target_check(&state, reason, target, base_dir(), &err));
	ck_assert_str_eq(mend_target_state_name(state), mend_target_state_name(want));
	ck_assert_msg(strstr(reason, part) && (*part || !*reason), "reason: %s", reason);
}

/* Two contents and a symlink's text that the base may have. */
static struct mend_base olds[3];
static struct mend_target target;

static void make_target(enum mend_op op, const char *path)
{
	mend_digest_of(&olds[0].content, mend_span_text("old"));
	mend_digest_of(&olds[1].content, mend_span_text("older"));
	olds[2].link = (char *)"libold.so";
	target = (struct mend_target){ .path = (char *)path, .op = op, .bases = olds };
	mend_digest_of(&target.object, mend_span_text("new"));
	target.base_count = op == MEND_OP_ADD ? 0 : op == MEND_OP_REPLACE ? 2 : 3;
	target.to = (char *)"libnew.so";
}

START_TEST(replace)
{
	make_target(MEND_OP_REPLACE, "sub/lib.so");
	expect(&target, MEND_TARGET_DRIFTED, "its directory is not in the base");
	lab_write("base/sub/lib.so", "old");
	expect(&target, MEND_TARGET_ACTIVE, "");
	lab_write("base/sub/lib.so", "older");
	expect(&target, MEND_TARGET_ACTIVE, "");
	lab_write("base/sub/lib.so", "new");
	expect(&target, MEND_TARGET_SUPERSEDED, "the base already has the fix");
	lab_write("base/sub/lib.so", "other");
	expect(&target, MEND_TARGET_DRIFTED, "other content than the patch was made for");
	ck_assert_int_eq(unlinkat(base_dir(), "sub/lib.so", 0), 0);
	expect(&target, MEND_TARGET_DRIFTED, "the base does not have it");
}
END_TEST

START_TEST(replace_does_not_follow_a_symlink)
{
	make_target(MEND_OP_REPLACE, "lib.so");
	lab_write("base/real.so", "old");
	ck_assert_int_eq(symlinkat("real.so", base_dir(), "lib.so"), 0);
	expect(&target, MEND_TARGET_DRIFTED, "a symlink there, the patch was made for a file");
}
END_TEST

START_TEST(add)
{
	make_target(MEND_OP_ADD, "lib.so");
	expect(&target, MEND_TARGET_ACTIVE, "");
	lab_write("base/lib.so", "new");
	expect(&target, MEND_TARGET_SUPERSEDED, "already has the fix");
	lab_write("base/lib.so", "other");
	expect(&target, MEND_TARGET_DRIFTED, "already has something of that name");
	/* The mount makes up directories that the base does not have. */
	target.path = (char *)"new/dir/lib.so";
	expect(&target, MEND_TARGET_ACTIVE, "");
}
END_TEST

START_TEST(remove_file_or_symlink)
{
	make_target(MEND_OP_REMOVE, "lib.so");
	expect(&target, MEND_TARGET_SUPERSEDED, "already has the fix");
	lab_write("base/lib.so", "older");
	expect(&target, MEND_TARGET_ACTIVE, "");
	ck_assert_int_eq(unlinkat(base_dir(), "lib.so", 0), 0);
	ck_assert_int_eq(symlinkat("libold.so", base_dir(), "lib.so"), 0);
	expect(&target, MEND_TARGET_ACTIVE, "");
	target.path = (char *)"not/there/lib.so";
	expect(&target, MEND_TARGET_SUPERSEDED, "already has the fix");
}
END_TEST

START_TEST(symlink_to_symlink)
{
	make_target(MEND_OP_SYMLINK, "lib.so");
	ck_assert_int_eq(symlinkat("libold.so", base_dir(), "lib.so"), 0);
	expect(&target, MEND_TARGET_ACTIVE, "");
	ck_assert_int_eq(unlinkat(base_dir(), "lib.so", 0), 0);
	ck_assert_int_eq(symlinkat("libnew.so", base_dir(), "lib.so"), 0);
	expect(&target, MEND_TARGET_SUPERSEDED, "already has the fix");
	ck_assert_int_eq(unlinkat(base_dir(), "lib.so", 0), 0);
	ck_assert_int_eq(symlinkat("libother.so", base_dir(), "lib.so"), 0);
	expect(&target, MEND_TARGET_DRIFTED, "another symlink than the patch was made for");
	ck_assert_int_eq(unlinkat(base_dir(), "lib.so", 0), 0);
	lab_write("base/lib.so", "old");
	expect(&target, MEND_TARGET_ACTIVE, "");
}
END_TEST

/* What is at its path is no file. */
START_TEST(something_in_the_way)
{
	make_target(MEND_OP_REPLACE, "a");
	ck_assert_int_eq(mkdirat(base_dir(), "a", 0755), 0);
	expect(&target, MEND_TARGET_DRIFTED, "the base has a directory of that name");
	make_target(MEND_OP_ADD, "a");
	expect(&target, MEND_TARGET_DRIFTED, "the base has a directory of that name");
	make_target(MEND_OP_REPLACE, "fifo");
	ck_assert_int_eq(mkfifoat(base_dir(), "fifo", 0644), 0);
	expect(&target, MEND_TARGET_DRIFTED, "something that is no file");
	make_target(MEND_OP_ADD, "file/lib.so");
	lab_write("base/file", "x");
	expect(&target, MEND_TARGET_DRIFTED, "something else where its directory should be");
}
END_TEST

START_TEST(never_leaves_the_base)
{
	lab_write("outside/lib.so", "old");
	ck_assert_int_eq(symlinkat("../outside", base_dir(), "out"), 0);
	make_target(MEND_OP_REPLACE, "out/lib.so");
	expect(&target, MEND_TARGET_DRIFTED, "a symlink where its directory should be");
	target.path = (char *)"../outside/lib.so";
	expect(&target, MEND_TARGET_DRIFTED, "a symlink where its directory should be");
}
END_TEST

/* An application's lookup resolves it first and never reaches the target's path. */
START_TEST(symlink_on_the_way)
{
	lab_write("base/real/lib.so", "old");
	ck_assert_int_eq(symlinkat("real", base_dir(), "alias"), 0);
	make_target(MEND_OP_REPLACE, "alias/lib.so");
	expect(&target, MEND_TARGET_DRIFTED, "a symlink where its directory should be");
	target.path = (char *)"real/lib.so";
	expect(&target, MEND_TARGET_ACTIVE, "");
}
END_TEST

START_TEST(base_that_cannot_be_read)
{
	struct mend_error err;
	enum mend_target_state state;
	char reason[MEND_REASON_MAX];

	make_target(MEND_OP_REPLACE, "lib.so");
	lab_fails(mend_target_check(&state, reason, &target, 999, &err), MEND_SYSTEM,
		  "base: lib.so: Bad file descriptor");
}
END_TEST

int main(void)
{
	return lab_main("base",
			(const TTest *[]){ replace, replace_does_not_follow_a_symlink, add,
					   remove_file_or_symlink, symlink_to_symlink,
					   something_in_the_way, never_leaves_the_base,
					   symlink_on_the_way, base_that_cannot_be_read, NULL });
}
