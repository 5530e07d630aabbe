/* SPDX-License-Identifier: MIT */
/* Looks at the base and at the new files, and completes the manifest with what is there. */
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "mend-publish/base_file.h"
#include "mend-publish/elf.h"
#include "mend-publish/recipe.h"
#include "mendfs/fs.h"

static int gather_content(struct recipe *recipe, struct change *change, struct mend_error *err)
{
	struct mend_manifest *manifest = recipe->manifest;
	auto_bytes content = { NULL, 0 };
	const char *arch;
	mode_t mode;

	if (new_file_read(&content, &mode, change->file, err) < 0)
		return -1;
	if (!change->mode_given && (mode & 07000))
		return mend_fail(err, MEND_USAGE,
				 "%s: set-id bits cannot be published: give --mode %s=0755",
				 change->file, change->target.path);
	if (!change->mode_given)
		change->target.mode = mode & 0755;
	mend_digest_of(&change->target.object, mend_bytes_span(&content));
	change->target.size = content.size;
	arch = manifest->arch ? NULL : elf_arch(mend_bytes_span(&content));
	if (arch)
		manifest->arch = mend_text_copy(arch);
	return 0;
}

/* May what is there be a base of this change? */
static int check_base(const struct change *change, const struct base_file *file,
		      const struct mend_digest *digest, const char *dir, struct mend_error *err)
{
	const struct mend_target *target = &change->target;

	switch (target->op) {
	case MEND_OP_ADD:
		return mend_fail(err, MEND_BASE, "%s: is in the base %s already: use --replace",
				 target->path, dir);
	case MEND_OP_REPLACE:
		if (file->link)
			return mend_fail(err, MEND_BASE,
					 "%s: is a symlink to '%s' in %s: replace what it leads "
					 "to, or use --symlink",
					 target->path, file->link, dir);
		if (mend_digest_equal(digest, &target->object))
			return mend_fail(err, MEND_BASE,
					 "%s: %s is what the base %s has already: nothing to fix",
					 target->path, change->file, dir);
		return 0;
	case MEND_OP_SYMLINK:
		if (file->link && strcmp(file->link, target->to) == 0)
			return mend_fail(err, MEND_BASE,
					 "%s: is a symlink to '%s' in %s already: nothing to fix",
					 target->path, target->to, dir);
		return 0;
	case MEND_OP_REMOVE:
		return 0;
	}
	return 0;
}

static bool is_known(const struct mend_target *target, const struct mend_base *base)
{
	for (size_t i = 0; i < target->base_count; i++) {
		const struct mend_base *other = &target->bases[i];

		if (base->link ? other->link && strcmp(base->link, other->link) == 0
			       : !other->link && mend_digest_equal(&base->content, &other->content))
			return true;
	}
	return false;
}

static void set_package(struct mend_base *base, const struct change *change, size_t dir)
{
	const char *given = dir < change->package_count ? change->packages[dir] : NULL;
	const char *equals = given ? strchr(given, '=') : NULL;

	if (!equals)
		return;
	base->package = mend_text_format("%.*s", (int)(equals - given), given);
	base->version = mend_text_copy(equals + 1);
}

static int gather_base(struct recipe *recipe, struct change *change, size_t dir,
		       struct mend_error *err)
{
	struct mend_target *target = &change->target;
	auto_base_file file = { .link = NULL };
	struct mend_base base = { .link = NULL };

	if (base_file_read(&file, recipe->base_fds[dir], target->path, recipe->base_dirs[dir],
			   err) < 0)
		return -1;
	if (!file.link && !file.content.data)
		return 0;
	if (!file.link)
		mend_digest_of(&base.content, mend_bytes_span(&file.content));
	if (check_base(change, &file, &base.content, recipe->base_dirs[dir], err) < 0)
		return -1;
	base.link = file.link; /* borrowed until it is known to be new */
	if (is_known(target, &base))
		return 0;
	base.link = take(file.link);
	if (!base.link)
		base.build_id = elf_build_id(mend_bytes_span(&file.content));
	set_package(&base, change, dir);
	target->bases = mend_grow(target->bases, target->base_count + 1, sizeof(base));
	change->base_dirs[target->base_count] = dir;
	target->bases[target->base_count++] = base;
	return 0;
}

/* "D1, D2" */
static char *name_dirs(const struct recipe *recipe)
{
	char *names = mend_text_copy(recipe->base_dirs[0]);

	for (size_t i = 1; i < recipe->base_dir_count; i++) {
		char *longer = mend_text_format("%s, %s", names, recipe->base_dirs[i]);

		free(names);
		names = longer;
	}
	return names;
}

/* The list of directories comes last: a text that is too long loses its end. */
static int fail_missing(const struct recipe *recipe, const struct mend_target *target,
			struct mend_error *err)
{
	auto_free char *dirs = name_dirs(recipe);

	return mend_fail(err, MEND_BASE, "%s: is not in the base: see --base-dir%s (looked in %s)",
			 target->path, target->op == MEND_OP_REPLACE ? ", or use --add" : "", dirs);
}

static int gather_change(struct recipe *recipe, struct change *change, struct mend_error *err)
{
	if (change->file && gather_content(recipe, change, err) < 0)
		return -1;
	for (size_t i = 0; i < recipe->base_dir_count; i++) {
		if (gather_base(recipe, change, i, err) < 0)
			return -1;
	}
	if (change->target.base_count > 0 || change->target.op == MEND_OP_ADD ||
	    change->target.op == MEND_OP_SYMLINK)
		return 0;
	return fail_missing(recipe, &change->target, err);
}

/* From here on the manifest owns the targets. */
static void hand_over_targets(struct recipe *recipe)
{
	struct mend_manifest *manifest = recipe->manifest;

	manifest->targets = mend_alloc(recipe->change_count * sizeof(*manifest->targets));
	manifest->target_count = recipe->change_count;
	for (size_t i = 0; i < recipe->change_count; i++)
		manifest->targets[i] = recipe->changes[i].target;
}

int recipe_gather(struct recipe *recipe, struct mend_error *err)
{
	struct utsname machine;

	if (recipe_open_bases(recipe, err) < 0)
		return -1;
	for (size_t i = 0; i < recipe->change_count; i++) {
		if (gather_change(recipe, &recipe->changes[i], err) < 0)
			return -1;
	}
	if (!recipe->manifest->arch) {
		if (uname(&machine) < 0)
			return mend_fail_errno(err, "cannot tell this machine's architecture");
		recipe->manifest->arch = mend_text_copy(machine.machine);
	}
	hand_over_targets(recipe);
	return 0;
}
