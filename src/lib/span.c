/* SPDX-License-Identifier: MIT */
/* Bytes and texts: comparing, cutting into lines, allocating, and UTF-8. */
#include "mendfs/span.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct mend_span mend_span_text(const char *text)
{
	return mend_span_of(text, strlen(text));
}

bool mend_span_equal(struct mend_span a, struct mend_span b)
{
	return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

bool mend_span_line(struct mend_span *line, struct mend_span *rest)
{
	const uint8_t *end = rest->size > 0 ? memchr(rest->data, '\n', rest->size) : NULL;
	size_t size;

	if (end == NULL)
		return false;
	size = (size_t)(end - rest->data);
	*line = mend_span_of(rest->data, size);
	*rest = mend_span_of(end + 1, rest->size - size - 1);
	return true;
}

void mend_bytes_free(struct mend_bytes *bytes)
{
	int saved = errno;

	free(bytes->data);
	*bytes = (struct mend_bytes){ 0 };
	errno = saved;
}

static _Noreturn void out_of_memory(void)
{
	static const char text[] = "out of memory\n";
	ssize_t written = write(STDERR_FILENO, text, sizeof text - 1);

	(void)written;
	_exit(3);
}

void *mend_alloc(size_t size)
{
	void *memory = calloc(1, size > 0 ? size : 1);

	if (memory == NULL)
		out_of_memory();
	return memory;
}

void *mend_grow(void *old, size_t count, size_t size)
{
	/* reallocarray(3) of nothing frees and returns NULL. */
	void *memory = count > 0 && size > 0 ? reallocarray(old, count, size) : realloc(old, 1);

	if (memory == NULL)
		out_of_memory();
	return memory;
}

char *mend_text_copy(const char *text)
{
	size_t size = strlen(text) + 1;

	return memcpy(mend_alloc(size), text, size);
}

char *mend_text_format(const char *format, ...)
{
	char *text;
	va_list args;
	int length;

	va_start(args, format);
	length = vasprintf(&text, format, args);
	va_end(args);
	if (length < 0)
		out_of_memory();
	return text;
}

/* RFC 3629, section 4: what the second byte may be depends on the first. */
size_t mend_text_char(const char *data, size_t size)
{
	const uint8_t *byte = (const uint8_t *)data;
	uint8_t least = 0x80, most = 0xbf;
	size_t bytes;

	if (size == 0)
		return 0;
	if (byte[0] < 0x80)
		return 1;
	if (byte[0] < 0xc2 || byte[0] > 0xf4)
		return 0;
	bytes = byte[0] < 0xe0 ? 2 : byte[0] < 0xf0 ? 3 : 4;
	if (byte[0] == 0xe0)
		least = 0xa0; /* overlong */
	else if (byte[0] == 0xed)
		most = 0x9f; /* surrogates */
	else if (byte[0] == 0xf0)
		least = 0x90; /* overlong */
	else if (byte[0] == 0xf4)
		most = 0x8f; /* above U+10FFFF */
	if (size < bytes || byte[1] < least || byte[1] > most)
		return 0;
	for (size_t i = 2; i < bytes; i++)
		if (byte[i] < 0x80 || byte[i] > 0xbf)
			return 0;
	return bytes;
}

bool mend_text_is_control(const char *data)
{
	const uint8_t *byte = (const uint8_t *)data;

	return byte[0] < 0x20 || byte[0] == 0x7f || (byte[0] == 0xc2 && byte[1] < 0xa0);
}

bool mend_text_is_plain(const char *data, size_t size)
{
	while (size > 0) {
		size_t bytes = mend_text_char(data, size);

		if (bytes == 0 || mend_text_is_control(data))
			return false;
		data += bytes;
		size -= bytes;
	}
	return true;
}
