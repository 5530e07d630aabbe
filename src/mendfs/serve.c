/* SPDX-License-Identifier: MIT */
/* Socket, callers and framing of the control interface; what the methods do is in methods.c. */
#include "mendfs/serve.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/un.h>
#include <time.h>

#include "mendfs/auto.h"
#include "mendfs/fs.h"
#include "mendfs/methods.h"
#include "mendfs/mount.h"
#include "mendfs/status.h"

#define CALLERS_MAX 32

static struct {
	struct overlay *overlay;
	int listener; /* -1: the mount was detached */
	int mounts;   /* /proc/self/mountinfo: has POLLPRI when mounts change */
	struct caller callers[CALLERS_MAX];
	size_t count;
} control;

/* The socket of this mount, as it was when it was there for sure: a later mount may have put its
 * own in its place. ino 0: not known. */
static struct {
	uint64_t ino;
	struct statx_timestamp born;
} bound;

static int socket_name(char out[MEND_CONTROL_NAME_MAX + 16], const struct options *options,
		       struct mend_error *err)
{
	char name[MEND_CONTROL_NAME_MAX];

	if (mend_control_name(name, options->mount, err))
		return -1;
	snprintf(out, MEND_CONTROL_NAME_MAX + 16, "%s.varlink", name);
	return 0;
}

static bool somebody_listens(const struct options *options)
{
	auto_call(mend_client_close) struct mend_client *client = NULL;
	char name[MEND_CONTROL_NAME_MAX];

	return !mend_control_name(name, options->mount, NULL) &&
	       !mend_client_open(&client, options->run, name, 1, NULL);
}

static bool look(struct statx *out, int run, const char *name)
{
	return !statx(run, name, AT_SYMLINK_NOFOLLOW, STATX_INO | STATX_BTIME, out);
}

static void remember_socket(int run, const char *name)
{
	struct statx st;

	if (!look(&st, run, name))
		return;
	bound.ino = st.stx_ino;
	bound.born = st.stx_btime;
}

static bool is_anothers(int run, const char *name)
{
	struct statx st;

	return bound.ino && look(&st, run, name) &&
	       (st.stx_ino != bound.ino || st.stx_btime.tv_sec != bound.born.tv_sec ||
		st.stx_btime.tv_nsec != bound.born.tv_nsec);
}

/* Just after `umount -l` the daemon of that mount may not have seen yet that the name is free. */
static bool is_taken(const struct options *options)
{
	struct timespec pause = { .tv_nsec = 20000000 };
	struct statfs fs;

	for (int i = 0; i < 250 && somebody_listens(options); i++) {
		if (statfs(options->mount, &fs) || fs.f_type == FUSE_SUPER_MAGIC)
			return true;
		nanosleep(&pause, NULL);
	}
	return somebody_listens(options);
}

/* Under a short name first: the path of a socket that is bound holds 108 bytes, and ours may be
 * longer. */
static int bind_in(int run, const char *name, int fd)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	char temporary[24];

	snprintf(temporary, sizeof temporary, ".tmp-%d", (int)getpid());
	snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/%s", run, temporary);
	unlinkat(run, temporary, 0);
	if (bind(fd, (const struct sockaddr *)&address, sizeof address))
		return -1;
	if (fchmodat(run, temporary, 0600, 0) || listen(fd, 16) ||
	    renameat(run, temporary, run, name)) {
		unlinkat(run, temporary, 0);
		return -1;
	}
	return 0;
}

int serve_listen(int *out, const struct options *options, struct mend_error *err)
{
	char name[MEND_CONTROL_NAME_MAX + 16];
	auto_fd run = -1;
	auto_fd fd = -1;

	if (mend_fs_make_dirs(&run, AT_FDCWD, options->run, 0755, err) ||
	    socket_name(name, options, err))
		return -1;
	if (is_taken(options))
		return mend_fail(err, MEND_BUSY, "%s: mendfs is mounted there already",
				 options->mount);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || fchmod(fd, 0600) || bind_in(run, name, fd))
		return mend_fail_errno(err, "%s/%s", options->run, name);
	remember_socket(run, name);
	*out = mend_take_fd(&fd);
	return 0;
}

bool serve_is_anothers(const struct options *options)
{
	char name[MEND_CONTROL_NAME_MAX + 16];
	auto_fd run = open(options->run, O_PATH | O_DIRECTORY | O_CLOEXEC);

	return run >= 0 && !socket_name(name, options, NULL) && is_anothers(run, name);
}

