/* SPDX-License-Identifier: MIT */
/* Cloning the base, and inodes by handle. */
#include "mendfs/lower.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>

#include "mendfs/auto.h"

#define HANDLE_NONE (-1) /* type of what lower_handle() made up; real ones are not negative */

static int clone_tree(int *out, const char *dir, struct mend_error *err)
{
	struct mount_attr attr = { .propagation = MS_PRIVATE };
	auto_fd tree = (int)syscall(SYS_open_tree, AT_FDCWD, dir,
				    OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);

	if (tree < 0)
		return mend_fail_errno(err, "%s: cannot clone the base", dir);
	if (syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr, sizeof attr))
		return mend_fail_errno(err, "%s: cannot make the clone of the base private", dir);
	*out = mend_take_fd(&tree);
	return 0;
}

/* Undoes the octal escapes of proc_pid_mountinfo(5). */
static void unescape(char *text)
{
	char *to = text;

	for (const char *from = text; *from; to++) {
		if (*from == '\\' && from[1] && from[2] && from[3]) {
			*to = (char)((from[1] - '0') << 6 | (from[2] - '0') << 3 | (from[3] - '0'));
			from += 4;
		} else {
			*to = *from++;
		}
	}
	*to = 0;
}

static int mount_id_of(int fd)
{
	char room[sizeof(struct file_handle) + MAX_HANDLE_SZ]
		__attribute__((aligned(__alignof__(struct file_handle))));
	struct file_handle *handle = (struct file_handle *)(void *)room;
	int id = -1;

	handle->handle_bytes = MAX_HANDLE_SZ;
	if (name_to_handle_at(fd, "", handle, &id, AT_EMPTY_PATH) && errno != EOVERFLOW)
		return -1;
	return id;
}

static void add_mount(struct lower *lower, const char *below)
{
	auto_fd fd = openat(lower->root, below, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	int id = fd < 0 ? -1 : mount_id_of(fd);
	struct stat st;

	if (id < 0 || fstat(fd, &st) || lower->count == LOWER_MOUNTS)
		return;
	for (unsigned i = 0; i < lower->count; i++)
		if (lower->mounts[i].id == id)
			return;
	lower->mounts[lower->count].id = id;
	lower->mounts[lower->count].dev = st.st_dev;
	lower->mounts[lower->count++].fd = mend_take_fd(&fd);
}

/* What is mounted below the base was cloned with it; each mount needs a descriptor of its own. */
static int add_mounts_below(struct lower *lower, const char *dir, struct mend_error *err)
{
	size_t length = strlen(dir);
	FILE *file = fopen("/proc/self/mountinfo", "re");
	auto_free char *line = NULL;
	size_t room = 0;

	if (!file)
		return mend_fail_errno(err, "/proc/self/mountinfo");
	while (getline(&line, &room, file) > 0) {
		char *point = line;

		for (int field = 0; field < 4 && point; field++) {
			point = strchr(point, ' ');
			if (point)
				point++;
		}
		if (!point || !strchr(point, ' '))
			continue;
		*strchr(point, ' ') = 0;
		unescape(point);
		if (!strncmp(point, dir, length) && point[length] == '/')
			add_mount(lower, point + length + 1);
	}
	fclose(file);
	return 0;
}

int lower_open(struct lower *out, const char *dir, struct mend_error *err)
{
	struct lower lower = { .root = -1 };
	auto_fd tree = -1;
	auto_fd root = -1;
	struct statfs fs;
	struct node_handle handle;

	if (clone_tree(&tree, dir, err))
		return -1;
	root = openat(tree, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (root < 0 || fstatfs(root, &fs))
		return mend_fail_errno(err, "%s", dir);
	lower.root = root;
	lower.is_stacked = fs.f_type == OVERLAYFS_SUPER_MAGIC || fs.f_type == FUSE_SUPER_MAGIC;
	add_mount(&lower, ".");
	if (add_mounts_below(&lower, dir, err))
		return -1;
	lower.has_handles = true;
	lower.has_handles = !lower_handle(&lower, &handle, root) && !lower_handle_needs_fd(&handle);
	if (lower.has_handles) {
		struct node node = { .fd = -1, .handle = handle };
		auto_fd again = lower_open_node(&lower, &node, O_PATH);

		lower.has_handles = again >= 0;
	}
	mend_take_fd(&root);
	*out = lower;
	return 0;
}

void lower_close(struct lower *lower)
{
	for (unsigned i = 0; i < lower->count; i++)
		close(lower->mounts[i].fd);
	close(lower->root);
	lower->count = 0;
	lower->root = -1;
}

static int made_up_handle(struct node_handle *out, int fd)
{
	struct stat st;

	if (fstat(fd, &st))
		return errno;
	out->type = HANDLE_NONE;
	out->size = sizeof st.st_dev + sizeof st.st_ino;
	memcpy(out->bytes, &st.st_dev, sizeof st.st_dev);
	memcpy(out->bytes + sizeof st.st_dev, &st.st_ino, sizeof st.st_ino);
	return 0;
}

int lower_handle(const struct lower *lower, struct node_handle *out, int fd)
{
	char room[sizeof(struct file_handle) + NODE_HANDLE_MAX]
		__attribute__((aligned(__alignof__(struct file_handle))));
	struct file_handle *handle = (struct file_handle *)(void *)room;
	int id;

	memset(out, 0, sizeof *out);
	handle->handle_bytes = NODE_HANDLE_MAX;
	if (!lower->has_handles || name_to_handle_at(fd, "", handle, &id, AT_EMPTY_PATH))
		return made_up_handle(out, fd);
	for (unsigned i = 0; i < lower->count; i++) {
		if (lower->mounts[i].id != id)
			continue;
		out->mount = (uint16_t)i;
		out->type = handle->handle_type;
		out->size = (uint16_t)handle->handle_bytes;
		memcpy(out->bytes, handle->f_handle, handle->handle_bytes);
		return 0;
	}
	return made_up_handle(out, fd);
}

bool lower_handle_needs_fd(const struct node_handle *handle)
{
	return handle->type == HANDLE_NONE;
}

uint64_t lower_ino(const struct lower *lower, dev_t dev, uint64_t ino)
{
	for (unsigned i = 0; i < lower->count; i++)
		if (lower->mounts[i].dev == dev)
			return ino ^ (uint64_t)i << 48;
	return ino;
}

int lower_stat(const struct lower *lower, struct stat *out, int fd)
{
	struct stat st;

	if (fstat(fd, &st))
		return -1;
	st.st_ino = lower_ino(lower, st.st_dev, st.st_ino);
	*out = st;
	return 0;
}

static int reopen(int fd, int flags)
{
	char path[32];
	int again;

	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	again = open(path, flags | O_CLOEXEC);
	return again < 0 ? -errno : again;
}

int lower_open_node(const struct lower *lower, const struct node *node, int flags)
{
	char room[sizeof(struct file_handle) + NODE_HANDLE_MAX]
		__attribute__((aligned(__alignof__(struct file_handle))));
	struct file_handle *handle = (struct file_handle *)(void *)room;
	int fd;

	if (node->fd >= 0) {
		if (!(flags & O_PATH))
			return reopen(node->fd, flags);
		fd = fcntl(node->fd, F_DUPFD_CLOEXEC, 0);
		return fd < 0 ? -errno : fd;
	}
	handle->handle_bytes = node->handle.size;
	handle->handle_type = node->handle.type;
	memcpy(handle->f_handle, node->handle.bytes, node->handle.size);
	fd = open_by_handle_at(lower->mounts[node->handle.mount].fd, handle, flags | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}
