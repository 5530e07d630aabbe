/* SPDX-License-Identifier: MIT */
/* What `build` was asked for, checked as far as can be without looking at a file. */
#include "mend-publish/recipe.h"

#include <string.h>

#include "mend-publish/recipe_private.h"
#include "mend-publish/times.h"
#include "mend-publish/verb.h"
#include "mendfs/time.h"

void recipe_text(char **out, const char *text)
{
	free(*out);
	*out = mend_text_copy(text);
}

static int check_release(struct recipe_parser *parser)
{
	struct mend_manifest *manifest = parser->recipe->manifest;
	char *end;
	long value;

	if (manifest->id && !mend_path_is_id(manifest->id))
		return mend_fail(parser->err, MEND_USAGE,
				 "--id %s: use lower-case letters, digits and +.- (at most %d)",
				 manifest->id, MEND_ID_MAX);
	value = strtol(parser->release, &end, 10);
	if (*end || parser->release[0] < '0' || parser->release[0] > '9' || value < 1 ||
	    value > MEND_RELEASE_MAX)
		return mend_fail(parser->err, MEND_USAGE, "--release %s: not a number from 1 to %d",
				 parser->release, MEND_RELEASE_MAX);
	manifest->release = (unsigned)value;
	if (!mend_path_is_root(manifest->root))
		return mend_fail(parser->err, MEND_USAGE,
				 "--root %s: not an absolute path without '.', '..' and '//'",
				 manifest->root);
	return 0;
}

static int check_path(const char *path, const char *root, struct mend_error *err)
{
	size_t length = strlen(root);

	if (strncmp(path, root, length) == 0 && path[length] == '/')
		return mend_fail(err, MEND_USAGE, "%s: paths are relative to the root: write %s",
				 path, path + length + 1);
	if (*path == '/')
		return mend_fail(err, MEND_USAGE, "%s: is not below the root %s: see --root", path,
				 root);
	if (!mend_path_is_target(path))
		return mend_fail(err, MEND_USAGE,
				 "%s: not a path below the root: no '.', '..' or '//' may be in it",
				 path);
	return 0;
}

static int compare_changes(const void *a, const void *b)
{
	return strcmp(((const struct change *)a)->target.path,
		      ((const struct change *)b)->target.path);
}

/* Every path checked, and the changes in the order of their paths. */
static int check_changes(struct recipe *recipe, struct mend_error *err)
{
	if (recipe->change_count == 0)
		return mend_fail(
			err, MEND_USAGE,
			"nothing to publish: give --replace, --add, --remove or --symlink, or "
			"--deb, --apt or --tree");
	if (recipe->change_count > MEND_TARGETS_MAX)
		return mend_fail(err, MEND_USAGE, "more than %d changes", MEND_TARGETS_MAX);
	for (size_t i = 0; i < recipe->change_count; i++) {
		if (check_path(recipe->changes[i].target.path, recipe->manifest->root, err) < 0)
			return -1;
	}
	qsort(recipe->changes, recipe->change_count, sizeof(*recipe->changes), compare_changes);
	for (size_t i = 1; i < recipe->change_count; i++) {
		if (compare_changes(&recipe->changes[i - 1], &recipe->changes[i]) == 0)
			return mend_fail(err, MEND_USAGE, "%s: is changed twice",
					 recipe->changes[i].target.path);
	}
	return 0;
}

static int apply_mode(struct change *change, const char *text, struct mend_error *err)
{
	char *end;
	unsigned long mode = strtoul(text, &end, 8);

	if (!change->file)
		return mend_fail(err, MEND_USAGE,
				 "--mode %s: only a replaced or added file has one",
				 change->target.path);
	if (*end || *text < '0' || *text > '7' || (mode & ~0755UL))
		return mend_fail(err, MEND_USAGE, "--mode %s=%s: at most 0755 can be published",
				 change->target.path, text);
	change->target.mode = (mode_t)mode;
	change->mode_given = true;
	return 0;
}

