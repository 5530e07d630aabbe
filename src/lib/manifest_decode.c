/* SPDX-License-Identifier: MIT */
/* The manifest's decoder: takes verified bytes, and nothing else. */
#include <stdio.h>
#include <string.h>

#include "manifest_rules.h"
#include "mendfs/time.h"

static const json_t *optional(const json_t *object, const char *key)
{
	const json_t *member = json_object_get(object, key);

	return json_is_null(member) ? NULL : member;
}

/* Before anything else is looked at: what a newer format means is not ours to guess. */
static int check_format(const json_t *top, struct mend_error *err)
{
	const json_t *format = json_object_get(top, "format");

	if (format == NULL)
		return mend_fail(err, MEND_FORMAT, "format: missing");
	if (!json_is_integer(format))
		return mend_fail(err, MEND_FORMAT, "format: not an integer");
	if (json_integer_value(format) > MEND_MANIFEST_FORMAT)
		return mend_fail(err, MEND_FORMAT,
				 "format: %lld: newer than %d, the newest one known here: upgrade "
				 "mendfs",
				 (long long)json_integer_value(format), MEND_MANIFEST_FORMAT);
	if (json_integer_value(format) != MEND_MANIFEST_FORMAT)
		return mend_fail(err, MEND_FORMAT, "format: %lld: not %d",
				 (long long)json_integer_value(format), MEND_MANIFEST_FORMAT);
	return 0;
}

/* A text that is only limited in length, and may have newlines when told so. */
static int take_prose(char **out, const json_t *top, const char *key, size_t most, bool newlines,
		      struct mend_error *err)
{
	const char *text;
	size_t size;

	if (mend_json_string(&text, top, key, err) < 0)
		return -1;
	size = strlen(text);
	if (size > most)
		return mend_fail(err, MEND_LIMIT, "%s: %zu bytes: more than the limit of %zu", key,
				 size, most);
	for (const char *part = text;; part++) {
		size_t length = newlines ? strcspn(part, "\n") : size;

		if (!mend_text_is_plain(part, length))
			return mend_fail(err, MEND_FORMAT, "%s: has control characters", key);
		part += length;
		if (*part == '\0')
			break;
	}
	*out = mend_text_copy(text);
	return 0;
}

static int decode_texts(struct mend_manifest *manifest, const json_t *top, struct mend_error *err)
{
	if (take_prose(&manifest->title, top, "title", MEND_TITLE_MAX, false, err) < 0)
		return -1;
	if (manifest->title[0] == '\0')
		return mend_fail(err, MEND_FORMAT, "title: empty");
	if (optional(top, "description") == NULL)
		manifest->description = mend_text_copy("");
	else if (take_prose(&manifest->description, top, "description", MEND_DESCRIPTION_MAX, true,
			    err) < 0)
		return -1;
	if (mend_rule_take_optional(&manifest->severity, top, "severity", mend_rule_severity,
				    "not low, medium, high or critical", err) < 0)
		return -1;
	if (manifest->severity == NULL)
		manifest->severity = mend_text_copy("");
	return 0;
}

static bool is_time(const char *text)
{
	int64_t ignored;

	return mend_time_parse(&ignored, text);
}

static int decode_times(struct mend_manifest *manifest, const json_t *top, struct mend_error *err)
{
	static const char why[] = "not a time as 2026-11-22T00:00:00Z";

	if (mend_rule_take(&manifest->issued, top, "issued", is_time, why, err) < 0 ||
	    mend_rule_take_optional(&manifest->expires, top, "expires", is_time, why, err) < 0)
		return -1;
	mend_time_parse(&manifest->issued_at, manifest->issued);
	if (manifest->expires != NULL)
		mend_time_parse(&manifest->expires_at, manifest->expires);
	return 0;
}

/* An optional array of texts that fit a rule, none twice. */
static int take_list(char ***out, size_t *count, const json_t *top, const char *key,
		     mend_rule *rule, const char *why, struct mend_error *err)
{
	json_t *list, *entry;
	size_t i;

	if (optional(top, key) == NULL)
		return 0;
	if (mend_json_array(&list, top, key, MEND_LIST_MAX, err) < 0)
		return -1;
	*out = mend_alloc(json_array_size(list) * sizeof **out);
	json_array_foreach(list, i, entry)
	{
		const char *text = json_string_value(entry);

		if (text == NULL)
			return mend_fail(err, MEND_FORMAT, "%s[%zu]: not a string", key, i);
		if (!rule(text))
			return mend_fail(err, MEND_FORMAT, "%s[%zu]: \"%.120s\": %s", key, i, text,
					 why);
		for (size_t before = 0; before < i; before++)
			if (strcmp((*out)[before], text) == 0)
				return mend_fail(err, MEND_FORMAT, "%s[%zu]: \"%s\": twice", key, i,
						 text);
		(*out)[(*count)++] = mend_text_copy(text);
	}
	return 0;
}

