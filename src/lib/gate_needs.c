/* SPDX-License-Identifier: MIT */
/* Is everything there that a new file needs of others? */
#include <elf.h>
#include <string.h>

#include "abi_private.h"
#include "gate_private.h"

#define CLOSURE_MAX 512 /* libraries of one process */

struct needs {
	struct gate_run *run;
	const char *path;
	const struct mend_elf *old, *new; /* old may be NULL */
	struct abi_names missing, added, version, version_unknown, unversioned, symbol, undefined;
	const struct gate_file *closure[CLOSURE_MAX];
	size_t closure_count;
	bool is_closure_known; /* nothing of it was not found */
};

static int find_library(const struct gate_file **out, const struct needs *needs, const char *soname,
			struct mend_error *err)
{
	return gate_library(out, needs->run, needs->path, needs->new, soname, err);
}

static int check_libraries(struct needs *needs, struct mend_error *err)
{
	for (size_t i = 0; i < needs->new->needed_count; i++) {
		const char *soname = needs->new->needed[i];
		const struct gate_file *library;

		if (needs->old != NULL && mend_elf_needs_library(needs->old, soname))
			continue;
		if (find_library(&library, needs, soname, err) < 0)
			return -1;
		abi_names_add(library ? &needs->added : &needs->missing, "%s", soname);
	}
	return 0;
}

static bool had_need(const struct mend_elf *old, const struct mend_elf_need *need)
{
	for (size_t i = 0; old != NULL && i < old->need_count; i++) {
		if (strcmp(old->needs[i].library, need->library) == 0 &&
		    strcmp(old->needs[i].version, need->version) == 0)
			return true;
	}
	return false;
}

/* The dynamic linker refuses a file whose needed version is not defined; a library without any
 * versions it only warns about. */
static int check_versions(struct needs *needs, struct mend_error *err)
{
	for (size_t i = 0; i < needs->new->need_count; i++) {
		const struct mend_elf_need *need = &needs->new->needs[i];
		const struct gate_file *library;
		struct abi_names *names;

		if (need->is_weak)
			continue;
		if (find_library(&library, needs, need->library, err) < 0)
			return -1;
		if (library ? mend_elf_defines_version(library->elf, need->version)
			    : had_need(needs->old, need))
			continue;
		if (library == NULL)
			names = &needs->version_unknown;
		else
			names = library->elf->version_count ? &needs->version : &needs->unversioned;
		abi_names_add(names, "%s of %s", need->version, need->library);
	}
	return 0;
}

static bool is_in(const struct needs *needs, const struct gate_file *file)
{
	for (size_t i = 0; i < needs->closure_count; i++) {
		if (needs->closure[i] == file)
			return true;
	}
	return false;
}

/* The libraries that a file needs, into the closure. */
static int close_over(struct needs *needs, const struct mend_elf *elf, struct mend_error *err)
{
	for (size_t i = 0; i < elf->needed_count; i++) {
		const struct gate_file *library;

		if (find_library(&library, needs, elf->needed[i], err) < 0)
			return -1;
		if (library == NULL || needs->closure_count == CLOSURE_MAX)
			needs->is_closure_known = false;
		else if (!is_in(needs, library))
			needs->closure[needs->closure_count++] = library;
	}
	return 0;
}

static int find_closure(struct needs *needs, struct mend_error *err)
{
	if (needs->closure_count > 0)
		return 0;
	needs->is_closure_known = true;
	if (close_over(needs, needs->new, err) < 0)
		return -1;
	for (size_t i = 0; i < needs->closure_count; i++) {
		if (close_over(needs, needs->closure[i]->elf, err) < 0)
			return -1;
	}
	return 0;
}

static bool had_undefined(const struct mend_elf *old, const struct mend_elf_symbol *symbol)
{
	size_t low = 0, high = old ? old->undefined_count : 0;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(old->undefined[middle].name, symbol->name);

		if (order == 0)
			return (old->undefined[middle].version == NULL) ==
				       (symbol->version == NULL) &&
			       (symbol->version == NULL ||
				strcmp(old->undefined[middle].version, symbol->version) == 0);
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

static int check_versioned(struct needs *needs, const struct mend_elf_symbol *symbol,
			   struct mend_error *err)
{
	const struct gate_file *library;

	if (find_library(&library, needs, symbol->library, err) < 0)
		return -1;
	/* A version that is not there was told about. */
	if (library != NULL && mend_elf_defines_version(library->elf, symbol->version) &&
	    mend_elf_find(library->elf, symbol->name, symbol->version) == NULL)
		abi_names_add(&needs->symbol, "%s@%s of %s", symbol->name, symbol->version,
			      symbol->library);
	return 0;
}

/* Whoever loads the file may have it, so that this is no more than a risk. */
static int check_unversioned(struct needs *needs, const struct mend_elf_symbol *symbol,
			     struct mend_error *err)
{
	if (find_closure(needs, err) < 0)
		return -1;
	if (!needs->is_closure_known)
		return 0;
	for (size_t i = 0; i < needs->closure_count; i++) {
		if (mend_elf_find(needs->closure[i]->elf, symbol->name, NULL) != NULL)
			return 0;
	}
	abi_names_add(&needs->undefined, "%s", symbol->name);
	return 0;
}

static int check_symbols(struct needs *needs, struct mend_error *err)
{
	for (size_t i = 0; i < needs->new->undefined_count; i++) {
		const struct mend_elf_symbol *symbol = &needs->new->undefined[i];

		if (symbol->binding == STB_WEAK || had_undefined(needs->old, symbol))
			continue;
		if (symbol->library != NULL ? check_versioned(needs, symbol, err) < 0
					    : check_unversioned(needs, symbol, err) < 0)
			return -1;
	}
	return 0;
}

static void report(struct needs *needs)
{
	const struct {
		struct abi_names *names;
		const char *name;
		enum mend_verdict verdict;
		const char *what;
	} rows[] = {
		{ &needs->missing, "needed-missing", MEND_BREAKS,
		  "needs a library that is not there|libraries that it needs are not there" },
		{ &needs->version, "needed-version-missing", MEND_BREAKS,
		  "needs a version that is not there|versions that it needs are not there" },
		{ &needs->symbol, "needed-symbol-missing", MEND_BREAKS,
		  "needs a symbol that is not there|symbols that it needs are not there" },
		{ &needs->version_unknown, "needed-version-unknown", MEND_RISK,
		  "needs a version of a library that was not found|"
		  "versions that it needs are of libraries that were not found" },
		{ &needs->unversioned, "needed-version-unknown", MEND_RISK,
		  "needs a version of a library that has none|"
		  "versions that it needs are of libraries that have none" },
		{ &needs->undefined, "undefined-symbol", MEND_RISK,
		  "no library that it needs defines a symbol|"
		  "symbols are defined by no library that it needs" },
		{ &needs->added, "needed-added", MEND_NOTE,
		  "needs one more library|libraries more are needed" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		abi_names_report(rows[i].names, needs->run->findings, rows[i].name, rows[i].verdict,
				 needs->path, rows[i].what);
}

int gate_check_needs(struct gate_run *run, const char *path, const struct mend_elf *old,
		     const struct mend_elf *new, struct mend_error *err)
{
	auto_free struct needs *needs = mend_alloc(sizeof *needs);
	int result;

	needs->run = run;
	needs->path = path;
	needs->old = old;
	needs->new = new;
	result = check_libraries(needs, err);
	if (result == 0)
		result = check_versions(needs, err);
	if (result == 0)
		result = check_symbols(needs, err);
	report(needs);
	return result;
}
