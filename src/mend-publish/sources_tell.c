/* SPDX-License-Identifier: MIT */
/* What packages tell of a release that nobody else has told. */
#include <stdio.h>
#include <string.h>

#include "mend-publish/changelog.h"
#include "mend-publish/sources_private.h"
#include "mendfs/base.h"

/* The oldest version that the bases have: what came after it is what changes. */
static int find_since(char out[256], const struct sources *sources, const struct recipe *recipe,
		      struct mend_error *err)
{
	char version[256];

	out[0] = '\0';
	for (size_t base = 0; base < recipe->base_dir_count; base++) {
		for (size_t i = 0; i < sources->stage.origin_count; i++) {
			const struct stage_origin *origin = &sources->stage.origins[i];

			if (!origin->name[0] || strcmp(origin->source, sources->changed) != 0)
				continue;
			if (sources_base_version(version, sources, base, origin->name, err) < 0)
				return -1;
			if (version[0] && (!out[0] || mend_version_compare(version, out) < 0))
				memcpy(out, version, sizeof(version));
		}
	}
	return 0;
}

/* "expat 2.5.0-1+deb12u2: CVE-2024-0001, CVE-2024-0002", as many as have room. */
static char *make_title(const struct sources *sources, const struct mend_manifest *manifest)
{
	char *title = mend_text_format("%.100s %.100s", sources->changed, sources->changed_version);

	for (size_t i = 0; i < manifest->cve_count; i++) {
		char *longer =
			mend_text_format("%s%s %s", title, i == 0 ? ":" : ",", manifest->cves[i]);

		if (strlen(longer) > MEND_TITLE_MAX - strlen(", …")) {
			free(longer);
			longer = mend_text_format("%s, …", title);
			i = manifest->cve_count - 1;
		}
		free(title);
		title = longer;
	}
	return title;
}

static void take_changelog(struct mend_manifest *manifest, struct changelog *changelog)
{
	if (!manifest->description)
		manifest->description = take(changelog->text);
	if (!manifest->severity)
		manifest->severity = mend_text_copy(changelog->severity);
	if (manifest->cve_count == 0) {
		manifest->cves = take(changelog->cves);
		manifest->cve_count = changelog->cve_count;
		changelog->cve_count = 0;
	}
}

int sources_tell(struct sources *sources, struct recipe *recipe, struct mend_error *err)
{
	struct mend_manifest *manifest = recipe->manifest;
	auto_changelog changelog = { .text = NULL };
	char since[256];

	if (!sources->changed)
		return 0;
	if (find_since(since, sources, recipe, err) < 0)
		return -1;
	changelog_read(&changelog, mend_bytes_span(&sources->changelog), since[0] ? since : NULL);
	take_changelog(manifest, &changelog);
	if (!manifest->id && mend_path_is_id(sources->changed))
		manifest->id = mend_text_copy(sources->changed);
	if (!manifest->title)
		manifest->title = make_title(sources, manifest);
	return 0;
}
