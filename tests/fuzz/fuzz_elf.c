/* SPDX-License-Identifier: MIT */
/* Any bytes as an ELF file, and as two of them that are compared. */
#include "mendfs/abi.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_all(const struct mend_elf *elf)
{
	size_t sum = 0;

	for (size_t i = 0; i < elf->symbol_count; i++) {
		const struct mend_elf_symbol *symbol = &elf->symbols[i];

		sum += strlen(symbol->name) + (symbol->version ? strlen(symbol->version) : 0);
		if (mend_elf_find(elf, symbol->name, symbol->version) == NULL &&
		    symbol->version != NULL)
			__builtin_trap();
	}
	for (size_t i = 0; i < elf->undefined_count; i++)
		sum += strlen(elf->undefined[i].name);
	for (size_t i = 0; i < elf->need_count; i++)
		sum += strlen(elf->needs[i].library) + strlen(elf->needs[i].version);
	for (size_t i = 0; i < elf->needed_count; i++)
		sum += strlen(elf->needed[i]);
	for (size_t i = 0; i < elf->version_count; i++)
		sum += strlen(elf->versions[i]);
	if (sum == SIZE_MAX)
		__builtin_trap();
}

/* Halves compare well when an input is two small files of one size. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_call(mend_elf_free) struct mend_elf *elf = NULL;
	auto_findings findings = { NULL, 0 };
	struct mend_error err = { 0 };
	size_t cut = size / 2;

	if (mend_elf_read(&elf, mend_span_of(data, size), &err) == 0)
		read_all(elf);
	mend_abi_compare_contents(&findings, "fuzz", mend_span_of(data, cut),
				  mend_span_of(data + cut, size - cut));
	mend_findings_sort(&findings);
	return 0;
}