static void remember(const struct options *options)
{
	char name[MEND_CONTROL_NAME_MAX + 16];
	auto_fd run = open(options->run, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (run >= 0 && !socket_name(name, options, NULL))
		remember_socket(run, name);
}

void serve_unlink(const struct options *options)
{
	char name[MEND_CONTROL_NAME_MAX + 16];
	auto_fd run = open(options->run, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (run >= 0 && !socket_name(name, options, NULL) && !is_anothers(run, name))
		unlinkat(run, name, 0);
}

static bool may_call(int fd)
{
	struct ucred peer;
	socklen_t size = sizeof peer;

	return !getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) &&
	       (peer.uid == 0 || peer.uid == geteuid());
}

static void drop_caller(size_t i)
{
	close(control.callers[i].fd);
	mend_bytes_free(&control.callers[i].in);
	control.callers[i] = control.callers[--control.count];
}

static void accept_caller(void)
{
	struct timeval patience = { .tv_sec = 5 };
	auto_fd fd = accept4(control.listener, NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0)
		return;
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
	if (!may_call(fd) || control.count == CALLERS_MAX)
		return;
	control.callers[control.count++] = (struct caller){ .fd = mend_take_fd(&fd) };
}

/* Answers every whole message that has come in; false when the caller is gone or talks nonsense. */
static bool answer_all(struct caller *caller)
{
	uint8_t *end;

	while (caller->in.size && (end = memchr(caller->in.data, 0, caller->in.size))) {
		size_t size = (size_t)(end - caller->in.data);

		if (!method_call(control.overlay, caller, mend_span_of(caller->in.data, size)))
			return false;
		caller->in.size -= size + 1;
		memmove(caller->in.data, end + 1, caller->in.size);
	}
	return caller->in.size <= MEND_CONTROL_MAX;
}

static bool hear_caller(struct caller *caller)
{
	uint8_t room[16384];
	ssize_t got = recv(caller->fd, room, sizeof room, MSG_DONTWAIT);

	if (got < 0)
		return errno == EAGAIN || errno == EINTR;
	if (got == 0)
		return false;
	caller->in.data = mend_grow(caller->in.data, caller->in.size + (size_t)got, 1);
	memcpy(caller->in.data + caller->in.size, room, (size_t)got);
	caller->in.size += (size_t)got;
	return answer_all(caller);
}

int serve_listener(void)
{
	return control.listener;
}

void serve_event(const char *event, unsigned generation)
{
	for (size_t i = 0; i < control.count; i++)
		if (control.callers[i].is_subscribed)
			method_event(&control.callers[i], event, generation);
}

/* Nothing is freed: the control thread may have been in the middle of it when the process was
 * forked. */
void serve_forget_callers(void)
{
	control.count = 0;
}

/* After `umount -l` who has files open is served on, but the name is free for another mount. */
static void let_name_go(void)
{
	serve_unlink(control.overlay->options);
	status_remove(control.overlay);
	control.listener = -1;
}

static void *answer_callers(void *context)
{
	(void)context;
	for (;;) {
		struct pollfd polled[CALLERS_MAX + 2];
		size_t count = control.count;

		polled[0] = (struct pollfd){ .fd = control.listener, .events = POLLIN };
		for (size_t i = 0; i < count; i++)
			polled[i + 1] =
				(struct pollfd){ .fd = control.callers[i].fd, .events = POLLIN };
		polled[count + 1] = (struct pollfd){ .fd = control.mounts, .events = POLLPRI };
		if (poll(polled, count + 2, -1) < 0)
			continue;
		if (polled[count + 1].revents && control.listener >= 0 && !mount_is_attached())
			let_name_go();
		for (size_t i = count; i-- > 0;)
			if (polled[i + 1].revents && !hear_caller(&control.callers[i]))
				drop_caller(i);
		if (polled[0].revents && control.listener >= 0)
			accept_caller();
	}
	return NULL;
}

int serve_start(struct overlay *overlay, int listener, void (*shutdown)(struct overlay *),
		struct mend_error *err)
{
	pthread_t thread;
	int error;

	control.overlay = overlay;
	control.listener = listener;
	control.count = 0;
	/* In this order, so that no change is missed. */
	control.mounts = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
	if (mount_is_attached())
		remember(overlay->options);
	else
		let_name_go();
	method_shutdown = shutdown;
	error = pthread_create(&thread, NULL, answer_callers, NULL);
	if (error) {
		errno = error;
		return mend_fail_errno(err, "the control thread");
	}
	pthread_detach(thread);
	return 0;
}
