/* SPDX-License-Identifier: MIT */
/* What the verbs share: how they are called, how they read options, how they speak. */
#ifndef PUBLISH_VERB_H
#define PUBLISH_VERB_H

#include <getopt.h>
#include <stdbool.h>

#include "mendfs/error.h"

/* A verb gets its own argv (argv[0] is its name) and returns 0, or -1 with err filled. */
typedef int verb_run(int argc, char **argv, struct mend_error *err);

verb_run verb_keygen, verb_build, verb_sign, verb_inspect, verb_verify, verb_check;

/* The end of every verb's option table. */
#define VERB_OPTIONS_END                                                                           \
	{ "quiet", no_argument, NULL, 'q' }, { "help", no_argument, NULL, 'h' },                   \
	{                                                                                          \
		NULL, 0, NULL, 0                                                                   \
	}
#define VERB_END  (-1)
#define VERB_FAIL (-2)

/* getopt_long(3) with our messages: the next option, VERB_END after the last, VERB_FAIL with err
 * filled. Takes --quiet by itself; --help prints usage and ends the process. */
int verb_option(int argc, char **argv, const char *shorts, const struct option *longs,
		const char *usage, struct mend_error *err);
/* The one argument that is no option, or MEND_USAGE. `what` names it. */
int verb_argument(const char **out, int argc, char **argv, const char *what,
		  struct mend_error *err);
/* MEND_USAGE when an option that has to be given is NULL. */
static inline int verb_needs(const char *value, const char *option, struct mend_error *err)
{
	return value ? 0 : mend_fail(err, MEND_USAGE, "%s is missing", option);
}

bool verb_is_quiet(void);
/* A line to stdout, unless --quiet. */
void verb_say(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* A line to stderr, with the program's name. */
void verb_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
