/* SPDX-License-Identifier: MIT */
/* Fetches a package through apt, which checks the archive's signature. */
#ifndef PUBLISH_APT_H
#define PUBLISH_APT_H

#include "mend-publish/scratch.h"

/* "PACKAGE", "PACKAGE=VERSION", with or without ":ARCHITECTURE": MEND_USAGE for others. */
int apt_check(const char *spec, struct mend_error *err);
/* The path of the .deb; free(3) it. `number` tells this from other calls with the same scratch. */
int apt_fetch(char **out, const char *spec, const struct scratch *scratch, unsigned number,
	      struct mend_error *err);

#endif
