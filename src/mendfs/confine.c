/* SPDX-License-Identifier: MIT */
/* Capabilities by capset(2), system calls by libseccomp. */
#include "mendfs/confine.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "mendfs/auto.h"

#ifndef PR_SET_IO_FLUSHER
#define PR_SET_IO_FLUSHER 57
#endif

void confine_protect(void)
{
	auto_fd fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	/* Neither is worth a mount: containers may forbid both. */
	if (fd >= 0 && write(fd, "-1000", 5) != 5)
		errno = 0;
	prctl(PR_SET_IO_FLUSHER, 1, 0, 0, 0);
}

void confine_memory(void)
{
	if (mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT))
		errno = 0; /* a limit of memory is no reason not to serve */
}

/* In the order of capabilities(7). */
static const unsigned kept[] = {
	CAP_CHOWN,	     /* as the caller may */
	CAP_DAC_OVERRIDE,    /* the kernel has checked the caller's permissions */
	CAP_DAC_READ_SEARCH, /* open_by_handle_at(2) */
	CAP_FOWNER,	     CAP_FSETID,
	CAP_SETGID, /* setfsgid(2), setgroups(2) */
	CAP_SETUID, /* setfsuid(2) */
	CAP_LINUX_IMMUTABLE, CAP_IPC_LOCK,
	CAP_SYS_ADMIN, /* passthrough, fanotify, trusted.* attributes, detaching a mount that failed
			*/
	CAP_SYS_RESOURCE, /* the reserved room of a file system, as root has it */
	CAP_MKNOD,	     CAP_SETFCAP,
};

static int drop_capabilities(struct mend_error *err)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { { 0 } };
	struct __user_cap_data_struct now[2];

	if (syscall(SYS_capget, &head, now))
		return mend_fail_errno(err, "capabilities");
	for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
		data[kept[i] / 32].permitted |= 1u << kept[i] % 32;
	for (int i = 0; i < 2; i++) {
		data[i].permitted &= now[i].permitted;
		data[i].effective = data[i].permitted;
	}
	for (unsigned cap = 0; cap <= CAP_LAST_CAP; cap++)
		if (!(data[cap / 32].permitted & 1u << cap % 32))
			prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
	if (syscall(SYS_capset, &head, data))
		return mend_fail_errno(err, "capabilities cannot be dropped");
	return 0;
}

static const int forbidden[] = {
	SCMP_SYS(execve),
	SCMP_SYS(execveat),
	SCMP_SYS(ptrace),
	SCMP_SYS(process_vm_readv),
	SCMP_SYS(process_vm_writev),
	SCMP_SYS(kcmp),
	SCMP_SYS(pidfd_getfd),
	SCMP_SYS(bpf),
	SCMP_SYS(perf_event_open),
	SCMP_SYS(userfaultfd),
	SCMP_SYS(io_uring_setup),
	SCMP_SYS(init_module),
	SCMP_SYS(finit_module),
	SCMP_SYS(delete_module),
	SCMP_SYS(kexec_load),
	SCMP_SYS(kexec_file_load),
	SCMP_SYS(reboot),
	SCMP_SYS(swapon),
	SCMP_SYS(swapoff),
	SCMP_SYS(mount),
	SCMP_SYS(move_mount),
	SCMP_SYS(fsopen),
	SCMP_SYS(fsmount),
	SCMP_SYS(open_tree),
	SCMP_SYS(pivot_root),
	SCMP_SYS(chroot),
	SCMP_SYS(setns),
	SCMP_SYS(add_key),
	SCMP_SYS(request_key),
	SCMP_SYS(keyctl),
	SCMP_SYS(settimeofday),
	SCMP_SYS(clock_settime),
	SCMP_SYS(clock_adjtime),
	SCMP_SYS(adjtimex),
	SCMP_SYS(sethostname),
	SCMP_SYS(setdomainname),
	SCMP_SYS(syslog),
	SCMP_SYS(acct),
	SCMP_SYS(quotactl),
	SCMP_SYS(personality),
	SCMP_SYS(lookup_dcookie),
	SCMP_SYS(nfsservctl),
};

/* Forbids a call whose first argument is another one than this. */
static int forbid_but(scmp_filter_ctx filter, int call, scmp_datum_t argument)
{
	const struct scmp_arg_cmp other = { .arg = 0, .op = SCMP_CMP_NE, .datum_a = argument };

	return seccomp_rule_add_array(filter, SCMP_ACT_ERRNO(EPERM), call, 1, &other);
}

static int fill_filter(scmp_filter_ctx filter)
{
	int error = 0;

	for (size_t i = 0; i < sizeof forbidden / sizeof forbidden[0] && !error; i++)
		error = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), forbidden[i], 0);
	if (!error)
		error = forbid_but(filter, SCMP_SYS(socket), AF_UNIX);
	/* A thread's own umask, and nothing else. */
	if (!error)
		error = forbid_but(filter, SCMP_SYS(unshare), CLONE_FS);
	return error;
}

static int filter_calls(struct mend_error *err)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	int error = filter ? fill_filter(filter) : -ENOMEM;

	if (!error)
		error = seccomp_load(filter);
	seccomp_release(filter);
	if (error) {
		errno = -error;
		return mend_fail_errno(err, "the filter of system calls");
	}
	return 0;
}

int confine_worker(struct mend_error *err)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return mend_fail_errno(err, "no new privileges");
	return drop_capabilities(err) || filter_calls(err) ? -1 : 0;
}
