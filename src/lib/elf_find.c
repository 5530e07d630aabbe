/* SPDX-License-Identifier: MIT */
/* What an ELF file can be asked: which symbol would a reference be bound to? */
#include <string.h>

#include "mendfs/elf.h"

/* The first symbol of the name; symbols are sorted. */
static size_t first_of(const struct mend_elf *elf, const char *name)
{
	size_t low = 0, high = elf->symbol_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(elf->symbols[middle].name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool satisfies(const struct mend_elf *elf, const struct mend_elf_symbol *symbol,
		      const char *version)
{
	if (elf->version_count == 0)
		return true;
	if (version == NULL)
		return symbol->is_default;
	return symbol->version != NULL && strcmp(symbol->version, version) == 0;
}

const struct mend_elf_symbol *mend_elf_find(const struct mend_elf *elf, const char *name,
					    const char *version)
{
	for (size_t i = first_of(elf, name); i < elf->symbol_count; i++) {
		const struct mend_elf_symbol *symbol = &elf->symbols[i];

		if (strcmp(symbol->name, name) != 0)
			return NULL;
		if (satisfies(elf, symbol, version))
			return symbol;
	}
	return NULL;
}

bool mend_elf_defines_version(const struct mend_elf *elf, const char *version)
{
	for (size_t i = 0; i < elf->version_count; i++) {
		if (strcmp(elf->versions[i], version) == 0)
			return true;
	}
	return false;
}

bool mend_elf_needs_library(const struct mend_elf *elf, const char *soname)
{
	for (size_t i = 0; i < elf->needed_count; i++) {
		if (strcmp(elf->needed[i], soname) == 0)
			return true;
	}
	return false;
}

bool mend_elf_is_akin(const struct mend_elf *a, const struct mend_elf *b)
{
	return a->class == b->class && a->data == b->data && a->machine == b->machine;
}
