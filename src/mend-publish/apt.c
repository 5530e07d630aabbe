/* SPDX-License-Identifier: MIT */
/* apt-get download, into the scratch directory. */
#include "mend-publish/apt.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "mend-publish/package.h"
#include "mendfs/fs.h"

#define LOG	"log"
#define LOG_MAX (64 * 1024)

int apt_check(const char *spec, struct mend_error *err)
{
	char name[PACKAGE_TEXT_MAX];
	const char *equals = strchr(spec, '=');
	size_t size = equals ? (size_t)(equals - spec) : strlen(spec);

	/* apt-get would take what has '*' or '^' in it for a pattern, and '/' for a release. */
	snprintf(name, sizeof(name), "%.*s", (int)(size < sizeof(name) ? size : 0), spec);
	if (!package_is_word(name, "+-.:") || (equals && !package_is_word(equals + 1, "+-.:~")))
		return mend_fail(err, MEND_USAGE, "--apt %s: not PACKAGE or PACKAGE=VERSION", spec);
	return 0;
}

/* Ends with us, or it would go on to write into a directory that is being removed. */
static _Noreturn void run(int dir, int log, const char *spec, pid_t parent)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (prctl(PR_SET_PDEATHSIG, SIGTERM) == 0 && getppid() == parent && fchdir(dir) == 0 &&
	    dup2(open("/dev/null", O_RDONLY | O_CLOEXEC), 0) == 0 && dup2(log, 1) == 1 &&
	    dup2(log, 2) == 2)
		execlp("apt-get", "apt-get", "-q", "download", spec, (char *)NULL);
	dprintf(log, "E: cannot start apt-get: %s\n", strerror(errno));
	_exit(127);
}

/* What apt says of an error: its first line that begins with "E: ". */
static int fail_said(int dir, struct mend_error *err)
{
	auto_bytes log = { NULL, 0 };
	struct mend_span rest, line;

	if (mend_fs_read(&log, dir, LOG, LOG_MAX, err) < 0)
		return -1;
	rest = mend_bytes_span(&log);
	while (mend_span_line(&line, &rest)) {
		if (line.size > 3 && memcmp(line.data, "E: ", 3) == 0)
			return mend_fail(err, MEND_SYSTEM, "apt-get: %.*s", (int)line.size - 3,
					 (const char *)line.data + 3);
	}
	return mend_fail(err, MEND_SYSTEM, "apt-get could not fetch it");
}

static int download(int dir, const char *spec, struct mend_error *err)
{
	auto_fd log = openat(dir, LOG, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	pid_t parent = getpid(), child;
	int status;

	if (log < 0)
		return mend_fail_errno(err, "cannot make a temporary file");
	child = fork();
	if (child == 0)
		run(dir, log, spec, parent);
	if (child < 0)
		return mend_fail_errno(err, "cannot start apt-get");
	while (waitpid(child, &status, 0) < 0) {
		if (errno != EINTR)
			return mend_fail_errno(err, "cannot wait for apt-get");
	}
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : fail_said(dir, err);
}

static int find(char **out, int dir, struct mend_error *err)
{
	char **names, *found = NULL;
	size_t count;

	if (mend_fs_list(&names, &count, dir, err) < 0)
		return -1;
	for (size_t i = 0; i < count && !found; i++) {
		size_t size = strlen(names[i]);

		if (size > 4 && strcmp(names[i] + size - 4, ".deb") == 0)
			found = mend_text_copy(names[i]);
	}
	mend_fs_list_free(names, count);
	if (!found)
		return mend_fail(err, MEND_SYSTEM, "apt-get fetched nothing");
	*out = found;
	return 0;
}

int apt_fetch(char **out, const char *spec, const struct scratch *scratch, unsigned number,
	      struct mend_error *err)
{
	auto_free char *name = NULL;
	char dir_name[32];
	auto_fd dir = -1;

	snprintf(dir_name, sizeof(dir_name), "apt-%u", number);
	if (scratch_make(&dir, scratch, dir_name, err) < 0)
		return -1;
	if (download(dir, spec, err) < 0 || find(&name, dir, err) < 0)
		return mend_fail_at(err, "--apt %s", spec);
	*out = mend_text_format("%s/%s/%s", scratch_path(scratch), dir_name, name);
	return 0;
}
