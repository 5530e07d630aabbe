/* SPDX-License-Identifier: MIT */
/* Waits for the end of a connection to the control socket, or for mounts to change; then looks. */
#include "mendfs/guard.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/statfs.h>
#include <time.h>

#include "mendfs/auto.h"
#include "mendfs/confine.h"
#include "mendfs/control.h"
#include "mendfs/systemd.h"

#define LOOK_AGAIN_MS                                                                              \
	1000 /* while nobody listens on the socket: a family that changes, or begins */

enum mount_state { MOUNT_NONE, MOUNT_ALIVE, MOUNT_DEAD };

/* "\\040" is a space: as the kernel writes what would end a field. */
static void unescape(char *path)
{
	char *to = path;

	for (const char *from = path; *from; to++) {
		if (from[0] == '\\' && strspn(from + 1, "01234567") >= 3) {
			*to = (char)((from[1] - '0') << 6 | (from[2] - '0') << 3 | (from[3] - '0'));
			from += 4;
		} else {
			*to = *from++;
		}
	}
	*to = 0;
}

/* Of what is mounted there last: lines are in the order of mounting. */
static bool is_ours(const char *dir)
{
	FILE *file = fopen("/proc/self/mounts", "re");
	auto_free char *line = NULL;
	char path[PATH_MAX], type[64];
	bool is_found = false;
	size_t room = 0;

	while (file && getline(&line, &room, file) > 0) {
		if (sscanf(line, "%*s %4095s %63s", path, type) != 2)
			continue;
		unescape(path);
		if (!strcmp(path, dir))
			is_found = !strcmp(type, "fuse.mendfs");
	}
	if (file)
		fclose(file);
	return is_found;
}

/* Asks the daemon, so it is answered when one lives, at the latest by the next worker. */
static enum mount_state look(const char *dir)
{
	struct statfs fs;

	if (!is_ours(dir))
		return MOUNT_NONE;
	while (statfs(dir, &fs)) {
		if (errno == ENOTCONN)
			return MOUNT_DEAD;
		if (errno != ECONNABORTED && errno != EINTR)
			break;
	}
	return MOUNT_ALIVE;
}

static int detach(const struct options *options)
{
	if (umount2(options->mount, MNT_DETACH | UMOUNT_NOFOLLOW)) {
		fprintf(stderr, "mendfs: %s: is dead and cannot be detached: %m\n", options->mount);
		return 3;
	}
	fprintf(stderr, "mendfs: %s: all its processes are dead: the base shows from now on\n",
		options->mount);
	return 1;
}

/* Until the worker that holds the other end is gone, or mounts change. */
static void wait_for_change(const char *name, const struct options *options, int mounts)
{
	auto_call(mend_client_close) struct mend_client *client = NULL;
	struct pollfd polled[] = { { .fd = mounts, .events = POLLPRI },
				   { .fd = -1, .events = POLLIN } };
	struct timespec began, now;

	clock_gettime(CLOCK_MONOTONIC, &began);
	if (mend_client_open(&client, options->run, name, 1, NULL)) {
		poll(polled, 1, LOOK_AGAIN_MS);
		return;
	}
	polled[1].fd = client->fd;
	/* It may have died before there was a connection to tell. */
	if (look(options->mount) == MOUNT_ALIVE)
		poll(polled, 2, -1);
	clock_gettime(CLOCK_MONOTONIC, &now);
	/* A daemon that has too many callers hangs up at once. */
	if (polled[1].revents && now.tv_sec - began.tv_sec < 1)
		poll(polled, 1, LOOK_AGAIN_MS);
}

int guard_run(const struct options *options)
{
	auto_fd mounts = open("/proc/self/mounts", O_RDONLY | O_CLOEXEC);
	char name[MEND_CONTROL_NAME_MAX];
	struct mend_error err = { 0 };
	enum mount_state state;

	prctl(PR_SET_NAME, "mendfs-guard");
	confine_protect();
	/* Neither can it wait for a page of memory that is not there. */
	mlockall(MCL_CURRENT | MCL_FUTURE);
	if (mend_control_name(name, options->mount, &err)) {
		fprintf(stderr, "mendfs: %s\n", err.text);
		return 2;
	}
	systemd_ready();
	while ((state = look(options->mount)) == MOUNT_ALIVE)
		wait_for_change(name, options, mounts);
	return state == MOUNT_DEAD ? detach(options) : 0;
}
