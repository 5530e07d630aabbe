/* SPDX-License-Identifier: MIT */
/* Opens an ELF file out of memory, and reads its headers and segments. */
#include "mendfs/elf.h"

#include <string.h>

#include "elf_reader.h"

bool mend_elf_is(struct mend_span content)
{
	return content.size >= SELFMAG && memcmp(content.data, ELFMAG, SELFMAG) == 0;
}

int elf_chunk(Elf_Data **out, const struct elf_reader *reader, uint64_t offset, uint64_t size,
	      Elf_Type type, const char *what, struct mend_error *err)
{
	if (offset > reader->content.size || size > reader->content.size - offset)
		return mend_fail(err, MEND_FORMAT, "ELF: %s: not inside the file", what);
	*out = elf_getdata_rawchunk(reader->handle, (int64_t)offset, size, type);
	if (*out == NULL)
		return mend_fail(err, MEND_FORMAT, "ELF: %s: %s", what, elf_errmsg(-1));
	return 0;
}

int elf_locate(uint64_t *offset, uint64_t *room, const struct elf_reader *reader, uint64_t address,
	       const char *what, struct mend_error *err)
{
	for (size_t i = 0; i < reader->segment_count; i++) {
		const GElf_Phdr *segment = &reader->segments[i];
		uint64_t inside = address - segment->p_vaddr;

		if (segment->p_type != PT_LOAD || address < segment->p_vaddr ||
		    inside >= segment->p_filesz)
			continue;
		*offset = segment->p_offset + inside;
		*room = segment->p_filesz - inside;
		return 0;
	}
	return mend_fail(err, MEND_FORMAT, "ELF: %s: in no segment of the file", what);
}

uint32_t elf_word(const struct elf_reader *reader, uint64_t offset)
{
	const uint8_t *at = reader->content.data + offset;

	if (reader->elf->data == ELFDATA2MSB)
		return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
	return (uint32_t)at[3] << 24 | (uint32_t)at[2] << 16 | (uint32_t)at[1] << 8 | at[0];
}

static int read_header(struct elf_reader *reader, struct mend_error *err)
{
	struct mend_elf *elf = reader->elf;
	GElf_Ehdr header;

	if (gelf_getehdr(reader->handle, &header) == NULL)
		return mend_fail(err, MEND_FORMAT, "ELF: header: %s", elf_errmsg(-1));
	elf->class = header.e_ident[EI_CLASS];
	elf->data = header.e_ident[EI_DATA];
	elf->os_abi = header.e_ident[EI_OSABI];
	elf->type = header.e_type;
	elf->machine = header.e_machine;
	elf->flags = header.e_flags;
	return 0;
}

/* What the linker does when there is no PT_GNU_STACK at all. */
static bool defaults_to_exec_stack(unsigned machine)
{
	return machine != EM_AARCH64 && machine != EM_RISCV && machine != EM_LOONGARCH;
}

static int check_segment(const struct elf_reader *reader, const GElf_Phdr *segment,
			 struct mend_error *err)
{
	if (segment->p_type != PT_LOAD && segment->p_type != PT_DYNAMIC &&
	    segment->p_type != PT_INTERP && segment->p_type != PT_NOTE)
		return 0;
	if (segment->p_offset <= reader->content.size &&
	    segment->p_filesz <= reader->content.size - segment->p_offset)
		return 0;
	return mend_fail(err, MEND_FORMAT, "ELF: segment: not inside the file: truncated?");
}

