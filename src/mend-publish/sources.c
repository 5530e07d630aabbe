/* SPDX-License-Identifier: MIT */
/* Unpacks what `build` was given. */
#include "mend-publish/sources.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "mend-publish/apt.h"
#include "mend-publish/restart.h"
#include "mend-publish/sources_private.h"
#include "mendfs/base.h"

struct sources *sources_new(void)
{
	struct sources *sources = mend_alloc(sizeof(*sources));

	sources->stage.dir = -1;
	return sources;
}

void sources_free(struct sources *sources)
{
	if (!sources)
		return;
	stage_clear(&sources->stage);
	for (size_t i = 0; i < sources->base_count; i++)
		stage_clear(&sources->bases[i]);
	for (size_t i = 0; i < sources->text_count; i++)
		free(sources->texts[i]);
	scratch_free(sources->scratch);
	mend_bytes_free(&sources->changelog);
	free(sources->changed);
	free(sources->changed_version);
	free(sources->bases);
	free(sources->texts);
	free(sources->includes);
	free(sources->list);
	free(sources);
}

void sources_add(struct sources *sources, enum source_kind kind, const char *text)
{
	sources->list = mend_grow(sources->list, sources->count + 1, sizeof(*sources->list));
	sources->list[sources->count++] = (struct source){ kind, text };
}

void sources_include(struct sources *sources, const char *glob)
{
	sources->includes = mend_grow(sources->includes, sources->include_count + 1,
				      sizeof(*sources->includes));
	sources->includes[sources->include_count++] = glob;
}

void sources_included(const struct sources *sources, const char *const **globs, size_t *count)
{
	*globs = sources->includes;
	*count = sources->include_count;
}

bool sources_have_nothing(const struct sources *sources)
{
	return sources->has_nothing;
}

char *sources_keep(struct sources *sources, char *text)
{
	sources->texts =
		mend_grow(sources->texts, sources->text_count + 1, sizeof(*sources->texts));
	return sources->texts[sources->text_count++] = text;
}

bool sources_are_some(const struct sources *sources)
{
	for (size_t i = 0; i < sources->count; i++) {
		if (sources->list[i].kind != SOURCE_BASE_DEB)
			return true;
	}
	return false;
}

int sources_check(const struct sources *sources, struct mend_error *err)
{
	bool are_some = sources_are_some(sources);

	for (size_t i = 0; i < sources->count; i++) {
		const struct source *source = &sources->list[i];

		if (source->kind == SOURCE_APT && apt_check(source->text, err) < 0)
			return -1;
		if (source->kind == SOURCE_BASE_DEB && !are_some)
			return mend_fail(err, MEND_USAGE,
					 "--base-deb %s: goes with --deb, --apt or --tree",
					 source->text);
	}
	if (!are_some && sources->include_count > 0)
		return mend_fail(err, MEND_USAGE, "--include %s: goes with --deb, --apt or --tree",
				 sources->includes[0]);
	return 0;
}

/* --- new files --- */

static int take_package(struct sources *sources, const char *file, enum package_kind kind,
			struct mend_error *err)
{
	struct package package = { .changelog = { NULL, 0 } };
	int result = stage_package(&sources->stage, &package, file, kind, err);

	if (result == 0 && package.changelog.data && !sources->changelog.data) {
		sources->changelog = package.changelog;
		package.changelog = (struct mend_bytes){ NULL, 0 };
	}
	if (result == 0 && !sources->changed) {
		sources->changed = mend_text_copy(package.source);
		sources->changed_version = mend_text_copy(package.version);
	}
	package_clear(&package);
	return result;
}

static int take_source(struct sources *sources, const struct source *source, unsigned number,
		       struct mend_error *err)
{
	auto_free char *file = NULL;

	switch (source->kind) {
	case SOURCE_DEB:
		return take_package(sources, source->text, PACKAGE_DEB, err);
	case SOURCE_RPM:
		return take_package(sources, source->text, PACKAGE_RPM, err);
	case SOURCE_APK:
		return take_package(sources, source->text, PACKAGE_APK, err);
	case SOURCE_APT:
		if (apt_fetch(&file, source->text, sources->scratch, number, err) < 0)
			return -1;
		return take_package(sources, file, PACKAGE_DEB, err);
	case SOURCE_TREE:
		stage_origin(&sources->stage, "", "", "");
		return stage_tree(&sources->stage, source->text, err);
	case SOURCE_BASE_DEB:
		return 0;
	}
	return 0;
}

static int take_sources(struct sources *sources, const char *root, struct mend_error *err)
{
	int dir;

	if (scratch_make(&dir, sources->scratch, "new", err) < 0)
		return -1;
	stage_init(&sources->stage, dir, root, sources->includes, sources->include_count);
	for (size_t i = 0; i < sources->count; i++) {
		if (take_source(sources, &sources->list[i], (unsigned)i, err) < 0)
			return -1;
	}
	sources->has_nothing = sources->stage.count == 0;
	if (sources->has_nothing)
		return mend_fail(err, MEND_BASE,
				 "nothing to publish: there is no shared library for %s in what "
				 "was given: see --root and --include",
				 root);
	return stage_sort(&sources->stage, err);
}