static int apply_package(struct change *change, const struct recipe *recipe, const char *value,
			 struct mend_error *err)
{
	if (change->is_guessed) {
		change->package_count = 0;
		change->is_guessed = false;
	}
	if (change->package_count == recipe->base_dir_count ||
	    change->package_count == MEND_BASES_MAX)
		return mend_fail(err, MEND_USAGE, "--package %s=%s: one more than base directories",
				 change->target.path, value);
	change->packages[change->package_count++] = value;
	return 0;
}

static int apply_note(const struct recipe *recipe, const struct recipe_note *note,
		      struct mend_error *err)
{
	struct change key = { .target.path = (char *)note->path }, *change;
	const char *equals = strchr(note->value, '=');

	change = bsearch(&key, recipe->changes, recipe->change_count, sizeof(key), compare_changes);
	if (!change)
		return mend_fail(err, MEND_USAGE, "%s: nothing changes this path", note->path);
	if (note->kind == RECIPE_MODE)
		return apply_mode(change, note->value, err);
	if (!equals || equals == note->value || !equals[1])
		return mend_fail(err, MEND_USAGE, "%s=%s: has to be PATH=NAME=VERSION", note->path,
				 note->value);
	if (note->kind == RECIPE_PACKAGE)
		return apply_package(change, recipe, note->value, err);
	recipe_text(&change->target.fixed_package, note->value);
	change->target.fixed_package[equals - note->value] = '\0';
	recipe_text(&change->target.fixed_version, equals + 1);
	return 0;
}

static int set_times(struct recipe *recipe, struct mend_error *err)
{
	struct mend_manifest *manifest = recipe->manifest;
	char text[MEND_TIME_SIZE];

	if (recipe->issued ? times_parse(&manifest->issued_at, recipe->issued, "--issued", err) < 0
			   : times_now(&manifest->issued_at, err) < 0)
		return -1;
	mend_time_text(text, manifest->issued_at);
	recipe_text(&manifest->issued, text);
	if (!recipe->expires)
		return 0;
	if (times_parse(&manifest->expires_at, recipe->expires, "--expires", err) < 0)
		return -1;
	if (manifest->expires_at <= manifest->issued_at)
		return mend_fail(err, MEND_USAGE, "--expires %s: is not after it is issued, %s",
				 recipe->expires, manifest->issued);
	mend_time_text(text, manifest->expires_at);
	recipe_text(&manifest->expires, text);
	return 0;
}

static void set_defaults(struct recipe *recipe)
{
	struct mend_manifest *manifest = recipe->manifest;

	if (!manifest->title)
		recipe_text(&manifest->title, manifest->id);
	if (!manifest->description)
		recipe_text(&manifest->description, "");
	if (!manifest->severity)
		recipe_text(&manifest->severity, "");
	if (recipe->base_dir_count == 0)
		recipe_base_dir(recipe, manifest->root);
}

/* What is wrong without a look at any file. */
static int check_options(struct recipe_parser *parser)
{
	struct recipe *recipe = parser->recipe;
	struct mend_error *err = parser->err;

	if ((!recipe->dry_run && (verb_needs(recipe->secret, "-s SECRET", err) < 0 ||
				  verb_needs(recipe->output, "-o OUT.mend", err) < 0)) ||
	    (!sources_are_some(recipe->sources) && !recipe->is_security &&
	     verb_needs(recipe->manifest->id, "--id ID", err) < 0) ||
	    verb_needs(parser->release, "--release N", err) < 0)
		return -1;
	if (!recipe->manifest->root)
		recipe_text(&recipe->manifest->root, RECIPE_ROOT);
	if (check_release(parser) < 0 || set_times(recipe, err) < 0)
		return -1;
	return sources_check(recipe->sources, err);
}

