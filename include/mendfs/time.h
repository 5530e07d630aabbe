/* SPDX-License-Identifier: MIT */
/*
 * Times as text, "2026-11-22T00:00:00Z", always UTC. Not gmtime(3): glibc's reads the time zone's
 * file when it is first called, and the daemon opens nothing below its own mount.
 */
#ifndef MENDFS_TIME_H
#define MENDFS_TIME_H

#include <stdbool.h>
#include <stdint.h>

#define MEND_TIME_SIZE 21 /* with the NUL */

/* Takes exactly that form, a day that is in the calendar, from 1970 to 9999; no leap seconds. */
bool mend_time_parse(int64_t *out, const char *text);
/* Seconds since the epoch; what is out of the range of mend_time_parse() is moved into it. */
void mend_time_text(char out[MEND_TIME_SIZE], int64_t seconds);

#endif
