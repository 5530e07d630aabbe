/* SPDX-License-Identifier: MIT */
/* Which of a bundle's objects stands for which content: they are sorted, so it is found by halves.
 */
#include <string.h>

#include "mendfs/bundle.h"

static int compare(const struct mend_bundle_object *a, const struct mend_bundle_object *b)
{
	int order = memcmp(a->digest.bytes, b->digest.bytes, MEND_DIGEST_SIZE);

	if (order == 0 && a->is_delta != b->is_delta)
		return a->is_delta ? -1 : 1;
	if (order == 0 && a->is_delta)
		return memcmp(a->from.bytes, b->from.bytes, MEND_DIGEST_SIZE);
	return order;
}

/* The index of the first object not before `key`. */
static size_t lower_bound(const struct mend_bundle *bundle, const struct mend_bundle_object *key)
{
	size_t low = 0, high = bundle->object_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare(&bundle->objects[middle], key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The whole object (from NULL) or a delta; NULL when it is not there. */
static const struct mend_bundle_object *find(const struct mend_bundle *bundle,
					     const struct mend_digest *digest,
					     const struct mend_digest *from)
{
	struct mend_bundle_object key = { .digest = *digest, .is_delta = from != NULL };
	size_t at;

	if (from)
		key.from = *from;
	at = lower_bound(bundle, &key);
	if (at == bundle->object_count || compare(&bundle->objects[at], &key) != 0)
		return NULL;
	return &bundle->objects[at];
}

/* Marks what serves the target, and says whether something does. */
static bool mark_used(bool *used, const struct mend_bundle *bundle,
		      const struct mend_target *target)
{
	const struct mend_bundle_object *object = find(bundle, &target->object, NULL);
	bool found = object != NULL;

	if (object)
		used[object - bundle->objects] = true;
	for (size_t i = 0; i < target->base_count; i++) {
		if (target->bases[i].link)
			continue;
		object = find(bundle, &target->object, &target->bases[i].content);
		if (!object)
			continue;
		used[object - bundle->objects] = true;
		found = true;
	}
	return found;
}

static int fail_member(const char *name, const char *why, struct mend_error *err)
{
	return mend_fail(err, MEND_FORMAT, "member '%s' is %s", name, why);
}

/* Both are sorted by name. */
static int pin_objects(struct mend_bundle *bundle, const struct mend_manifest *manifest,
		       struct mend_error *err)
{
	char name[MEND_MEMBER_NAME_MAX];

	for (size_t i = 0; i < bundle->object_count || i < manifest->member_count; i++) {
		const struct mend_member *member = &manifest->members[i];
		int order;

		if (i == bundle->object_count)
			return fail_member(member->name, "not in the bundle", err);
		mend_object_name(name, &bundle->objects[i]);
		if (i == manifest->member_count)
			return fail_member(name, "not in the manifest", err);
		order = strcmp(name, member->name);
		if (order < 0)
			return fail_member(name, "not in the manifest", err);
		if (order > 0)
			return fail_member(member->name, "not in the bundle", err);
		bundle->objects[i].packed = member->packed;
		bundle->objects[i].is_pinned = true;
		if (mend_object_check_packed(bundle, &bundle->objects[i], err) < 0)
			return -1;
	}
	return 0;
}

int mend_bundle_matches(struct mend_bundle *bundle, const struct mend_manifest *manifest,
			struct mend_error *err)
{
	auto_free bool *used = mend_alloc(bundle->object_count + 1);
	char name[MEND_MEMBER_NAME_MAX];

	if (bundle->mtime != manifest->issued_at)
		return mend_fail(err, MEND_FORMAT, "members' time is not when it was issued, %s",
				 manifest->issued);
	for (size_t i = 0; i < manifest->target_count; i++) {
		const struct mend_target *target = &manifest->targets[i];

		if (target->op != MEND_OP_REPLACE && target->op != MEND_OP_ADD)
			continue;
		if (!mark_used(used, bundle, target))
			return mend_fail(err, MEND_FORMAT, "bundle lacks the content of '%s'",
					 target->path);
	}
	for (size_t i = 0; i < bundle->object_count; i++) {
		if (used[i])
			continue;
		mend_object_name(name, &bundle->objects[i]);
		return fail_member(name, "not in the manifest", err);
	}
	return manifest->members ? pin_objects(bundle, manifest, err) : 0;
}

int mend_bundle_extract(const struct mend_bundle *bundle, const struct mend_digest *object,
			uint64_t size, mend_find_base *find_base, void *context, int out_fd,
			struct mend_error *err)
{
	const struct mend_bundle_object *whole = find(bundle, object, NULL);
	struct mend_bundle_object key = { .digest = *object, .is_delta = true };
	size_t first = lower_bound(bundle, &key), i;
	char hex[MEND_DIGEST_HEX];

	if (whole)
		return mend_object_decode(bundle, whole, size, -1, out_fd, err);
	for (i = first; i < bundle->object_count; i++) {
		const struct mend_bundle_object *delta = &bundle->objects[i];
		auto_fd base = -1;

		if (!mend_digest_equal(&delta->digest, object))
			break;
		base = find_base ? find_base(context, &delta->from) : -1;
		if (base >= 0)
			return mend_object_decode(bundle, delta, size, base, out_fd, err);
	}
	mend_digest_hex(hex, object);
	if (i == first)
		return mend_fail(err, MEND_FORMAT, "bundle lacks object %s", hex);
	return mend_fail(err, MEND_BASE,
			 "object %s: none of the bases that its deltas need is here", hex);
}
