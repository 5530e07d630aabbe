/* SPDX-License-Identifier: MIT */
/* The bookkeeping of a power cut: which content and names are not synced, and losing them. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "powercut.h"

#define CHANGES_MAX 4096
#define FILES_MAX   1024

static struct change changes[CHANGES_MAX];
static struct file files[FILES_MAX];
static size_t change_count, file_count;
static unsigned calls, graves;
static int grave_dir = -1;

static const char *setting(const char *name)
{
	const char *value = getenv(name);

	return value ? value : "";
}

void give_up(const char *why)
{
	dprintf(2, "powercut: %s\n", why);
	syscall(SYS_exit_group, 99);
}

/* --- what is watched --- */

static bool is_below(const char *path)
{
	const char *dir = setting("POWERCUT_DIR");
	size_t size = strlen(dir);

	return size > 0 && !strncmp(path, dir, size) && (path[size] == '/' || path[size] == '\0');
}

bool is_watched_fd(int fd)
{
	char link[64], path[4096];
	ssize_t size;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	size = readlink(link, path, sizeof(path) - 1);
	if (size < 0)
		return false;
	path[size] = '\0';
	return is_below(path);
}

bool is_watched(int dir, const char *path)
{
	return path[0] == '/' || dir == AT_FDCWD ? is_below(path) : is_watched_fd(dir);
}

/* --- the cut --- */

static void to_grave(int dir, const char *name)
{
	char grave[32];

	snprintf(grave, sizeof(grave), "lost-%u", graves++);
	syscall(SYS_renameat2, dir, name, grave_dir, grave, 0);
}

static void undo(const struct change *change)
{
	switch (change->kind) {
	case SYNCED:
		break;
	case MADE:
		to_grave(change->dir, change->name);
		break;
	case MOVED:
		syscall(SYS_renameat2, change->dir, change->name, change->dir, change->old, 0);
		__attribute__((fallthrough));
	case REMOVED:
		if (change->grave[0])
			syscall(SYS_renameat2, grave_dir, change->grave, change->dir, change->name,
				0);
		break;
	case REMOVED_DIR:
		syscall(SYS_mkdirat, change->dir, change->name, 0755);
		break;
	}
}

int cut(void)
{
	const char *mode = setting("POWERCUT_MODE");
	size_t i;

	if (!strcmp(mode, "fail")) {
		errno = EIO;
		return -1;
	}
	if (strcmp(mode, "nothing"))
		for (i = 0; i < file_count; i++)
			syscall(SYS_ftruncate, files[i].fd, files[i].synced);
	if (!strcmp(mode, "all"))
		for (i = change_count; i > 0; i--)
			undo(&changes[i - 1]);
	return (int)syscall(SYS_exit_group, 137);
}

bool is_last_call(void)
{
	return ++calls == (unsigned)atoi(setting("POWERCUT_AT"));
}

int step(void)
{
	return is_last_call() ? cut() : 0;
}

/* --- what would be lost --- */

int open_parent(char name[256], int dir, const char *path)
{
	const char *slash = strrchr(path, '/');
	char parent[4096] = ".";

	if (slash)
		snprintf(parent, sizeof(parent), "%.*s", (int)(slash - path) + 1, path);
	snprintf(name, 256, "%s", slash ? slash + 1 : path);
	return (int)syscall(SYS_openat, dir, parent, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
}

struct change *note(int kind, int dir, const char *path)
{
	struct change *change = &changes[change_count];
	struct stat st;

	if (change_count == CHANGES_MAX)
		give_up("too many changes");
	memset(change, 0, sizeof(*change));
	change->dir = open_parent(change->name, dir, path);
	if (change->dir < 0 || fstat(change->dir, &st) < 0)
		give_up("no directory");
	change->kind = kind;
	change->dev = st.st_dev;
	change->ino = st.st_ino;
	change_count++;
	return change;
}

/* The call that was noted failed: nothing has changed. */
long forget_if(long result)
{
	if (result < 0) {
		int saved = errno;

		close(changes[--change_count].dir);
		errno = saved;
	}
	return result;
}

void keep(struct change *change)
{
	if (grave_dir < 0)
		grave_dir = (int)syscall(SYS_openat, AT_FDCWD, setting("POWERCUT_GRAVE"),
					 O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
	if (grave_dir < 0)
		give_up("no POWERCUT_GRAVE");
	snprintf(change->grave, sizeof(change->grave), "kept-%u", graves++);
	if (syscall(SYS_linkat, change->dir, change->name, grave_dir, change->grave, 0) < 0)
		change->grave[0] = '\0';
}

struct file *file_of(int fd)
{
	struct file *file;
	struct stat st;
	size_t i;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || !is_watched_fd(fd))
		return NULL;
	for (i = 0; i < file_count; i++)
		if (files[i].dev == st.st_dev && files[i].ino == st.st_ino)
			return &files[i];
	if (file_count == FILES_MAX)
		give_up("too many files");
	file = &files[file_count++];
	*file = (struct file){ st.st_dev, st.st_ino, fcntl(fd, F_DUPFD_CLOEXEC, 100), st.st_size };
	return file;
}

void make_safe(int fd)
{
	struct stat st;
	size_t i;

	if (fstat(fd, &st) < 0)
		give_up("no such descriptor");
	for (i = 0; i < file_count; i++)
		if (files[i].dev == st.st_dev && files[i].ino == st.st_ino)
			files[i].synced = st.st_size;
	for (i = 0; i < change_count; i++)
		if (changes[i].dev == st.st_dev && changes[i].ino == st.st_ino)
			changes[i].kind = SYNCED;
}
