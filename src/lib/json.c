/* SPDX-License-Identifier: MIT */
/* Strict JSON, and getters that name the member which is wrong. */
#include "mendfs/json.h"

#include <string.h>

/* jansson has refused duplicates, NULs and bad UTF-8 by now; the rest of "strict" is here. */
static int check_value(const json_t *value, unsigned around, struct mend_error *err)
{
	const json_t *member;
	const char *key;
	size_t i;

	if (around >= MEND_JSON_DEPTH && (json_is_array(value) || json_is_object(value)))
		return mend_fail(err, MEND_LIMIT, "nested more than %d deep", MEND_JSON_DEPTH);
	if (json_is_real(value))
		return mend_fail(err, MEND_FORMAT, "a number that is not an integer");
	json_array_foreach(value, i, member)
	{
		if (check_value(member, around + 1, err) < 0)
			return -1;
	}
	json_object_foreach((json_t *)value, key, member)
	{
		if (check_value(member, around + 1, err) < 0)
			return -1;
	}
	return 0;
}

int mend_json_parse(json_t **out, struct mend_span raw, const char *what, struct mend_error *err)
{
	json_error_t problem;
	auto_json value = json_loadb((const char *)raw.data, raw.size,
				     JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &problem);

	if (value == NULL)
		return mend_fail(err, MEND_FORMAT, "%s: line %d: not JSON: %s", what, problem.line,
				 problem.text);
	if (check_value(value, 0, err) < 0)
		return mend_fail_at(err, "%s", what);
	*out = take(value);
	return 0;
}

static int need(json_t **out, const json_t *object, const char *key, struct mend_error *err)
{
	json_t *member = json_object_get(object, key);

	if (member == NULL)
		return mend_fail(err, MEND_FORMAT, "%s: missing", key);
	*out = member;
	return 0;
}

int mend_json_string(const char **out, const json_t *object, const char *key,
		     struct mend_error *err)
{
	json_t *member;

	if (need(&member, object, key, err) < 0)
		return -1;
	if (!json_is_string(member))
		return mend_fail(err, MEND_FORMAT, "%s: not a string", key);
	*out = json_string_value(member);
	return 0;
}

int mend_json_optional(const char **out, const json_t *object, const char *key,
		       struct mend_error *err)
{
	const json_t *member = json_object_get(object, key);

	if (member != NULL && !json_is_null(member))
		return mend_json_string(out, object, key, err);
	*out = NULL;
	return 0;
}

int mend_json_integer(int64_t *out, const json_t *object, const char *key, int64_t least,
		      int64_t most, struct mend_error *err)
{
	json_t *member;
	long long value;

	if (need(&member, object, key, err) < 0)
		return -1;
	if (!json_is_integer(member))
		return mend_fail(err, MEND_FORMAT, "%s: not an integer", key);
	value = json_integer_value(member);
	if (value < least || value > most)
		return mend_fail(err, MEND_LIMIT, "%s: %lld: not between %lld and %lld", key, value,
				 (long long)least, (long long)most);
	*out = value;
	return 0;
}

int mend_json_array(json_t **out, const json_t *object, const char *key, size_t most,
		    struct mend_error *err)
{
	json_t *member;

	if (need(&member, object, key, err) < 0)
		return -1;
	if (!json_is_array(member))
		return mend_fail(err, MEND_FORMAT, "%s: not an array", key);
	if (json_array_size(member) > most)
		return mend_fail(err, MEND_LIMIT, "%s: %zu entries: more than the limit of %zu",
				 key, json_array_size(member), most);
	*out = member;
	return 0;
}

static bool is_listed(const char *key, const char *const *keys)
{
	while (*keys != NULL && strcmp(key, *keys) != 0)
		keys++;
	return *keys != NULL;
}

int mend_json_only(const json_t *object, const char *const *keys, struct mend_error *err)
{
	const json_t *member;
	const char *key;

	json_object_foreach((json_t *)object, key, member)
	{
		if (!is_listed(key, keys))
			return mend_fail(err, MEND_FORMAT, "%.80s: unknown member", key);
	}
	return 0;
}

int mend_json_is_object(const json_t *value, const char *what, struct mend_error *err)
{
	if (!json_is_object(value))
		return mend_fail(err, MEND_FORMAT, "%s: not an object", what);
	return 0;
}
