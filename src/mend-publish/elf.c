/* SPDX-License-Identifier: MIT */
/* Reads ELF headers and notes with libelf, out of memory. */
#include "mend-publish/elf.h"

#include <gelf.h>
#include <libelf.h>
#include <sodium.h>
#include <string.h>

#define BUILD_ID_MAX 64 /* bytes; they are 20 as a rule */

static void close_elf(Elf **elf)
{
	elf_end(*elf);
}
#define auto_elf __attribute__((cleanup(close_elf))) Elf *

/* libelf asks for memory it might write to; it does not with ELF_C_READ's way of opening. */
static Elf *open_elf(struct mend_span content)
{
	Elf *elf;

	if (elf_version(EV_CURRENT) == EV_NONE)
		return NULL;
	elf = elf_memory((char *)content.data, content.size);
	if (elf && elf_kind(elf) != ELF_K_ELF) {
		elf_end(elf);
		return NULL;
	}
	return elf;
}

const char *elf_arch(struct mend_span content)
{
	static const struct {
		int machine;
		const char *name;
	} names[] = {
		{ EM_X86_64, "x86_64" }, { EM_AARCH64, "aarch64" },	  { EM_RISCV, "riscv64" },
		{ EM_S390, "s390x" },	 { EM_LOONGARCH, "loongarch64" }, { EM_PPC64, "ppc64le" },
	};
	auto_elf elf = open_elf(content);
	GElf_Ehdr header;

	if (!elf || gelf_getclass(elf) != ELFCLASS64 || !gelf_getehdr(elf, &header))
		return NULL;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (header.e_machine != names[i].machine)
			continue;
		if (header.e_machine == EM_PPC64 && header.e_ident[EI_DATA] == ELFDATA2MSB)
			return "ppc64";
		return names[i].name;
	}
	return NULL;
}

static char *build_id_of(Elf_Data *notes)
{
	GElf_Nhdr note;
	size_t at = 0, name, content;

	while ((at = gelf_getnote(notes, at, &note, &name, &content)) > 0) {
		const char *bytes = notes->d_buf;
		char *hex;

		if (note.n_type != NT_GNU_BUILD_ID || note.n_namesz != sizeof("GNU") ||
		    memcmp(bytes + name, "GNU", sizeof("GNU")) != 0 || note.n_descsz == 0 ||
		    note.n_descsz > BUILD_ID_MAX)
			continue;
		hex = mend_alloc(2 * (size_t)note.n_descsz + 1);
		return sodium_bin2hex(hex, 2 * (size_t)note.n_descsz + 1,
				      (const uint8_t *)bytes + content, note.n_descsz);
	}
	return NULL;
}

char *elf_build_id(struct mend_span content)
{
	auto_elf elf = open_elf(content);
	size_t count;

	if (!elf || elf_getphdrnum(elf, &count) < 0)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		GElf_Phdr segment;
		Elf_Data *notes;
		char *id;

		if (!gelf_getphdr(elf, (int)i, &segment) || segment.p_type != PT_NOTE)
			continue;
		notes = elf_getdata_rawchunk(elf, (int64_t)segment.p_offset, segment.p_filesz,
					     segment.p_align == 8 ? ELF_T_NHDR8 : ELF_T_NHDR);
		id = notes ? build_id_of(notes) : NULL;
		if (id)
			return id;
	}
	return NULL;
}
