/* SPDX-License-Identifier: MIT */
/* What a worker has given up: each thing is tried, in a process of its own. */
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "mendfs/confine.h"
#include "unit.h"

/* The errno that an attempt of a confined process ends with, 0 when it may. */
static int confined(int (*attempt)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		struct mend_error err = { 0 };

		if (confine_worker(&err))
			_exit(255);
		errno = 0;
		_exit(attempt() < 0 ? errno : 0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	ck_assert_int_ne(WEXITSTATUS(status), 255);
	return WEXITSTATUS(status);
}

static bool is_root(void)
{
	return geteuid() == 0;
}

static int try_exec(void)
{
	return execl("/bin/true", "true", (char *)NULL);
}

static int try_exec_by_descriptor(void)
{
	char *argv[] = { NULL };

	return (int)syscall(SYS_execveat, open("/bin/true", O_PATH), "", argv, argv, AT_EMPTY_PATH);
}

static int try_network(void)
{
	return socket(AF_INET, SOCK_STREAM, 0);
}

static int try_network_6(void)
{
	return socket(AF_INET6, SOCK_DGRAM, 0);
}

static int try_packets(void)
{
	return socket(AF_PACKET, SOCK_RAW, 0);
}

static int try_trace(void)
{
	return (int)ptrace(PTRACE_ATTACH, getppid(), NULL, NULL);
}

static int try_mount(void)
{
	return mount("none", "/", "tmpfs", 0, NULL);
}

static int try_module(void)
{
	return (int)syscall(SYS_finit_module, -1, "", 0);
}

static int try_bpf(void)
{
	return (int)syscall(SYS_bpf, 0, NULL, 0);
}

static int try_rings(void)
{
	return (int)syscall(SYS_io_uring_setup, 1, NULL);
}

static int try_reboot(void)
{
	return reboot(RB_ENABLE_CAD);
}

static int try_namespace(void)
{
	return unshare(CLONE_NEWNS);
}

static int try_root(void)
{
	return chroot("/");
}

static int try_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return clock_settime(CLOCK_REALTIME, &now);
}

START_TEST(forbidden_calls)
{
	ck_assert_int_eq(confined(try_exec), EPERM);
	ck_assert_int_eq(confined(try_exec_by_descriptor), EPERM);
	ck_assert_int_eq(confined(try_network), EPERM);
	ck_assert_int_eq(confined(try_network_6), EPERM);
	ck_assert_int_eq(confined(try_packets), EPERM);
	ck_assert_int_eq(confined(try_trace), EPERM);
	ck_assert_int_eq(confined(try_mount), EPERM);
	ck_assert_int_eq(confined(try_module), EPERM);
	ck_assert_int_eq(confined(try_bpf), EPERM);
	ck_assert_int_eq(confined(try_rings), EPERM);
	ck_assert_int_eq(confined(try_reboot), EPERM);
	ck_assert_int_eq(confined(try_namespace), EPERM);
	ck_assert_int_eq(confined(try_root), EPERM);
	ck_assert_int_eq(confined(try_clock), EPERM);
}
END_TEST

static int use_local_socket(void)
{
	return socket(AF_UNIX, SOCK_STREAM, 0);
}

static int use_own_umask(void)
{
	return unshare(CLONE_FS);
}

static int use_fork(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return pid < 0 || waitpid(pid, NULL, 0) != pid ? -1 : 0;
}

START_TEST(what_serving_needs)
{
	ck_assert_int_eq(confined(use_local_socket), 0);
	ck_assert_int_eq(confined(use_own_umask), 0);
	ck_assert_int_eq(confined(use_fork), 0);
}
END_TEST

static int has_lost(int capability)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &head, data))
		return -1;
	errno = EEXIST;
	return data[capability / 32].permitted & 1u << capability % 32 ? -1 : 0;
}

static int lost_network(void)
{
	return has_lost(CAP_NET_ADMIN) || has_lost(CAP_NET_RAW) || has_lost(CAP_NET_BIND_SERVICE)
		       ? -1
		       : 0;
}

static int lost_kernel(void)
{
	return has_lost(CAP_SYS_MODULE) || has_lost(CAP_SYS_RAWIO) || has_lost(CAP_SYS_BOOT) ||
			       has_lost(CAP_BPF)
		       ? -1
		       : 0;
}

static int lost_processes(void)
{
	return has_lost(CAP_SYS_PTRACE) || has_lost(CAP_KILL) || has_lost(CAP_SETPCAP) ? -1 : 0;
}

static int kept_what_writing_needs(void)
{
	return !has_lost(CAP_CHOWN) || !has_lost(CAP_DAC_READ_SEARCH) || !has_lost(CAP_SETUID) ||
			       !has_lost(CAP_SYS_ADMIN) || !has_lost(CAP_MKNOD)
		       ? -1
		       : 0;
}

static int gains_nothing_new(void)
{
	return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? 0 : -1;
}

START_TEST(capabilities)
{
	if (!is_root())
		return;
	ck_assert_int_eq(confined(lost_network), 0);
	ck_assert_int_eq(confined(lost_kernel), 0);
	ck_assert_int_eq(confined(lost_processes), 0);
	ck_assert_int_eq(confined(kept_what_writing_needs), 0);
	ck_assert_int_eq(confined(gains_nothing_new), 0);
}
END_TEST

int main(void)
{
	return unit_main("daemon_confine", (const TTest *[]){ forbidden_calls, what_serving_needs,
							      capabilities, NULL });
}
