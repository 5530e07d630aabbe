/* SPDX-License-Identifier: MIT */
/* Reading and replacing files. */
#include "mendfs/fs.h"

#include <fcntl.h>
#include <string.h>

#include "unit.h"

static void content_is(int dir, const char *name, const char *want)
{
	auto_bytes content = { 0 };
	struct mend_error err;

	unit_works(mend_fs_read(&content, dir, name, 1 << 20, &err));
	ck_assert_uint_eq(content.size, strlen(want));
	ck_assert_str_eq((const char *)content.data, want);
}

/* Names in dir, with a blank after each. */
static char *listing(int dir)
{
	char *text = mend_text_copy("");
	struct mend_error err;
	char **names;
	size_t count;

	unit_works(mend_fs_list(&names, &count, dir, &err));
	for (size_t i = 0; i < count; i++) {
		char *longer = mend_text_format("%s%s ", text, names[i]);

		free(text);
		text = longer;
	}
	mend_fs_list_free(names, count);
	return text;
}

static void listing_is(int dir, const char *want)
{
	auto_free char *text = listing(dir);

	ck_assert_str_eq(text, want);
}

START_TEST(reads_up_to_the_limit)
{
	int dir = unit_scratch();
	auto_bytes content = { 0 };
	struct mend_error err;

	unit_write(dir, "five", "12345");
	unit_works(mend_fs_read(&content, dir, "five", 5, &err));
	ck_assert_str_eq((const char *)content.data, "12345");
	mend_bytes_free(&content);
	unit_fails(mend_fs_read(&content, dir, "five", 4, &err), MEND_LIMIT,
		   "five: 5 bytes: more than the limit of 4");
	ck_assert_ptr_null(content.data);
	unit_write(dir, "none", "");
	unit_works(mend_fs_read(&content, dir, "none", 0, &err));
	ck_assert_uint_eq(content.size, 0);
	unit_scratch_end();
}
END_TEST

/* The kernel tells size 0 for files of /proc. */
START_TEST(reads_what_has_no_size)
{
	auto_bytes content = { 0 };
	struct mend_error err;

	unit_works(mend_fs_read(&content, AT_FDCWD, "/proc/self/maps", 1 << 20, &err));
	ck_assert_uint_gt(content.size, 0);
	mend_bytes_free(&content);
	unit_fails(mend_fs_read(&content, AT_FDCWD, "/proc/self/maps", 10, &err), MEND_LIMIT,
		   "/proc/self/maps: more bytes than the limit of 10");
}
END_TEST

START_TEST(reads_regular_files_only)
{
	int dir = unit_scratch();
	auto_bytes content = { 0 };
	struct mend_error err;

	unit_write(dir, "file", "x");
	ck_assert_int_eq(symlinkat("file", dir, "link"), 0);
	ck_assert_int_eq(mkfifoat(dir, "fifo", 0600), 0);
	ck_assert_int_eq(mkdirat(dir, "dir", 0700), 0);
	unit_fails(mend_fs_read(&content, dir, "missing", 9, &err), MEND_SYSTEM,
		   "missing: cannot open: No such file or directory");
	ck_assert_int_eq(err.sys_errno, ENOENT);
	unit_fails(mend_fs_read(&content, dir, "link", 9, &err), MEND_SYSTEM,
		   "link: cannot open: Too many levels of symbolic links");
	unit_fails(mend_fs_read(&content, dir, "fifo", 9, &err), MEND_FORMAT,
		   "fifo: not a regular file");
	unit_fails(mend_fs_read(&content, dir, "dir", 9, &err), MEND_FORMAT,
		   "dir: not a regular file");
	unit_fails(mend_fs_read_fd(&content, -1, 9, &err), MEND_SYSTEM,
		   "cannot stat: Bad file descriptor");
	unit_scratch_end();
}
END_TEST

START_TEST(replaces_and_leaves_nothing_behind)
{
	int dir = unit_scratch();
	struct mend_error err;
	struct stat st;

	umask(077);
	unit_works(mend_fs_write(dir, "file", mend_span_text("old"), 0644, &err));
	unit_works(mend_fs_write(dir, "file", mend_span_text("new"), 0444, &err));
	content_is(dir, "file", "new");
	ck_assert_int_eq(fstatat(dir, "file", &st, 0), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0444);
	ck_assert_int_eq(mkdirat(dir, "dir", 0700), 0);
	unit_works(mend_fs_write(dir, "dir/below", mend_span_text("x"), 0600, &err));
	content_is(dir, "dir/below", "x");
	unit_fails(mend_fs_write(dir, "dir", mend_span_text("x"), 0600, &err), MEND_SYSTEM,
		   "dir: cannot rename into place: Is a directory");
	unit_fails(mend_fs_write(dir, "no/file", mend_span_text("x"), 0600, &err), MEND_SYSTEM,
		   "no/file: cannot open its directory: No such file or directory");
	listing_is(dir, "dir file ");
	unit_scratch_end();
}
END_TEST

START_TEST(replaces_symlinks_themselves)
{
	int dir = unit_scratch();
	struct mend_error err;
	char to[16] = "";

	unit_works(mend_fs_symlink(dir, "link", "one", &err));
	unit_works(mend_fs_symlink(dir, "link", "two", &err));
	ck_assert_int_eq(readlinkat(dir, "link", to, sizeof to), 3);
	ck_assert_str_eq(to, "two");
	unit_write(dir, "link", "a file now");
	content_is(dir, "link", "a file now");
	unit_fails(mend_fs_symlink(dir, "x", "", &err), MEND_SYSTEM,
		   "x: cannot make the symlink: No such file or directory");
	unit_fails(mend_fs_symlink(dir, "no/x", "y", &err), MEND_SYSTEM,
		   "no/x: cannot open its directory: No such file or directory");
	listing_is(dir, "link ");
	unit_scratch_end();
}
END_TEST

