/* SPDX-License-Identifier: MIT */
/*
 * Dynamic linkers at work. Each is started itself, with the program as its argument: so no set-id
 * program is ever executed, for which a linker would not heed the environment and go on to run it.
 */
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#include "mendfs/span.h"
#include "trial_private.h"

#define AT_ONCE	  2
#define SAID_MAX  (64 * 1024)
#define NOBODY	  65534
#define UNSTARTED 126

struct loader {
	pid_t pid; /* 0: none */
	int output;
	size_t index;
	int64_t deadline; /* milliseconds */
	bool is_late;
	char *said;
	size_t size;
};

static int64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static bool become_nobody(void)
{
	return setgroups(0, NULL) == 0 && setresgid(NOBODY, NOBODY, NOBODY) == 0 &&
	       setresuid(NOBODY, NOBODY, NOBODY) == 0 && geteuid() == NOBODY;
}

static bool limit(void)
{
	const struct rlimit core = { 0, 0 }, cpu = { MEND_TRIAL_SECONDS, MEND_TRIAL_SECONDS };

	return setrlimit(RLIMIT_CORE, &core) == 0 && setrlimit(RLIMIT_CPU, &cpu) == 0;
}

static _Noreturn void become_linker(const struct trial_program *program, int output, pid_t parent,
				    bool as_nobody)
{
	static const char *const trace[] = { "LD_TRACE_LOADED_OBJECTS=1", "LD_BIND_NOW=1",
					     "LD_WARN=1", "LC_ALL=C", NULL };
	static const char *const list[] = { "LC_ALL=C", NULL };
	const char *plain[] = { program->interpreter, program->path, NULL };
	const char *listing[] = { program->interpreter, "--list", program->path, NULL };
	int nowhere = open("/dev/null", O_RDONLY | O_CLOEXEC);
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	/* A change of the user would clear the signal at the parent's death: in this order. */
	if (dup2(nowhere, 0) < 0 || dup2(output, 1) < 0 || dup2(output, 2) < 0 ||
	    close_range(3, ~0U, 0) < 0 || chdir("/") < 0 || !limit() ||
	    (as_nobody && !become_nobody()) || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
		_exit(UNSTARTED);
	execve(program->interpreter, (char *const *)(program->takes_list ? listing : plain),
	       (char *const *)(program->takes_list ? list : trace));
	_exit(UNSTARTED);
}

static int start(struct loader *loader, const struct trial_program *program, size_t index,
		 bool as_nobody, struct mend_error *err)
{
	pid_t parent = getpid();
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return mend_fail_errno(err, "pipe2");
	*loader = (struct loader){ .pid = fork(),
				   .output = ends[0],
				   .index = index,
				   .deadline = now() + MEND_TRIAL_SECONDS * 1000 };
	if (loader->pid == 0)
		become_linker(program, ends[1], parent, as_nobody);
	close(ends[1]);
	if (loader->pid < 0) {
		loader->pid = 0;
		close(ends[0]);
		return mend_fail_errno(err, "cannot start a process");
	}
	return 0;
}

/* At the end of the output, or when its time is over: its last words. */
static int finish(struct loader *loader, trial_said *said, void *context)
{
	auto_free char *text = take(loader->said);
	auto_free char *all = NULL;
	int status = 0;

	close(loader->output);
	if (loader->is_late)
		kill(loader->pid, SIGKILL);
	while (waitpid(loader->pid, &status, 0) < 0 && errno == EINTR)
		;
	loader->pid = 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) == UNSTARTED)
		all = mend_text_format("%c", TRIAL_UNSTARTED);
	else if (loader->is_late)
		all = mend_text_format("%s\nthe dynamic linker takes longer than %d s\n",
				       text ? text : "", MEND_TRIAL_SECONDS);
	else if (WIFSIGNALED(status))
		all = mend_text_format("%s\nthe dynamic linker ended with signal %d\n",
				       text ? text : "", WTERMSIG(status));
	else if (status)
		all = mend_text_format("%s\nthe dynamic linker ended with status %d\n",
				       text ? text : "", WEXITSTATUS(status));
	else
		all = mend_text_copy(text ? text : "");
	return said(context, loader->index, all);
}

/* More than is kept is read all the same, or who writes it would wait. */
static bool hear(struct loader *loader)
{
	char buffer[4096];
	ssize_t size = read(loader->output, buffer, sizeof(buffer));
	size_t kept;

	if (size < 0)
		return errno == EINTR || errno == EAGAIN;
	if (size == 0)
		return false;
	kept = SAID_MAX - loader->size < (size_t)size ? SAID_MAX - loader->size : (size_t)size;
	loader->said = mend_grow(loader->said, loader->size + kept + 1, 1);
	memcpy(loader->said + loader->size, buffer, kept);
	loader->size += kept;
	loader->said[loader->size] = '\0';
	return true;
}

static int attend(struct loader *loaders, trial_said *said, void *context, struct mend_error *err)
{
	struct pollfd fds[AT_ONCE];
	int64_t left = MEND_TRIAL_SECONDS * 1000;

	for (size_t i = 0; i < AT_ONCE; i++) {
		int64_t own = loaders[i].deadline - now();

		fds[i] = (struct pollfd){ loaders[i].pid ? loaders[i].output : -1, POLLIN, 0 };
		if (loaders[i].pid && own < left)
			left = own < 0 ? 0 : own;
	}
	if (poll(fds, AT_ONCE, (int)left) < 0 && errno != EINTR)
		return mend_fail_errno(err, "poll");
	for (size_t i = 0; i < AT_ONCE; i++) {
		struct loader *loader = &loaders[i];

		if (!loader->pid)
			continue;
		loader->is_late = now() >= loader->deadline;
		if ((loader->is_late || (fds[i].revents && !hear(loader))) &&
		    finish(loader, said, context) < 0)
			return mend_fail_errno(err, "cannot tell what was found");
	}
	return 0;
}

static void stop(struct loader *loaders)
{
	for (size_t i = 0; i < AT_ONCE; i++) {
		if (loaders[i].pid) {
			close(loaders[i].output);
			kill(loaders[i].pid, SIGKILL);
			waitpid(loaders[i].pid, NULL, 0);
		}
		free(loaders[i].said);
	}
}

static struct loader *idle(struct loader *loaders)
{
	for (size_t i = 0; i < AT_ONCE; i++) {
		if (!loaders[i].pid)
			return &loaders[i];
	}
	return NULL;
}

static bool is_any_at_work(const struct loader *loaders)
{
	for (size_t i = 0; i < AT_ONCE; i++) {
		if (loaders[i].pid)
			return true;
	}
	return false;
}

int trial_loaders_run(const struct trial_programs *programs, const bool *is_wanted, bool as_nobody,
		      trial_said *said, void *context, struct mend_error *err)
{
	struct loader loaders[AT_ONCE] = { { .pid = 0 } };
	struct loader *free_one;
	size_t next = 0;
	int result = 0;

	while (result == 0 && (next < programs->count || is_any_at_work(loaders))) {
		while (result == 0 && next < programs->count && (free_one = idle(loaders))) {
			if (!is_wanted || is_wanted[next])
				result = start(free_one, &programs->items[next], next, as_nobody,
					       err);
			next++;
		}
		if (result == 0 && is_any_at_work(loaders))
			result = attend(loaders, said, context, err);
	}
	stop(loaders);
	return result;
}
