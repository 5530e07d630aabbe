/* SPDX-License-Identifier: MIT */
/* What is printed, and to whom. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "mendctl/mendctl.h"

void say(const struct options *options, const char *format, ...)
{
	va_list values;

	if (options->quiet || options->json)
		return;
	va_start(values, format);
	vprintf(format, values);
	va_end(values);
	putchar('\n');
}

void say_note(const char *format, ...)
{
	va_list values;

	fputs("mendctl: ", stderr);
	va_start(values, format);
	vfprintf(stderr, format, values);
	va_end(values);
	fputc('\n', stderr);
}

static bool said_json;

void say_json(json_t *object)
{
	said_json = true;
	json_dumpf(object, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(object);
}

bool say_had_json(void)
{
	return said_json;
}

bool say_is_fancy(const struct options *options, int fd)
{
	const char *no_color = getenv("NO_COLOR");
	const char *terminal = getenv("TERM");

	if (options->quiet || options->json || (no_color && no_color[0]))
		return false;
	return isatty(fd) && terminal && strcmp(terminal, "dumb") != 0;
}

json_t *say_release(const char *id, unsigned number)
{
	char label[MEND_LABEL_MAX];

	mend_label_of(label, number);
	return json_pack("{s:s, s:i, s:s}", "id", id, "release", (int)number, "label", label);
}
