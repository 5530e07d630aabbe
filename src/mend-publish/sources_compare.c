/* SPDX-License-Identifier: MIT */
/* What the new files are to the base: changes. */
#include <stdio.h>
#include <string.h>

#include "mend-publish/base_file.h"
#include "mend-publish/library.h"
#include "mend-publish/sources_private.h"
#include "mendfs/fs.h"

/* What the bases have under one path. */
struct found {
	bool anywhere, differs;
};

static int read_base(struct base_file *out, const struct recipe *recipe, size_t base,
		     const char *path, struct mend_error *err)
{
	return base_file_read(out, recipe->base_fds[base], path, recipe->base_dirs[base], err);
}

static bool is_same(const struct base_file *file, const struct staged *item, struct mend_span new)
{
	if (item->link)
		return file->link && strcmp(file->link, item->link) == 0;
	return file->content.data && mend_span_equal(mend_bytes_span(&file->content), new);
}

static int look(struct found *out, const struct recipe *recipe, const struct staged *item,
		struct mend_span new, struct mend_error *err)
{
	*out = (struct found){ .anywhere = false };
	for (size_t i = 0; i < recipe->base_dir_count; i++) {
		auto_base_file file = { .link = NULL };

		if (read_base(&file, recipe, i, item->path, err) < 0)
			return -1;
		out->anywhere |= file.link || file.content.data;
		out->differs |= !is_same(&file, item, new);
	}
	return 0;
}

static bool is_changed(const struct recipe *recipe, const char *path)
{
	for (size_t i = 0; i < recipe->change_count; i++) {
		if (strcmp(recipe->changes[i].target.path, path) == 0)
			return true;
	}
	return false;
}

/* Which package the base's content is from, for each base where that is known. */
static int tell_packages(struct sources *sources, const struct recipe *recipe,
			 struct change *change, const struct stage_origin *origin,
			 struct mend_error *err)
{
	char version[256];

	if (!origin->name[0])
		return 0;
	change->target.fixed_package = mend_text_copy(origin->name);
	change->target.fixed_version = mend_text_copy(origin->version);
	for (size_t i = 0; i < recipe->base_dir_count; i++) {
		if (sources_base_version(version, sources, i, origin->name, err) < 0)
			return -1;
		if (version[0])
			change->packages[i] = sources_keep(
				sources, mend_text_format("%s=%s", origin->name, version));
	}
	change->package_count = recipe->base_dir_count;
	change->is_guessed = true;
	return 0;
}

static int add(struct sources *sources, struct recipe *recipe, enum mend_op op, const char *path,
	       const struct staged *item, struct mend_error *err)
{
	const struct stage_origin *origin = &sources->stage.origins[item->origin];
	struct change *change = recipe_change(recipe, op, path);

	if (op == MEND_OP_SYMLINK)
		change->target.to = mend_text_copy(item->link);
	if (op == MEND_OP_REPLACE || op == MEND_OP_ADD) {
		change->file = sources_keep(
			sources,
			mend_text_format("%s/new/%s", scratch_path(sources->scratch), path));
		change->target.mode = item->mode;
		change->mode_given = true;
	}
	return tell_packages(sources, recipe, change, origin, err);
}

/* "dir/libx.so.1.2" for a link dir/libx.so.1 to libx.so.1.2; NULL when it leads elsewhere. */
static char *beside(const char *path, const char *link)
{
	const char *slash = strrchr(path, '/');

	if (strchr(link, '/') || link[0] == '.')
		return NULL;
	return mend_text_format("%.*s%s", slash ? (int)(slash - path + 1) : 0, path, link);
}

static char *soname_of_new(const struct sources *sources, const char *path)
{
	const struct staged *item = path ? stage_find(&sources->stage, path) : NULL;
	auto_bytes content = { NULL, 0 };

	if (!item || item->link ||
	    mend_fs_read(&content, sources->stage.dir, path, MEND_OBJECT_MAX, NULL) < 0)
		return NULL;
	return library_soname(mend_bytes_span(&content));
}

/* The file with the old version in its name is of no use when the link leads to the new one: it is
 * what the fix is for. It is left when it has another SONAME, which programs may ask for. */
static int remove_old(struct sources *sources, struct recipe *recipe, const struct staged *item,
		      size_t base, const char *old_link, struct mend_error *err)
{
	auto_free char *old = beside(item->path, old_link);
	auto_free char *new = beside(item->path, item->link);
	auto_free char *new_soname = soname_of_new(sources, new);
	auto_free char *old_soname = NULL;
	auto_base_file file = { .link = NULL };

	if (!old || !new_soname || !mend_path_is_target(old) || stage_find(&sources->stage, old) ||
	    is_changed(recipe, old))
		return 0;
	if (read_base(&file, recipe, base, old, err) < 0)
		return -1;
	if (file.content.data)
		old_soname = library_soname(mend_bytes_span(&file.content));
	if (!old_soname || strcmp(old_soname, new_soname) != 0)
		return 0;
	return add(sources, recipe, MEND_OP_REMOVE, old, item, err);
}

static int remove_all_old(struct sources *sources, struct recipe *recipe, const struct staged *item,
			  struct mend_error *err)
{
	for (size_t i = 0; i < recipe->base_dir_count; i++) {
		auto_base_file file = { .link = NULL };

		if (read_base(&file, recipe, i, item->path, err) < 0)
			return -1;
		if (file.link && strcmp(file.link, item->link) != 0 &&
		    remove_old(sources, recipe, item, i, file.link, err) < 0)
			return -1;
	}
	return 0;
}

static int compare_link(struct sources *sources, struct recipe *recipe, const struct staged *item,
			struct mend_error *err)
{
	struct found found;

	if (look(&found, recipe, item, mend_span_of(NULL, 0), err) < 0)
		return -1;
	if (!found.differs)
		return 0;
	if (add(sources, recipe, MEND_OP_SYMLINK, item->path, item, err) < 0)
		return -1;
	return remove_all_old(sources, recipe, item, err);
}

static int compare_file(struct sources *sources, struct recipe *recipe, const struct staged *item,
			struct mend_error *err)
{
	auto_bytes content = { NULL, 0 };
	struct found found;

	if (mend_fs_read(&content, sources->stage.dir, item->path, MEND_OBJECT_MAX, err) < 0 ||
	    look(&found, recipe, item, mend_bytes_span(&content), err) < 0)
		return -1;
	if (!found.differs)
		return 0;
	return add(sources, recipe, found.anywhere ? MEND_OP_REPLACE : MEND_OP_ADD, item->path,
		   item, err);
}

int sources_compare(struct sources *sources, struct recipe *recipe, struct mend_error *err)
{
	size_t before = recipe->change_count;

	for (size_t i = 0; i < sources->stage.count; i++) {
		const struct staged *item = &sources->stage.items[i];

		if (is_changed(recipe, item->path))
			continue;
		if (item->link ? compare_link(sources, recipe, item, err) < 0
			       : compare_file(sources, recipe, item, err) < 0)
			return -1;
	}
	sources->has_nothing = recipe->change_count == before && before == 0;
	if (sources->has_nothing)
		return mend_fail(err, MEND_BASE,
				 "nothing to publish: the base has all of it already");
	return 0;
}
