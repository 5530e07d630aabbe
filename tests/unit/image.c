/* SPDX-License-Identifier: MIT */
/* Small ELF files: one segment that is the whole file, so that addresses are offsets. */
#include "image.h"

#include <string.h>

#define SEGMENTS 8

struct maker {
	struct mend_bytes out, strings;
	Elf64_Dyn dynamic[64];
	size_t dynamic_count;
	Elf64_Phdr segments[SEGMENTS];
	size_t segment_count;
};

static uint64_t append(struct mend_bytes *to, const void *data, size_t size)
{
	uint64_t at = to->size;

	to->data = mend_grow(to->data, at + size + 1, 1);
	memcpy(to->data + at, data, size);
	to->size = at + size;
	to->data[to->size] = '\0';
	return at;
}

static void align(struct mend_bytes *to)
{
	static const char zeros[8];

	append(to, zeros, (8 - to->size % 8) % 8);
}

static uint64_t string(struct maker *maker, const char *text)
{
	return append(&maker->strings, text, strlen(text) + 1);
}

static void entry(struct maker *maker, int64_t tag, uint64_t value)
{
	maker->dynamic[maker->dynamic_count++] = (Elf64_Dyn){ .d_tag = tag, .d_un.d_val = value };
}

/* Puts a part into the file, with a segment of its own when type is not PT_NULL. */
static uint64_t part(struct maker *maker, uint32_t type, const void *data, size_t size)
{
	uint64_t at;

	align(&maker->out);
	at = append(&maker->out, data, size);
	if (type != PT_NULL)
		maker->segments[maker->segment_count++] = (Elf64_Phdr){
			.p_type = type,
			.p_offset = at,
			.p_vaddr = at,
			.p_filesz = size,
			.p_memsz = size,
			.p_flags = PF_R,
			.p_align = 8,
		};
	return at;
}

/* 1 is the file; definitions follow, then needs. 0 for none of the name. */
static unsigned version_index(const struct image *image, const struct image_symbol *symbol)
{
	size_t defined = 0;

	for (; defined < IMAGE_MAX && image->versions[defined]; defined++) {
		if (!symbol->is_undefined && strcmp(image->versions[defined], symbol->version) == 0)
			return 2 + (unsigned)defined;
	}
	for (size_t i = 0; i < IMAGE_MAX && image->needs[i].version; i++) {
		if (symbol->is_undefined && strcmp(image->needs[i].version, symbol->version) == 0)
			return (unsigned)(2 + defined + i);
	}
	return 0;
}

static void put_symbols(struct maker *maker, const struct image *image)
{
	Elf64_Sym symbols[IMAGE_MAX + 1] = { { 0 } };
	uint16_t versions[IMAGE_MAX + 1] = { 0 };
	uint32_t hash[2] = { 0, 1 };
	size_t count = 1;

	for (const struct image_symbol *from = image->symbols; from->name; from++, count++) {
		unsigned type = from->type ? from->type : STT_FUNC;

		symbols[count] = (Elf64_Sym){
			.st_name = (uint32_t)string(maker, from->name),
			.st_info = ELF64_ST_INFO(from->is_weak ? STB_WEAK : STB_GLOBAL, type),
			.st_shndx = from->is_undefined ? SHN_UNDEF : 1,
			.st_size = from->size,
		};
		versions[count] = from->version ? (uint16_t)version_index(image, from) : 1;
		versions[count] |= from->is_hidden ? 0x8000 : 0;
	}
	hash[1] = (uint32_t)count;
	entry(maker, DT_SYMTAB, part(maker, PT_NULL, symbols, count * sizeof *symbols));
	entry(maker, DT_SYMENT, sizeof *symbols);
	entry(maker, DT_HASH, part(maker, PT_NULL, hash, sizeof hash));
	if (image->versions[0] || image->needs[0].version)
		entry(maker, DT_VERSYM, part(maker, PT_NULL, versions, count * sizeof *versions));
}

static void put_definitions(struct maker *maker, const struct image *image)
{
	struct {
		Elf64_Verdef version;
		Elf64_Verdaux name;
	} all[IMAGE_MAX + 1];
	const char *own = image->soname ? image->soname : "";
	size_t count = 1;

	while (image->versions[count - 1])
		count++;
	for (size_t i = 0; i < count; i++) {
		all[i].version = (Elf64_Verdef){
			.vd_version = VER_DEF_CURRENT,
			.vd_flags = i == 0 ? VER_FLG_BASE : 0,
			.vd_ndx = (uint16_t)(i + 1),
			.vd_cnt = 1,
			.vd_aux = sizeof all[i].version,
			.vd_next = i + 1 < count ? sizeof all[i] : 0,
		};
		all[i].name = (Elf64_Verdaux){
			.vda_name = (uint32_t)string(maker, i ? image->versions[i - 1] : own),
		};
	}
	entry(maker, DT_VERDEF, part(maker, PT_NULL, all, count * sizeof *all));
	entry(maker, DT_VERDEFNUM, count);
}