/* --apt-security makes several releases, and knows their sources. */
static int check_security(const struct recipe *recipe, struct mend_error *err)
{
	const struct mend_manifest *manifest = recipe->manifest;

	if (!recipe->is_security && recipe->only_count > 0)
		return mend_fail(err, MEND_USAGE, "--only %s: goes with --apt-security",
				 recipe->only[0]);
	if (!recipe->is_security)
		return 0;
	if (sources_are_some(recipe->sources) || recipe->change_count > 0 ||
	    recipe->base_dir_count > 0)
		return mend_fail(err, MEND_USAGE,
				 "--apt-security: no other source, change or base goes with it");
	if (manifest->id || manifest->title || manifest->description || manifest->severity ||
	    manifest->cve_count + manifest->require_count + manifest->conflict_count +
			    manifest->restart_count + manifest->waiver_count >
		    0)
		return mend_fail(err, MEND_USAGE,
				 "--apt-security: makes several releases: what describes one, as "
				 "--id and --waive, goes with --apt");
	return 0;
}

/* The suite is this machine's, and so is the release. */
static int take_part(struct recipe *recipe, const struct security_part *part,
		     struct mend_error *err)
{
	struct mend_manifest *manifest = recipe->manifest;
	struct mend_platform platform;

	recipe->output = part->output;
	for (size_t i = 0; i < part->spec_count; i++)
		sources_add(recipe->sources, SOURCE_APT, part->specs[i]);
	if (manifest->os_count > 0)
		return 0;
	if (mend_platform_read(&platform, "", err) < 0)
		return -1;
	manifest->os = mend_alloc(sizeof(*manifest->os));
	manifest->os[manifest->os_count++] = (struct mend_os){
		.id = mend_text_copy(platform.os_id),
		.version = platform.os_version[0] ? mend_text_copy(platform.os_version) : NULL,
	};
	return 0;
}

static int read_sources(struct recipe_parser *parser)
{
	struct recipe *recipe = parser->recipe;

	if (sources_read(recipe->sources, recipe, parser->err) == 0)
		return 0;
	if (parser->part)
		parser->part->has_nothing = sources_have_nothing(recipe->sources);
	return -1;
}

static int finish(struct recipe_parser *parser)
{
	struct recipe *recipe = parser->recipe;
	struct mend_error *err = parser->err;

	if (check_security(recipe, err) < 0)
		return -1;
	if (parser->part && take_part(recipe, parser->part, err) < 0)
		return -1;
	if (check_options(parser) < 0)
		return -1;
	if (recipe->is_security && !parser->part)
		return 0;
	if (sources_are_some(recipe->sources)) {
		if (read_sources(parser) < 0 ||
		    verb_needs(recipe->manifest->id, "--id ID", err) < 0)
			return -1;
	}
	set_defaults(recipe);
	if (check_changes(recipe, err) < 0)
		return -1;
	for (size_t i = 0; i < parser->note_count; i++) {
		if (apply_note(recipe, &parser->notes[i], err) < 0)
			return -1;
	}
	return 0;
}

int recipe_parse_part(struct recipe **out, int argc, char **argv, struct security_part *part,
		      struct mend_error *err)
{
	auto_call(recipe_free) struct recipe *recipe = mend_alloc(sizeof(*recipe));
	struct recipe_parser parser = { .recipe = recipe, .part = part, .err = err };
	int result;

	recipe->manifest = mend_alloc(sizeof(*recipe->manifest));
	recipe->sources = sources_new();
	result = recipe_options(&parser, argc, argv);
	if (result == 0)
		result = finish(&parser);
	free(parser.notes);
	if (result < 0)
		return -1;
	*out = take(recipe);
	return 0;
}

int recipe_parse(struct recipe **out, int argc, char **argv, struct mend_error *err)
{
	return recipe_parse_part(out, argc, argv, NULL, err);
}

/* The targets are the manifest's as soon as it has them. */
static void free_target(struct mend_target *target)
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

void recipe_free(struct recipe *recipe)
{
	if (!recipe)
		return;
	for (size_t i = 0; i < recipe->change_count && !recipe->manifest->targets; i++)
		free_target(&recipe->changes[i].target);
	for (size_t i = 0; i < recipe->base_open_count; i++)
		mend_auto_close(&recipe->base_fds[i]);
	mend_manifest_free(recipe->manifest);
	sources_free(recipe->sources);
	free(recipe->changes);
	free(recipe->only);
	free(recipe->base_dirs);
	free(recipe->base_fds);
	free(recipe);
}
