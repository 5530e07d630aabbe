/* SPDX-License-Identifier: MIT */
/* Lines for a person, as wide as the terminal at most. */
#include "mend-publish/line.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "mendfs/span.h"

#define WIDTH_MIN 40

unsigned line_width(void)
{
	struct winsize size;

	if (!isatty(STDOUT_FILENO))
		return 0;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_col == 0)
		return 80;
	return size.ws_col < WIDTH_MIN ? WIDTH_MIN : size.ws_col;
}

void line_print(unsigned width, const char *format, ...)
{
	auto_free char *line = NULL;
	const char *at;
	unsigned used = 0;
	va_list args;

	va_start(args, format);
	if (vasprintf(&line, format, args) < 0)
		line = NULL;
	va_end(args);
	for (at = line; at && *at; used++) {
		size_t bytes = mend_text_char(at, strlen(at));

		if (width && used == width - 1 && at[bytes])
			break;
		if (bytes == 0 || mend_text_is_control(at))
			putchar('?');
		else
			fwrite(at, 1, bytes, stdout);
		at += bytes ? bytes : 1;
	}
	puts(at && *at ? ">" : "");
}
