/* SPDX-License-Identifier: MIT */
/* The dynamic symbols of an ELF file: what it offers to others, and what it wants of them. */
#include <string.h>

#include "elf_reader.h"

#define HIDDEN 0x8000 /* in a symbol's version: not the default one */

/* The GNU hash table does not tell how many symbols there are: the chain of the bucket with the
 * highest one leads to the last. Symbols that are not defined are before the first. */
static int count_by_gnu_hash(uint64_t *out, const struct elf_reader *reader, struct mend_error *err)
{
	uint64_t offset, room, last, at, buckets, first, bloom;

	if (elf_locate(&offset, &room, reader, reader->dynamic.gnu_hash, "hash table", err) < 0)
		return -1;
	if (room < 16)
		return mend_fail(err, MEND_FORMAT, "ELF: hash table: truncated");
	buckets = elf_word(reader, offset);
	first = elf_word(reader, offset + 4);
	bloom = 16 +
		(uint64_t)elf_word(reader, offset + 8) * (reader->elf->class == ELFCLASS64 ? 8 : 4);
	if (bloom > room || buckets > (room - bloom) / 4)
		return mend_fail(err, MEND_FORMAT, "ELF: hash table: truncated");
	last = 0;
	for (uint64_t i = 0; i < buckets; i++) {
		uint64_t head = elf_word(reader, offset + bloom + 4 * i);

		last = head > last ? head : last;
	}
	if (last < first) {
		*out = first;
		return 0;
	}
	for (at = bloom + 4 * buckets + 4 * (last - first); at <= room - 4; at += 4, last++) {
		if (elf_word(reader, offset + at) & 1) {
			*out = last + 1;
			return 0;
		}
	}
	return mend_fail(err, MEND_FORMAT, "ELF: hash table: a chain does not end");
}

static int count_by_hash(uint64_t *out, const struct elf_reader *reader, struct mend_error *err)
{
	bool wide = reader->elf->class == ELFCLASS64 && reader->elf->machine == EM_S390;
	bool high_first = wide && reader->elf->data == ELFDATA2MSB;
	uint64_t offset, room;

	if (elf_locate(&offset, &room, reader, reader->dynamic.hash, "hash table", err) < 0)
		return -1;
	if (room < (wide ? 16 : 8))
		return mend_fail(err, MEND_FORMAT, "ELF: hash table: truncated");
	*out = elf_word(reader, offset + (wide ? 8 : 4) + (high_first ? 4 : 0));
	return 0;
}

/* A file that defines nothing has a hash table that knows of nothing: its section header does. */
static uint64_t count_by_section(const struct elf_reader *reader)
{
	Elf_Scn *section = NULL;
	GElf_Shdr header;

	while ((section = elf_nextscn(reader->handle, section)) != NULL) {
		if (gelf_getshdr(section, &header) != NULL && header.sh_type == SHT_DYNSYM &&
		    header.sh_addr == reader->dynamic.symbols)
			return header.sh_size /
			       gelf_fsize(reader->handle, ELF_T_SYM, 1, EV_CURRENT);
	}
	return 0;
}

int elf_count_symbols(uint64_t *out, const struct elf_reader *reader, uint64_t room,
		      struct mend_error *err)
{
	uint64_t count = 0, by_section;

	if (reader->dynamic.gnu_hash) {
		if (count_by_gnu_hash(&count, reader, err) < 0)
			return -1;
	} else if (reader->dynamic.hash && count_by_hash(&count, reader, err) < 0) {
		return -1;
	}
	by_section = count_by_section(reader);
	count = by_section > count ? by_section : count;
	if (count > room)
		return mend_fail(err, MEND_FORMAT, "ELF: symbols: not inside the file");
	*out = count;
	return 0;
}

struct symbol_tables {
	Elf_Data *symbols;
	Elf_Data *versions; /* or NULL */
	size_t count;
};

static int open_tables(struct symbol_tables *out, const struct elf_reader *reader,
		       struct mend_error *err)
{
	const struct elf_dynamic *dynamic = &reader->dynamic;
	size_t size = gelf_fsize(reader->handle, ELF_T_SYM, 1, EV_CURRENT);
	uint64_t offset, room;