static int read_segments(struct elf_reader *reader, struct mend_error *err)
{
	uint64_t table, entry = gelf_fsize(reader->handle, ELF_T_PHDR, 1, EV_CURRENT);
	size_t count;
	GElf_Ehdr header;

	if (gelf_getehdr(reader->handle, &header) == NULL)
		return mend_fail(err, MEND_FORMAT, "ELF: header: %s", elf_errmsg(-1));
	count = header.e_phnum;
	table = header.e_phoff;
	if (count > MEND_ELF_SEGMENTS_MAX)
		return mend_fail(err, MEND_LIMIT, "ELF: program headers: more than %d",
				 MEND_ELF_SEGMENTS_MAX);
	if (count > 0 && header.e_phentsize != entry)
		return mend_fail(err, MEND_FORMAT, "ELF: program headers: of %u bytes each",
				 header.e_phentsize);
	if (table > reader->content.size || count * entry > reader->content.size - table)
		return mend_fail(err, MEND_FORMAT, "ELF: program headers: not inside the file");
	reader->segments = mend_alloc(count * sizeof *reader->segments);
	for (size_t i = 0; i < count; i++) {
		if (gelf_getphdr(reader->handle, (int)i, &reader->segments[i]) == NULL)
			return mend_fail(err, MEND_FORMAT, "ELF: program headers: %s",
					 elf_errmsg(-1));
		if (check_segment(reader, &reader->segments[i], err) < 0)
			return -1;
		reader->segment_count++;
	}
	return 0;
}

static int read_interpreter(struct elf_reader *reader, const GElf_Phdr *segment,
			    struct mend_error *err)
{
	const char *text = (const char *)reader->content.data + segment->p_offset;

	if (memchr(text, '\0', segment->p_filesz) == NULL)
		return mend_fail(err, MEND_FORMAT, "ELF: interpreter: does not end");
	reader->elf->interpreter = text;
	return 0;
}

static int describe_segments(struct elf_reader *reader, struct mend_error *err)
{
	struct mend_elf *elf = reader->elf;

	elf->has_exec_stack = defaults_to_exec_stack(elf->machine);
	for (size_t i = 0; i < reader->segment_count; i++) {
		const GElf_Phdr *segment = &reader->segments[i];

		if (segment->p_type == PT_GNU_STACK)
			elf->has_exec_stack = (segment->p_flags & PF_X) != 0;
		if (segment->p_type == PT_GNU_RELRO)
			elf->has_relro = true;
		if (segment->p_type == PT_TLS) {
			elf->tls_size = segment->p_memsz;
			elf->tls_align = segment->p_align;
		}
		if (segment->p_type == PT_INTERP && read_interpreter(reader, segment, err) < 0)
			return -1;
	}
	return 0;
}

static int read_all(struct elf_reader *reader, struct mend_error *err)
{
	if (read_header(reader, err) < 0 || read_segments(reader, err) < 0 ||
	    describe_segments(reader, err) < 0 || elf_read_notes(reader, err) < 0 ||
	    elf_read_dynamic(reader, err) < 0)
		return -1;
	if (!reader->elf->is_dynamic)
		return 0;
	if (elf_read_versions(reader, err) < 0)
		return -1;
	return elf_read_symbols(reader, err);
}

int mend_elf_read(struct mend_elf **out, struct mend_span content, struct mend_error *err)
{
	auto_call(mend_elf_free) struct mend_elf *elf = mend_alloc(sizeof *elf);
	struct elf_reader reader = { .elf = elf, .content = content };
	int result;

	if (!mend_elf_is(content))
		return mend_fail(err, MEND_FORMAT, "not an ELF file");
	if (elf_version(EV_CURRENT) == EV_NONE)
		return mend_fail(err, MEND_SYSTEM, "libelf is older than its headers");
	/* It asks for memory that it might write to, which it does not when it only reads. */
	reader.handle = elf_memory((char *)content.data, content.size);
	if (reader.handle == NULL || elf_kind(reader.handle) != ELF_K_ELF ||
	    gelf_getclass(reader.handle) == ELFCLASSNONE)
		result = mend_fail(err, MEND_FORMAT, "ELF: header: damaged");
	else
		result = read_all(&reader, err);
	elf_end(reader.handle);
	free(reader.segments);
	free(reader.versions);
	if (result < 0)
		return -1;
	*out = take(elf);
	return 0;
}

void mend_elf_free(struct mend_elf *elf)
{
	if (elf == NULL)
		return;
	free(elf->needed);
	free(elf->symbols);
	free(elf->undefined);
	free(elf->versions);
	free(elf->needs);
	free(elf);
}
