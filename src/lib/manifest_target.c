/* SPDX-License-Identifier: MIT */
/* Decoding one target of a manifest, and the base contents that it was made for. */
#include <stdio.h>
#include <string.h>

#include "manifest_rules.h"

static int take_digest(struct mend_digest *out, const json_t *object, const char *key,
		       struct mend_error *err)
{
	const char *hex;

	if (mend_json_string(&hex, object, key, err) < 0)
		return -1;
	if (!mend_digest_parse(out, hex))
		return mend_fail(err, MEND_FORMAT, "%s: \"%.80s\": not 64 lower-case hex digits",
				 key, hex);
	return 0;
}

static bool has(const json_t *object, const char *key)
{
	return json_object_get(object, key) != NULL;
}

/* "package" and "version", which go together in fixed_in and are free in a base. */
static int take_package(char **package, char **version, const json_t *object,
			struct mend_error *err)
{
	static const char why[] = "not 1 to 256 bytes without control characters";

	if (mend_rule_take_optional(package, object, "package", mend_rule_line, why, err) < 0)
		return -1;
	return mend_rule_take_optional(version, object, "version", mend_rule_line, why, err);
}

static int decode_base(struct mend_base *base, const json_t *object, struct mend_error *err)
{
	static const char *const keys[] = { "blake2b", "link",	  "build_id",
					    "package", "version", NULL };

	if (mend_json_only(object, keys, err) < 0)
		return -1;
	if (has(object, "blake2b") && has(object, "link"))
		return mend_fail(err, MEND_FORMAT, "link: not together with blake2b");
	if (!has(object, "blake2b") && !has(object, "link"))
		return mend_fail(err, MEND_FORMAT, "blake2b: missing, and so is link");
	if (has(object, "blake2b") && take_digest(&base->content, object, "blake2b", err) < 0)
		return -1;
	if (has(object, "link") &&
	    mend_rule_take(&base->link, object, "link", mend_rule_link,
			   "not 1 to 4095 bytes without control characters", err) < 0)
		return -1;
	if (mend_rule_take_optional(&base->build_id, object, "build_id", mend_rule_build_id,
				    "not lower-case hex digits", err) < 0)
		return -1;
	return take_package(&base->package, &base->version, object, err);
}

static int decode_bases(struct mend_target *target, const json_t *object, struct mend_error *err)
{
	json_t *list, *entry;
	size_t i;

	if (!has(object, "base") || json_is_null(json_object_get(object, "base")))
		return 0;
	if (mend_json_array(&list, object, "base", MEND_BASES_MAX, err) < 0)
		return -1;
	target->bases = mend_alloc(json_array_size(list) * sizeof *target->bases);
	json_array_foreach(list, i, entry)
	{
		char what[32];

		snprintf(what, sizeof what, "base[%zu]", i);
		if (mend_json_is_object(entry, what, err) < 0)
			return -1;
		target->base_count = i + 1;
		if (decode_base(&target->bases[i], entry, err) < 0)
			return mend_rule_below(err, what);
	}
	return 0;
}

/* What the base may be depends on the op; see mendfs-format(5). */
static int check_bases(const struct mend_target *target, struct mend_error *err)
{
	bool needed = target->op == MEND_OP_REPLACE || target->op == MEND_OP_REMOVE;

	if (needed && target->base_count == 0)
		return mend_fail(err, MEND_FORMAT, "base: empty: op \"%s\" needs at least one",
				 mend_op_name(target->op));
	if (target->op == MEND_OP_ADD && target->base_count > 0)
		return mend_fail(err, MEND_FORMAT, "base: not for op \"add\"");
	for (size_t i = 0; target->op == MEND_OP_REPLACE && i < target->base_count; i++)
		if (target->bases[i].link != NULL)
			return mend_fail(err, MEND_FORMAT, "base[%zu].link: not for op \"replace\"",
					 i);
	return 0;
}

/* Four octal digits: nothing beyond rwxr-xr-x, so neither set-id nor writable by others. */
static int decode_mode(mode_t *out, const json_t *object, struct mend_error *err)
{
	const char *text;
	mode_t mode = 0;

	if (mend_json_string(&text, object, "mode", err) < 0)
		return -1;
	if (strlen(text) != 4 || strspn(text, "01234567") != 4)
		return mend_fail(err, MEND_FORMAT, "mode: \"%.40s\": not four octal digits", text);
	for (size_t i = 0; i < 4; i++)
		mode = mode << 3 | (mode_t)(text[i] - '0');
	if ((mode & ~(mode_t)0755) != 0)
		return mend_fail(err, MEND_FORMAT,
				 "mode: \"%s\": set-id, sticky or writable by others", text);
	*out = mode;
	return 0;
}

