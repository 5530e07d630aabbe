/* SPDX-License-Identifier: MIT */
/* What is newer, of what has libraries below the root, and grouped by source. */
#include "mend-publish/security.h"

#include <string.h>

#include "mend-publish/command.h"
#include "mend-publish/security_private.h"
#include "mend-publish/stage.h"
#include "mendfs/base.h"

#define FILES_MAX (64 * 1024 * 1024)

void security_clear(struct security *security)
{
	for (size_t i = 0; i < security->count; i++) {
		struct security_part *part = &security->parts[i];

		for (size_t j = 0; j < part->spec_count; j++)
			free(part->specs[j]);
		free(part->specs);
		free(part->source);
		free(part->output);
	}
	free(security->parts);
	*security = (struct security){ NULL, 0 };
}

static bool is_wished(const struct security_wish *wish, const struct listed *item)
{
	for (size_t i = 0; i < wish->only_count; i++) {
		if (strcmp(wish->only[i], item->name) == 0 ||
		    strcmp(wish->only[i], item->source) == 0)
			return true;
	}
	return wish->only_count == 0;
}

/* Has the installed package anything that a patch would take from the new one? Fetching all would
 * be hundreds of megabytes for a kernel and a browser. */
static int has_wanted(bool *out, const struct security_wish *wish, const struct listed *item,
		      struct mend_error *err)
{
	auto_free char *name = mend_text_format("%s:%s", item->name, item->arch);
	const char *const argv[] = { "dpkg-query", "-L", name, NULL };
	auto_bytes text = { NULL, 0 };
	struct mend_span rest, line;
	struct stage stage;

	*out = false;
	if (command_output(&text, FILES_MAX, argv, err) < 0)
		return mend_fail_at(err, "%s", item->name);
	stage_init(&stage, -1, wish->root, wish->includes, wish->include_count);
	rest = mend_bytes_span(&text);
	while (!*out && mend_span_line(&line, &rest)) {
		auto_free char *path =
			mend_text_format("%.*s", (int)line.size, (const char *)line.data);
		const char *below;

		*out = path[0] == '/' && stage_below(&below, &stage, path + 1) &&
		       stage_may_want(&stage, below);
	}
	stage_clear(&stage);
	return 0;
}

static struct security_part *part_of(struct security *security, const char *source)
{
	struct security_part *part;

	for (size_t i = 0; i < security->count; i++) {
		if (strcmp(security->parts[i].source, source) == 0)
			return &security->parts[i];
	}
	security->parts = mend_grow(security->parts, security->count + 1, sizeof(*security->parts));
	part = &security->parts[security->count++];
	*part = (struct security_part){ .source = mend_text_copy(source) };
	return part;
}

static void add(struct security *security, const struct listed *item)
{
	struct security_part *part = part_of(security, item->source);

	part->specs = mend_grow(part->specs, part->spec_count + 1, sizeof(*part->specs));
	part->specs[part->spec_count++] =
		mend_text_format("%s:%s=%s", item->name, item->arch, item->version);
}

static int compare(const void *a, const void *b)
{
	return strcmp(((const struct security_part *)a)->source,
		      ((const struct security_part *)b)->source);
}

int security_find(struct security *out, const struct security_wish *wish, struct mend_error *err)
{
	auto_listing installed = { NULL, 0 }, newest = { NULL, 0 };
	bool wanted;

	if (listing_installed(&installed, err) < 0 || listing_security(&newest, err) < 0)
		return -1;
	for (size_t i = 0; i < newest.count; i++) {
		const struct listed *item = &newest.items[i];
		const struct listed *old = listing_find(&installed, item);

		if (!old || !is_wished(wish, item) ||
		    mend_version_compare(old->version, item->version) >= 0)
			continue;
		if (has_wanted(&wanted, wish, item, err) < 0)
			return -1;
		if (wanted)
			add(out, item);
	}
	if (out->count > 0)
		qsort(out->parts, out->count, sizeof(*out->parts), compare);
	return 0;
}
