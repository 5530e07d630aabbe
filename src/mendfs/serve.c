/* SPDX-License-Identifier: MIT */
/* Socket, callers and framing of the control interface; what the methods do is in methods.c. */
#include "mendfs/serve.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "mendfs/auto.h"
#include "mendfs/fs.h"
#include "mendfs/methods.h"

#define CALLERS_MAX 32

static struct {
	struct overlay *overlay;
	int listener;
	struct caller callers[CALLERS_MAX];
	size_t count;
} control;

static int socket_path(struct sockaddr_un *out, const struct options *options,
		       struct mend_error *err)
{
	char name[MEND_CONTROL_NAME_MAX];

	if (mend_control_name(name, options->mount, err))
		return -1;
	out->sun_family = AF_UNIX;
	if ((size_t)snprintf(out->sun_path, sizeof out->sun_path, "%s/%s.varlink", options->run,
			     name) >= sizeof out->sun_path)
		return mend_fail(err, MEND_LIMIT, "%s: too long for a socket's path; use --run",
				 options->run);
	return 0;
}

static bool somebody_listens(const struct sockaddr_un *address)
{
	auto_fd fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return fd >= 0 && !connect(fd, (const struct sockaddr *)address, sizeof *address);
}

int serve_listen(int *out, const struct options *options, struct mend_error *err)
{
	struct sockaddr_un address = { 0 };
	auto_fd run = -1;
	auto_fd fd = -1;

	if (mend_fs_make_dirs(&run, AT_FDCWD, options->run, 0755, err) ||
	    socket_path(&address, options, err))
		return -1;
	if (somebody_listens(&address))
		return mend_fail(err, MEND_BUSY, "%s: mendfs is mounted there already",
				 options->mount);
	unlink(address.sun_path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || fchmod(fd, 0600) ||
	    bind(fd, (const struct sockaddr *)&address, sizeof address) ||
	    chmod(address.sun_path, 0600) || listen(fd, 16))
		return mend_fail_errno(err, "%s", address.sun_path);
	*out = mend_take_fd(&fd);
	return 0;
}

void serve_unlink(const struct options *options)
{
	struct sockaddr_un address = { 0 };

	if (!socket_path(&address, options, NULL))
		unlink(address.sun_path);
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

void serve_event(const char *event, unsigned generation)
{
	for (size_t i = 0; i < control.count; i++)
		if (control.callers[i].is_subscribed)
			method_event(&control.callers[i], event, generation);
}

void serve_forget_callers(void)
{
	while (control.count)
		drop_caller(control.count - 1);
}

static void *answer_callers(void *context)
{
	(void)context;
	for (;;) {
		struct pollfd polled[CALLERS_MAX + 1];
		size_t count = control.count;

		polled[0] = (struct pollfd){ .fd = control.listener, .events = POLLIN };
		for (size_t i = 0; i < count; i++)
			polled[i + 1] =
				(struct pollfd){ .fd = control.callers[i].fd, .events = POLLIN };
		if (poll(polled, count + 1, -1) < 0)
			continue;
		for (size_t i = count; i-- > 0;)
			if (polled[i + 1].revents && !hear_caller(&control.callers[i]))
				drop_caller(i);
		if (polled[0].revents)
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
	method_shutdown = shutdown;
	error = pthread_create(&thread, NULL, answer_callers, NULL);
	if (error) {
		errno = error;
		return mend_fail_errno(err, "the control thread");
	}
	pthread_detach(thread);
	return 0;
}
