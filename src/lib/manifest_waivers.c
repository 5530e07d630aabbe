/* SPDX-License-Identifier: MIT */
/* Decoding the waivers of a manifest: findings of mendfs-abi(7) that its publisher answers for. */
#include <stdio.h>
#include <string.h>

#include "manifest_rules.h"

bool mend_rule_finding(const char *text)
{
	size_t size = strlen(text);

	return size > 0 && size <= MEND_FINDING_MAX &&
	       strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-") == size;
}

static bool is_target(const struct mend_manifest *manifest, const char *path)
{
	for (size_t i = 0; i < manifest->target_count; i++) {
		if (strcmp(manifest->targets[i].path, path) == 0)
			return true;
	}
	return false;
}

static int decode_waiver(struct mend_waiver *waiver, const json_t *object, struct mend_error *err)
{
	static const char *const keys[] = { "finding", "path", "reason", NULL };

	if (mend_json_only(object, keys, err) < 0 ||
	    mend_rule_take(&waiver->finding, object, "finding", mend_rule_finding,
			   "not 1 to 64 of a-z 0-9 -", err) < 0 ||
	    mend_rule_take_path(&waiver->path, object, "path", mend_path_is_target, "a relative",
				err) < 0)
		return -1;
	return mend_rule_take(&waiver->reason, object, "reason", mend_rule_line,
			      "not 1 to 256 bytes without control characters", err);
}

/* It is about a target, and no other is about the same. */
static int check_waiver(const struct mend_manifest *manifest, size_t at, struct mend_error *err)
{
	const struct mend_waiver *waiver = &manifest->waivers[at];

	if (!is_target(manifest, waiver->path))
		return mend_fail(err, MEND_FORMAT, "path: \"%.200s\": not of a target",
				 waiver->path);
	for (size_t i = 0; i < at; i++) {
		if (strcmp(manifest->waivers[i].finding, waiver->finding) == 0 &&
		    strcmp(manifest->waivers[i].path, waiver->path) == 0)
			return mend_fail(err, MEND_FORMAT, "path: \"%.200s\": waived twice",
					 waiver->path);
	}
	return 0;
}

int mend_waivers_decode(struct mend_manifest *manifest, const json_t *top, struct mend_error *err)
{
	const json_t *member = json_object_get(top, "waivers");
	json_t *list, *entry;
	size_t i;

	if (member == NULL || json_is_null(member))
		return 0;
	if (mend_json_array(&list, top, "waivers", MEND_LIST_MAX, err) < 0)
		return -1;
	manifest->waivers = mend_alloc(json_array_size(list) * sizeof *manifest->waivers);
	json_array_foreach(list, i, entry)
	{
		char what[32];

		snprintf(what, sizeof what, "waivers[%zu]", i);
		if (mend_json_is_object(entry, what, err) < 0)
			return -1;
		manifest->waiver_count = i + 1;
		if (decode_waiver(&manifest->waivers[i], entry, err) < 0 ||
		    check_waiver(manifest, i, err) < 0)
			return mend_rule_below(err, what);
	}
	return 0;
}

void mend_waivers_free(struct mend_manifest *manifest)
{
	for (size_t i = 0; i < manifest->waiver_count; i++) {
		free(manifest->waivers[i].finding);
		free(manifest->waivers[i].path);
		free(manifest->waivers[i].reason);
	}
	free(manifest->waivers);
}
