/* SPDX-License-Identifier: MIT */
/* Files that appear whole or not at all. */
#include "mend-publish/output.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "mendfs/fs.h"

static int check_absent(int dir, const char *name, const char *path, struct mend_error *err)
{
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return mend_fail(err, MEND_EXISTS, "%s: exists: give --force to replace it", path);
	if (errno != ENOENT && errno != ENOTDIR)
		return mend_fail_errno(err, "%s: cannot look at it", path);
	return 0;
}

int output_check(const char *path, struct mend_error *err)
{
	return check_absent(AT_FDCWD, path, path, err);
}

int output_begin(struct output *out, const char *path, mode_t mode, bool force,
		 struct mend_error *err)
{
	const char *slash = strrchr(path, '/');
	auto_free char *parent =
		slash ? mend_text_format("%.*s/", (int)(slash - path), path) : mend_text_copy(".");
	const char *name = slash ? slash + 1 : path;
	auto_fd dir = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	auto_fd fd = -1;
	char temporary[32];

	if (!*name)
		return mend_fail(err, MEND_USAGE, "'%s' is not the name of a file", path);
	if (dir < 0)
		return mend_fail_errno(err, "%s: cannot open its directory", path);
	if (!force && check_absent(dir, name, path, err) < 0)
		return -1;
	if (mend_fs_temporary(&fd, temporary, dir, mode, err) < 0)
		return mend_fail_at(err, "%s", path);
	out->dir = mend_take_fd(&dir);
	out->fd = mend_take_fd(&fd);
	out->path = mend_text_copy(path);
	out->name = mend_text_copy(name);
	snprintf(out->temporary, sizeof(out->temporary), "%s", temporary);
	return 0;
}

int output_commit(struct output *output, struct mend_error *err)
{
	if (mend_fs_sync(output->fd, err) < 0)
		return mend_fail_at(err, "%s", output->path);
	if (renameat(output->dir, output->temporary, output->dir, output->name) < 0)
		return mend_fail_errno(err, "%s: cannot replace it", output->path);
	output->temporary[0] = '\0';
	if (mend_fs_sync(output->dir, err) < 0)
		return mend_fail_at(err, "%s", output->path);
	return 0;
}

void output_discard(struct output *output)
{
	int saved = errno;

	if (output->temporary[0])
		unlinkat(output->dir, output->temporary, 0);
	mend_auto_close(&output->dir);
	mend_auto_close(&output->fd);
	free(output->path);
	free(output->name);
	*output = (struct output)OUTPUT_NONE;
	errno = saved;
}
