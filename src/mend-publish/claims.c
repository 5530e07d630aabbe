/* SPDX-License-Identifier: MIT */
/*
 * Collects what a bundle claims. The manifest is unverified, so this is no mend_manifest: it is
 * shown as the JSON it is, and nothing but a person's screen depends on it.
 */
#include "mend-publish/claims.h"

#include <string.h>

static int add_signatures(json_t *claims, const struct mend_bundle *bundle, struct mend_error *err)
{
	auto_json array = json_array();

	for (size_t i = 0; i < bundle->sig_count; i++) {
		struct mend_sig sig;

		if (mend_sig_parse(&sig, bundle->sigs[i], err) < 0)
			return -1;
		json_array_append_new(array, json_pack("{s:s, s:s}", "key", bundle->sig_names[i],
						       "comment", sig.comment));
	}
	json_object_set(claims, "signatures", array);
	return 0;
}

/* The size that a target of the manifest claims for a content, or null. */
static json_t *claimed_size(const json_t *manifest, const char *object)
{
	json_t *target;
	size_t i;

	json_array_foreach(json_object_get(manifest, "targets"), i, target)
	{
		const char *claimed = json_string_value(json_object_get(target, "object"));
		json_t *size = json_object_get(target, "size");

		if (claimed && strcmp(claimed, object) == 0 && json_is_integer(size))
			return json_incref(size);
	}
	return json_null();
}

static void add_objects(json_t *claims, const struct mend_bundle *bundle, const json_t *manifest)
{
	auto_json array = json_array();

	for (size_t i = 0; i < bundle->object_count; i++) {
		const struct mend_bundle_object *object = &bundle->objects[i];
		char hex[MEND_DIGEST_HEX], from[MEND_DIGEST_HEX];

		mend_digest_hex(hex, &object->digest);
		mend_digest_hex(from, &object->from);
		json_array_append_new(array, json_pack("{s:s, s:s?, s:o, s:I}", "object", hex,
						       "from", object->is_delta ? from : NULL,
						       "size", claimed_size(manifest, hex),
						       "compressed", (json_int_t)object->size));
	}
	json_object_set(claims, "objects", array);
}

int claims_of(json_t **out, const struct mend_bundle *bundle, struct mend_error *err)
{
	auto_json claims = json_object();
	auto_json manifest = NULL;

	if (mend_json_parse(&manifest, mend_bytes_span(&bundle->manifest), "manifest.json", err) <
		    0 ||
	    mend_json_is_object(manifest, "manifest.json", err) < 0)
		return -1;
	json_object_set_new(claims, "format", json_integer(1));
	json_object_set(claims, "manifest", manifest);
	if (add_signatures(claims, bundle, err) < 0)
		return -1;
	add_objects(claims, bundle, manifest);
	*out = take(claims);
	return 0;
}
