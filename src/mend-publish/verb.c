/* SPDX-License-Identifier: MIT */
/* Options and output of the verbs. */
#include "mend-publish/verb.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool quiet;

bool verb_is_quiet(void)
{
	return quiet;
}

static int bad_option(char **argv, int kind, struct mend_error *err)
{
	const char *given = argv[optind - 1];
	char letter[3] = { '-', (char)optopt, '\0' };

	/* getopt_long(3) leaves optopt 0 for an unknown long option, its `val` for a known one. */
	if (strncmp(given, "--", 2) != 0 && optopt > 0 && optopt < 128)
		given = letter;
	if (kind == ':')
		return mend_fail(err, MEND_USAGE, "option '%s' needs a value", given);
	return mend_fail(err, MEND_USAGE,
			 "option '%s' is unknown, or lacks or has a value: see "
			 "'mend-publish %s --help'",
			 given, argv[0]);
}

int verb_option(int argc, char **argv, const char *shorts, const struct option *longs,
		const char *usage, struct mend_error *err)
{
	for (;;) {
		int option = getopt_long(argc, argv, shorts, longs, NULL);

		switch (option) {
		case 'q':
			quiet = true;
			continue;
		case 'h':
			fputs(usage, stdout);
			exit(0);
		case '?':
		case ':':
			bad_option(argv, option, err);
			return VERB_FAIL;
		default:
			return option;
		}
	}
}

int verb_argument(const char **out, int argc, char **argv, const char *what, struct mend_error *err)
{
	if (optind == argc)
		return mend_fail(err, MEND_USAGE, "%s: %s is missing", argv[0], what);
	if (optind + 1 < argc)
		return mend_fail(err, MEND_USAGE, "%s: '%s' is one argument too many", argv[0],
				 argv[optind + 1]);
	*out = argv[optind];
	return 0;
}

void verb_say(const char *format, ...)
{
	va_list args;

	if (quiet)
		return;
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
}

void verb_warn(const char *format, ...)
{
	va_list args;

	fputs("mend-publish: warning: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
}
