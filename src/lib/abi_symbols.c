/* SPDX-License-Identifier: MIT */
/* Is everything that a library offered still there, and still what it was? */
#include <elf.h>
#include <string.h>

#include "abi_private.h"

/* What differs, by what it is called in mendfs-abi(7). */
struct symbol_changes {
	struct abi_names removed, removed_private, removed_instance, hidden, type, ifunc;
	struct abi_names smaller, larger, larger_tls, protected;
};

/* Symbols that old linkers made for themselves; nobody may refer to them in another file. */
static bool is_linkers_own(const char *name)
{
	static const char *const names[] = { "_init", "_fini", "__bss_start", "_edata", "_end",
					     "edata", "end",   "_etext",      "etext",	NULL };

	for (size_t i = 0; names[i] != NULL; i++) {
		if (strcmp(name, names[i]) == 0)
			return true;
	}
	return false;
}

enum kind { KIND_UNKNOWN, KIND_FUNCTION, KIND_OBJECT, KIND_TLS };

static enum kind kind_of(const struct mend_elf_symbol *symbol)
{
	switch (symbol->type) {
	case STT_FUNC:
	case STT_GNU_IFUNC:
		return KIND_FUNCTION;
	case STT_OBJECT:
	case STT_COMMON:
		return KIND_OBJECT;
	case STT_TLS:
		return KIND_TLS;
	default:
		return KIND_UNKNOWN;
	}
}

static const char *kind_name(enum kind kind)
{
	switch (kind) {
	case KIND_FUNCTION:
		return "function";
	case KIND_OBJECT:
		return "object";
	case KIND_TLS:
		return "thread-local object";
	case KIND_UNKNOWN:
		break;
	}
	return "symbol without a type";
}

/* A program that was not made position-independent has a copy of the object, as large as the object
 * was when it was linked, and the library uses that copy. */
static void compare_sizes(struct symbol_changes *changes, const struct mend_elf_symbol *old,
			  const struct mend_elf_symbol *new)
{
	enum kind kind = kind_of(new);
	struct abi_names *names;

	if ((kind != KIND_OBJECT && kind != KIND_TLS) || old->size == 0 || old->size == new->size)
		return;
	names = new->size < old->size ? &changes->smaller : &changes->larger;
	if (kind == KIND_TLS && new->size > old->size)
		names = &changes->larger_tls;
	abi_names_add(names, "%.40s (%llu, was %llu)", old->name, (unsigned long long)new->size,
		      (unsigned long long)old->size);
}

static void compare_symbol(struct symbol_changes *changes, const struct mend_elf_symbol *old,
			   const struct mend_elf_symbol *new)
{
	enum kind before = kind_of(old), after = kind_of(new);

	if (before != after && before != KIND_UNKNOWN && after != KIND_UNKNOWN) {
		abi_names_add(&changes->type, "%.20s (%s, was %s)", old->name, kind_name(after),
			      kind_name(before));
		return;
	}
	if ((old->type == STT_GNU_IFUNC) != (new->type == STT_GNU_IFUNC))
		abi_names_add(&changes->ifunc, "%s", old->name);
	if (old->is_default && !new->is_default)
		abi_names_add(&changes->hidden, "%s", old->name);
	if (after == KIND_OBJECT && old->visibility == STV_DEFAULT &&
	    new->visibility == STV_PROTECTED)
		abi_names_add(&changes->protected, "%s", old->name);
	compare_sizes(changes, old, new);
}

static bool is_private(const char *version)
{
	return version != NULL && strstr(version, "PRIVATE") != NULL;
}

/* Of C++: made wherever it is used, so that who uses it has one of its own as a rule. */
static bool is_instance(const struct mend_elf_symbol *symbol)
{
	return symbol->binding != STB_GLOBAL && symbol->version == NULL &&
	       strncmp(symbol->name, "_Z", 2) == 0;
}

static struct abi_names *removed_of(struct symbol_changes *changes,
				    const struct mend_elf_symbol *symbol)
{
	if (is_private(symbol->version))
		return &changes->removed_private;
	return is_instance(symbol) ? &changes->removed_instance : &changes->removed;
}

static void compare_each(const struct abi_pair *pair, struct symbol_changes *changes)
{
	for (size_t i = 0; i < pair->old->symbol_count; i++) {
		const struct mend_elf_symbol *old = &pair->old->symbols[i], *new;

		if (is_linkers_own(old->name))
			continue;
		new = mend_elf_find(pair->new, old->name, old->version);
		if (new != NULL)
			compare_symbol(changes, old, new);
		else if (old->version != NULL)
			abi_names_add(removed_of(changes, old), "%s@%s", old->name, old->version);
		else
			abi_names_add(removed_of(changes, old), "%s", old->name);
	}
}

static void report(const struct abi_pair *pair, struct symbol_changes *changes)
{
	const struct {
		struct abi_names *names;
		const char *name;
		enum mend_verdict verdict;
		const char *what;
	} rows[] = {
		{ &changes->removed, "symbol-removed", MEND_BREAKS,
		  "a symbol is gone|symbols are gone" },
		{ &changes->removed_private, "private-symbol-removed", MEND_RISK,
		  "a symbol for its own set is gone|symbols for its own set are gone" },
		{ &changes->removed_instance, "instance-removed", MEND_RISK,
		  "a C++ instance is gone|C++ instances are gone" },
		{ &changes->type, "symbol-type-changed", MEND_BREAKS,
		  "a symbol is something else|symbols are something else" },
		{ &changes->smaller, "object-smaller", MEND_BREAKS,
		  "a data object is smaller|data objects are smaller" },
		{ &changes->larger, "object-larger", MEND_BREAKS,
		  "a data object is larger than the copies that programs have|"
		  "data objects are larger than the copies that programs have" },
		{ &changes->larger_tls, "tls-object-larger", MEND_RISK,
		  "a thread-local object is larger|thread-local objects are larger" },
		{ &changes->hidden, "symbol-hidden", MEND_RISK,
		  "dlsym(3) does not find a symbol any more|"
		  "dlsym(3) does not find symbols any more" },
		{ &changes->protected, "symbol-protected", MEND_RISK,
		  "programs cannot have a copy of an object any more|"
		  "programs cannot have a copy of objects any more" },
		{ &changes->ifunc, "ifunc-changed", MEND_NOTE,
		  "a function is chosen at run time, or no longer|"
		  "functions are chosen at run time, or no longer" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		abi_names_report(rows[i].names, pair->findings, rows[i].name, rows[i].verdict,
				 pair->path, rows[i].what);
}

static void compare_versions(const struct abi_pair *pair)
{
	struct abi_names removed = { NULL, 0 };

	for (size_t i = 0; i < pair->old->version_count; i++) {
		if (!mend_elf_defines_version(pair->new, pair->old->versions[i]))
			abi_names_add(&removed, "%s", pair->old->versions[i]);
	}
	abi_names_report(&removed, pair->findings, "version-removed", MEND_BREAKS, pair->path,
			 "a version is gone|versions are gone");
}

void abi_compare_symbols(const struct abi_pair *pair)
{
	struct symbol_changes changes = { 0 };

	compare_versions(pair);
	compare_each(pair, &changes);
	report(pair, &changes);
}
