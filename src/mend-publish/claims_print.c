/* SPDX-License-Identifier: MIT */
/* Shows claims to a person. Every text is somebody else's: none may move the cursor. */
#include <stdio.h>
#include <string.h>

#include "mend-publish/claims.h"
#include "mend-publish/line.h"
#include "mendfs/path.h"

#define LABEL_WIDTH 12

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "?";
}

static void print_text(unsigned width, const json_t *manifest, const char *key)
{
	const char *text = json_string_value(json_object_get(manifest, key));

	if (text && *text)
		line_print(width, "%-*s%s", LABEL_WIDTH, key, text);
}

/* "a, b" of an array of texts, or of the ids and versions of `os`. */
static void print_list(unsigned width, const json_t *manifest, const char *key)
{
	auto_free char *list = mend_text_copy("");
	json_t *item;
	size_t i;

	json_array_foreach(json_object_get(manifest, key), i, item)
	{
		const char *text =
			json_is_object(item) ? text_of(item, "id") : json_string_value(item);
		const char *version = json_string_value(json_object_get(item, "version"));
		char *longer =
			mend_text_format("%s%s%s%s%s", list, i ? ", " : "", text ? text : "?",
					 version ? " " : "", version ? version : "");

		free(list);
		list = longer;
	}
	if (*list)
		line_print(width, "%-*s%s", LABEL_WIDTH, key, list);
}

static void print_release(unsigned width, const json_t *manifest)
{
	json_int_t release = json_integer_value(json_object_get(manifest, "release"));
	char label[MEND_LABEL_MAX] = "?";

	if (release > 0 && release <= MEND_RELEASE_MAX)
		mend_label_of(label, (unsigned)release);
	line_print(width, "%s (%s), release %lld: %s", text_of(manifest, "id"), label,
		   (long long)release, text_of(manifest, "title"));
	line_print(width, "(as it claims; 'mend-publish verify' checks it)");
}

static void format_size(char out[32], const json_t *size)
{
	json_int_t bytes = json_integer_value(size);

	if (!json_is_integer(size))
		snprintf(out, 32, "?");
	else if (bytes < 10240)
		snprintf(out, 32, "%lld B", (long long)bytes);
	else if (bytes < 10240 * 1024)
		snprintf(out, 32, "%lld KiB", (long long)bytes / 1024);
	else
		snprintf(out, 32, "%lld MiB", (long long)bytes / (1024 * 1024));
}

static void print_targets(unsigned width, const json_t *manifest)
{
	json_t *target;
	size_t i;

	line_print(width, "targets");
	json_array_foreach(json_object_get(manifest, "targets"), i, target)
	{
		const char *to = json_string_value(json_object_get(target, "to"));
		char size[32] = "";

		if (json_object_get(target, "object"))
			format_size(size, json_object_get(target, "size"));
		line_print(width, "  %-8s %8s  %s%s%s", text_of(target, "op"), size,
			   text_of(target, "path"), to ? " -> " : "", to ? to : "");
	}
}

static void print_signatures(unsigned width, const json_t *claims)
{
	json_t *signature;
	size_t i;

	line_print(width, "signatures");
	json_array_foreach(json_object_get(claims, "signatures"), i, signature) line_print(
		width, "  %s  %s", text_of(signature, "key"), text_of(signature, "comment"));
}

static void print_objects(unsigned width, const json_t *claims)
{
	json_t *object;
	size_t i;

	line_print(width, "objects");
	json_array_foreach(json_object_get(claims, "objects"), i, object)
	{
		const char *from = json_string_value(json_object_get(object, "from"));
		char size[32], compressed[32];

		format_size(size, json_object_get(object, "size"));
		format_size(compressed, json_object_get(object, "compressed"));
		line_print(width, "  %.16s  %8s in %8s  %s%.16s", text_of(object, "object"), size,
			   compressed, from ? "delta from " : "whole", from ? from : "");
	}
}

void claims_print(const json_t *claims)
{
	static const char *const texts[] = { "severity", "issued", "expires", "arch", "root" };
	static const char *const lists[] = { "cves", "os", "requires", "conflicts", "restart" };
	const json_t *manifest = json_object_get(claims, "manifest");
	unsigned width = line_width();

	print_release(width, manifest);
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		print_text(width, manifest, texts[i]);
	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++)
		print_list(width, manifest, lists[i]);
	print_text(width, manifest, "description");
	print_targets(width, manifest);
	print_signatures(width, claims);
	print_objects(width, claims);
}
