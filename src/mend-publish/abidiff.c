/* SPDX-License-Identifier: MIT */
/* Asks libabigail's abidiff(1), which compares types where there is debugging information. */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "mend-publish/gate.h"
#include "mendfs/fs.h"

#define REPORT_MAX (64 * 1024 * 1024)

/* abidiff(1) takes nothing but files with names: a directory of our own, gone at the end. */
struct workshop {
	char path[64];
	int dir;
};

static int workshop_open(struct workshop *out, struct mend_error *err)
{
	snprintf(out->path, sizeof(out->path), "/tmp/mend-publish-XXXXXX");
	if (!mkdtemp(out->path))
		return mend_fail_errno(err, "/tmp: cannot make a directory");
	return mend_fs_open_dir(&out->dir, AT_FDCWD, out->path, err);
}

static void workshop_close(struct workshop *workshop)
{
	if (workshop->dir >= 0)
		close(workshop->dir);
	if (*workshop->path)
		mend_fs_remove_tree(AT_FDCWD, workshop->path, NULL);
}

static int run(const struct workshop *workshop, int *status, struct mend_error *err)
{
	auto_free char *old = mend_text_format("%s/old", workshop->path);
	auto_free char *new = mend_text_format("%s/new", workshop->path);
	auto_free char *report = mend_text_format("%s/report", workshop->path);
	char *argv[] = { (char *)"abidiff", (char *)"--stat", old, new, NULL };
	posix_spawn_file_actions_t actions;
	pid_t child;
	int number;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, report,
					 O_WRONLY | O_CREAT | O_EXCL, 0600);
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
	__attribute__((cleanup(workshop_close))) struct workshop workshop = { .dir = -1 };
	auto_bytes report = { NULL, 0 };
	auto_free char *summary = NULL;
	int status;

	if (workshop_open(&workshop, err) < 0 ||
	    mend_fs_write(workshop.dir, "old", old, 0600, err) < 0 ||
	    mend_fs_write(workshop.dir, "new", new, 0600, err) < 0 ||
	    run(&workshop, &status, err) < 0 ||
	    mend_fs_read(&report, workshop.dir, "report", REPORT_MAX, err) < 0)
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
