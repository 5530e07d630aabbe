/* SPDX-License-Identifier: MIT */
/* What a child of a process with many threads has to put right. */
#include "mendfs/inherit.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>

#include "mendfs/keep.h"
#include "mendfs/serve.h"

static void renew_locks(struct overlay *overlay)
{
	overlay_init_locks(overlay);
	for (size_t i = 0; i < overlay->live->gen->target_count; i++) {
		struct live_target *target = &overlay->live->targets[i];

		pthread_mutex_init(&target->lock, NULL);
		target->seen.is_valid = false;
	}
}

static bool is_needed(const struct overlay *overlay, int fd, int listener)
{
	if (fd <= 2 || fd == overlay->state_fd || fd == listener || fd == overlay->device ||
	    fd == overlay->watch || fd == overlay->lower.root)
		return true;
	for (unsigned i = 0; i < overlay->lower.count; i++)
		if (overlay->lower.mounts[i].fd == fd)
			return true;
	for (size_t i = 0; i < overlay->live->object_count; i++)
		if (overlay->live->objects[i].fd == fd)
			return true;
	return false;
}

/* What the parent's threads had open at the fork would stay open for ever. */
static void close_others(const struct overlay *overlay, int listener)
{
	DIR *dir = opendir("/proc/self/fd");
	const struct dirent *entry;

	if (!dir)
		return;
	while ((entry = readdir(dir))) {
		int fd = atoi(entry->d_name);

		if (fd != dirfd(dir) && !is_needed(overlay, fd, listener))
			close(fd);
	}
	closedir(dir);
}

void inherit_clean(struct overlay *overlay, int listener)
{
	signal(SIGCHLD, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	renew_locks(overlay);
	overlay->prepared = NULL;
	serve_forget_callers();
	keep_reset();
	close_others(overlay, listener);
}
