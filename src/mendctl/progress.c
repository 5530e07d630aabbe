/* SPDX-License-Identifier: MIT */
/* A bar that shows how much of something long is done. */
#include "mendctl/progress.h"

#include <stdio.h>
#include <string.h>

#define BAR_WIDTH 40

void progress_start(struct progress *progress, const struct options *options, const char *what)
{
	*progress = (struct progress){
		.what = what,
		.shown = say_is_fancy(options, STDERR_FILENO),
		.percent = -1,
	};
}

void progress_show(struct progress *progress, uint64_t done, uint64_t total)
{
	int percent = total > 0 && done < total ? (int)((double)done * 100 / (double)total) : 100;
	int filled = percent * BAR_WIDTH / 100;
	char bar[BAR_WIDTH + 1];

	if (!progress->shown || percent == progress->percent)
		return;
	memset(bar, ' ', BAR_WIDTH);
	memset(bar, '=', (size_t)filled);
	bar[BAR_WIDTH] = '\0';
	fprintf(stderr, "\r%s [%s] %3d %%", progress->what, bar, percent);
	progress->percent = percent;
}

void progress_clear(struct progress *progress)
{
	if (progress->percent < 0)
		return;
	fputs("\r\033[K", stderr);
	progress->percent = -1;
}
