/* SPDX-License-Identifier: MIT */
/* Reading and durably replacing files, relative to directories that are held open. */
#include "mendfs/fs.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#define READ_START 4096

int mend_fs_read_fd(struct mend_bytes *out, int fd, size_t limit, struct mend_error *err)
{
	auto_bytes content = { 0 };
	struct stat st;
	size_t room;

	if (fstat(fd, &st) < 0)
		return mend_fail_errno(err, "cannot stat");
	if (!S_ISREG(st.st_mode))
		return mend_fail(err, MEND_FORMAT, "not a regular file");
	if ((uint64_t)st.st_size > limit)
		return mend_fail(err, MEND_LIMIT, "%llu bytes: more than the limit of %zu",
				 (unsigned long long)st.st_size, limit);
	/* The size is a guess only: the file may grow meanwhile, and /proc tells 0. */
	room = st.st_size > 0 ? (size_t)st.st_size + 1 : READ_START;
	for (;;) {
		ssize_t got;

		content.data = mend_grow(content.data, room + 1, 1);
		got = pread(fd, content.data + content.size, room - content.size,
			    (off_t)content.size);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return mend_fail_errno(err, "cannot read");
		if (got == 0)
			break;
		content.size += (size_t)got;
		if (content.size > limit)
			return mend_fail(err, MEND_LIMIT, "more bytes than the limit of %zu",
					 limit);
		if (content.size == room)
			room *= 2;
	}
	content.data[content.size] = '\0';
	*out = content;
	content = (struct mend_bytes){ 0 };
	return 0;
}

int mend_fs_read(struct mend_bytes *out, int dir, const char *name, size_t limit,
		 struct mend_error *err)
{
	/* O_NONBLOCK: a FIFO put there must be refused, not waited for. */
	auto_fd fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd < 0)
		return mend_fail_errno(err, "%s: cannot open", name);
	if (mend_fs_read_fd(out, fd, limit, err) < 0)
		return mend_fail_at(err, "%s", name);
	return 0;
}

int mend_fs_write_all(int fd, struct mend_span content, struct mend_error *err)
{
	while (content.size > 0) {
		ssize_t put = write(fd, content.data, content.size);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return mend_fail_errno(err, "cannot write");
		content.data += put;
		content.size -= (size_t)put;
	}
	return 0;
}

int mend_fs_sync(int fd, struct mend_error *err)
{
	if (fsync(fd) < 0)
		return mend_fail_errno(err, "cannot sync");
	return 0;
}

static int temporary_name(char name[32], struct mend_error *err)
{
	uint64_t random;

	if (getrandom(&random, sizeof random, 0) != sizeof random)
		return mend_fail_errno(err, "cannot get random bytes");
	snprintf(name, 32, ".tmp-%016llx", (unsigned long long)random);
	return 0;
}

int mend_fs_temporary(int *out, char name[32], int dir, mode_t mode, struct mend_error *err)
{
	char chosen[32];
	auto_fd fd = -1;

	do {
		if (temporary_name(chosen, err) < 0)
			return -1;
		fd = openat(dir, chosen, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	} while (fd < 0 && errno == EEXIST);
	if (fd < 0)
		return mend_fail_errno(err, "%s: cannot make", chosen);
	if (fchmod(fd, mode) < 0) { /* exactly, whatever the umask is */
		mend_fail_errno(err, "%s: cannot change the mode", chosen);
		unlinkat(dir, chosen, 0);
		return -1;
	}
	memcpy(name, chosen, sizeof chosen);
	*out = mend_take_fd(&fd);
	return 0;
}

/* Opens the directory that holds name (a path below dir) and points *last at its last component. */
static int open_parent(int *out, const char **last, int dir, const char *name,
		       struct mend_error *err)
{
	const char *slash = strrchr(name, '/');
	auto_free char *parent = NULL;
	int fd;

	if (slash == NULL)
		parent = mend_text_copy(".");
	else
		parent = strndup(name, (size_t)(slash - name) + 1);
	if (parent == NULL)
		return mend_fail_errno(err, "%s", name);
	fd = openat(dir, parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return mend_fail_errno(err, "%s: cannot open its directory", name);
	*last = slash ? slash + 1 : name;
	*out = fd;
	return 0;
}

/* The second half of every replacement: what is called temporary becomes name, durably. */
static int move_over(int parent, const char *temporary, const char *name, struct mend_error *err)
{
	if (renameat(parent, temporary, parent, name) < 0)
		return mend_fail_errno(err, "cannot rename into place");
	return mend_fs_sync(parent, err);
}

int mend_fs_write(int dir, const char *name, struct mend_span content, mode_t mode,
		  struct mend_error *err)
{
	auto_fd parent = -1;
	auto_fd fd = -1;
	char temporary[32];
	const char *last;

	if (open_parent(&parent, &last, dir, name, err) < 0)
		return -1;
	if (mend_fs_temporary(&fd, temporary, parent, mode, err) < 0)
		return mend_fail_at(err, "%s", name);
	if (mend_fs_write_all(fd, content, err) < 0 || mend_fs_sync(fd, err) < 0 ||
	    move_over(parent, temporary, last, err) < 0) {
		unlinkat(parent, temporary, 0);
		return mend_fail_at(err, "%s", name);
	}
	return 0;
}

int mend_fs_symlink(int dir, const char *name, const char *to, struct mend_error *err)
{
	auto_fd parent = -1;
	char temporary[32];
	const char *last;
	int made;

	if (open_parent(&parent, &last, dir, name, err) < 0)
		return -1;
	do {
		if (temporary_name(temporary, err) < 0)
			return mend_fail_at(err, "%s", name);
		made = symlinkat(to, parent, temporary);
	} while (made < 0 && errno == EEXIST);
	if (made < 0)
		return mend_fail_errno(err, "%s: cannot make the symlink", name);
	if (move_over(parent, temporary, last, err) < 0) {
		unlinkat(parent, temporary, 0);
		return mend_fail_at(err, "%s", name);
	}
	return 0;
}
