/* SPDX-License-Identifier: MIT */
/* The two lists: dpkg's, and apt's of the security suites. */
#include <string.h>

#include "mend-publish/command.h"
#include "mend-publish/package_private.h"
#include "mend-publish/security_private.h"
#include "mendfs/base.h"

#define OUTPUT_MAX (256 * 1024 * 1024)
#define APT_HELPER "/usr/lib/apt/apt-helper"
/* Files with lists of packages, as apt has stored them, and what they are of. */
#define INDEX_FORMAT "$(LABEL)|$(SUITE)|$(CODENAME)|$(FILENAME)"

static char *copy(struct mend_span text)
{
	return mend_text_format("%.*s", (int)text.size, (const char *)text.data);
}

static void add(struct listing *listing, struct listed item)
{
	listing->items = mend_grow(listing->items, listing->count + 1, sizeof(*listing->items));
	listing->items[listing->count++] = item;
}

static void clear(struct listed *item)
{
	free(item->name);
	free(item->arch);
	free(item->version);
	free(item->source);
}

void listing_clear(struct listing *listing)
{
	for (size_t i = 0; i < listing->count; i++)
		clear(&listing->items[i]);
	free(listing->items);
	*listing = (struct listing){ NULL, 0 };
}

static int compare(const void *a, const void *b)
{
	const struct listed *one = a, *two = b;
	int order = strcmp(one->name, two->name);

	return order ? order : strcmp(one->arch, two->arch);
}

const struct listed *listing_find(const struct listing *listing, const struct listed *like)
{
	if (listing->count == 0)
		return NULL;
	return bsearch(like, listing->items, listing->count, sizeof(*like), compare);
}

/* Of several versions the newest stays. */
static void sort(struct listing *listing)
{
	size_t kept = 0;

	if (listing->count == 0)
		return;
	qsort(listing->items, listing->count, sizeof(*listing->items), compare);
	for (size_t i = 1; i < listing->count; i++) {
		struct listed *last = &listing->items[kept], *item = &listing->items[i];

		if (compare(last, item) != 0) {
			listing->items[++kept] = *item;
			continue;
		}
		if (mend_version_compare(last->version, item->version) < 0) {
			struct listed older = *last;

			*last = *item;
			*item = older;
		}
		clear(item);
	}
	listing->count = kept + 1;
}

/* Cuts the part before `mark` off the text; all of it when there is none. */
static struct mend_span cut(struct mend_span *text, char mark)
{
	struct mend_span part = *text;
	const uint8_t *end = text->size > 0 ? memchr(text->data, mark, text->size) : NULL;

	if (end)
		part.size = (size_t)(end - text->data);
	*text = mend_span_of(text->data + part.size + (end ? 1 : 0),
			     text->size - part.size - (end ? 1 : 0));
	return part;
}

int listing_installed(struct listing *out, struct mend_error *err)
{
	/* From "unpacked" on, the files on disk are the version's. */
	static const char states[] = " installed unpacked half-configured triggers-awaited "
				     "triggers-pending ";
	static const char *const argv[] = { "dpkg-query", "-W",
					    "-f=${db:Status-Status} ${Package} ${Architecture} "
					    "${Version}\n",
					    NULL };
	auto_bytes text = { NULL, 0 };
	struct mend_span rest, line;

	if (command_output(&text, OUTPUT_MAX, argv, err) < 0)
		return -1;
	rest = mend_bytes_span(&text);
	while (mend_span_line(&line, &rest)) {
		struct mend_span status = cut(&line, ' ');
		auto_free char *state =
			mend_text_format(" %.*s ", (int)status.size, (const char *)status.data);
		struct mend_span name = cut(&line, ' '), arch = cut(&line, ' ');

		if (strstr(states, state))
			add(out, (struct listed){ copy(name), copy(arch), copy(line), NULL });
	}
	sort(out);
	return 0;
}

static bool ends(struct mend_span text, const char *end)
{
	size_t size = strlen(end);

	return text.size >= size && memcmp(text.data + text.size - size, end, size) == 0;
}

/* A paragraph of a list. The source's version, in parentheses, is not of interest. */
static void take_paragraph(struct listing *out, struct mend_span text)
{
	struct mend_span name, arch, version, source;

	if (!package_field(&name, text, "Package:") || !package_field(&version, text, "Version:") ||
	    !package_field(&arch, text, "Architecture:"))
		return;
	if (!package_field(&source, text, "Source:"))
		source = name;
	source = cut(&source, ' ');
	add(out, (struct listed){ copy(name), copy(arch), copy(version), copy(source) });
}

static void take_list(struct listing *out, struct mend_span text)
{
	while (text.size > 0) {
		const uint8_t *end = memmem(text.data, text.size, "\n\n", 2);
		size_t size = end ? (size_t)(end - text.data) + 1 : text.size;

		take_paragraph(out, mend_span_of(text.data, size));
		size += end ? 1 : 0;
		text = mend_span_of(text.data + size, text.size - size);
	}
}

static int read_list(struct listing *out, struct mend_span file, struct mend_error *err)
{
	auto_free char *path = copy(file);
	const char *const argv[] = { APT_HELPER, "cat-file", path, NULL };
	auto_bytes text = { NULL, 0 };

	if (command_output(&text, OUTPUT_MAX, argv, err) < 0)
		return -1;
	take_list(out, mend_bytes_span(&text));
	return 0;
}

int listing_security(struct listing *out, struct mend_error *err)
{
	static const char *const argv[] = { "apt-get",	  "indextargets",	  "--format",
					    INDEX_FORMAT, "Created-By: Packages", NULL };
	auto_bytes text = { NULL, 0 };
	struct mend_span rest, line;
	size_t lists = 0;

	if (command_output(&text, OUTPUT_MAX, argv, err) < 0)
		return -1;
	rest = mend_bytes_span(&text);
	while (mend_span_line(&line, &rest)) {
		struct mend_span label = cut(&line, '|');
		struct mend_span suite = cut(&line, '|'), codename = cut(&line, '|');

		if (!ends(label, "-Security") && !ends(suite, "-security") &&
		    !ends(codename, "-security"))
			continue;
		lists++;
		if (read_list(out, line, err) < 0)
			return -1;
	}
	if (lists == 0)
		return mend_fail(err, MEND_SYSTEM,
				 "apt has no list of a security suite: see sources.list(5), and "
				 "run 'apt-get update'");
	sort(out);
	return 0;
}