static int decode_content(struct mend_target *target, const json_t *object, struct mend_error *err)
{
	int64_t size;

	if (take_digest(&target->object, object, "object", err) < 0 ||
	    mend_json_integer(&size, object, "size", 0, MEND_OBJECT_MAX, err) < 0 ||
	    decode_mode(&target->mode, object, err) < 0)
		return -1;
	target->size = (uint64_t)size;
	return 0;
}

/* Members of another op, even null, are a publisher's mistake. */
static int refuse_members(const json_t *object, enum mend_op op, const char *const *keys,
			  struct mend_error *err)
{
	for (; *keys != NULL; keys++)
		if (has(object, *keys))
			return mend_fail(err, MEND_FORMAT, "%s: not for op \"%s\"", *keys,
					 mend_op_name(op));
	return 0;
}

static int decode_by_op(struct mend_target *target, const json_t *object, struct mend_error *err)
{
	static const char *const of_content[] = { "object", "size", "mode", NULL };
	static const char *const of_link[] = { "to", NULL };

	switch (target->op) {
	case MEND_OP_REPLACE:
	case MEND_OP_ADD:
		if (refuse_members(object, target->op, of_link, err) < 0)
			return -1;
		return decode_content(target, object, err);
	case MEND_OP_REMOVE:
		if (refuse_members(object, target->op, of_link, err) < 0)
			return -1;
		return refuse_members(object, target->op, of_content, err);
	case MEND_OP_SYMLINK:
		if (refuse_members(object, target->op, of_content, err) < 0)
			return -1;
		return mend_rule_take(&target->to, object, "to", mend_rule_link,
				      "not 1 to 4095 bytes without control characters", err);
	}
	return mend_fail(err, MEND_FORMAT, "op: unknown");
}

static int decode_op(enum mend_op *out, const json_t *object, struct mend_error *err)
{
	const char *text;

	if (mend_json_string(&text, object, "op", err) < 0)
		return -1;
	for (enum mend_op op = MEND_OP_REPLACE; op <= MEND_OP_SYMLINK; op++) {
		if (strcmp(text, mend_op_name(op)) == 0) {
			*out = op;
			return 0;
		}
	}
	return mend_fail(err, MEND_FORMAT, "op: \"%.40s\": not replace, add, remove or symlink",
			 text);
}

static int decode_fixed_in(struct mend_target *target, const json_t *object, struct mend_error *err)
{
	static const char *const keys[] = { "package", "version", NULL };
	const json_t *fixed = json_object_get(object, "fixed_in");

	if (fixed == NULL || json_is_null(fixed))
		return 0;
	if (mend_json_is_object(fixed, "fixed_in", err) < 0)
		return -1;
	if (mend_json_only(fixed, keys, err) < 0 ||
	    take_package(&target->fixed_package, &target->fixed_version, fixed, err) < 0)
		return mend_rule_below(err, "fixed_in");
	if (target->fixed_package == NULL || target->fixed_version == NULL)
		return mend_fail(err, MEND_FORMAT, "fixed_in.%s: missing",
				 target->fixed_package == NULL ? "package" : "version");
	return 0;
}

int mend_target_decode(struct mend_target *target, const json_t *object, struct mend_error *err)
{
	static const char *const keys[] = { "path", "op", "base",     "object", "size",
					    "mode", "to", "fixed_in", NULL };

	if (mend_json_only(object, keys, err) < 0 ||
	    mend_rule_take_path(&target->path, object, "path", mend_path_is_target, "a relative",
				err) < 0 ||
	    decode_op(&target->op, object, err) < 0 || decode_bases(target, object, err) < 0 ||
	    check_bases(target, err) < 0 || decode_by_op(target, object, err) < 0)
		return -1;
	return decode_fixed_in(target, object, err);
}

void mend_target_free(struct mend_target *target)
{
	for (size_t i = 0; i < target->base_count; i++) {
		free(target->bases[i].link);
		free(target->bases[i].build_id);
		free(target->bases[i].package);
		free(target->bases[i].version);
	}
	free(target->bases);
	free(target->path);
	free(target->to);
	free(target->fixed_package);
	free(target->fixed_version);
}
