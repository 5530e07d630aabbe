/* SPDX-License-Identifier: MIT */
/* setfsuid(2) and its kin act on one thread; so does setgroups(2) without glibc around it. */
#include "mendfs/caller.h"

#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "mendfs/auto.h"

#define GROUPS_MAX 1024

void caller_thread_begin(void)
{
	if (unshare(CLONE_FS))
		perror("mendfs: a thread's own umask");
	umask(0);
}

/* FUSE does not carry supplementary groups: proc_pid_status(5) has them, while the caller waits for
 * us. */
static int groups_of(gid_t groups[GROUPS_MAX], pid_t pid)
{
	char room[16384];
	char path[32];
	auto_fd fd = -1;
	ssize_t got;
	char *at;
	int count = 0;

	snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	got = fd < 0 ? -1 : read(fd, room, sizeof room - 1);
	if (got <= 0)
		return 0;
	room[got] = 0;
	at = strstr(room, "\nGroups:");
	if (!at)
		return 0;
	at += strlen("\nGroups:");
	while (count < GROUPS_MAX) {
		char *end;
		unsigned long group;

		while (*at == ' ' || *at == '\t')
			at++;
		group = strtoul(at, &end, 10);
		if (end == at)
			break;
		groups[count++] = (gid_t)group;
		at = end;
	}
	return count;
}

void caller_begin(fuse_req_t req)
{
	const struct fuse_ctx *ctx = fuse_req_ctx(req);
	gid_t groups[GROUPS_MAX];
	int count;

	umask(ctx->umask);
	if (ctx->uid == 0 && ctx->gid == 0)
		return;
	count = groups_of(groups, ctx->pid);
	syscall(SYS_setgroups, (size_t)count, groups);
	setfsgid(ctx->gid);
	setfsuid(ctx->uid);
}

void caller_end(void)
{
	int saved = errno;

	umask(0);
	setfsuid(0);
	setfsgid(0);
	syscall(SYS_setgroups, (size_t)0, NULL);
	errno = saved;
}
