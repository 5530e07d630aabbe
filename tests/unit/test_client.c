/* SPDX-License-Identifier: MIT */
/* The calling side of a control socket believes only a whole, well-formed reply. What it is sent
 * here lies in a socket pair before it calls. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>

#include "mendfs/control.h"
#include "mendfs/fs.h"
#include "unit.h"

static struct mend_client client;
static int peer;

/* A client whose reply is there already, followed by the end when `hang_up`. */
static void begin(const void *reply, size_t size, bool hang_up)
{
	struct timeval soon = { .tv_usec = 50000 };
	int pair[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	ck_assert_int_eq(setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &soon, sizeof(soon)), 0);
	ck_assert_int_eq(send(pair[1], reply, size, 0), (ssize_t)size);
	if (hang_up)
		shutdown(pair[1], SHUT_WR);
	client = (struct mend_client){ .fd = pair[0], .name = mend_text_copy("usr-lib") };
	peer = pair[1];
}

static void end(void)
{
	if (client.fd >= 0)
		close(client.fd);
	free(client.name);
	close(peer);
}

static int call(json_t **reply, struct mend_error *err)
{
	return mend_client_call(reply, NULL, &client, "io.mendfs.Control.Status", NULL, err);
}

START_TEST(a_call_is_one_message)
{
	static const char want[] = "{\"method\":\"a.b\",\"parameters\":{\"generation\":7}}";
	auto_json parameters = json_pack("{s:i}", "generation", 7);
	struct mend_error err;
	char got[128] = "";
	json_t *reply;

	begin("{}", 3, false);
	unit_works(mend_client_call(&reply, NULL, &client, "a.b", parameters, &err));
	ck_assert_int_eq(json_object_size(reply), 0);
	json_decref(reply);
	ck_assert_int_eq(recv(peer, got, sizeof(got), 0), (ssize_t)sizeof(want));
	ck_assert_str_eq(got, want);
	end();
}
END_TEST

/* A message and its size with the NUL. */
#define WHOLE(text) text, sizeof(text)

START_TEST(bad_replies_are_refused)
{
	static const struct {
		const char *raw;
		size_t size;
		const char *text;
	} bad[] = {
		{ "", 0, "usr-lib: closed the connection" },
		{ "{}", 2, "usr-lib: closed the connection" }, /* without its NUL */
		{ WHOLE("{}\0{}"), "usr-lib: bad reply: more than one" },
		{ WHOLE("[]"), "usr-lib: bad reply: reply: not an object" },
		{ WHOLE("{\"parameters\":[]}"), "usr-lib: bad reply: parameters is not an object" },
		{ WHOLE("{\"continues\":true}"), "usr-lib: bad reply: one of many" },
		{ WHOLE("{\"error\":7}"), "usr-lib: bad reply: error: not a string" },
		{ WHOLE("{\"x\":1}"), "usr-lib: bad reply: x: unknown member" },
		{ WHOLE("{\"error\":\"io.mendfs.Control.Refused\",\"parameters\":{\"reason\":"
			"\"no\"}}"),
		  "usr-lib: no" },
		{ WHOLE("{\"error\":\"org.varlink.service.PermissionDenied\"}"),
		  "usr-lib: org.varlink.service.PermissionDenied" },
	};
	struct mend_error err;
	json_t *reply = NULL;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		begin(bad[i].raw, bad[i].size, true);
		unit_fails(call(&reply, &err), MEND_MOUNT, bad[i].text);
		ck_assert_ptr_null(reply);
		end();
	}
}
END_TEST

START_TEST(silence_ends_the_connection)
{
	struct mend_error err;
	json_t *reply;

	begin("{\"par", 5, false);
	unit_fails(call(&reply, &err), MEND_MOUNT, "usr-lib: did not answer in time");
	ck_assert_int_eq(client.fd, -1);
	unit_fails(call(&reply, &err), MEND_MOUNT, "usr-lib: the connection is gone");
	end();
}
END_TEST

START_TEST(an_endless_reply_is_cut_off)
{
	auto_free char *flood = mend_alloc(2 * MEND_CONTROL_MAX);
	struct mend_error err;
	json_t *reply;
	int size = 8 * MEND_CONTROL_MAX;

	memset(flood, ' ', 2 * MEND_CONTROL_MAX);
	begin("{", 1, false);
	setsockopt(peer, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size));
	setsockopt(peer, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	if (send(peer, flood, 2 * MEND_CONTROL_MAX, MSG_DONTWAIT) > MEND_CONTROL_MAX)
		unit_fails(call(&reply, &err), MEND_MOUNT,
			   "usr-lib: bad reply: more than 1048576 bytes");
	end();
}
END_TEST

