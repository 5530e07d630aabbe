/* SPDX-License-Identifier: MIT */
/* What the command line and mendfs.conf(5) ask for; decided before anything is touched. */
#ifndef MENDFS_OPTIONS_H
#define MENDFS_OPTIONS_H

#include <stdbool.h>

#include "mendfs/error.h"

struct options {
	char *mount; /* absolute, canonical */
	char *base;  /* the same, unless --base says another */
	char *root;  /* logical root: --as, else the mount */
	char *store;
	char *config; /* directories */
	char *run;
	char *source; /* shown in mount tables */
	bool foreground;
	bool read_only;
	bool take_over;			      /* of a mount that is there */
	unsigned long set_flags, clear_flags; /* MS_NOSUID, MS_NODEV, MS_NOEXEC … asked for */
};

enum options_verdict { OPTIONS_RUN, OPTIONS_GUARD, OPTIONS_DONE };

/* --help and --version are printed and give OPTIONS_DONE. Fails with MEND_USAGE, or MEND_SYSTEM for
 * a directory that is not there. */
int options_parse(enum options_verdict *verdict, struct options *out, int argc, char **argv,
		  struct mend_error *err);
void options_free(struct options *options);

#endif
