/* SPDX-License-Identifier: MIT */
/*
 * history.jsonl. A line is one append and one sync; what a power cut leaves of one has no newline,
 * or zero bytes in it, and counts as never written. Each line has the hash of the one before: to
 * change one, all after it have to be changed.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lib/store_private.h"
#include "mendfs/time.h"

/* Where the next line goes, and the hash it has to carry. */
struct tail {
	off_t size; /* of whole lines */
	struct mend_digest last;
};

/* The file's end, long enough for one torn line and one whole one. */
struct window {
	uint8_t *data;
	size_t size;
	off_t start;
};

static int read_window(struct window *out, int fd, struct mend_error *err)
{
	const size_t most = 2 * (MEND_HISTORY_LINE_MAX + 1);
	struct stat st;
	ssize_t got;

	if (fstat(fd, &st) < 0)
		return mend_fail_errno(err, "cannot stat");
	if (!S_ISREG(st.st_mode))
		return mend_fail(err, MEND_FORMAT, "not a regular file");
	out->size = (uint64_t)st.st_size < most ? (size_t)st.st_size : most;
	out->start = st.st_size - (off_t)out->size;
	out->data = mend_alloc(out->size + 1);
	got = pread(fd, out->data, out->size, out->start);
	if (got != (ssize_t)out->size)
		return mend_fail_errno(err, "cannot read its end");
	return 0;
}

static int fail_long(struct mend_error *err)
{
	return mend_fail(err, MEND_LIMIT, "its last line is longer than %d bytes",
			 MEND_HISTORY_LINE_MAX);
}

static int find_tail(struct tail *out, const struct window *window, struct mend_error *err)
{
	size_t end = window->size, start;

	memset(out, 0, sizeof(*out));
	for (;;) {
		const uint8_t *newline = end > 0 ? memrchr(window->data, '\n', end) : NULL;

		if (!newline)
			break;
		end = (size_t)(newline - window->data);
		newline = end > 0 ? memrchr(window->data, '\n', end) : NULL;
		if (!newline && window->start > 0)
			break;
		start = newline ? (size_t)(newline - window->data) + 1 : 0;
		if (end - start >= MEND_HISTORY_LINE_MAX)
			return fail_long(err);
		if (!memchr(window->data + start, '\0', end - start)) {
			out->size = window->start + (off_t)end + 1;
			mend_digest_of(&out->last, mend_span_of(window->data + start, end - start));
			return 0;
		}
		end = start;
	}
	if (window->start > 0)
		return fail_long(err);
	return 0;
}

static char *encode(const char *event, const char *detail, unsigned generation,
		    const struct mend_digest *previous)
{
	char now[MEND_TIME_SIZE], hex[MEND_DIGEST_HEX];
	auto_json line = NULL;
	auto_free char *text = NULL;

	mend_time_text(now, time(NULL));
	mend_digest_hex(hex, previous);
	line = json_pack("{s:s, s:s, s:s, s:i, s:s}", "time", now, "event", event, "detail", detail,
			 "generation", (int)generation, "previous", hex);
	text = line ? json_dumps(line, JSON_COMPACT) : NULL;
	return text ? mend_text_format("%s\n", text) : NULL;
}

static int append(int fd, const char *line, const struct tail *tail, struct mend_error *err)
{
	if (ftruncate(fd, tail->size) < 0)
		return mend_fail_errno(err, "cannot cut off a torn line");
	if (mend_fs_write_all(fd, mend_span_text(line), err) == 0 && mend_fs_sync(fd, err) == 0)
		return 0;
	/* Not even half a line stays; if this fails too, the next append cuts it off. */
	(void)!ftruncate(fd, tail->size);
	return -1;
}

static int add(int fd, const char *event, const char *detail, unsigned generation,
	       struct mend_error *err)
{
	struct window window = { .data = NULL };
	auto_free char *line = NULL;
	struct tail tail;
	int result = read_window(&window, fd, err);

	if (result == 0)
		result = find_tail(&tail, &window, err);
	free(window.data);
	if (result < 0)
		return -1;
	line = encode(event, detail, generation, &tail.last);
	if (!line)
		return mend_fail(err, MEND_USAGE, "an event and its detail are UTF-8 text");
	if (strlen(line) > MEND_HISTORY_LINE_MAX)
		return mend_fail(err, MEND_LIMIT, "a line of more than %d bytes",
				 MEND_HISTORY_LINE_MAX);
	return append(fd, line, &tail, err);
}

int mend_store_history_add(struct mend_store *store, const char *event, const char *detail,
			   unsigned generation, struct mend_error *err)
{
	auto_fd fd = openat(store->dir, STORE_HISTORY,
			    O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0644);

	if (fd < 0)
		return mend_fail_errno(err, STORE_HISTORY ": cannot open");
	if (add(fd, event, detail, generation, err) < 0)
		return mend_fail_at(err, STORE_HISTORY);
	return mend_fs_sync(store->dir, err);
}
