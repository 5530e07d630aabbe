/* SPDX-License-Identifier: MIT */
/* Every file below a directory. */
#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "mendfs/span.h"
#include "trial_private.h"

#define DEPTH_MAX 32

static unsigned char type_of(int dir, const struct dirent *entry)
{
	struct stat st;

	if (entry->d_type != DT_UNKNOWN)
		return entry->d_type;
	return fstatat(dir, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 ? DT_UNKNOWN
									 : IFTODT(st.st_mode);
}

static void walk(int parent, const char *name, const char *path, unsigned depth, trial_visit *visit,
		 void *context)
{
	int fd =
		openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | (depth ? O_NOFOLLOW : 0));
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;

	if (!dir) {
		mend_auto_close(&fd);
		return;
	}
	while ((entry = readdir(dir)) != NULL) {
		auto_free char *below = NULL;
		unsigned char type = type_of(fd, entry);

		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		below = mend_text_format("%s/%s", path, entry->d_name);
		if (type == DT_DIR && depth < DEPTH_MAX)
			walk(fd, entry->d_name, below, depth + 1, visit, context);
		else if (type == DT_REG || type == DT_LNK)
			visit(context, below, entry->d_name);
	}
	closedir(dir);
}

void trial_walk(const char *path, trial_visit *visit, void *context)
{
	walk(AT_FDCWD, path, path, 0, visit, context);
}
