/* SPDX-License-Identifier: MIT */
/* The dynamic section of an ELF file: what it needs, what it is called, and where the rest is. */
#include <string.h>

#include "elf_reader.h"

#define NO_TEXT UINT64_MAX

/* Offsets into the string table, which is known only at the end of the section. */
struct dynamic_texts {
	uint64_t soname, rpath, runpath;
	uint64_t *needed;
	size_t needed_count;
};

int elf_string(const char **out, const struct elf_reader *reader, uint64_t at, const char *what,
	       struct mend_error *err)
{
	const char *text, *end;
	size_t left;

	if (at >= reader->strings.size)
		return mend_fail(err, MEND_FORMAT, "ELF: %s: its name is not in the string table",
				 what);
	text = (const char *)reader->strings.data + at;
	left = reader->strings.size - at;
	end = memchr(text, '\0', left < MEND_ELF_NAME_MAX ? left : MEND_ELF_NAME_MAX);
	if (end == NULL && left >= MEND_ELF_NAME_MAX)
		return mend_fail(err, MEND_LIMIT, "ELF: %s: its name is over %d bytes", what,
				 MEND_ELF_NAME_MAX);
	if (end == NULL)
		return mend_fail(err, MEND_FORMAT, "ELF: %s: its name does not end", what);
	*out = text;
	return 0;
}

/* Values that are places. */
static void take_place(struct elf_dynamic *dynamic, const GElf_Dyn *entry)
{
	switch (entry->d_tag) {
	case DT_STRTAB:
		dynamic->strings = entry->d_un.d_ptr;
		break;
	case DT_STRSZ:
		dynamic->string_size = entry->d_un.d_val;
		break;
	case DT_SYMTAB:
		dynamic->symbols = entry->d_un.d_ptr;
		break;
	case DT_SYMENT:
		dynamic->symbol_size = entry->d_un.d_val;
		break;
	case DT_GNU_HASH:
		dynamic->gnu_hash = entry->d_un.d_ptr;
		break;
	case DT_HASH:
		dynamic->hash = entry->d_un.d_ptr;
		break;
	case DT_VERSYM:
		dynamic->version_of_symbol = entry->d_un.d_ptr;
		break;
	case DT_VERDEF:
		dynamic->defined_versions = entry->d_un.d_ptr;
		break;
	case DT_VERDEFNUM:
		dynamic->defined_version_count = entry->d_un.d_val;
		break;
	case DT_VERNEED:
		dynamic->needed_versions = entry->d_un.d_ptr;
		break;
	case DT_VERNEEDNUM:
		dynamic->needed_version_count = entry->d_un.d_val;
		break;
	default:
		break;
	}
}

/* Values that say what the file is like. */
static void take_property(struct mend_elf *elf, struct dynamic_texts *texts, const GElf_Dyn *entry)
{
	uint64_t value = entry->d_un.d_val;

	switch (entry->d_tag) {
	case DT_NEEDED:
		texts->needed[texts->needed_count++] = value;
		break;
	case DT_SONAME:
		texts->soname = value;
		break;
	case DT_RPATH:
		texts->rpath = value;
		break;
	case DT_RUNPATH:
		texts->runpath = value;
		break;
	case DT_TEXTREL:
		elf->has_text_relocations = true;
		break;
	case DT_BIND_NOW:
		elf->has_bind_now = true;
		break;
	case DT_FLAGS:
		elf->has_text_relocations |= (value & DF_TEXTREL) != 0;
		elf->has_bind_now |= (value & DF_BIND_NOW) != 0;
		elf->has_static_tls |= (value & DF_STATIC_TLS) != 0;
		break;
	case DT_FLAGS_1:
		elf->has_bind_now |= (value & DF_1_NOW) != 0;
		break;
	default:
		break;
	}
}

static int read_optional_text(const char **out, const struct elf_reader *reader, uint64_t at,
			      const char *what, struct mend_error *err)
{
	return at == NO_TEXT ? 0 : elf_string(out, reader, at, what, err);
}

static int read_texts(struct elf_reader *reader, const struct dynamic_texts *texts,
		      struct mend_error *err)
{
	const struct elf_dynamic *dynamic = &reader->dynamic;
	struct mend_elf *elf = reader->elf;
	uint64_t offset, room;

	if (elf_locate(&offset, &room, reader, dynamic->strings, "string table", err) < 0)
		return -1;
	if (dynamic->string_size == 0 || dynamic->string_size > room)
		return mend_fail(err, MEND_FORMAT, "ELF: string table: not inside the file");
	reader->strings = mend_span_of(reader->content.data + offset, dynamic->string_size);
	if (read_optional_text(&elf->soname, reader, texts->soname, "SONAME", err) < 0 ||
	    read_optional_text(&elf->rpath, reader, texts->rpath, "RPATH", err) < 0 ||
	    read_optional_text(&elf->runpath, reader, texts->runpath, "RUNPATH", err) < 0)
		return -1;
	elf->needed = mend_alloc(texts->needed_count * sizeof *elf->needed);
	for (size_t i = 0; i < texts->needed_count; i++) {
		if (elf_string(&elf->needed[i], reader, texts->needed[i], "NEEDED", err) < 0)
			return -1;
		elf->needed_count++;
	}
	return 0;
}

static int read_entries(struct elf_reader *reader, const GElf_Phdr *segment, struct mend_error *err)
{
	size_t size = gelf_fsize(reader->handle, ELF_T_DYN, 1, EV_CURRENT);
	size_t count = segment->p_filesz / size;
	struct dynamic_texts texts = { .soname = NO_TEXT, .rpath = NO_TEXT, .runpath = NO_TEXT };
	auto_free uint64_t *needed = mend_alloc((count + 1) * sizeof *needed);
	Elf_Data *data;
	GElf_Dyn entry;

	if (elf_chunk(&data, reader, segment->p_offset, count * size, ELF_T_DYN, "dynamic section",
		      err) < 0)
		return -1;
	texts.needed = needed;
	for (size_t i = 0; i < count; i++) {
		if (gelf_getdyn(data, (int)i, &entry) == NULL)
			return mend_fail(err, MEND_FORMAT, "ELF: dynamic section: %s",
					 elf_errmsg(-1));
		if (entry.d_tag == DT_NULL)
			break;
		take_place(&reader->dynamic, &entry);
		take_property(reader->elf, &texts, &entry);
	}
	return read_texts(reader, &texts, err);
}

int elf_read_dynamic(struct elf_reader *reader, struct mend_error *err)
{
	for (size_t i = 0; i < reader->segment_count; i++) {
		const GElf_Phdr *segment = &reader->segments[i];

		/* A file of debugging information has the header, and no content. */
		if (segment->p_type != PT_DYNAMIC || segment->p_filesz == 0)
			continue;
		reader->elf->is_dynamic = true;
		return read_entries(reader, segment, err);
	}
	return 0;
}
