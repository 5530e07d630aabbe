/* SPDX-License-Identifier: MIT */
/* The load test: how it is started here, and what is said of it. */
#include "mend-publish/trial.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "mend-publish/line.h"
#include "mend-publish/verb.h"
#include "mendfs/fs.h"

#define PROGRAM_WIDTH_MAX 60

static void show_progress(void *context, size_t done, size_t total)
{
	(void)context;
	fprintf(stderr, "\rload test %zu/%zu", done, total);
}

int trial_root(struct mend_trial_result *result, const struct mend_gate_layer *layer,
	       const char *root, struct mend_error *err)
{
	bool is_shown = isatty(STDERR_FILENO) && !verb_is_quiet();
	auto_fd base = -1;
	struct mend_trial trial = { .layers = layer,
				    .layer_count = 1,
				    .where = root,
				    .progress = is_shown ? show_progress : NULL };
	int failed;

	if (mend_fs_open_dir(&base, AT_FDCWD, root, err) < 0)
		return -1;
	trial.base = base;
	failed = mend_trial_run(result, &trial, err);
	if (is_shown)
		fputs("\r\033[K", stderr);
	return failed;
}

static int widest(const struct mend_trial_result *result)
{
	size_t most = strlen("PROGRAM");

	for (size_t i = 0; i < result->count; i++) {
		size_t size = strlen(result->complaints[i].program);

		most = size > most ? size : most;
	}
	return most > PROGRAM_WIDTH_MAX ? PROGRAM_WIDTH_MAX : (int)most;
}

void trial_print(const struct mend_trial_result *result)
{
	unsigned width = line_width();
	int program = widest(result);

	if (result->count > 0)
		line_print(width, "%-*s  %s", program, "PROGRAM", "COMPLAINT");
	for (size_t i = 0; i < result->count; i++)
		line_print(width, "%-*s  %s", program, result->complaints[i].program,
			   result->complaints[i].text);
	if (result->count == 0)
		line_print(width, "load test: programs that start as before: %zu",
			   result->tried - result->complained_already);
	if (result->complained_already > 0)
		verb_warn("load test: %zu of %zu programs cannot be loaded as it is",
			  result->complained_already, result->tried);
	if (result->untried > 0)
		verb_warn("load test: programs that could not be tried: %zu", result->untried);
}
