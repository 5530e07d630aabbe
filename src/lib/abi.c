/* SPDX-License-Identifier: MIT */
/* Compares two files at one place: what kind they are and what they are called; symbols and
 * hardening have files of their own. */
#include "mendfs/abi.h"

#include <elf.h>
#include <string.h>

#include "abi_private.h"

static bool differ(const char *a, const char *b)
{
	return (a == NULL) != (b == NULL) || (a != NULL && strcmp(a, b) != 0);
}

static const char *text_or(const char *text, const char *otherwise)
{
	return text != NULL ? text : otherwise;
}

/* "GNU" only says that the file uses what GNU systems have: those load both. */
static unsigned abi_of(const struct mend_elf *elf)
{
	return elf->os_abi == ELFOSABI_GNU ? ELFOSABI_NONE : elf->os_abi;
}

/* After such a difference there is no use in looking for more. */
static bool compare_kinds(const struct abi_pair *pair)
{
	const struct mend_elf *old = pair->old, *new = pair->new;
	size_t before = pair->findings->count;

	if (old->class != new->class)
		mend_findings_add(pair->findings, "class-changed", MEND_BREAKS, pair->path,
				  "is a %d-bit file instead of a %d-bit one", 32 * new->class,
				  32 * old->class);
	else if (old->data != new->data)
		mend_findings_add(pair->findings, "class-changed", MEND_BREAKS, pair->path,
				  "has another byte order");
	else if (old->machine != new->machine)
		mend_findings_add(pair->findings, "machine-changed", MEND_BREAKS, pair->path,
				  "is for machine %u instead of %u", new->machine, old->machine);
	else if (old->type != new->type)
		mend_findings_add(pair->findings, "type-changed", MEND_BREAKS, pair->path,
				  "is an ELF file of type %u instead of %u", new->type, old->type);
	else if (old->is_dynamic && !new->is_dynamic)
		mend_findings_add(pair->findings, "type-changed", MEND_BREAKS, pair->path,
				  "has no dynamic section any more");
	return pair->findings->count > before;
}

static void compare_flags(const struct abi_pair *pair)
{
	const struct mend_elf *old = pair->old, *new = pair->new;

	if (old->flags != new->flags)
		mend_findings_add(pair->findings, "flags-changed", MEND_BREAKS, pair->path,
				  "has ELF flags 0x%x instead of 0x%x: another calling convention?",
				  new->flags, old->flags);
	if (abi_of(old) != abi_of(new))
		mend_findings_add(pair->findings, "flags-changed", MEND_BREAKS, pair->path,
				  "is for OS ABI %u instead of %u", abi_of(new), abi_of(old));
}

static void compare_names(const struct abi_pair *pair)
{
	const struct mend_elf *old = pair->old, *new = pair->new;

	if (differ(old->soname, new->soname))
		mend_findings_add(pair->findings, "soname-changed", MEND_BREAKS, pair->path,
				  "SONAME is %s instead of %s", text_or(new->soname, "missing"),
				  text_or(old->soname, "none"));
	if (differ(old->interpreter, new->interpreter))
		mend_findings_add(pair->findings, "interpreter-changed", MEND_BREAKS, pair->path,
				  "interpreter is %s instead of %s",
				  text_or(new->interpreter, "missing"),
				  text_or(old->interpreter, "none"));
	if (differ(old->rpath, new->rpath))
		mend_findings_add(pair->findings, "rpath-changed", MEND_RISK, pair->path,
				  "RPATH is '%s' instead of '%s'", text_or(new->rpath, ""),
				  text_or(old->rpath, ""));
	if (differ(old->runpath, new->runpath))
		mend_findings_add(pair->findings, "runpath-changed", MEND_RISK, pair->path,
				  "RUNPATH is '%s' instead of '%s'", text_or(new->runpath, ""),
				  text_or(old->runpath, ""));
}

static void compare_build_ids(const struct abi_pair *pair)
{
	if (pair->new->build_id[0] == '\0')
		mend_findings_add(pair->findings, "build-id-missing", MEND_NOTE, pair->path,
				  "has no build id: debuggers and scanners cannot tell what it is");
	else if (strcmp(pair->old->build_id, pair->new->build_id) == 0)
		mend_findings_add(pair->findings, "build-id-same", MEND_RISK, pair->path,
				  "has the build id of the base, %.16s…, and other content",
				  pair->new->build_id);
}

void mend_abi_compare(struct mend_findings *findings, const char *path, const struct mend_elf *old,
		      const struct mend_elf *new)
{
	struct abi_pair pair = { findings, path, old, new };

	if (compare_kinds(&pair))
		return;
	compare_flags(&pair);
	compare_names(&pair);
	abi_compare_symbols(&pair);
	abi_compare_hardening(&pair);
	compare_build_ids(&pair);
}

void mend_abi_added(struct mend_findings *findings, const char *path, const struct mend_elf *new)
{
	/* In place of a library that does nothing bad. */
	struct mend_elf harmless = *new;
	struct abi_pair pair = { findings, path, &harmless, new };

	harmless.has_exec_stack = harmless.has_text_relocations = false;
	abi_compare_hardening(&pair);
}

/* Nobody loads what cannot be read, such as a file of debugging information without its segments.
 */
static void compare_unreadable(struct mend_findings *findings, const char *path,
			       const struct mend_elf *before, bool was_elf,
			       const struct mend_error *why)
{
	if (was_elf && before == NULL)
		mend_findings_add(findings, "base-damaged", MEND_NOTE, path,
				  "cannot be read, and so not compared; nor can the base: %s",
				  why->text);
	else
		mend_findings_add(findings, "elf-damaged", MEND_BREAKS, path, "cannot be read: %s",
				  why->text);
}

void mend_abi_compare_contents(struct mend_findings *findings, const char *path,
			       struct mend_span old, struct mend_span new)
{
	auto_call(mend_elf_free) struct mend_elf *before = NULL, *after = NULL;
	struct mend_error old_err, new_err;
	bool was_elf = mend_elf_is(old), is_elf = mend_elf_is(new);

	if (mend_span_equal(old, new))
		return;
	if (was_elf && mend_elf_read(&before, old, &old_err) < 0)
		before = NULL;
	if (is_elf && mend_elf_read(&after, new, &new_err) < 0) {
		compare_unreadable(findings, path, before, was_elf, &new_err);
		return;
	}
	if (was_elf && !is_elf)
		mend_findings_add(findings, "elf-lost", MEND_BREAKS, path,
				  "is no ELF file any more");
	else if (was_elf && before == NULL)
		mend_findings_add(findings, "base-damaged", MEND_NOTE, path,
				  "the base cannot be read, and so not compared: %s", old_err.text);
	else if (before && after)
		mend_abi_compare(findings, path, before, after);
}
