/* SPDX-License-Identifier: MIT */
/* Directories: opening, durably making, listing and removing them. */
#include <dirent.h>
#include <fcntl.h>
#include <string.h>

#include "mendfs/fs.h"

int mend_fs_open_dir(int *out, int dir, const char *path, struct mend_error *err)
{
	int fd = openat(dir, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return mend_fail_errno(err, "%s: cannot open the directory", path);
	*out = fd;
	return 0;
}

/* Opens one component of path, which it makes when missing. */
static int make_dir(int *out, int parent, const char *name, mode_t mode, struct mend_error *err)
{
	bool made = mkdirat(parent, name, 0700) == 0;
	auto_fd fd = -1;

	if (!made && errno != EEXIST)
		return mend_fail_errno(err, "cannot make the directory");
	fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return mend_fail_errno(err, "cannot open the directory");
	/* Exactly the mode, whatever the umask is. */
	if (made && fchmod(fd, mode) < 0)
		return mend_fail_errno(err, "cannot change the directory's mode");
	if (made && (mend_fs_sync(fd, err) < 0 || mend_fs_sync(parent, err) < 0))
		return -1;
	*out = mend_take_fd(&fd);
	return 0;
}

int mend_fs_make_dirs(int *out, int dir, const char *path, mode_t mode, struct mend_error *err)
{
	auto_free char *names = mend_text_copy(path);
	auto_fd at = -1;
	char *rest = names, *name;

	if (mend_fs_open_dir(&at, dir, path[0] == '/' ? "/" : ".", err) < 0)
		return -1;
	while ((name = strsep(&rest, "/")) != NULL) {
		auto_fd parent = mend_take_fd(&at);

		if (name[0] == '\0')
			at = mend_take_fd(&parent);
		else if (make_dir(&at, parent, name, mode, err) < 0)
			return mend_fail_at(err, "%s", path);
	}
	*out = mend_take_fd(&at);
	return 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int read_names(char ***names, size_t *count, DIR *stream, struct mend_error *err)
{
	for (;;) {
		const struct dirent *entry;

		errno = 0;
		entry = readdir(stream);
		if (entry == NULL && errno != 0)
			return mend_fail_errno(err, "cannot read the directory");
		if (entry == NULL)
			return 0;
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		*names = mend_grow(*names, *count + 1, sizeof **names);
		(*names)[(*count)++] = mend_text_copy(entry->d_name);
	}
}

int mend_fs_list(char ***names, size_t *count, int dir, struct mend_error *err)
{
	/* Opened anew: an offset of its own, and closedir(3) may have it. */
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *stream = fd < 0 ? NULL : fdopendir(fd);
	char **found = NULL;
	size_t found_count = 0;
	int result;

	if (stream == NULL) {
		mend_fail_errno(err, "cannot open the directory");
		if (fd >= 0)
			close(fd);
		return -1;
	}
	result = read_names(&found, &found_count, stream, err);
	closedir(stream);
	if (result < 0) {
		mend_fs_list_free(found, found_count);
		return -1;
	}
	if (found_count > 0)
		qsort(found, found_count, sizeof *found, by_name);
	*names = found;
	*count = found_count;
	return 0;
}

void mend_fs_list_free(char **names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(names[i]);
	free(names);
}

static int remove_content(int dir, const char *name, struct mend_error *err)
{
	auto_fd fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	char **names;
	size_t count;
	int result = 0;

	if (fd < 0)
		return mend_fail_errno(err, "cannot open the directory");
	if (mend_fs_list(&names, &count, fd, err) < 0)
		return -1;
	for (size_t i = 0; i < count && result == 0; i++)
		result = mend_fs_remove_tree(fd, names[i], err);
	mend_fs_list_free(names, count);
	return result;
}

int mend_fs_remove_tree(int dir, const char *name, struct mend_error *err)
{
	if (unlinkat(dir, name, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno != EISDIR)
		return mend_fail_errno(err, "%s: cannot remove", name);
	if (remove_content(dir, name, err) < 0)
		return mend_fail_at(err, "%s", name);
	if (unlinkat(dir, name, AT_REMOVEDIR) < 0 && errno != ENOENT)
		return mend_fail_errno(err, "%s: cannot remove", name);
	return 0;
}