/* --- the base --- */

static bool has_origin(const struct stage *stage, const char *package)
{
	for (size_t i = 0; i < stage->origin_count; i++) {
		if (strcmp(stage->origins[i].name, package) == 0)
			return true;
	}
	return false;
}

static int new_base(struct sources *sources, struct recipe *recipe, const char *label,
		    struct mend_error *err)
{
	struct stage stage;
	char name[32];
	int dir, copy;

	if (recipe->base_dir_count == MEND_BASES_MAX)
		return mend_fail(err, MEND_USAGE, "more than %d bases", MEND_BASES_MAX);
	snprintf(name, sizeof(name), "base-%zu", sources->base_count);
	if (scratch_make(&dir, sources->scratch, name, err) < 0)
		return -1;
	copy = fcntl(dir, F_DUPFD_CLOEXEC, 3);
	if (copy < 0) {
		close(dir);
		return mend_fail_errno(err, "cannot copy a descriptor");
	}
	stage_init(&stage, dir, recipe->manifest->root, sources->includes, sources->include_count);
	stage.wanted = &sources->stage;
	sources->bases =
		mend_grow(sources->bases, sources->base_count + 1, sizeof(*sources->bases));
	sources->bases[sources->base_count++] = stage;
	recipe_base_opened(recipe, label, copy);
	return 0;
}

/* A second package of one name is another version: another base. */
static int take_base(struct sources *sources, struct recipe *recipe, const char *file,
		     struct mend_error *err)
{
	struct package package = { .changelog = { NULL, 0 } };
	size_t at = 0;
	int result = package_read(&package, file, PACKAGE_DEB, NULL, NULL, err);

	while (result == 0 && at < sources->base_count &&
	       has_origin(&sources->bases[at], package.name))
		at++;
	if (result == 0 && at == sources->base_count)
		result = new_base(sources, recipe, file, err);
	package_clear(&package);
	if (result < 0)
		return -1;
	result = stage_package(&sources->bases[at], &package, file, PACKAGE_DEB, err);
	package_clear(&package);
	return result;
}

static int take_bases(struct sources *sources, struct recipe *recipe, struct mend_error *err)
{
	sources->first_base = recipe->base_dir_count;
	for (size_t i = 0; i < sources->count; i++) {
		if (sources->list[i].kind == SOURCE_BASE_DEB &&
		    take_base(sources, recipe, sources->list[i].text, err) < 0)
			return -1;
	}
	if (sources->base_count == 0 && recipe->base_dir_count == 0) {
		sources->is_live = true;
		recipe_base_dir(recipe, recipe->manifest->root);
		return recipe_open_bases(recipe, err);
	}
	for (size_t i = 0; i < sources->base_count; i++) {
		if (stage_sort(&sources->bases[i], err) < 0)
			return -1;
	}
	return 0;
}

static bool changes(const struct recipe *recipe, const char *package)
{
	for (size_t i = 0; i < recipe->change_count; i++) {
		const char *name = recipe->changes[i].target.fixed_package;

		if (name && strcmp(name, package) == 0)
			return true;
	}
	return false;
}

/* Of the packages that change. */
static int tell_services(const struct sources *sources, struct recipe *recipe,
			 struct mend_error *err)
{
	auto_free const char **names = mend_alloc(sources->stage.origin_count * sizeof(*names) + 1);
	size_t count = 0;

	if (!sources->is_live || recipe->no_restart || recipe->manifest->restart_count > 0)
		return 0;
	for (size_t i = 0; i < sources->stage.origin_count; i++) {
		const char *name = sources->stage.origins[i].name;

		if (changes(recipe, name))
			names[count++] = name;
	}
	return count == 0 ? 0 : restart_suggest(recipe->manifest, names, count, err);
}

int sources_base_version(char out[256], const struct sources *sources, size_t base,
			 const char *package, struct mend_error *err)
{
	const struct stage *stage;

	out[0] = '\0';
	if (sources->is_live)
		return mend_package_version(out, "", package, err);
	if (base < sources->first_base)
		return 0;
	stage = &sources->bases[base - sources->first_base];
	for (size_t i = 0; i < stage->origin_count; i++) {
		if (strcmp(stage->origins[i].name, package) == 0)
			snprintf(out, 256, "%s", stage->origins[i].version);
	}
	return 0;
}

int sources_read(struct sources *sources, struct recipe *recipe, struct mend_error *err)
{
	if (scratch_new(&sources->scratch, err) < 0 ||
	    take_sources(sources, recipe->manifest->root, err) < 0 ||
	    recipe_open_bases(recipe, err) < 0 || take_bases(sources, recipe, err) < 0 ||
	    sources_tell(sources, recipe, err) < 0 || sources_compare(sources, recipe, err) < 0)
		return -1;
	return tell_services(sources, recipe, err);
}

char *sources_origin(const struct sources *sources, const char *path)
{
	const struct staged *item = stage_find(&sources->stage, path);
	const struct stage_origin *origin = item ? &sources->stage.origins[item->origin] : NULL;

	if (!origin || !origin->name[0])
		return mend_text_copy("");
	return mend_text_format("%s %s", origin->name, origin->version);
}
