/* SPDX-License-Identifier: MIT */
/* What the parts of a manifest must be to each other, each being right by itself. */
#include <stdlib.h>
#include <string.h>

#include "manifest_rules.h"

static int check_lists(const struct mend_manifest *manifest, struct mend_error *err)
{
	for (size_t i = 0; i < manifest->require_count; i++) {
		if (strcmp(manifest->requires[i], manifest -> id) == 0)
			return mend_fail(err, MEND_FORMAT, "requires[%zu]: \"%s\": its own id", i,
					 manifest->id);
		for (size_t k = 0; k < manifest->conflict_count; k++)
			if (strcmp(manifest->requires[i], manifest -> conflicts[k]) == 0)
				return mend_fail(err, MEND_FORMAT,
						 "conflicts[%zu]: \"%s\": is in requires, too", k,
						 manifest->conflicts[k]);
	}
	for (size_t i = 0; i < manifest->conflict_count; i++)
		if (strcmp(manifest->conflicts[i], manifest->id) == 0)
			return mend_fail(err, MEND_FORMAT, "conflicts[%zu]: \"%s\": its own id", i,
					 manifest->id);
	return 0;
}

static int check_order(const struct mend_manifest *manifest, struct mend_error *err)
{
	for (size_t i = 1; i < manifest->target_count; i++) {
		const char *path = manifest->targets[i].path;
		int order = strcmp(manifest->targets[i - 1].path, path);

		if (order == 0)
			return mend_fail(err, MEND_FORMAT, "targets[%zu].path: \"%.200s\": twice",
					 i, path);
		if (order > 0)
			return mend_fail(err, MEND_FORMAT,
					 "targets[%zu].path: \"%.200s\": not in the order of bytes",
					 i, path);
	}
	return 0;
}

static int by_path(const void *key, const void *target)
{
	return strcmp(key, ((const struct mend_target *)target)->path);
}

/* Needs sorted targets. One below another is not always next to it: "a", "a.b", "a/b". */
static int check_below(const struct mend_manifest *manifest, struct mend_error *err)
{
	for (size_t i = 0; i < manifest->target_count; i++) {
		char above[MEND_PATH_MAX];
		char *slash;

		memcpy(above, manifest->targets[i].path, strlen(manifest->targets[i].path) + 1);
		while ((slash = strrchr(above, '/')) != NULL) {
			*slash = '\0';
			if (bsearch(above, manifest->targets, manifest->target_count,
				    sizeof *manifest->targets, by_path) != NULL)
				return mend_fail(err, MEND_FORMAT,
						 "targets[%zu].path: \"%.200s\": below \"%.200s\", "
						 "which is a target",
						 i, manifest->targets[i].path, above);
		}
	}
	return 0;
}

/* One object has one size. */
static int by_object(const void *a, const void *b)
{
	const struct mend_target *const *left = a, *const *right = b;
	int order = memcmp((*left)->object.bytes, (*right)->object.bytes, MEND_DIGEST_SIZE);

	if (order != 0)
		return order;
	return (*left)->size < (*right)->size ? -1 : (*left)->size > (*right)->size;
}

static int check_sizes(const struct mend_manifest *manifest, struct mend_error *err)
{
	auto_free const struct mend_target **sorted =
		mend_alloc(manifest->target_count * sizeof *sorted);
	size_t count = 0;

	for (size_t i = 0; i < manifest->target_count; i++)
		if (manifest->targets[i].op == MEND_OP_REPLACE ||
		    manifest->targets[i].op == MEND_OP_ADD)
			sorted[count++] = &manifest->targets[i];
	qsort(sorted, count, sizeof *sorted, by_object);
	for (size_t i = 1; i < count; i++)
		if (mend_digest_equal(&sorted[i - 1]->object, &sorted[i]->object) &&
		    sorted[i - 1]->size != sorted[i]->size)
			return mend_fail(err, MEND_FORMAT,
					 "targets[%zu].size: %llu: another target has the same "
					 "object with size %llu",
					 (size_t)(sorted[i] - manifest->targets),
					 (unsigned long long)sorted[i]->size,
					 (unsigned long long)sorted[i - 1]->size);
	return 0;
}

int mend_manifest_check(const struct mend_manifest *manifest, struct mend_error *err)
{
	if (manifest->expires != NULL && manifest->expires_at <= manifest->issued_at)
		return mend_fail(err, MEND_FORMAT, "expires: \"%s\": not after issued, \"%s\"",
				 manifest->expires, manifest->issued);
	if (check_lists(manifest, err) < 0 || check_order(manifest, err) < 0 ||
	    check_below(manifest, err) < 0)
		return -1;
	return check_sizes(manifest, err);
}
