/* SPDX-License-Identifier: MIT */
/* Bytes that somebody else owns (span), bytes of our own (bytes), and a growing text (text). */
#ifndef MENDFS_SPAN_H
#define MENDFS_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mendfs/auto.h"

struct mend_span {
	const uint8_t *data;
	size_t size; /* bytes */
};

/* Owned; data is from malloc(3) and has one NUL byte after its size bytes. */
struct mend_bytes {
	uint8_t *data;
	size_t size;
};

static inline struct mend_span mend_span_of(const void *data, size_t size)
{
	return (struct mend_span){ .data = data, .size = size };
}

static inline struct mend_span mend_bytes_span(const struct mend_bytes *bytes)
{
	return (struct mend_span){ .data = bytes->data, .size = bytes->size };
}

struct mend_span mend_span_text(const char *text); /* without its NUL */
bool mend_span_equal(struct mend_span a, struct mend_span b);

/* Cuts the first line off *rest (without its "\n"); false at the end or when no "\n" follows. */
bool mend_span_line(struct mend_span *line, struct mend_span *rest);

void mend_bytes_free(struct mend_bytes *bytes); /* frees data, leaves it empty; not the struct */
#define auto_bytes __attribute__((cleanup(mend_bytes_free))) struct mend_bytes

/* Never returns NULL: the process ends with status 3 when memory is out (not for the daemon's
 * operations, which use what they were given at the start). */
void *mend_alloc(size_t size);			       /* zeroed */
void *mend_grow(void *old, size_t count, size_t size); /* reallocarray(3) */
char *mend_text_copy(const char *text);
char *mend_text_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Bytes (1 to 4) of the character that data begins with; 0 when it is not valid UTF-8 (overlong
 * forms, surrogates and what is above U+10FFFF are not) or size is 0. */
size_t mend_text_char(const char *data, size_t size);
/* A character of mend_text_char() that could move a terminal's cursor: U+0000 to U+001F, U+007F to
 * U+009F. */
bool mend_text_is_control(const char *data);
/* Valid UTF-8 without control characters. */
bool mend_text_is_plain(const char *data, size_t size);

#endif
