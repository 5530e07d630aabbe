/* SPDX-License-Identifier: MIT */
/*
 * A private temporary directory. A child waits for the end of this process, whichever it is (also
 * SIGKILL), and removes the directory then.
 */
#ifndef PUBLISH_SCRATCH_H
#define PUBLISH_SCRATCH_H

#include <sys/types.h>

#include "mendfs/error.h"

struct scratch;

int scratch_new(struct scratch **out, struct mend_error *err);
/* Removes it and waits until it is gone. */
void scratch_free(struct scratch *scratch);
const char *scratch_path(const struct scratch *scratch);
/* Makes a directory in it and opens it. */
int scratch_make(int *out, const struct scratch *scratch, const char *name, struct mend_error *err);

#endif
