/* SPDX-License-Identifier: MIT */
/*
 * Libraries that were built together and know each other's insides have to be replaced together.
 * What was built together is what dpkg has from one source; where it knows nothing, libraries in
 * one directory that use and define the same version's name, which strangers hardly do.
 */
#include <fcntl.h>
#include <string.h>

#include "abi_private.h"
#include "gate_private.h"
#include "mendfs/fs.h"

#define SIBLINGS_MAX 512 /* libraries of a directory that dpkg knows nothing of */

/* How a library that stays uses one that is replaced, or the other way round. */
enum bond {
	BOND_NONE,
	BOND_LINKED, /* one needs the other */
	BOND_INSIDE, /* and by a version that is private, or that it defines itself, too */
};

struct set {
	struct gate_run *run;
	const char *path; /* of the target */
	const struct mend_elf *new;
	bool is_source_known;	       /* siblings are of one source */
	struct abi_names loose, tight; /* siblings left behind */
};

static bool shares_unversioned(const struct mend_elf *user, const struct mend_elf *provider)
{
	for (size_t i = 0; i < user->undefined_count; i++) {
		const struct mend_elf_symbol *symbol = &user->undefined[i], *found;

		if (symbol->version != NULL)
			continue;
		found = mend_elf_find(provider, symbol->name, NULL);
		if (found != NULL && found->version == NULL)
			return true;
	}
	return false;
}

static enum bond bond_between(const struct mend_elf *user, const struct mend_elf *provider)
{
	if (provider->soname == NULL || !mend_elf_needs_library(user, provider->soname))
		return BOND_NONE;
	for (size_t i = 0; i < user->need_count; i++) {
		const struct mend_elf_need *need = &user->needs[i];

		if (strcmp(need->library, provider->soname) == 0 &&
		    (strstr(need->version, "PRIVATE") != NULL ||
		     mend_elf_defines_version(user, need->version)))
			return BOND_INSIDE;
	}
	return BOND_LINKED;
}

static void judge(struct set *set, const char *path, const struct mend_elf *sibling)
{
	enum bond used = bond_between(sibling, set->new), uses = bond_between(set->new, sibling);
	enum bond bond = used > uses ? used : uses;

	if (bond == BOND_NONE || (bond == BOND_LINKED && !set->is_source_known))
		return;
	if (bond == BOND_INSIDE || shares_unversioned(sibling, set->new) ||
	    shares_unversioned(set->new, sibling))
		abi_names_add(&set->tight, "%s", path);
	else
		abi_names_add(&set->loose, "%s", path);
}

/* Is it replaced, too, or re-linked? */
static bool is_changed(const struct gate_run *run, const char *path)
{
	for (size_t i = 0; i < run->gate->layer_count; i++) {
		const struct mend_manifest *manifest = run->gate->layers[i].manifest;

		for (size_t k = 0; k < manifest->target_count; k++) {
			if (strcmp(manifest->targets[k].path, path) == 0)
				return true;
		}
	}
	return false;
}

static int look_at(struct set *set, const char *path, struct mend_error *err)
{
	const struct gate_file *file;

	if (is_changed(set->run, path))
		return 0;
	if (gate_base_file(&file, set->run, path, err) < 0)
		return -1;
	if (file != NULL && file->elf != NULL && file->elf->is_dynamic &&
	    mend_elf_is_akin(file->elf, set->new))
		judge(set, path, file->elf);
	return 0;
}

static int look_at_source(struct set *set, const char *source, struct mend_error *err)
{
	const char *root = set->run->manifest->root;
	size_t size = strlen(root), count;
	int result = 0;
	char **paths;

	if (gate_dpkg_libraries(&paths, &count, set->run->gate->sysroot, source, err) < 0)
		return -1;
	for (size_t i = 0; i < count && result == 0; i++) {
		if (strncmp(paths[i], root, size) == 0 && paths[i][size] == '/')
			result = look_at(set, paths[i] + size + 1, err);
	}
	gate_names_free(paths, count);
	return result;
}

static int look_beside(struct set *set, struct mend_error *err)
{
	auto_free char *dir_path = gate_join(set->path, ".");
	size_t count = 0, libraries = 0;
	char **names;
	auto_fd dir = openat(set->run->gate->base, *dir_path ? dir_path : ".",
			     O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int result = 0;

	if (dir < 0)
		return 0;
	if (mend_fs_list(&names, &count, dir, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		libraries += strstr(names[i], ".so") != NULL;
	for (size_t i = 0; i < count && libraries <= SIBLINGS_MAX && result == 0; i++) {
		auto_free char *path = gate_join(set->path, names[i]);

		if (strstr(names[i], ".so") != NULL)
			result = look_at(set, path, err);
	}
	mend_fs_list_free(names, count);
	return result;
}

static int check_set(struct gate_run *run, const struct mend_target *target, const char *source,
		     struct mend_error *err)
{
	struct set set = { .run = run, .path = target->path, .is_source_known = source != NULL };
	const struct gate_file *file, *base;
	int result;

	if (gate_target_file(&file, run, &run->gate->layers[0], target, err) < 0 ||
	    gate_base_file(&base, run, target->path, err) < 0)
		return -1;
	if (file->elf == NULL || base == NULL || base->elf == NULL)
		return 0;
	set.new = file->elf;
	result = source ? look_at_source(&set, source, err) : look_beside(&set, err);
	abi_names_report(&set.tight, run->findings, "half-set", MEND_BREAKS, target->path,
			 "shares its insides with a library that is left as it is|"
			 "libraries that share its insides are left as they are");
	abi_names_report(&set.loose, run->findings, "half-set", MEND_RISK, target->path,
			 "was built together with a library that is left as it is|"
			 "libraries that were built together with it are left as they are");
	return result;
}

/* Absolute, as dpkg has them. */
static char **absolute_paths(const struct mend_manifest *manifest)
{
	char **paths = mend_alloc(manifest->target_count * sizeof *paths);

	for (size_t i = 0; i < manifest->target_count; i++)
		paths[i] = mend_text_format("%s/%s",
					    strcmp(manifest->root, "/") == 0 ? "" : manifest->root,
					    manifest->targets[i].path);
	return paths;
}

int gate_check_sets(struct gate_run *run, struct mend_error *err)
{
	const struct mend_manifest *manifest = run->manifest;
	size_t count = manifest->target_count;
	char **paths = absolute_paths(manifest), **sources = NULL;
	int result = 0;

	if (run->gate->sysroot != NULL)
		result = gate_dpkg_sources(&sources, run->gate->sysroot, paths, count, err);
	for (size_t i = 0; i < count && result == 0; i++) {
		if (manifest->targets[i].op == MEND_OP_REPLACE)
			result = check_set(run, &manifest->targets[i], sources ? sources[i] : NULL,
					   err);
	}
	gate_names_free(paths, count);
	if (sources != NULL)
		gate_names_free(sources, count);
	return result;
}
