/* SPDX-License-Identifier: MIT */
/* Decoding what a manifest tells of its bundle: the members that are objects, and their bytes. */
#include <string.h>

#include "manifest_rules.h"
#include "mendfs/bundle.h"

static int decode_member(struct mend_member *member, const char *name, const json_t *value,
			 struct mend_error *err)
{
	struct mend_bundle_object ignored;
	const char *hex = json_string_value(value);

	if (!mend_object_parse_name(&ignored, name))
		return mend_fail(err, MEND_FORMAT, "members: \"%.160s\": not the name of an object",
				 name);
	if (hex == NULL)
		return mend_fail(err, MEND_FORMAT, "members: \"%s\": not a string", name);
	if (!mend_digest_parse(&member->packed, hex))
		return mend_fail(err, MEND_FORMAT,
				 "members: \"%s\": \"%.80s\": not 64 lower-case hex digits", name,
				 hex);
	member->name = mend_text_copy(name);
	return 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct mend_member *)a)->name, ((const struct mend_member *)b)->name);
}

int mend_members_decode(struct mend_manifest *manifest, const json_t *top, struct mend_error *err)
{
	json_t *object = json_object_get(top, "members"), *value;
	const char *name;

	if (object == NULL || json_is_null(object))
		return 0;
	if (mend_json_is_object(object, "members", err) < 0)
		return -1;
	if (json_object_size(object) > MEND_MEMBERS_MAX)
		return mend_fail(err, MEND_LIMIT, "members: %zu: more than the limit of %d",
				 json_object_size(object), MEND_MEMBERS_MAX);
	manifest->members = mend_alloc(json_object_size(object) * sizeof *manifest->members);
	json_object_foreach(object, name, value)
	{
		if (decode_member(&manifest->members[manifest->member_count], name, value, err) < 0)
			return -1;
		manifest->member_count++;
	}
	qsort(manifest->members, manifest->member_count, sizeof *manifest->members, by_name);
	return 0;
}
