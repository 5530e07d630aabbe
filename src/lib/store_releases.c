/* SPDX-License-Identifier: MIT */
/* Lists what is installed. */
#include <string.h>

#include "lib/store_private.h"

struct list {
	struct mend_release_name *names;
	size_t count;
};

static int compare(const void *a, const void *b)
{
	const struct mend_release_name *left = a, *right = b;
	int order = strcmp(left->id, right->id);

	if (order)
		return order;
	return (left->number > right->number) - (left->number < right->number);
}

/* What is not called like a release is not ours, and passed over. */
static int list_patch(struct list *list, int patches, const char *id, struct mend_error *err)
{
	char **names;
	size_t count, i;
	unsigned number;

	if (mend_store_list(&names, &count, patches, id, err) < 0)
		return -1;
	for (i = 0; i < count; i++) {
		struct mend_release_name *name;

		if (!mend_store_number_parse(&number, names[i]) || number > MEND_RELEASE_MAX)
			continue;
		list->names = mend_grow(list->names, list->count + 1, sizeof(*list->names));
		name = &list->names[list->count++];
		memset(name, 0, sizeof(*name));
		strncpy(name->id, id, MEND_ID_MAX);
		name->number = number;
	}
	mend_fs_list_free(names, count);
	return 0;
}

int mend_store_releases(struct mend_release_name **out, size_t *count, int store_dir,
			struct mend_error *err)
{
	struct list list = { .count = 0 };
	auto_fd patches = -1;
	char **ids;
	size_t id_count, i;
	int result = 0;

	if (mend_store_open_dir(&patches, store_dir, STORE_PATCHES, err) < 0 ||
	    mend_store_list(&ids, &id_count, patches, ".", err) < 0)
		return -1;
	for (i = 0; i < id_count && result == 0; i++)
		if (mend_path_is_id(ids[i]))
			result = list_patch(&list, patches, ids[i], err);
	mend_fs_list_free(ids, id_count);
	if (result < 0) {
		free(list.names);
		return -1;
	}
	if (list.count > 0)
		qsort(list.names, list.count, sizeof(*list.names), compare);
	*out = list.names;
	*count = list.count;
	return 0;
}
