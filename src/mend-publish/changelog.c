/* SPDX-License-Identifier: MIT */
/* Reads changelogs: "source (version) suites; urgency=high", indented lines, " -- who  when". */
#include "mend-publish/changelog.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "mendfs/base.h"
#include "mendfs/fs.h"
#include "mendfs/manifest.h"

#define CVE_MAX 32 /* bytes */

struct reader {
	struct changelog *out;
	size_t size; /* of the text */
	bool is_full;
	unsigned urgency;
};

/* "source (version) …; urgency=…": the version in between. */
static bool take_version(char out[256], struct mend_span line)
{
	const char *open, *close;
	size_t size;

	if (line.size == 0 || !isalnum(line.data[0]))
		return false;
	open = memchr(line.data, '(', line.size);
	close = memchr(line.data, ')', line.size);
	if (!open || !close || close < open || !memchr(line.data, ';', line.size))
		return false;
	size = (size_t)(close - open - 1);
	if (size == 0 || size >= 256)
		return false;
	memcpy(out, open + 1, size);
	out[size] = '\0';
	return strspn(out, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.+-~:") ==
	       size;
}

static const char *const severities[] = { "", "low", "medium", "high", "critical" };

static void take_urgency(struct reader *reader, struct mend_span line)
{
	static const char key[] = "urgency=";
	const uint8_t *at = memmem(line.data, line.size, key, sizeof(key) - 1);
	size_t left = at ? line.size - (size_t)(at - line.data) - (sizeof(key) - 1) : 0;

	for (unsigned i = 1; at && i < sizeof(severities) / sizeof(*severities); i++) {
		size_t size = strlen(severities[i]);

		if (left >= size && i > reader->urgency &&
		    strncasecmp((const char *)at + sizeof(key) - 1, severities[i], size) == 0)
			reader->urgency = i;
	}
	if (left >= 9 && strncasecmp((const char *)at + sizeof(key) - 1, "emergency", 9) == 0)
		reader->urgency = 4;
}

static size_t digits(const uint8_t *data, size_t size)
{
	size_t count = 0;

	while (count < size && data[count] >= '0' && data[count] <= '9')
		count++;
	return count;
}

/* How long the CVE is that begins here, or 0. */
static size_t cve_at(const uint8_t *data, size_t size)
{
	size_t count;

	if (size < 13 || memcmp(data, "CVE-", 4) != 0 || digits(data + 4, size - 4) != 4 ||
	    data[8] != '-')
		return 0;
	count = digits(data + 9, size - 9);
	return count >= 4 && count + 9 <= CVE_MAX ? count + 9 : 0;
}

static void add_cve(struct changelog *out, const uint8_t *data, size_t size)
{
	char text[CVE_MAX + 1];

	memcpy(text, data, size);
	text[size] = '\0';
	for (size_t i = 0; i < out->cve_count; i++)
		if (strcmp(out->cves[i], text) == 0)
			return;
	if (out->cve_count == MEND_LIST_MAX)
		return;
	out->cves = mend_grow(out->cves, out->cve_count + 1, sizeof(*out->cves));
	out->cves[out->cve_count++] = mend_text_copy(text);
}

static void take_cves(struct changelog *out, struct mend_span line)
{
	for (size_t i = 0; i < line.size; i++) {
		size_t size = cve_at(line.data + i, line.size - i);

		if (size > 0)
			add_cve(out, line.data + i, size);
	}
}

/* What a manifest may hold of it: bytes that are no characters, and those that move the cursor,
 * become others. */
static size_t clean(char *out, struct mend_span line)
{
	size_t size = 0;

	for (size_t at = 0; at < line.size;) {
		const char *text = (const char *)line.data + at;
		size_t bytes = mend_text_char(text, line.size - at);

		if (bytes == 0 || mend_text_is_control(text)) {
			out[size++] = bytes > 0 && *text == '\t' ? ' ' : '?';
			at += bytes > 0 ? bytes : 1;
			continue;
		}
		memcpy(out + size, text, bytes);
		size += bytes;
		at += bytes;
	}
	return size;
}

/* Whole lines, up to the first that has no room. */
static void add_line(struct reader *reader, struct mend_span line)
{
	while (line.size > 0 && isspace(line.data[line.size - 1]))
		line.size--;
	reader->is_full |= reader->size + line.size + 1 > MEND_DESCRIPTION_MAX;
	if (line.size == 0 || reader->is_full)
		return;
	if (reader->size > 0)
		reader->out->text[reader->size++] = '\n';
	reader->size += clean(reader->out->text + reader->size, line);
}

void changelog_read(struct changelog *out, struct mend_span raw, const char *since)
{
	struct reader reader = { .out = out };
	struct mend_span line;
	unsigned entries = 0;
	char version[256];

	*out = (struct changelog){ .text = mend_alloc(MEND_DESCRIPTION_MAX + 1) };
	while (mend_span_line(&line, &raw)) {
		bool is_head = take_version(version, line);

		if (is_head && (since ? mend_version_compare(version, since) <= 0 : entries > 0))
			break;
		entries += is_head;
		if (entries == 0 || (line.size >= 3 && memcmp(line.data, " --", 3) == 0))
			continue;
		if (is_head)
			take_urgency(&reader, line);
		take_cves(out, line);
		add_line(&reader, is_head ? mend_span_text(version) : line);
	}
	out->severity = severities[reader.urgency];
}

void changelog_clear(struct changelog *changelog)
{
	free(changelog->text);
	mend_fs_list_free(changelog->cves, changelog->cve_count);
	*changelog = (struct changelog){ .text = NULL };
}
