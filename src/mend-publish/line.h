/* SPDX-License-Identifier: MIT */
/* Lines for a person, of texts that somebody else chose. */
#ifndef PUBLISH_LINE_H
#define PUBLISH_LINE_H

/* Columns of the terminal; 0 where output is none and nothing needs to be cut. */
unsigned line_width(void);
/* One line to stdout, cut to `width` characters when that is not 0; nothing in it moves the cursor.
 */
void line_print(unsigned width, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