static void put_needs(struct maker *maker, const struct image *image)
{
	struct {
		Elf64_Verneed library;
		Elf64_Vernaux version;
	} all[IMAGE_MAX];
	size_t defined = 0, count = 0;

	while (image->versions[defined])
		defined++;
	for (; image->needs[count].version; count++) {
		all[count].library = (Elf64_Verneed){
			.vn_version = VER_NEED_CURRENT,
			.vn_cnt = 1,
			.vn_file = (uint32_t)string(maker, image->needs[count].library),
			.vn_aux = sizeof all[count].library,
			.vn_next = image->needs[count + 1].version ? sizeof all[count] : 0,
		};
		all[count].version = (Elf64_Vernaux){
			.vna_other = (uint16_t)(2 + defined + count),
			.vna_name = (uint32_t)string(maker, image->needs[count].version),
		};
	}
	entry(maker, DT_VERNEED, part(maker, PT_NULL, all, count * sizeof *all));
	entry(maker, DT_VERNEEDNUM, count);
}

static void put_notes(struct maker *maker, const struct image *image)
{
	struct {
		Elf64_Nhdr head;
		char name[4];
		uint32_t type, size, value, padding;
	} property = { { 4, 16, NT_GNU_PROPERTY_TYPE_0 },
		       "GNU",
		       GNU_PROPERTY_X86_FEATURE_1_AND,
		       4,
		       image->x86_features,
		       0 };
	struct {
		Elf64_Nhdr head;
		char name[4];
		char id[20];
	} build_id = { { 4, 20, NT_GNU_BUILD_ID }, "GNU", "" };

	if (image->x86_features)
		part(maker, PT_NOTE, &property, sizeof property);
	if (!image->build_id)
		return;
	memcpy(build_id.id, image->build_id, strnlen(image->build_id, sizeof build_id.id));
	part(maker, PT_NOTE, &build_id, sizeof build_id);
	maker->segments[maker->segment_count - 1].p_align = 4;
}

static void put_texts(struct maker *maker, const struct image *image)
{
	if (image->soname)
		entry(maker, DT_SONAME, string(maker, image->soname));
	if (image->runpath)
		entry(maker, DT_RUNPATH, string(maker, image->runpath));
	for (size_t i = 0; image->needed[i]; i++)
		entry(maker, DT_NEEDED, string(maker, image->needed[i]));
	if (image->dynamic_flags)
		entry(maker, DT_FLAGS, image->dynamic_flags);
	if (image->dynamic_flags_1)
		entry(maker, DT_FLAGS_1, image->dynamic_flags_1);
}

static void put_segments(struct maker *maker, const struct image *image)
{
	static const char tls[1];

	if (image->interpreter)
		part(maker, PT_INTERP, image->interpreter, strlen(image->interpreter) + 1);
	part(maker, PT_GNU_STACK, "", 0);
	maker->segments[maker->segment_count - 1].p_flags |= image->has_exec_stack ? PF_X : 0;
	if (!image->has_no_relro)
		part(maker, PT_GNU_RELRO, "", 0);
	if (image->tls_size) {
		part(maker, PT_TLS, tls, sizeof tls);
		maker->segments[maker->segment_count - 1].p_memsz = image->tls_size;
	}
}

/* What could only be known at the end. */
static void finish(struct maker *maker, const struct image *image)
{
	Elf64_Ehdr header = {
		.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB,
			     EV_CURRENT },
		.e_type = image->type ? image->type : ET_DYN,
		.e_machine = image->machine ? image->machine : EM_X86_64,
		.e_version = EV_CURRENT,
		.e_phoff = sizeof header,
		.e_flags = image->flags,
		.e_ehsize = sizeof header,
		.e_phentsize = sizeof *maker->segments,
		.e_phnum = SEGMENTS,
	};

	maker->segments[0] = (Elf64_Phdr){
		.p_type = PT_LOAD,
		.p_flags = PF_R,
		.p_filesz = maker->out.size,
		.p_memsz = maker->out.size,
		.p_align = 4096,
	};
	memcpy(maker->out.data, &header, sizeof header);
	memcpy(maker->out.data + sizeof header, maker->segments, sizeof maker->segments);
}

struct mend_bytes image_make(const struct image *image)
{
	static const char room[sizeof(Elf64_Ehdr) + SEGMENTS * sizeof(Elf64_Phdr)];
	struct maker maker = { .segment_count = 1 };

	append(&maker.out, room, sizeof room);
	append(&maker.strings, "", 1);
	put_segments(&maker, image);
	put_notes(&maker, image);
	put_texts(&maker, image);
	put_symbols(&maker, image);
	if (image->versions[0])
		put_definitions(&maker, image);
	if (image->needs[0].version)
		put_needs(&maker, image);
	entry(&maker, DT_STRTAB, part(&maker, PT_NULL, maker.strings.data, maker.strings.size));
	entry(&maker, DT_STRSZ, maker.strings.size);
	entry(&maker, DT_NULL, 0);
	part(&maker, PT_DYNAMIC, maker.dynamic, maker.dynamic_count * sizeof *maker.dynamic);
	finish(&maker, image);
	mend_bytes_free(&maker.strings);
	return maker.out;
}