	if (dynamic->symbol_size != 0 && dynamic->symbol_size != size)
		return mend_fail(err, MEND_FORMAT, "ELF: symbols: entries of another size");
	if (elf_locate(&offset, &room, reader, dynamic->symbols, "symbols", err) < 0 ||
	    elf_count_symbols(&out->count, reader, room / size, err) < 0 ||
	    elf_chunk(&out->symbols, reader, offset, out->count * size, ELF_T_SYM, "symbols", err) <
		    0)
		return -1;
	if (dynamic->version_of_symbol == 0)
		return 0;
	if (elf_locate(&offset, &room, reader, dynamic->version_of_symbol, "symbols' versions",
		       err) < 0)
		return -1;
	if (room / 2 < out->count)
		return mend_fail(err, MEND_FORMAT, "ELF: symbols' versions: not inside the file");
	return elf_chunk(&out->versions, reader, offset, out->count * 2, ELF_T_HALF,
			 "symbols' versions", err);
}

/* Fills version, library and is_default; false for a symbol that is nobody else's business. */
static bool take_version(struct mend_elf_symbol *out, const struct elf_reader *reader,
			 GElf_Versym raw, bool is_defined)
{
	unsigned index = raw & ~HIDDEN;

	out->is_default = !(raw & HIDDEN);
	if (index == VER_NDX_LOCAL)
		return !is_defined;
	/* Index 1 is the file itself: no version. */
	if (index == VER_NDX_GLOBAL || index >= reader->version_count)
		return true;
	out->version = reader->versions[index].name;
	out->library = reader->versions[index].library;
	return true;
}

/* The symbol that stands for a version itself. */
static bool is_version_itself(const struct mend_elf_symbol *symbol, const GElf_Sym *raw)
{
	return raw->st_shndx == SHN_ABS && symbol->version != NULL &&
	       strcmp(symbol->name, symbol->version) == 0;
}

static int read_symbol(struct elf_reader *reader, const struct symbol_tables *tables, size_t index,
		       struct mend_error *err)
{
	struct mend_elf *elf = reader->elf;
	GElf_Versym version = VER_NDX_GLOBAL;
	struct mend_elf_symbol symbol = { 0 };
	GElf_Sym raw;

	if (gelf_getsym(tables->symbols, (int)index, &raw) == NULL ||
	    (tables->versions != NULL &&
	     gelf_getversym(tables->versions, (int)index, &version) == NULL))
		return mend_fail(err, MEND_FORMAT, "ELF: symbols: %s", elf_errmsg(-1));
	symbol.type = GELF_ST_TYPE(raw.st_info);
	symbol.binding = GELF_ST_BIND(raw.st_info);
	symbol.visibility = GELF_ST_VISIBILITY(raw.st_other);
	symbol.size = raw.st_size;
	if (symbol.binding == STB_LOCAL || symbol.type == STT_SECTION || symbol.type == STT_FILE ||
	    symbol.visibility == STV_HIDDEN || symbol.visibility == STV_INTERNAL)
		return 0;
	if (elf_string(&symbol.name, reader, raw.st_name, "symbol", err) < 0)
		return -1;
	reader->name_bytes += strlen(symbol.name);
	if (reader->name_bytes / MEND_ELF_NAMES_SHARED_MAX > reader->strings.size)
		return mend_fail(err, MEND_LIMIT, "ELF: symbols: too many long names");
	if (!take_version(&symbol, reader, version, raw.st_shndx != SHN_UNDEF))
		return 0;
	if (raw.st_shndx == SHN_UNDEF)
		elf->undefined[elf->undefined_count++] = symbol;
	else if (!is_version_itself(&symbol, &raw))
		elf->symbols[elf->symbol_count++] = symbol;
	return 0;
}

static int compare_versions(const char *a, const char *b)
{
	if (a == NULL || b == NULL)
		return (a != NULL) - (b != NULL);
	return strcmp(a, b);
}

static int compare_symbols(const void *a, const void *b)
{
	const struct mend_elf_symbol *one = a, *other = b;
	int order = strcmp(one->name, other->name);

	return order != 0 ? order : compare_versions(one->version, other->version);
}

int elf_read_symbols(struct elf_reader *reader, struct mend_error *err)
{
	struct mend_elf *elf = reader->elf;
	struct symbol_tables tables = { NULL, NULL, 0 };

	if (reader->dynamic.symbols == 0)
		return 0;
	if (open_tables(&tables, reader, err) < 0)
		return -1;
	elf->symbols = mend_alloc(tables.count * sizeof *elf->symbols);
	elf->undefined = mend_alloc(tables.count * sizeof *elf->undefined);
	/* The first one is empty. */
	for (size_t i = 1; i < tables.count; i++) {
		if (read_symbol(reader, &tables, i, err) < 0)
			return -1;
	}
	qsort(elf->symbols, elf->symbol_count, sizeof *elf->symbols, compare_symbols);
	qsort(elf->undefined, elf->undefined_count, sizeof *elf->undefined, compare_symbols);
	return 0;
}
