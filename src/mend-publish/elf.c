/* SPDX-License-Identifier: MIT */
/* Out of the library's reader, what a manifest tells. */
#include "mend-publish/elf.h"

#include <elf.h>

#include "mendfs/elf.h"

const char *elf_arch(struct mend_span content)
{
	static const struct {
		unsigned machine, data;
		const char *name;
	} names[] = {
		{ EM_X86_64, ELFDATA2LSB, "x86_64" },
		{ EM_AARCH64, ELFDATA2LSB, "aarch64" },
		{ EM_RISCV, ELFDATA2LSB, "riscv64" },
		{ EM_S390, ELFDATA2MSB, "s390x" },
		{ EM_PPC64, ELFDATA2LSB, "ppc64le" },
		{ EM_PPC64, ELFDATA2MSB, "ppc64" },
		{ EM_LOONGARCH, ELFDATA2LSB, "loongarch64" },
	};
	auto_call(mend_elf_free) struct mend_elf *elf = NULL;

	if (mend_elf_read(&elf, content, NULL) < 0 || elf->class != ELFCLASS64)
		return NULL;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (elf->machine == names[i].machine && elf->data == names[i].data)
			return names[i].name;
	}
	return NULL;
}

char *elf_build_id(struct mend_span content)
{
	auto_call(mend_elf_free) struct mend_elf *elf = NULL;

	if (mend_elf_read(&elf, content, NULL) < 0 || elf->build_id[0] == '\0')
		return NULL;
	return mend_text_copy(elf->build_id);
}
