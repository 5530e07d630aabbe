/* SPDX-License-Identifier: MIT */
/* Asks libabigail's abidiff(1), which compares types where there is debugging information. */
#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "mend-publish/gate.h"
#include "mendfs/fs.h"

#define REPORT_MAX (64 * 1024 * 1024)

extern char **environ;

/* A file without a name; its descriptor is for a child to inherit. */
static int put_aside(int *out, struct mend_span content, struct mend_error *err)
{
	auto_fd fd = memfd_create("mend-publish", 0);

	if (fd < 0)
		return mend_fail_errno(err, "memfd_create");
	if (mend_fs_write_all(fd, content, err) < 0)
		return -1;
	*out = mend_take_fd(&fd);
	return 0;
}

static int run(int old, int new, int output, int *status, struct mend_error *err)
{
	auto_free char *one = mend_text_format("/proc/self/fd/%d", old);
	auto_free char *other = mend_text_format("/proc/self/fd/%d", new);
	char *argv[] = { (char *)"abidiff", (char *)"--stat", one, other, NULL };
	posix_spawn_file_actions_t actions;
	pid_t child;
	int number;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
	number = posix_spawnp(&child, argv[0], &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	if (number == ENOENT)
		return mend_fail(err, MEND_SYSTEM,
				 "abidiff: not found: install abigail-tools (libabigail)");
	errno = number;
	if (number != 0 || waitpid(child, status, 0) != child)
		return mend_fail_errno(err, "abidiff: cannot run");
	return 0;
}

/* The lines of the report that sum up, as one. */
static char *summary_of(struct mend_span report)
{
	char *text = mend_text_copy("");
	struct mend_span line;

	while (mend_span_line(&line, &report)) {
		const char *raw = (const char *)line.data;
		const char *end = memmem(raw, line.size, " summary: ", 10);
		auto_free char *before = NULL;

		if (!end)
			continue;
		before = take(text);
		end += 10;
		text = mend_text_format("%s%s%.*s: %.*s", before, *before ? "; " : "",
					(int)(end - 10 - raw), raw, (int)(raw + line.size - end),
					end);
	}
	return text;
}

int abidiff_add(struct mend_findings *findings, const char *path, struct mend_span old,
		struct mend_span new, struct mend_error *err)
{
	auto_fd before = -1, after = -1, output = -1;
	auto_bytes report = { NULL, 0 };
	auto_free char *summary = NULL;
	int status;

	if (put_aside(&before, old, err) < 0 || put_aside(&after, new, err) < 0 ||
	    put_aside(&output, mend_span_of("", 0), err) < 0 ||
	    run(before, after, output, &status, err) < 0 ||
	    mend_fs_read_fd(&report, output, REPORT_MAX, err) < 0)
		return -1;
	/* Its exit status is a set of bits; the lowest two are errors. */
	if (!WIFEXITED(status) || (WEXITSTATUS(status) & 3)) {
		mend_findings_add(findings, "abidiff", MEND_NOTE, path, "abidiff could not tell");
		return 0;
	}
	summary = summary_of(mend_bytes_span(&report));
	mend_findings_add(findings, "abidiff", MEND_NOTE, path, "abidiff: %s",
			  *summary ? summary : "no changes");
	return 0;
}
