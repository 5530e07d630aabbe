/* SPDX-License-Identifier: MIT */
/* One mount's control socket from the caller's side: find it, call it, believe only a whole and
 * well-formed reply. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>

#include "mendfs/control.h"
#include "mendfs/fs.h"

#define SUFFIX	     ".varlink"
#define FDS_PER_READ 4 /* one is meant to come; what else does is closed */

static bool is_socket_name(const char *name)
{
	size_t length = strlen(name);

	return length > strlen(SUFFIX) && !strcmp(name + length - strlen(SUFFIX), SUFFIX);
}

int mend_client_list(char ***names, size_t *count, const char *run_path, struct mend_error *err)
{
	auto_fd dir = open(run_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char **all;
	size_t total, kept = 0;

	if (dir < 0 && errno == ENOENT) {
		*names = NULL;
		*count = 0;
		return 0;
	}
	if (dir < 0)
		return mend_fail_errno(err, "%s", run_path);
	if (mend_fs_list(&all, &total, dir, err))
		return mend_fail_at(err, "%s", run_path);
	for (size_t i = 0; i < total; i++) {
		if (!is_socket_name(all[i])) {
			free(all[i]);
			continue;
		}
		all[i][strlen(all[i]) - strlen(SUFFIX)] = '\0';
		all[kept++] = all[i];
	}
	*names = all;
	*count = kept;
	return 0;
}

/* Opens the socket's inode first: its path may be longer than a sockaddr_un holds. */
static int socket_inode(int *out, const char *run_path, const char *name, struct mend_error *err)
{
	auto_free char *path = mend_text_format("%s/%s" SUFFIX, run_path, name);
	auto_fd fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd < 0 && errno == ENOENT)
		return mend_fail(err, MEND_MOUNT, "%s: no such mount", name);
	if (fd < 0 || fstat(fd, &st))
		return mend_fail_errno(err, "%s", path);
	if (!S_ISSOCK(st.st_mode))
		return mend_fail(err, MEND_MOUNT, "%s: not a socket", path);
	*out = mend_take_fd(&fd);
	return 0;
}

static int connect_to(int fd, int inode, const char *name, struct mend_error *err)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d", inode);
	if (!connect(fd, (struct sockaddr *)&address, sizeof(address)))
		return 0;
	if (errno == ECONNREFUSED)
		return mend_fail(err, MEND_MOUNT,
				 "%s: not running: nobody listens on the socket left behind", name);
	if (errno == EAGAIN)
		return mend_fail(err, MEND_MOUNT, "%s: too busy to accept a connection", name);
	return mend_fail_errno(err, "%s: control socket", name);
}

static int set_timeout(int fd, int seconds, const char *name, struct mend_error *err)
{
	struct timeval timeout = { .tv_sec = seconds };

	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)) ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout)))
		return mend_fail_errno(err, "%s: setsockopt", name);
	return 0;
}

int mend_client_open(struct mend_client **out, const char *run_path, const char *name, int seconds,
		     struct mend_error *err)
{
	auto_fd inode = -1;
	auto_fd fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct mend_client *client;

	if (fd < 0)
		return mend_fail_errno(err, "socket");
	if (set_timeout(fd, seconds, name, err))
		return -1;
	if (socket_inode(&inode, run_path, name, err) || connect_to(fd, inode, name, err))
		return -1;
	client = mend_alloc(sizeof(*client));
	client->fd = mend_take_fd(&fd);
	client->name = mend_text_copy(name);
	*out = client;
	return 0;
}

int mend_client_patience(const struct mend_client *client, int seconds, struct mend_error *err)
{
	return set_timeout(client->fd, seconds, client->name, err);
}

void mend_client_close(struct mend_client *client)
{
	if (!client)
		return;
	if (client->fd >= 0)
		close(client->fd);
	free(client->name);
	free(client);
}

/* What came of a reply so far. */
struct inbox {
	uint8_t *data;
	size_t size, room;
	int fd; /* the first descriptor that came along, or -1 */
};

static void keep_first_fd(struct inbox *inbox, struct msghdr *header)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c; c = CMSG_NXTHDR(header, c)) {
		int fds[FDS_PER_READ];
		size_t count;

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		memcpy(fds, CMSG_DATA(c), count * sizeof(int));
		for (size_t i = 0; i < count; i++) {
			if (inbox->fd < 0)
				inbox->fd = fds[i];
			else
				close(fds[i]);
		}
	}
}

static int send_call(struct mend_client *client, const char *method, json_t *parameters,
		     struct mend_error *err)
{
	auto_json call = json_pack("{s:s, s:O*}", "method", method, "parameters", parameters);
	auto_free char *text = call ? json_dumps(call, JSON_COMPACT) : NULL;
	size_t size, sent = 0;

