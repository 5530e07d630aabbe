/* SPDX-License-Identifier: MIT */
/* Debian's order of versions, as deb-version(7) tells it: [epoch:]upstream[-revision]. */
#include <string.h>

#include "mendfs/base.h"

struct version {
	struct mend_span epoch, upstream, revision;
};

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static void drop_first(struct mend_span *text)
{
	*text = mend_span_of(text->data + 1, text->size - 1);
}

static struct version split(const char *text)
{
	struct version version = { .epoch = mend_span_text("") };
	const char *colon = strchr(text, ':'), *dash;

	if (colon) {
		version.epoch = mend_span_of(text, (size_t)(colon - text));
		text = colon + 1;
	}
	dash = strrchr(text, '-');
	version.upstream = dash ? mend_span_of(text, (size_t)(dash - text)) : mend_span_text(text);
	version.revision = mend_span_text(dash ? dash + 1 : "");
	return version;
}

/* "~" before the end, the end before letters, letters before everything else. */
static int weight(struct mend_span text)
{
	uint8_t c;

	if (text.size == 0 || is_digit(text.data[0]))
		return 0;
	c = text.data[0];
	if (c == '~')
		return -1;
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ? c : c + 256;
}

static bool starts_with_text(struct mend_span text)
{
	return text.size > 0 && !is_digit(text.data[0]);
}

static int compare_texts(struct mend_span *a, struct mend_span *b)
{
	while (starts_with_text(*a) || starts_with_text(*b)) {
		int order = weight(*a) - weight(*b);

		if (order)
			return order;
		drop_first(a);
		drop_first(b);
	}
	return 0;
}

static struct mend_span cut_number(struct mend_span *text)
{
	struct mend_span number;

	while (text->size > 0 && text->data[0] == '0')
		drop_first(text);
	number = mend_span_of(text->data, 0);
	while (text->size > 0 && is_digit(text->data[0])) {
		drop_first(text);
		number.size++;
	}
	return number;
}

/* Numbers of any length. */
static int compare_numbers(struct mend_span *a, struct mend_span *b)
{
	struct mend_span left = cut_number(a), right = cut_number(b);

	if (left.size != right.size)
		return left.size < right.size ? -1 : 1;
	return left.size > 0 ? memcmp(left.data, right.data, left.size) : 0;
}

static int compare_parts(struct mend_span a, struct mend_span b)
{
	int order = 0;

	while (order == 0 && (a.size > 0 || b.size > 0)) {
		order = compare_texts(&a, &b);
		if (order == 0)
			order = compare_numbers(&a, &b);
	}
	return order;
}

int mend_version_compare(const char *a, const char *b)
{
	struct version left = split(a), right = split(b);
	int order = compare_parts(left.epoch, right.epoch);

	if (order == 0)
		order = compare_parts(left.upstream, right.upstream);
	if (order == 0)
		order = compare_parts(left.revision, right.revision);
	return order;
}
