/* SPDX-License-Identifier: MIT */
/*
 * A power cut in a box, for LD_PRELOAD. It counts the calls that change something below
 * POWERCUT_DIR, and before the one with number POWERCUT_AT ("end": when the program has ended by
 * itself) it loses what was not synced and ends the process with status 137. POWERCUT_MODE says how
 * much is lost:
 *
 *	all	content that was not synced, and names whose directory was not synced
 *	content	content alone: a file system that keeps names in order, and data when it likes
 *	nothing	a crash of the program, not of the machine; a write is cut in half
 *
 * or that the power stays on:
 *
 *	fail	the call fails with EIO, once, and the program goes on
 *
 * What was moved over or taken away is kept in POWERCUT_GRAVE, on the same file system, until its
 * directory is synced. Real system calls only: nothing here goes through what it replaces.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "powercut.h"

static int open_any(int dir, const char *path, int flags, mode_t mode)
{
	long fd;

	if (!(flags & O_CREAT) || !is_watched(dir, path) ||
	    faccessat(dir, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return (int)syscall(SYS_openat, dir, path, flags, mode);
	if (step())
		return -1;
	note(MADE, dir, path);
	fd = forget_if(syscall(SYS_openat, dir, path, flags, mode));
	if (fd >= 0)
		file_of((int)fd);
	return (int)fd;
}

#define MODE_OF(flags)                                                                             \
	({                                                                                         \
		mode_t mode_ = 0;                                                                  \
		va_list args_;                                                                     \
		va_start(args_, flags);                                                            \
		if ((flags) & (O_CREAT | O_TMPFILE))                                               \
			mode_ = va_arg(args_, mode_t);                                             \
		va_end(args_);                                                                     \
		mode_;                                                                             \
	})

int open(const char *path, int flags, ...)
{
	return open_any(AT_FDCWD, path, flags, MODE_OF(flags));
}

int open64(const char *path, int flags, ...)
{
	return open_any(AT_FDCWD, path, flags, MODE_OF(flags));
}

int openat(int dir, const char *path, int flags, ...)
{
	return open_any(dir, path, flags, MODE_OF(flags));
}

int openat64(int dir, const char *path, int flags, ...)
{
	return open_any(dir, path, flags, MODE_OF(flags));
}

ssize_t write(int fd, const void *data, size_t size)
{
	if (file_of(fd) && is_last_call()) {
		syscall(SYS_write, fd, data, size / 2);
		return cut();
	}
	return syscall(SYS_write, fd, data, size);
}

ssize_t pwrite64(int fd, const void *data, size_t size, off64_t offset)
{
	if (file_of(fd) && is_last_call()) {
		syscall(SYS_pwrite64, fd, data, size / 2, offset);
		return cut();
	}
	return syscall(SYS_pwrite64, fd, data, size, offset);
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t offset)
{
	return pwrite64(fd, data, size, offset);
}

int ftruncate64(int fd, off64_t size)
{
	struct file *file = file_of(fd);

	if (file) {
		if (step())
			return -1;
		if (size < file->synced)
			file->synced = size;
	}
	return (int)syscall(SYS_ftruncate, fd, size);
}

int ftruncate(int fd, off_t size)
{
	return ftruncate64(fd, size);
}

/* The disk itself is spared: nothing but the bookkeeping decides what a cut leaves. */
int fsync(int fd)
{
	if (!is_watched_fd(fd))
		return (int)syscall(SYS_fsync, fd);
	if (step())
		return -1;
	make_safe(fd);
	return 0;
}

int fdatasync(int fd)
{
	return fsync(fd);
}

int renameat2(int old_dir, const char *old, int new_dir, const char *new, unsigned flags)
{
	struct change *change;
	int parent;

	if (!is_watched(new_dir, new))
		return (int)syscall(SYS_renameat2, old_dir, old, new_dir, new, flags);
	if (step())
		return -1;
	change = note(MOVED, new_dir, new);
	parent = open_parent(change->old, old_dir, old);
	close(parent);
	if (faccessat(change->dir, change->old, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		give_up("a rename between directories");
	keep(change);
	return (int)forget_if(syscall(SYS_renameat2, old_dir, old, new_dir, new, flags));
}

int renameat(int old_dir, const char *old, int new_dir, const char *new)
{
	return renameat2(old_dir, old, new_dir, new, 0);
}

int rename(const char *old, const char *new)
{
	return renameat2(AT_FDCWD, old, AT_FDCWD, new, 0);
}

int linkat(int old_dir, const char *old, int new_dir, const char *new, int flags)
{
	if (!is_watched(new_dir, new))
		return (int)syscall(SYS_linkat, old_dir, old, new_dir, new, flags);
	if (step())
		return -1;
	note(MADE, new_dir, new);
	return (int)forget_if(syscall(SYS_linkat, old_dir, old, new_dir, new, flags));
}

int link(const char *old, const char *new)
{
	return linkat(AT_FDCWD, old, AT_FDCWD, new, 0);
}

int symlinkat(const char *to, int dir, const char *path)
{
	if (!is_watched(dir, path))
		return (int)syscall(SYS_symlinkat, to, dir, path);
	if (step())
		return -1;
	note(MADE, dir, path);
	return (int)forget_if(syscall(SYS_symlinkat, to, dir, path));
}

int symlink(const char *to, const char *path)
{
	return symlinkat(to, AT_FDCWD, path);
}

int unlinkat(int dir, const char *path, int flags)
{
	if (!is_watched(dir, path))
		return (int)syscall(SYS_unlinkat, dir, path, flags);
	if (step())
		return -1;
	if (flags & AT_REMOVEDIR)
		note(REMOVED_DIR, dir, path);
	else
		keep(note(REMOVED, dir, path));
	return (int)forget_if(syscall(SYS_unlinkat, dir, path, flags));
}

int unlink(const char *path)
{
	return unlinkat(AT_FDCWD, path, 0);
}

int rmdir(const char *path)
{
	return unlinkat(AT_FDCWD, path, AT_REMOVEDIR);
}

int mkdirat(int dir, const char *path, mode_t mode)
{
	if (!is_watched(dir, path) || faccessat(dir, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return (int)syscall(SYS_mkdirat, dir, path, mode);
	if (step())
		return -1;
	note(MADE, dir, path);
	return (int)forget_if(syscall(SYS_mkdirat, dir, path, mode));
}

int mkdir(const char *path, mode_t mode)
{
	return mkdirat(AT_FDCWD, path, mode);
}

__attribute__((destructor)) static void at_end(void)
{
	const char *at = getenv("POWERCUT_AT");

	if (at && !strcmp(at, "end"))
		cut();
}