	if (!text)
		return mend_fail(err, MEND_USAGE, "%s: not to be said in JSON", method);
	size = strlen(text) + 1; /* the NUL ends the message */
	while (sent < size) {
		ssize_t n = send(client->fd, text + sent, size - sent, MSG_NOSIGNAL);

		if (n >= 0)
			sent += (size_t)n;
		else if (errno == EAGAIN)
			return mend_fail(err, MEND_MOUNT, "%s: does not take a call", client->name);
		else if (errno == EPIPE || errno == ECONNRESET)
			return mend_fail(err, MEND_MOUNT, "%s: closed the connection",
					 client->name);
		else if (errno != EINTR)
			return mend_fail_errno(err, "%s: send", client->name);
	}
	return 0;
}

/* 1 when the message is whole, 0 when more has to come. */
static int receive_some(struct inbox *inbox, struct mend_client *client, struct mend_error *err)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(FDS_PER_READ * sizeof(int))];
	} control;
	struct iovec into = { .iov_base = inbox->data + inbox->size,
			      .iov_len = inbox->room - inbox->size };
	struct msghdr header = { .msg_iov = &into,
				 .msg_iovlen = 1,
				 .msg_control = &control,
				 .msg_controllen = sizeof(control) };
	const uint8_t *end;
	ssize_t n = recvmsg(client->fd, &header, MSG_CMSG_CLOEXEC);

	if (n < 0 && errno == EINTR)
		return 0;
	if (n < 0 && errno == EAGAIN)
		return mend_fail(err, MEND_MOUNT, "%s: did not answer in time", client->name);
	if (n < 0 && errno != ECONNRESET)
		return mend_fail_errno(err, "%s: receive", client->name);
	if (n <= 0)
		return mend_fail(err, MEND_MOUNT, "%s: closed the connection", client->name);
	keep_first_fd(inbox, &header);
	end = memchr(into.iov_base, 0, (size_t)n);
	if (end && end != (uint8_t *)into.iov_base + n - 1)
		return mend_fail(err, MEND_MOUNT, "%s: bad reply: more than one", client->name);
	inbox->size += (size_t)n;
	return end ? 1 : 0;
}

static int receive(struct inbox *inbox, struct mend_client *client, struct mend_error *err)
{
	int done = 0;

	while (done == 0) {
		if (inbox->size == MEND_CONTROL_MAX)
			return mend_fail(err, MEND_MOUNT, "%s: bad reply: more than %d bytes",
					 client->name, MEND_CONTROL_MAX);
		if (inbox->size == inbox->room) {
			inbox->room = inbox->room ? 4 * inbox->room : 4096;
			inbox->data = mend_grow(inbox->data, inbox->room, 1);
		}
		done = receive_some(inbox, client, err);
	}
	return done < 0 ? -1 : 0;
}

/* What an error reply says: the reason it gives, else its name. */
static const char *error_text(const json_t *message, const char *error)
{
	const json_t *parameters = json_object_get(message, "parameters");
	const char *reason = json_string_value(json_object_get(parameters, "reason"));

	return reason ? reason : error;
}

/* What came later could be taken for the next call's reply. */
static void hang_up(struct mend_client *client)
{
	close(client->fd);
	client->fd = -1;
}

static int decode_reply(json_t **out, const struct inbox *inbox, struct mend_client *client,
			struct mend_error *err)
{
	static const char *const keys[] = { "parameters", "error", "continues", NULL };
	auto_json message = NULL;
	struct mend_error why;
	const char *error;
	json_t *parameters;

	if (mend_json_parse(&message, mend_span_of(inbox->data, inbox->size - 1), "reply", &why) ||
	    mend_json_is_object(message, "reply", &why) || mend_json_only(message, keys, &why) ||
	    mend_json_optional(&error, message, "error", &why))
		return mend_fail(err, MEND_MOUNT, "%s: bad reply: %s", client->name, why.text);
	if (error)
		return mend_fail(err, MEND_MOUNT, "%s: %s", client->name,
				 error_text(message, error));
	if (json_is_true(json_object_get(message, "continues"))) {
		hang_up(client);
		return mend_fail(err, MEND_MOUNT, "%s: bad reply: one of many", client->name);
	}
	parameters = json_object_get(message, "parameters");
	if (parameters && !json_is_null(parameters) && !json_is_object(parameters))
		return mend_fail(err, MEND_MOUNT, "%s: bad reply: parameters is not an object",
				 client->name);
	*out = json_is_object(parameters) ? json_incref(parameters) : json_object();
	return 0;
}

int mend_client_call(json_t **reply, int *fd, struct mend_client *client, const char *method,
		     json_t *parameters, struct mend_error *err)
{
	struct inbox inbox = { .fd = -1 };
	int result;

	if (client->fd < 0)
		return mend_fail(err, MEND_MOUNT, "%s: the connection is gone", client->name);
	result = send_call(client, method, parameters, err);
	if (!result)
		result = receive(&inbox, client, err);
	if (result)
		hang_up(client);
	else
		result = decode_reply(reply, &inbox, client, err);
	if (!result && fd)
		*fd = mend_take_fd(&inbox.fd);
	if (inbox.fd >= 0)
		close(inbox.fd);
	free(inbox.data);
	return result;
}
