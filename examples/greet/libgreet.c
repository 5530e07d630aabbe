/* SPDX-License-Identifier: MIT */
/*
 * Both builds of the library: as it was shipped, and with -DGREET_FIXED as it is after the fix. The
 * bug is the kind that gets a CVE number, made harmless to look at: a name that carries a format is
 * used as the format, so a stranger's name reads what it was never given.
 */
#include "libgreet.h"

#include <stdio.h>
#include <string.h>

#ifdef GREET_FIXED
static const char version[] = "1.0.1";
#else
static const char version[] = "1.0.0";
#endif

/* What nobody who only gives a name should get to see. */
static const char secret[] = "the-password-of-the-database";

/* A tiny formatter: "%s" stands for its one argument. */
static size_t expand(char *out, size_t size, const char *format, const char *argument)
{
	size_t used = 0, lost = 0;

	while (*format != '\0') {
		const char *piece = format;
		size_t length = 1;

		if (strncmp(format, "%s", 2) == 0) {
			piece = argument;
			length = strlen(argument);
			format++;
		}
		format++;
		for (size_t i = 0; i < length; i++) {
			if (used + 1 < size)
				out[used++] = piece[i];
			else
				lost++;
		}
	}
	if (size > 0)
		out[used] = '\0';
	return lost;
}

size_t greet(char *out, size_t size, const char *name)
{
#ifdef GREET_FIXED
	(void)secret;
	return expand(out, size, "hello, %s", name);
#else
	char format[256];

	expand(format, sizeof(format), "hello, %s", name);
	return expand(out, size, format, secret);
#endif
}

const char *greet_version(void)
{
	return version;
}
