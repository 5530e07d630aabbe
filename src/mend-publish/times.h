/* SPDX-License-Identifier: MIT */
/* The times that a publisher gives, and the time that is put into a bundle. */
#ifndef PUBLISH_TIMES_H
#define PUBLISH_TIMES_H

#include <stdint.h>

#include "mendfs/error.h"

/* Takes "2026-11-22T00:00:00Z", a date alone (its first second), or "@" and seconds since 1970;
 * nothing that a tar header cannot hold. `what` names the option in the message. */
int times_parse(int64_t *out, const char *text, const char *what, struct mend_error *err);
/* SOURCE_DATE_EPOCH when it is set, else now. */
int times_now(int64_t *out, struct mend_error *err);

#endif
