/* SPDX-License-Identifier: MIT */
/* Asks another program. */
#ifndef PUBLISH_COMMAND_H
#define PUBLISH_COMMAND_H

#include "mendfs/error.h"
#include "mendfs/span.h"

/* What argv prints, at most `max` bytes. argv[0] is looked for in PATH; the program reads nothing,
 * and complains on our own standard error. MEND_SYSTEM when it cannot run or fails. */
int command_output(struct mend_bytes *out, size_t max, const char *const argv[],
		   struct mend_error *err);

#endif
