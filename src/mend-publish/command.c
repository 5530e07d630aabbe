/* SPDX-License-Identifier: MIT */
/* posix_spawn(3) and a pipe. The other program ends when nobody reads it any more. */
#include "mend-publish/command.h"

#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>

#define STEP (64 * 1024)

static int start(pid_t *out, const char *const argv[], int to, struct mend_error *err)
{
	posix_spawn_file_actions_t actions;
	int number;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, to, STDOUT_FILENO);
	number = posix_spawnp(out, argv[0], &actions, NULL, (char *const *)argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	errno = number;
	return number == 0 ? 0 : mend_fail_errno(err, "%s: cannot start it", argv[0]);
}

static int read_all(struct mend_bytes *out, int from, size_t max, struct mend_error *err)
{
	size_t room = 0;
	ssize_t got;

	for (;;) {
		if (out->size + STEP + 1 > room) {
			room = 2 * (out->size + STEP + 1);
			out->data = mend_grow(out->data, room, 1);
		}
		got = read(from, out->data + out->size, STEP);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return mend_fail_errno(err, "cannot read what it prints");
		if (got == 0)
			break;
		out->size += (size_t)got;
		if (out->size > max)
			return mend_fail(err, MEND_SYSTEM, "prints more than %zu bytes", max);
	}
	out->data[out->size] = '\0';
	return 0;
}

static int finish(pid_t child, const char *name, struct mend_error *err)
{
	int status;

	while (waitpid(child, &status, 0) < 0) {
		if (errno != EINTR)
			return mend_fail_errno(err, "%s: cannot wait for it", name);
	}
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return mend_fail(err, MEND_SYSTEM, "%s: has failed", name);
	return 0;
}

int command_output(struct mend_bytes *out, size_t max, const char *const argv[],
		   struct mend_error *err)
{
	auto_bytes bytes = { NULL, 0 };
	int ends[2], result;
	pid_t child;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return mend_fail_errno(err, "cannot make a pipe");
	result = start(&child, argv, ends[1], err);
	close(ends[1]);
	if (result < 0) {
		close(ends[0]);
		return -1;
	}
	result = read_all(&bytes, ends[0], max, err);
	close(ends[0]);
	if (result < 0) {
		finish(child, argv[0], NULL);
		return mend_fail_at(err, "%s", argv[0]);
	}
	if (finish(child, argv[0], err) < 0)
		return -1;
	*out = bytes;
	bytes = (struct mend_bytes){ NULL, 0 };
	return 0;
}
