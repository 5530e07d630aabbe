/* SPDX-License-Identifier: MIT */
/* Reads what is to be replaced, and what replaces it. */
#include "mend-publish/base_file.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/syscall.h>

#include "mendfs/fs.h"
#include "mendfs/manifest.h"

void base_file_free(struct base_file *file)
{
	mend_bytes_free(&file->content);
	free(file->link);
	file->link = NULL;
}

/* A path that goes through a symlink is no base: a machine looks its targets up the same way. */
static int open_beneath(int dir, const char *path)
{
	struct open_how how = {
		.flags = O_PATH | O_NOFOLLOW | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
	};

	return (int)syscall(SYS_openat2, dir, path, &how, sizeof(how));
}

static int read_link(char **out, int fd, struct mend_error *err)
{
	char text[MEND_PATH_MAX];
	ssize_t size = readlinkat(fd, "", text, sizeof(text));

	if (size < 0)
		return mend_fail_errno(err, "cannot read the symlink");
	if (size == sizeof(text))
		return mend_fail(err, MEND_LIMIT, "symlink is longer than %zu bytes",
				 sizeof(text) - 1);
	text[size] = '\0';
	*out = mend_text_copy(text);
	return 0;
}

/* fd is an O_PATH descriptor: the same file is opened for reading, by its descriptor. */
static int read_content(struct mend_bytes *out, int fd, struct mend_error *err)
{
	auto_free char *self = mend_text_format("/proc/self/fd/%d", fd);
	auto_fd reading = open(self, O_RDONLY | O_CLOEXEC);

	if (reading < 0)
		return mend_fail_errno(err, "cannot open");
	return mend_fs_read_fd(out, reading, MEND_OBJECT_MAX, err);
}

static int read_found(struct base_file *out, int fd, struct mend_error *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return mend_fail_errno(err, "cannot look at it");
	if (S_ISLNK(st.st_mode))
		return read_link(&out->link, fd, err);
	if (S_ISREG(st.st_mode))
		return read_content(&out->content, fd, err);
	return mend_fail(err, MEND_BASE, "is neither a regular file nor a symlink");
}

int base_file_read(struct base_file *out, int dir, const char *path, const char *dir_name,
		   struct mend_error *err)
{
	auto_fd fd = open_beneath(dir, path);

	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR)) {
		*out = (struct base_file){ .link = NULL };
		return 0;
	}
	if (fd < 0 && (errno == ELOOP || errno == EXDEV))
		return mend_fail(err, MEND_BASE,
				 "%s/%s: goes through a symlink: give the path that it leads to",
				 dir_name, path);
	if (fd < 0)
		return mend_fail_errno(err, "%s/%s: cannot open", dir_name, path);
	if (read_found(out, fd, err) < 0)
		return mend_fail_at(err, "%s/%s", dir_name, path);
	return 0;
}

int new_file_read(struct mend_bytes *out, mode_t *mode, const char *path, struct mend_error *err)
{
	auto_fd fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;

	if (fd < 0)
		return mend_fail_errno(err, "%s: cannot open", path);
	if (fstat(fd, &st) < 0)
		return mend_fail_errno(err, "%s: cannot look at it", path);
	if (mend_fs_read_fd(out, fd, MEND_OBJECT_MAX, err) < 0)
		return mend_fail_at(err, "%s", path);
	if (mode)
		*mode = st.st_mode & 07777;
	return 0;
}
