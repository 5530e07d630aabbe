/* SPDX-License-Identifier: MIT */
/* A recipe's growing lists: what changes, and where the base is. */
#include <fcntl.h>

#include "mend-publish/recipe.h"

struct change *recipe_change(struct recipe *recipe, enum mend_op op, const char *path)
{
	struct change *change;

	recipe->changes =
		mend_grow(recipe->changes, recipe->change_count + 1, sizeof(*recipe->changes));
	change = &recipe->changes[recipe->change_count++];
	*change = (struct change){ .target = { .op = op, .path = mend_text_copy(path) } };
	return change;
}

void recipe_base_dir(struct recipe *recipe, const char *path)
{
	recipe->base_dirs = mend_grow(recipe->base_dirs, recipe->base_dir_count + 1,
				      sizeof(*recipe->base_dirs));
	recipe->base_dirs[recipe->base_dir_count++] = path;
}

static void add_open(struct recipe *recipe, int fd)
{
	recipe->base_fds =
		mend_grow(recipe->base_fds, recipe->base_open_count + 1, sizeof(*recipe->base_fds));
	recipe->base_fds[recipe->base_open_count++] = fd;
}

void recipe_base_opened(struct recipe *recipe, const char *path, int fd)
{
	recipe_base_dir(recipe, path);
	add_open(recipe, fd);
}

int recipe_open_bases(struct recipe *recipe, struct mend_error *err)
{
	if (recipe->base_dir_count > MEND_BASES_MAX)
		return mend_fail(err, MEND_USAGE, "more than %d base directories", MEND_BASES_MAX);
	while (recipe->base_open_count < recipe->base_dir_count) {
		const char *path = recipe->base_dirs[recipe->base_open_count];
		int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		if (fd < 0)
			return mend_fail_errno(err, "%s: cannot open the base directory", path);
		add_open(recipe, fd);
	}
	return 0;
}