START_TEST(writing_says_what_went_wrong)
{
	int dir = unit_scratch();
	struct mend_error err;
	auto_fd full = open("/dev/full", O_WRONLY | O_CLOEXEC);

	unit_fails(mend_fs_write_all(full, mend_span_text("x"), &err), MEND_SYSTEM,
		   "cannot write: No space left on device");
	ck_assert_int_eq(err.sys_errno, ENOSPC);
	unit_fails(mend_fs_sync(-1, &err), MEND_SYSTEM, "cannot sync: Bad file descriptor");
	unit_works(mend_fs_write_all(full, mend_span_text(""), &err));
	unit_works(mend_fs_sync(dir, &err));
	unit_scratch_end();
}
END_TEST

START_TEST(temporaries_are_apart)
{
	int dir = unit_scratch();
	struct mend_error err;
	char one[32], two[32];
	auto_fd first = -1;
	auto_fd second = -1;
	struct stat st;

	umask(077);
	unit_works(mend_fs_temporary(&first, one, dir, 0640, &err));
	unit_works(mend_fs_temporary(&second, two, dir, 0640, &err));
	ck_assert_str_ne(one, two);
	ck_assert_int_eq(strncmp(one, ".tmp-", 5), 0);
	ck_assert_int_eq(fstat(first, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0640);
	ck_assert_int_eq(fcntl(first, F_GETFL) & O_ACCMODE, O_RDWR);
	ck_assert_int_eq(fcntl(first, F_GETFD), FD_CLOEXEC);
	ck_assert_int_eq(mend_fs_temporary(&first, one, -1, 0640, &err), -1);
	ck_assert_int_eq(err.sys_errno, EBADF);
	unit_scratch_end();
}
END_TEST

START_TEST(makes_what_is_missing_of_a_path)
{
	int dir = unit_scratch();
	struct mend_error err;
	auto_fd made = -1;
	auto_fd again = -1;
	int none = -1;
	struct stat st;

	umask(077);
	unit_works(mend_fs_make_dirs(&made, dir, "a/b//c/", 0755, &err));
	ck_assert_int_eq(fstat(made, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0755);
	unit_works(mend_fs_make_dirs(&again, dir, "a/b/c", 0700, &err));
	ck_assert_int_eq(fstat(again, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0755); /* was there */
	unit_write(dir, "a/file", "x");
	unit_fails(mend_fs_make_dirs(&none, dir, "a/file/b", 0755, &err), MEND_SYSTEM,
		   "a/file/b: cannot open the directory: Not a directory");
	unit_fails(mend_fs_make_dirs(&none, AT_FDCWD, "/proc/none/b", 0755, &err), MEND_SYSTEM,
		   "/proc/none/b: cannot make the directory: No such file or directory");
	unit_fails(mend_fs_open_dir(&none, dir, "b", &err), MEND_SYSTEM,
		   "b: cannot open the directory: No such file or directory");
	unit_fails(mend_fs_open_dir(&none, dir, "a/file", &err), MEND_SYSTEM,
		   "a/file: cannot open the directory: Not a directory");
	ck_assert_int_eq(none, -1);
	unit_scratch_end();
}
END_TEST

START_TEST(lists_in_order)
{
	int dir = unit_scratch();
	struct mend_error err;
	char **names;
	size_t count;

	listing_is(dir, "");
	unit_write(dir, "b", "");
	unit_write(dir, "a", "");
	unit_write(dir, "B", "");
	unit_write(dir, ".tmp-1", "");
	listing_is(dir, ".tmp-1 B a b ");
	listing_is(dir, ".tmp-1 B a b "); /* again, from its start */
	unit_fails(mend_fs_list(&names, &count, -1, &err), MEND_SYSTEM,
		   "cannot open the directory: Bad file descriptor");
	unit_scratch_end();
}
END_TEST

START_TEST(removes_trees_and_not_what_links_lead_to)
{
	int dir = unit_scratch();
	struct mend_error err;
	int fd;

	unit_works(mend_fs_make_dirs(&fd, dir, "tree/a/b", 0755, &err));
	close(fd);
	unit_write(dir, "tree/a/file", "x");
	unit_write(dir, "kept", "x");
	ck_assert_int_eq(symlinkat("../kept", dir, "tree/link"), 0);
	ck_assert_int_eq(symlinkat("../..", dir, "tree/a/up"), 0);
	unit_works(mend_fs_remove_tree(dir, "tree", &err));
	listing_is(dir, "kept ");
	unit_works(mend_fs_remove_tree(dir, "tree", &err));
	unit_works(mend_fs_remove_tree(dir, "kept", &err));
	listing_is(dir, "");
	unit_fails(mend_fs_remove_tree(AT_FDCWD, "/proc/self/maps", &err), MEND_SYSTEM,
		   "/proc/self/maps: cannot remove: Operation not permitted");
	unit_scratch_end();
}
END_TEST

int main(void)
{
	return unit_main("fs",
			 (const TTest *[]){
				 reads_up_to_the_limit, reads_what_has_no_size,
				 reads_regular_files_only, replaces_and_leaves_nothing_behind,
				 replaces_symlinks_themselves, writing_says_what_went_wrong,
				 temporaries_are_apart, makes_what_is_missing_of_a_path,
				 lists_in_order, removes_trees_and_not_what_links_lead_to, NULL });
}
