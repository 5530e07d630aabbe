/* SPDX-License-Identifier: MIT */
/*
 * Writes manifest.json. jansson makes NULL of what it cannot hold (text that is not UTF-8) and
 * takes NULL nowhere: every step returns whether it went well, and one message stands for all.
 */
#include "mend-publish/manifest_encode.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "mendfs/json.h"

static bool put_text(json_t *object, const char *key, const char *text)
{
	return json_object_set_new(object, key, json_string(text)) == 0;
}

/* Left out when there is none. */
static bool put_optional(json_t *object, const char *key, const char *text)
{
	return !text || put_text(object, key, text);
}

static bool put_texts(json_t *object, const char *key, char *const *texts, size_t count)
{
	auto_json array = json_array();

	for (size_t i = 0; i < count; i++) {
		if (json_array_append_new(array, json_string(texts[i])) < 0)
			return false;
	}
	return json_object_set(object, key, array) == 0;
}

static bool put_digest(json_t *object, const char *key, const struct mend_digest *digest)
{
	char hex[MEND_DIGEST_HEX];

	mend_digest_hex(hex, digest);
	return put_text(object, key, hex);
}

static bool put_bases(json_t *object, const struct mend_target *target)
{
	auto_json array = json_array();

	for (size_t i = 0; i < target->base_count; i++) {
		const struct mend_base *base = &target->bases[i];
		auto_json item = json_object();
		bool good = base->link ? put_text(item, "link", base->link)
				       : put_digest(item, "blake2b", &base->content);

		if (!good || !put_optional(item, "build_id", base->build_id) ||
		    !put_optional(item, "package", base->package) ||
		    !put_optional(item, "version", base->version) ||
		    json_array_append(array, item) < 0)
			return false;
	}
	return json_object_set(object, "base", array) == 0;
}

static bool put_content(json_t *object, const struct mend_target *target)
{
	char mode[8];

	snprintf(mode, sizeof(mode), "%04o", (unsigned)target->mode & 07777);
	return put_digest(object, "object", &target->object) &&
	       json_object_set_new(object, "size", json_integer((json_int_t)target->size)) == 0 &&
	       put_text(object, "mode", mode);
}

static bool put_fixed(json_t *object, const struct mend_target *target)
{
	auto_json fixed = json_object();

	if (!target->fixed_package)
		return true;
	return put_text(fixed, "package", target->fixed_package) &&
	       put_text(fixed, "version", target->fixed_version) &&
	       json_object_set(object, "fixed_in", fixed) == 0;
}

static bool put_target(json_t *array, const struct mend_target *target)
{
	auto_json object = json_object();
	bool has_content = target->op == MEND_OP_REPLACE || target->op == MEND_OP_ADD;

	return put_text(object, "path", target->path) &&
	       put_text(object, "op", mend_op_name(target->op)) && put_bases(object, target) &&
	       (!has_content || put_content(object, target)) &&
	       (target->op != MEND_OP_SYMLINK || put_text(object, "to", target->to)) &&
	       put_fixed(object, target) && json_array_append(array, object) == 0;
}

static bool put_targets(json_t *object, const struct mend_manifest *manifest)
{
	auto_json array = json_array();

	for (size_t i = 0; i < manifest->target_count; i++) {
		if (!put_target(array, &manifest->targets[i]))
			return false;
	}
	return json_object_set(object, "targets", array) == 0;
}

static bool put_os(json_t *object, const struct mend_manifest *manifest)
{
	auto_json array = json_array();

	for (size_t i = 0; i < manifest->os_count; i++) {
		auto_json item = json_object();

		if (!put_text(item, "id", manifest->os[i].id) ||
		    !put_optional(item, "version", manifest->os[i].version) ||
		    json_array_append(array, item) < 0)
			return false;
	}
	return json_object_set(object, "os", array) == 0;
}

/* Left out when there are none, so that a release without any is what it always was. */
static bool put_waivers(json_t *object, const struct mend_manifest *manifest)
{
	auto_json array = json_array();

	for (size_t i = 0; i < manifest->waiver_count; i++) {
		const struct mend_waiver *waiver = &manifest->waivers[i];
		auto_json item = json_object();

		if (!put_text(item, "finding", waiver->finding) ||
		    !put_text(item, "path", waiver->path) ||
		    !put_text(item, "reason", waiver->reason) || json_array_append(array, item) < 0)
			return false;
	}
	return manifest->waiver_count == 0 || json_object_set(object, "waivers", array) == 0;
}

/* Sorted, so that a release built again is the same bytes. Left out when not told. */
static bool put_members(json_t *object, const struct mend_manifest *manifest)
{
	auto_json members = json_object();

	if (!manifest->members)
		return true;
	for (size_t i = 0; i < manifest->member_count; i++) {
		if (!put_digest(members, manifest->members[i].name, &manifest->members[i].packed))
			return false;
	}
	return json_object_set(object, "members", members) == 0;
}

static bool put_release(json_t *object, const struct mend_manifest *m)
{
	const char *severity = m->severity && *m->severity ? m->severity : NULL;

	return json_object_set_new(object, "format", json_integer(MEND_MANIFEST_FORMAT)) == 0 &&
	       put_text(object, "id", m->id) &&
	       json_object_set_new(object, "release", json_integer(m->release)) == 0 &&
	       put_text(object, "title", m->title) &&
	       put_text(object, "description", m->description) &&
	       put_optional(object, "severity", severity) &&
	       put_texts(object, "cves", m->cves, m->cve_count) &&
	       put_text(object, "issued", m->issued) &&
	       json_object_set_new(object, "expires",
				   m->expires ? json_string(m->expires) : json_null()) == 0 &&
	       put_text(object, "arch", m->arch) && put_os(object, m) &&
	       put_text(object, "root", m->root) && put_targets(object, m) &&
	       put_texts(object, "requires", m->requires, m->require_count) &&
	       put_texts(object, "conflicts", m->conflicts, m->conflict_count) &&
	       put_texts(object, "restart", m->restart, m->restart_count) &&
	       put_waivers(object, m) && put_members(object, m);
}

int manifest_encode(struct mend_bytes *out, const struct mend_manifest *manifest,
		    struct mend_error *err)
{
	auto_json object = json_object();
	auto_free char *text = NULL;

	if (!put_release(object, manifest))
		return mend_fail(err, MEND_FORMAT, "a text or path is not valid UTF-8");
	text = json_dumps(object, JSON_COMPACT);
	if (!text)
		return mend_fail(err, MEND_SYSTEM, "not enough memory for the manifest");
	out->data = (uint8_t *)mend_text_format("%s\n", text);
	out->size = strlen((char *)out->data);
	return 0;
}
