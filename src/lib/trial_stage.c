/* SPDX-License-Identifier: MIT */
/* A process of its own for each run, which takes its mount namespace with it when it ends. */
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "mendfs/fs.h"
#include "trial_private.h"

/* Before each message to the parent. */
struct header {
	bool is_error; /* a struct mend_error follows, and nothing after it */
	size_t index;  /* else what was said of this program */
	size_t size;
};

static int tell(int fd, struct header header, const void *data)
{
	if (mend_fs_write_all(fd, mend_span_of(&header, sizeof(header)), NULL) < 0)
		return -1;
	return mend_fs_write_all(fd, mend_span_of(data, header.size), NULL);
}

static int tell_said(void *context, size_t index, const char *text)
{
	const int *fd = context;

	return tell(*fd, (struct header){ .index = index, .size = strlen(text) }, text);
}

static _Noreturn void play(const struct trial_programs *programs, const bool *is_wanted,
			   const struct mend_trial *trial, bool lay, int fd, pid_t parent)
{
	bool is_root = geteuid() == 0;
	struct mend_error err = { 0 };

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
		_exit(1);
	if ((lay && (trial_enter(&err) < 0 || trial_lay(trial, &err) < 0)) ||
	    trial_loaders_run(programs, is_wanted, is_root, tell_said, &fd, &err) < 0)
		tell(fd, (struct header){ .is_error = true, .size = sizeof(err) }, &err);
	_exit(0);
}

/* False at the end. */
static bool read_all(int fd, void *data, size_t size)
{
	char *at = data;

	while (size > 0) {
		ssize_t got = read(fd, at, size);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		at += got;
		size -= (size_t)got;
	}
	return true;
}

static size_t count_wanted(const struct trial_programs *programs, const bool *is_wanted)
{
	size_t count = 0;

	for (size_t i = 0; i < programs->count; i++)
		count += !is_wanted || is_wanted[i];
	return count;
}

static int listen_to(char **said, const struct mend_trial *trial, size_t count, size_t total,
		     int fd, struct mend_error *err)
{
	struct header header;

	for (size_t done = 0; done < total; done++) {
		auto_free char *text = NULL;

		if (trial->progress)
			trial->progress(trial->context, done, total);
		if (!read_all(fd, &header, sizeof(header)))
			return mend_fail(err, MEND_SYSTEM, "the load test was ended");
		text = mend_alloc(header.size + 1);
		if (!read_all(fd, text, header.size) || header.index >= count)
			return mend_fail(err, MEND_SYSTEM, "the load test was ended");
		if (header.is_error) {
			memcpy(err, text, sizeof(*err));
			return -1;
		}
		free(said[header.index]);
		said[header.index] = take(text);
	}
	return 0;
}

int trial_stage(char **said, const struct trial_programs *programs, const bool *is_wanted,
		const struct mend_trial *trial, bool lay, struct mend_error *err)
{
	pid_t parent = getpid(), child;
	int ends[2], result;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return mend_fail_errno(err, "pipe2");
	child = fork();
	if (child == 0) {
		close(ends[0]);
		play(programs, is_wanted, trial, lay, ends[1], parent);
	}
	close(ends[1]);
	if (child < 0) {
		close(ends[0]);
		return mend_fail_errno(err, "cannot start a process");
	}
	result = listen_to(said, trial, programs->count, count_wanted(programs, is_wanted), ends[0],
			   err);
	if (result < 0)
		kill(child, SIGKILL);
	close(ends[0]);
	while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
		;
	return result;
}
