/* SPDX-License-Identifier: MIT */
/* A bar that shows how much of something long is done. On standard error, and only on a terminal.
 */
#ifndef MENDCTL_PROGRESS_H
#define MENDCTL_PROGRESS_H

#include "mendctl/mendctl.h"

struct progress {
	const char *what;
	bool shown;
	int percent; /* what the bar shows; -1: nothing yet */
};

void progress_start(struct progress *progress, const struct options *options, const char *what);
void progress_show(struct progress *progress, uint64_t done, uint64_t total);
/* Takes the bar off its line; also before something else is printed in between. */
void progress_clear(struct progress *progress);

#endif
