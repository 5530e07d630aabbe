/* SPDX-License-Identifier: MIT */
/* The temporary directory and the child that sweeps it away. */
#include "mend-publish/scratch.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "mendfs/fs.h"
#include "mendfs/span.h"

#define TRIES	 100 /* somebody whom we started may still be writing into it */
#define PAUSE_US 50000

struct scratch {
	char *path;
	int alive; /* the sweeper sees its other end close */
	pid_t sweeper;
};

/* Keeps nothing open of what it inherited, or who reads our output would wait for it. */
static void keep_only(int alive)
{
	int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (dup2(alive, 0) < 0 || dup2(nowhere, 1) < 0 || dup2(nowhere, 2) < 0 ||
	    close_range(3, ~0U, 0) < 0)
		_exit(1);
}

static _Noreturn void sweep(const char *path, int alive)
{
	char byte;

	setsid();
	keep_only(alive);
	while (read(0, &byte, 1) < 0 && errno == EINTR)
		;
	for (int i = 0; i < TRIES && mend_fs_remove_tree(AT_FDCWD, path, NULL) < 0; i++)
		usleep(PAUSE_US);
	_exit(0);
}

static int start(struct scratch *scratch, struct mend_error *err)
{
	int ends[2];

	if (mkdtemp(scratch->path) == NULL)
		return mend_fail_errno(err, "%s: cannot make a temporary directory", scratch->path);
	if (pipe2(ends, O_CLOEXEC) == 0) {
		scratch->sweeper = fork();
		if (scratch->sweeper == 0) {
			close(ends[1]);
			sweep(scratch->path, ends[0]);
		}
		close(ends[0]);
		scratch->alive = ends[1];
		if (scratch->sweeper > 0)
			return 0;
		close(ends[1]);
	}
	mend_fail_errno(err, "cannot start a process");
	rmdir(scratch->path);
	return -1;
}

int scratch_new(struct scratch **out, struct mend_error *err)
{
	const char *parent = getenv("TMPDIR");
	struct scratch *scratch = mend_alloc(sizeof(*scratch));
	sigset_t all, before;
	int result;

	scratch->path = mend_text_format("%s/mend-publish-XXXXXX",
					 parent && *parent == '/' ? parent : "/tmp");
	/* No signal comes between the directory and who sweeps it. The sweeper keeps them blocked.
	 */
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	result = start(scratch, err);
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (result < 0) {
		free(scratch->path);
		free(scratch);
		return -1;
	}
	*out = scratch;
	return 0;
}

void scratch_free(struct scratch *scratch)
{
	if (!scratch)
		return;
	close(scratch->alive);
	while (waitpid(scratch->sweeper, NULL, 0) < 0 && errno == EINTR)
		;
	free(scratch->path);
	free(scratch);
}

const char *scratch_path(const struct scratch *scratch)
{
	return scratch->path;
}

int scratch_make(int *out, const struct scratch *scratch, const char *name, struct mend_error *err)
{
	auto_free char *path = mend_text_format("%s/%s", scratch->path, name);
	auto_fd fd = -1;

	if (mkdir(path, 0700) < 0)
		return mend_fail_errno(err, "%s: cannot make a directory", path);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return mend_fail_errno(err, "%s: cannot open", path);
	*out = mend_take_fd(&fd);
	return 0;
}
