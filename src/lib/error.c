/* SPDX-License-Identifier: MIT */
/* The one error convention: filling a struct mend_error, and what its codes are called. */
#include "mendfs/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "mendfs/span.h"

/* More than fits in the end: it is cut between two characters there. */
#define ROOM (2 * sizeof(((struct mend_error *)0)->text) + 2)

/* Somebody else chose parts of the text: nothing in it may drive a terminal, end a line of a log or
 * make it unfit for JSON. */
static void copy_plain(char *out, size_t size, const char *text)
{
	size_t left = strlen(text);
	size_t used = 0;

	while (left > 0) {
		size_t bytes = mend_text_char(text, left);
		bool bad = bytes == 0 || mend_text_is_control(text);

		if (bytes == 0)
			bytes = 1;
		if (used + (bad ? 1 : bytes) >= size)
			break;
		if (bad)
			out[used++] = '?';
		else
			used = (size_t)((char *)mempcpy(out + used, text, bytes) - out);
		text += bytes;
		left -= bytes;
	}
	out[used] = '\0';
}

static int fill(struct mend_error *err, enum mend_code code, int number, const char *text)
{
	err->code = code;
	err->sys_errno = number;
	copy_plain(err->text, sizeof err->text, text);
	return -1;
}

int(mend_fail)(struct mend_error *err, enum mend_code code, const char *format, ...)
{
	char text[ROOM];
	va_list args;

	if (err == NULL)
		return -1;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	return fill(err, code, 0, text);
}

int(mend_fail_errno)(struct mend_error *err, const char *format, ...)
{
	int number = errno;
	/* Not strerror(3): a static program has no locale to translate into. */
	const char *description = strerrordesc_np(number);
	char what[sizeof err->text];
	char text[ROOM];
	va_list args;

	if (err == NULL)
		return -1;
	va_start(args, format);
	vsnprintf(what, sizeof what, format, args);
	va_end(args);
	snprintf(text, sizeof text, "%s: %s", what, description ? description : "unknown error");
	return fill(err, MEND_SYSTEM, number, text);
}

int(mend_fail_at)(struct mend_error *err, const char *format, ...)
{
	char what[sizeof err->text];
	char text[ROOM];
	va_list args;

	if (err == NULL)
		return -1;
	va_start(args, format);
	vsnprintf(what, sizeof what, format, args);
	va_end(args);
	snprintf(text, sizeof text, "%s: %s", what, err->text);
	return fill(err, err->code, err->sys_errno, text);
}

const char *mend_code_name(enum mend_code code)
{
	static const char *const names[MEND_CODES] = {
		[MEND_OK] = "ok",
		[MEND_USAGE] = "usage",
		[MEND_SYSTEM] = "system",
		[MEND_FORMAT] = "format",
		[MEND_LIMIT] = "limit",
		[MEND_SIGNATURE] = "signature",
		[MEND_UNTRUSTED] = "untrusted",
		[MEND_THRESHOLD] = "threshold",
		[MEND_KEY_SCOPE] = "key-scope",
		[MEND_HASH] = "hash",
		[MEND_BASE] = "base",
		[MEND_ROLLBACK] = "rollback",
		[MEND_PLATFORM] = "platform",
		[MEND_CONFLICT] = "conflict",
		[MEND_REQUIRES] = "requires",
		[MEND_EXPIRED] = "expired",
		[MEND_ABSENT] = "absent",
		[MEND_EXISTS] = "exists",
		[MEND_BUSY] = "busy",
		[MEND_MOUNT] = "mount",
		[MEND_INCOMPATIBLE] = "incompatible",
	};

	return (unsigned)code < MEND_CODES ? names[code] : "unknown";
}

int mend_code_exit(enum mend_code code)
{
	switch (code) {
	case MEND_OK:
		return 0;
	case MEND_USAGE:
		return 2;
	case MEND_SYSTEM:
	case MEND_BUSY:
	case MEND_MOUNT:
		return 3;
	case MEND_FORMAT:
	case MEND_LIMIT:
	case MEND_SIGNATURE:
	case MEND_UNTRUSTED:
	case MEND_THRESHOLD:
	case MEND_KEY_SCOPE:
	case MEND_HASH:
	case MEND_BASE:
	case MEND_ROLLBACK:
	case MEND_PLATFORM:
	case MEND_CONFLICT:
	case MEND_REQUIRES:
	case MEND_EXPIRED:
	case MEND_ABSENT:
	case MEND_EXISTS:
	case MEND_INCOMPATIBLE:
		return 1;
	case MEND_CODES:
		break;
	}
	return 3;
}
