/* SPDX-License-Identifier: MIT */
/* Reads history.jsonl and follows the chain of hashes. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "lib/store_private.h"

/* Going through the file, line by line. */
struct reader {
	FILE *file;
	char *line;
	size_t room;
	unsigned number;
	struct mend_digest last; /* of the line before */
};

static void reader_close(struct reader *reader)
{
	int saved = errno;

	if (reader->file)
		fclose(reader->file);
	free(reader->line);
	errno = saved;
}

static bool is_last(FILE *file)
{
	int c = fgetc(file);

	if (c == EOF)
		return true;
	ungetc(c, file);
	return false;
}

/* 1: a line; 0: no more, where a torn one at the end counts as none. */
static int next_line(struct mend_span *out, struct reader *reader, struct mend_error *err)
{
	ssize_t size = getline(&reader->line, &reader->room, reader->file);

	if (size < 0 && ferror(reader->file))
		return mend_fail_errno(err, STORE_HISTORY ": cannot read");
	if (size <= 0 || reader->line[size - 1] != '\n')
		return 0;
	reader->number++;
	if (memchr(reader->line, '\0', (size_t)size) && is_last(reader->file))
		return 0;
	if (size > MEND_HISTORY_LINE_MAX)
		return mend_fail(err, MEND_LIMIT, STORE_HISTORY ": line %u: more than %d bytes",
				 reader->number, MEND_HISTORY_LINE_MAX);
	*out = mend_span_of(reader->line, (size_t)size - 1);
	return 1;
}

static int check_line(const json_t *line, const struct mend_digest *last, struct mend_error *err)
{
	static const char *const keys[] = { "time",	  "event",    "detail",
					    "generation", "previous", NULL };
	const char *time, *event, *detail, *previous;
	char want[MEND_DIGEST_HEX];
	int64_t generation;

	if (mend_json_is_object(line, "it", err) < 0 || mend_json_only(line, keys, err) < 0 ||
	    mend_json_string(&time, line, "time", err) < 0 ||
	    mend_json_string(&event, line, "event", err) < 0 ||
	    mend_json_string(&detail, line, "detail", err) < 0 ||
	    mend_json_integer(&generation, line, "generation", 0, INT32_MAX, err) < 0 ||
	    mend_json_string(&previous, line, "previous", err) < 0)
		return -1;
	mend_digest_hex(want, last);
	if (strcmp(previous, want))
		return mend_fail(err, MEND_HASH,
				 "does not follow the line before: the history was changed");
	return 0;
}

static int read_line(struct reader *reader, struct mend_span raw, mend_history_each *each,
		     void *context, struct mend_error *err)
{
	auto_json line = NULL;
	auto_free char *what = mend_text_format(STORE_HISTORY ": line %u", reader->number);

	if (mend_json_parse(&line, raw, what, err) < 0)
		return -1;
	if (check_line(line, &reader->last, err) < 0)
		return mend_fail_at(err, "%s", what);
	mend_digest_of(&reader->last, raw);
	return each ? each(context, line, err) : 0;
}

static int open_history(struct reader *reader, int store_dir, struct mend_error *err)
{
	auto_fd fd = -1;

	if (store_dir < 0)
		return 0;
	fd = openat(store_dir, STORE_HISTORY, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd >= 0)
		reader->file = fdopen(fd, "r");
	if (!reader->file)
		return mend_fail_errno(err, STORE_HISTORY ": cannot open");
	mend_take_fd(&fd);
	return 0;
}

int mend_store_history(int store_dir, mend_history_each *each, void *context,
		       struct mend_error *err)
{
	__attribute__((cleanup(reader_close))) struct reader reader = { .number = 0 };
	struct mend_span line;
	int more;

	if (open_history(&reader, store_dir, err) < 0)
		return -1;
	if (!reader.file)
		return 0;
	while ((more = next_line(&line, &reader, err)) > 0)
		if (read_line(&reader, line, each, context, err) < 0)
			return -1;
	return more;
}