static int decode_lists(struct mend_manifest *manifest, const json_t *top, struct mend_error *err)
{
	if (take_list(&manifest->cves, &manifest->cve_count, top, "cves", mend_rule_cve,
		      "not as CVE-2026-0001", err) < 0 ||
	    take_list(&manifest->requires, &manifest->require_count, top, "requires",
		      mend_path_is_id, "not an id of a patch", err) < 0 ||
	    take_list(&manifest->conflicts, &manifest->conflict_count, top, "conflicts",
		      mend_path_is_id, "not an id of a patch", err) < 0)
		return -1;
	return take_list(&manifest->restart, &manifest->restart_count, top, "restart",
			 mend_rule_unit, "not a unit as ssh.service", err);
}

static int decode_os(struct mend_manifest *manifest, const json_t *top, struct mend_error *err)
{
	static const char *const keys[] = { "id", "version", NULL };
	static const char why[] = "not of letters, digits and . _ ~ + -";
	json_t *list, *entry;
	size_t i;

	if (optional(top, "os") == NULL)
		return 0;
	if (mend_json_array(&list, top, "os", MEND_LIST_MAX, err) < 0)
		return -1;
	manifest->os = mend_alloc(json_array_size(list) * sizeof *manifest->os);
	json_array_foreach(list, i, entry)
	{
		struct mend_os *os = &manifest->os[manifest->os_count++];
		char what[32];

		snprintf(what, sizeof what, "os[%zu]", i);
		if (mend_json_is_object(entry, what, err) < 0)
			return -1;
		if (mend_json_only(entry, keys, err) < 0 ||
		    mend_rule_take(&os->id, entry, "id", mend_rule_os, why, err) < 0 ||
		    mend_rule_take_optional(&os->version, entry, "version", mend_rule_os, why,
					    err) < 0)
			return mend_rule_below(err, what);
	}
	return 0;
}

static int decode_targets(struct mend_manifest *manifest, const json_t *top, struct mend_error *err)
{
	json_t *list, *entry;
	size_t i;

	if (mend_json_array(&list, top, "targets", MEND_TARGETS_MAX, err) < 0)
		return -1;
	if (json_array_size(list) == 0)
		return mend_fail(err, MEND_FORMAT, "targets: empty");
	manifest->targets = mend_alloc(json_array_size(list) * sizeof *manifest->targets);
	json_array_foreach(list, i, entry)
	{
		char what[32];

		snprintf(what, sizeof what, "targets[%zu]", i);
		if (mend_json_is_object(entry, what, err) < 0)
			return -1;
		manifest->target_count = i + 1;
		if (mend_target_decode(&manifest->targets[i], entry, err) < 0)
			return mend_rule_below(err, what);
	}
	return 0;
}

static int decode(struct mend_manifest *manifest, const json_t *top, struct mend_error *err)
{
	static const char *const keys[] = { "format",	   "id",       "release",   "title",
					    "description", "severity", "cves",	    "issued",
					    "expires",	   "arch",     "os",	    "root",
					    "targets",	   "requires", "conflicts", "restart",
					    "waivers",	   "members",  NULL };
	int64_t release;

	if (check_format(top, err) < 0 || mend_json_only(top, keys, err) < 0 ||
	    mend_rule_take(&manifest->id, top, "id", mend_path_is_id,
			   "not 1 to 64 of a-z 0-9 + . -, beginning with a-z or 0-9", err) < 0 ||
	    mend_json_integer(&release, top, "release", 1, MEND_RELEASE_MAX, err) < 0 ||
	    decode_texts(manifest, top, err) < 0 || decode_times(manifest, top, err) < 0 ||
	    mend_rule_take(&manifest->arch, top, "arch", mend_rule_arch,
			   "not a machine type as x86_64, or any", err) < 0 ||
	    decode_os(manifest, top, err) < 0 ||
	    mend_rule_take_path(&manifest->root, top, "root", mend_path_is_root, "an absolute",
				err) < 0 ||
	    decode_targets(manifest, top, err) < 0 || decode_lists(manifest, top, err) < 0 ||
	    mend_waivers_decode(manifest, top, err) < 0 ||
	    mend_members_decode(manifest, top, err) < 0)
		return -1;
	manifest->release = (unsigned)release;
	return mend_manifest_check(manifest, err);
}

int mend_manifest_decode(struct mend_manifest **out, const struct mend_verified *verified,
			 struct mend_error *err)
{
	auto_call(mend_manifest_free) struct mend_manifest *manifest = mend_alloc(sizeof *manifest);
	struct mend_span raw = mend_verified_bytes(verified);
	auto_json top = NULL;

	if (raw.size > MEND_MANIFEST_MAX)
		return mend_fail(err, MEND_LIMIT, "manifest: %zu bytes: more than the limit of %d",
				 raw.size, MEND_MANIFEST_MAX);
	if (mend_json_parse(&top, raw, "manifest", err) < 0 ||
	    mend_json_is_object(top, "manifest", err) < 0)
		return -1;
	if (decode(manifest, top, err) < 0)
		return mend_fail_at(err, "manifest");
	*out = take(manifest);
	return 0;
}
