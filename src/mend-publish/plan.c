/* SPDX-License-Identifier: MIT */
/* Shows a release before it is made. */
#include "mend-publish/plan.h"

#include <stdio.h>
#include <string.h>

#include "mend-publish/line.h"

struct row {
	char *from, *to;
};

static char *size_text(uint64_t size)
{
	return mend_text_format("%llu bytes", (unsigned long long)size);
}

/* What the base has: "libssl3 3.0.20", or a link, or nothing that is known. */
static char *from_text(const struct mend_target *target)
{
	const struct mend_base *base = target->base_count ? &target->bases[0] : NULL;
	auto_free char *more = target->base_count > 1
				       ? mend_text_format(" and %zu more", target->base_count - 1)
				       : mend_text_copy("");

	if (!base)
		return mend_text_copy("-");
	if (base->link)
		return mend_text_format("-> %s%s", base->link, more);
	if (base->package && base->version)
		return mend_text_format("%s %s%s", base->package, base->version, more);
	return mend_text_format("%zu %s", target->base_count,
				target->base_count == 1 ? "file" : "files");
}

static char *to_text(const struct recipe *recipe, const struct mend_target *target)
{
	auto_free char *origin = sources_origin(recipe->sources, target->path);
	auto_free char *size = NULL;

	switch (target->op) {
	case MEND_OP_REMOVE:
		return mend_text_copy("-");
	case MEND_OP_SYMLINK:
		return mend_text_format("-> %s", target->to);
	case MEND_OP_REPLACE:
	case MEND_OP_ADD:
		break;
	}
	size = size_text(target->size);
	return mend_text_format("%s%s%s", origin, origin[0] ? ", " : "", size);
}

static int longest(int than, const char *text)
{
	int size = (int)strlen(text);

	return size > than ? size : than;
}

static void print_targets(const struct mend_manifest *manifest, const struct row *rows)
{
	int path = (int)strlen("PATH"), from = (int)strlen("BASE");
	unsigned width = line_width();

	for (size_t i = 0; i < manifest->target_count; i++) {
		path = longest(path, manifest->targets[i].path);
		from = longest(from, rows[i].from);
	}
	line_print(width, "%-7s  %-*s  %-*s  %s", "CHANGE", path, "PATH", from, "BASE", "NEW");
	for (size_t i = 0; i < manifest->target_count; i++)
		line_print(width, "%-7s  %-*s  %-*s  %s", mend_op_name(manifest->targets[i].op),
			   path, manifest->targets[i].path, from, rows[i].from, rows[i].to);
}

static void print_list(unsigned width, const char *what, char **list, size_t count)
{
	char *text = mend_text_copy(what);

	for (size_t i = 0; i < count; i++) {
		char *longer = mend_text_format("%s%s %s", text, i > 0 ? "," : "", list[i]);

		free(text);
		text = longer;
	}
	if (count > 0)
		line_print(width, "%s", text);
	free(text);
}

void plan_print(const struct recipe *recipe)
{
	const struct mend_manifest *manifest = recipe->manifest;
	auto_free struct row *rows = mend_alloc(manifest->target_count * sizeof(*rows));
	char title[MEND_TITLE_OF_MAX];
	unsigned width = line_width();

	mend_release_text(title, manifest->id, manifest->release);
	line_print(width, "%s: %s", title, manifest->title);
	line_print(width, "for %s on %s%s%s", manifest->root, manifest->arch,
		   manifest->severity[0] ? ", severity " : "", manifest->severity);
	print_list(width, "fixes", manifest->cves, manifest->cve_count);
	print_list(width, "needs a restart of", manifest->restart, manifest->restart_count);
	for (size_t i = 0; i < manifest->target_count; i++)
		rows[i] = (struct row){ from_text(&manifest->targets[i]),
					to_text(recipe, &manifest->targets[i]) };
	print_targets(manifest, rows);
	for (size_t i = 0; i < manifest->target_count; i++) {
		free(rows[i].from);
		free(rows[i].to);
	}
}
