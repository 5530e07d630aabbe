/* SPDX-License-Identifier: MIT */
/* Notes of an ELF file: its build id, and the protections that it supports. */
#include <sodium.h>
#include <string.h>

#include "elf_reader.h"

static void take_build_id(struct mend_elf *elf, const uint8_t *bytes, size_t size)
{
	if (size > 0 && size <= MEND_ELF_BUILD_ID_MAX && elf->build_id[0] == '\0')
		sodium_bin2hex(elf->build_id, sizeof elf->build_id, bytes, size);
}

static void take_feature(struct mend_elf *elf, uint32_t type, uint32_t bits)
{
	if ((elf->machine == EM_X86_64 || elf->machine == EM_386) &&
	    type == GNU_PROPERTY_X86_FEATURE_1_AND) {
		elf->features |= bits & GNU_PROPERTY_X86_FEATURE_1_IBT ? MEND_ELF_IBT : 0;
		elf->features |= bits & GNU_PROPERTY_X86_FEATURE_1_SHSTK ? MEND_ELF_SHSTK : 0;
	}
	if (elf->machine == EM_AARCH64 && type == GNU_PROPERTY_AARCH64_FEATURE_1_AND) {
		elf->features |= bits & GNU_PROPERTY_AARCH64_FEATURE_1_BTI ? MEND_ELF_BTI : 0;
		elf->features |= bits & GNU_PROPERTY_AARCH64_FEATURE_1_PAC ? MEND_ELF_PAC : 0;
	}
}

/* An array of type, size and data, each padded to a word of the class. `offset` is the file's. */
static void take_properties(const struct elf_reader *reader, uint64_t offset, size_t size)
{
	size_t align = reader->elf->class == ELFCLASS64 ? 8 : 4;

	while (size >= 8) {
		uint32_t type = elf_word(reader, offset), length = elf_word(reader, offset + 4);
		uint64_t padded = ((uint64_t)length + align - 1) / align * align;

		offset += 8;
		size -= 8;
		if (length > size)
			return;
		if (length == 4)
			take_feature(reader->elf, type, elf_word(reader, offset));
		if (padded > size)
			return;
		offset += padded;
		size -= padded;
	}
}

static int read_segment(struct elf_reader *reader, const GElf_Phdr *segment, struct mend_error *err)
{
	size_t at = 0, next, name, content;
	Elf_Data *notes;
	GElf_Nhdr note;

	if (elf_chunk(&notes, reader, segment->p_offset, segment->p_filesz,
		      segment->p_align == 8 ? ELF_T_NHDR8 : ELF_T_NHDR, "notes", err) < 0)
		return -1;
	while ((next = gelf_getnote(notes, at, &note, &name, &content)) > 0) {
		const uint8_t *raw = reader->content.data + segment->p_offset;

		at = next;
		if (note.n_namesz != sizeof ELF_NOTE_GNU ||
		    memcmp(raw + name, ELF_NOTE_GNU, sizeof ELF_NOTE_GNU) != 0)
			continue;
		if (note.n_type == NT_GNU_BUILD_ID)
			take_build_id(reader->elf, raw + content, note.n_descsz);
		if (note.n_type == NT_GNU_PROPERTY_TYPE_0)
			take_properties(reader, segment->p_offset + content, note.n_descsz);
	}
	return 0;
}

int elf_read_notes(struct elf_reader *reader, struct mend_error *err)
{
	for (size_t i = 0; i < reader->segment_count; i++) {
		const GElf_Phdr *segment = &reader->segments[i];

		if (segment->p_type == PT_NOTE && segment->p_filesz > 0 &&
		    read_segment(reader, segment, err) < 0)
			return -1;
	}
	return 0;
}