static void send_with_fds(const int *fds, size_t count)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(4 * sizeof(int))];
	} extra = { 0 };
	char nul = '\0';
	struct iovec part = { .iov_base = &nul, .iov_len = 1 };
	struct msghdr packet = { .msg_iov = &part,
				 .msg_iovlen = 1,
				 .msg_control = extra.room,
				 .msg_controllen = CMSG_SPACE(count * sizeof(int)) };

	extra.head.cmsg_level = SOL_SOCKET;
	extra.head.cmsg_type = SCM_RIGHTS;
	extra.head.cmsg_len = CMSG_LEN(count * sizeof(int));
	memcpy(CMSG_DATA(&extra.head), fds, count * sizeof(int));
	ck_assert_int_eq(sendmsg(peer, &packet, 0), 1);
}

static size_t open_fds(void)
{
	size_t count = 0;

	for (int fd = 0; fd < 256; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

START_TEST(one_descriptor_is_kept)
{
	int fds[3] = { 0, 1, 2 }, fd = -1;
	struct mend_error err;
	json_t *reply;
	size_t before;

	begin("{}", 2, false);
	send_with_fds(fds, 3);
	before = open_fds();
	unit_works(mend_client_call(&reply, &fd, &client, "a.b", NULL, &err));
	json_decref(reply);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
	ck_assert_uint_eq(open_fds(), before + 1);
	close(fd);
	end();

	begin("{}", 2, false);
	send_with_fds(fds, 1);
	before = open_fds();
	unit_works(call(&reply, &err));
	json_decref(reply);
	ck_assert_uint_eq(open_fds(), before);
	end();

	begin("{}", 3, false);
	unit_works(mend_client_call(&reply, &fd, &client, "a.b", NULL, &err));
	json_decref(reply);
	ck_assert_int_eq(fd, -1);
	end();
}
END_TEST

/* A listening socket below the scratch directory; closed, it is one left behind. */
static int listen_at(int dir, const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/%s", dir, name);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	ck_assert_int_eq(listen(fd, 4), 0);
	return fd;
}

START_TEST(sockets_are_found_and_told_apart)
{
	struct mend_client *open = NULL;
	int dir = unit_scratch(), live, dead;
	struct mend_error err;
	char run[64], **names, text[128];
	size_t count;

	snprintf(run, sizeof(run), "/proc/self/fd/%d", dir);
	live = listen_at(dir, "usr-lib.varlink");
	dead = listen_at(dir, "opt-lib.varlink");
	close(dead);
	unit_write(dir, "file.varlink", "");
	unit_write(dir, "usr-lib.json", "{}");

	unit_works(mend_client_list(&names, &count, run, &err));
	ck_assert_uint_eq(count, 3);
	ck_assert_str_eq(names[0], "file");
	ck_assert_str_eq(names[1], "opt-lib");
	ck_assert_str_eq(names[2], "usr-lib");
	mend_fs_list_free(names, count);

	unit_works(mend_client_open(&open, run, "usr-lib", 1, &err));
	ck_assert_str_eq(open->name, "usr-lib");
	mend_client_close(open);
	unit_fails(mend_client_open(&open, run, "opt-lib", 1, &err), MEND_MOUNT,
		   "opt-lib: not running: nobody listens on the socket left behind");
	unit_fails(mend_client_open(&open, run, "no-lib", 1, &err), MEND_MOUNT,
		   "no-lib: no such mount");
	snprintf(text, sizeof(text), "%s/file.varlink: not a socket", run);
	unit_fails(mend_client_open(&open, run, "file", 1, &err), MEND_MOUNT, text);
	close(live);
	unit_scratch_end();
}
END_TEST

START_TEST(no_directory_no_mounts)
{
	struct mend_error err;
	size_t count = 1;
	char **names;

	unit_works(mend_client_list(&names, &count, "/nonexistent/run", &err));
	ck_assert_uint_eq(count, 0);
	ck_assert_ptr_null(names);
}
END_TEST

int main(void)
{
	return unit_main("client", (const TTest *[]){
					   a_call_is_one_message, bad_replies_are_refused,
					   silence_ends_the_connection, an_endless_reply_is_cut_off,
					   one_descriptor_is_kept, sockets_are_found_and_told_apart,
					   no_directory_no_mounts, NULL });
}
