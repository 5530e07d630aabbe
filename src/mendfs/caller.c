/* SPDX-License-Identifier: MIT */
/*
 * setfsuid(2) and its kin act on one thread; so do setgroups(2) and capset(2) without a library
 * around them.
 */
#include "mendfs/caller.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "mendfs/auto.h"

#define GROUPS_MAX 1024

/* What FUSE does not carry of a caller. */
struct more {
	gid_t groups[GROUPS_MAX];
	size_t group_count;
	uint64_t capabilities;
};

/* Our own capabilities, which a thread goes back to. */
static _Thread_local uint64_t ours;

static void get_capabilities(uint64_t *permitted)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { 0 };

	syscall(SYS_capget, &head, data);
	*permitted = data[0].permitted | (uint64_t)data[1].permitted << 32;
}

static void set_capabilities(uint64_t effective)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	const struct __user_cap_data_struct data[2] = {
		{ .effective = (uint32_t)effective, .permitted = (uint32_t)ours },
		{ .effective = (uint32_t)(effective >> 32), .permitted = (uint32_t)(ours >> 32) },
	};

	syscall(SYS_capset, &head, data);
}

void caller_thread_begin(void)
{
	if (unshare(CLONE_FS))
		perror("mendfs: a thread's own umask");
	umask(0);
}

/* Reads a small file of a process; "" when it cannot be. */
static void read_of(pid_t pid, const char *name, char *out, size_t size)
{
	char path[64];
	auto_fd fd = -1;
	ssize_t got;

	snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	got = fd < 0 ? -1 : read(fd, out, size - 1);
	out[got < 0 ? 0 : got] = 0;
}

/* The first one maps every id to itself; we are in it, or could not have mounted. (Comparing
 * /proc/PID/ns/user would take CAP_SYS_PTRACE.) */
static bool is_in_first_user_namespace(pid_t pid)
{
	char map[128];
	unsigned inside;
	unsigned outside;
	unsigned count;

	read_of(pid, "uid_map", map, sizeof map);
	return sscanf(map, "%u %u %u", &inside, &outside, &count) == 3 && !inside && !outside &&
	       count == UINT32_MAX;
}

static void read_groups(struct more *out, const char *at)
{
	while (out->group_count < GROUPS_MAX) {
		char *end;
		unsigned long group = strtoul(at, &end, 10);

		/* strtoul() would go on into the next line, which begins with a name. */
		if (end == at)
			break;
		out->groups[out->group_count++] = (gid_t)group;
		at = end;
	}
}

/* From proc_pid_status(5), while the caller waits for us; one who cannot be seen has none. */
static void get_more(struct more *out, pid_t pid)
{
	char room[16384];
	const char *at;

	out->group_count = 0;
	out->capabilities = 0;
	read_of(pid, "status", room, sizeof room);
	at = strstr(room, "\nGroups:");
	if (at)
		read_groups(out, at + strlen("\nGroups:"));
	at = strstr(room, "\nCapEff:");
	if (at)
		out->capabilities = strtoull(at + strlen("\nCapEff:"), NULL, 16);
	/* Those of another user namespace are not over the base, but where the kernel has asked
	 * for them and found them enough. */
	if (out->capabilities && !is_in_first_user_namespace(pid))
		out->capabilities &=
			1ULL << CAP_DAC_OVERRIDE | 1ULL << CAP_DAC_READ_SEARCH | 1ULL << CAP_FOWNER;
}

void caller_begin(fuse_req_t req)
{
	const struct fuse_ctx *ctx = fuse_req_ctx(req);
	struct more more;

	umask(ctx->umask);
	get_more(&more, ctx->pid);
	get_capabilities(&ours);
	syscall(SYS_setgroups, more.group_count, more.groups);
	setfsgid(ctx->gid);
	setfsuid(ctx->uid);
	set_capabilities(more.capabilities & ours);
}

void caller_end(void)
{
	int saved = errno;

	set_capabilities(ours);
	umask(0);
	setfsuid(0);
	setfsgid(0);
	syscall(SYS_setgroups, (size_t)0, NULL);
	errno = saved;
}
