/* SPDX-License-Identifier: MIT */
/* Versions of symbols in an ELF file, defined and needed: the GNU extension that everybody uses. */
#include <string.h>

#include "elf_reader.h"

static void put_version(struct elf_reader *reader, unsigned index, struct elf_version version)
{
	if (index >= reader->version_count) {
		size_t count = index + 1;

		reader->versions = mend_grow(reader->versions, count, sizeof *reader->versions);
		memset(reader->versions + reader->version_count, 0,
		       (count - reader->version_count) * sizeof *reader->versions);
		reader->version_count = count;
	}
	reader->versions[index] = version;
}

/* The table that begins at an address; libelf checks each entry against the chunk. */
static int open_table(Elf_Data **out, const struct elf_reader *reader, uint64_t address,
		      Elf_Type type, const char *what, struct mend_error *err)
{
	uint64_t offset, room;

	if (elf_locate(&offset, &room, reader, address, what, err) < 0)
		return -1;
	return elf_chunk(out, reader, offset, room, type, what, err);
}

static int damaged(const char *what, struct mend_error *err)
{
	return mend_fail(err, MEND_FORMAT, "ELF: %s: damaged", what);
}

static int too_many(const char *what, struct mend_error *err)
{
	return mend_fail(err, MEND_LIMIT, "ELF: %s: more than %d", what, MEND_ELF_VERSIONS_MAX);
}

/* Of several names of a version the first is its own; the others are its parents. */
static int read_definition(struct elf_reader *reader, Elf_Data *data, const GElf_Verdef *entry,
			   size_t at, struct mend_error *err)
{
	struct mend_elf *elf = reader->elf;
	struct elf_version version = { NULL, NULL };
	GElf_Verdaux name;

	if (entry->vd_cnt == 0 || entry->vd_aux > data->d_size - at ||
	    gelf_getverdaux(data, (int)(at + entry->vd_aux), &name) == NULL)
		return damaged("defined versions", err);
	if (elf_string(&version.name, reader, name.vda_name, "defined version", err) < 0)
		return -1;
	if (!(entry->vd_flags & VER_FLG_BASE))
		elf->versions[elf->version_count++] = version.name;
	put_version(reader, entry->vd_ndx & 0x7fff, version);
	return 0;
}

static int read_definitions(struct elf_reader *reader, struct mend_error *err)
{
	const struct elf_dynamic *dynamic = &reader->dynamic;
	size_t count = dynamic->defined_version_count, at = 0;
	Elf_Data *data;

	if (count > MEND_ELF_VERSIONS_MAX)
		return too_many("defined versions", err);
	if (open_table(&data, reader, dynamic->defined_versions, ELF_T_VDEF, "defined versions",
		       err) < 0)
		return -1;
	reader->elf->versions = mend_alloc(count * sizeof *reader->elf->versions);
	for (size_t i = 0; i < count; i++) {
		GElf_Verdef entry;

		if (gelf_getverdef(data, (int)at, &entry) == NULL)
			return damaged("defined versions", err);
		if (read_definition(reader, data, &entry, at, err) < 0)
			return -1;
		if (entry.vd_next == 0)
			return 0;
		if (entry.vd_next > data->d_size - at)
			return damaged("defined versions", err);
		at += entry.vd_next;
	}
	return 0;
}

static int read_need(struct elf_reader *reader, Elf_Data *data, size_t at, const char *library,
		     GElf_Vernaux *entry, struct mend_error *err)
{
	struct mend_elf *elf = reader->elf;
	struct mend_elf_need *need;

	if (elf->need_count == MEND_ELF_VERSIONS_MAX)
		return too_many("needed versions", err);
	if (gelf_getvernaux(data, (int)at, entry) == NULL)
		return damaged("needed versions", err);
	if ((elf->need_count & (elf->need_count - 1)) == 0)
		elf->needs = mend_grow(elf->needs, elf->need_count ? 2 * elf->need_count : 1,
				       sizeof *elf->needs);
	need = &elf->needs[elf->need_count];
	*need = (struct mend_elf_need){ .library = library,
					.is_weak = (entry->vna_flags & VER_FLG_WEAK) != 0 };
	if (elf_string(&need->version, reader, entry->vna_name, "needed version", err) < 0)
		return -1;
	elf->need_count++;
	put_version(reader, entry->vna_other & 0x7fff,
		    (struct elf_version){ need->version, library });
	return 0;
}

static int read_needs_of(struct elf_reader *reader, Elf_Data *data, size_t at,
			 const GElf_Verneed *entry, struct mend_error *err)
{
	const char *library;

	if (elf_string(&library, reader, entry->vn_file, "needed version", err) < 0)
		return -1;
	if (entry->vn_aux > data->d_size - at)
		return damaged("needed versions", err);
	at += entry->vn_aux;
	for (size_t i = 0; i < entry->vn_cnt; i++) {
		GElf_Vernaux need;

		if (read_need(reader, data, at, library, &need, err) < 0)
			return -1;
		if (need.vna_next == 0)
			return 0;
		if (need.vna_next > data->d_size - at)
			return damaged("needed versions", err);
		at += need.vna_next;
	}
	return 0;
}

static int read_needs(struct elf_reader *reader, struct mend_error *err)
{
	const struct elf_dynamic *dynamic = &reader->dynamic;
	size_t at = 0;
	Elf_Data *data;

	if (open_table(&data, reader, dynamic->needed_versions, ELF_T_VNEED, "needed versions",
		       err) < 0)
		return -1;
	for (size_t i = 0; i < dynamic->needed_version_count; i++) {
		GElf_Verneed entry;

		if (i == MEND_ELF_VERSIONS_MAX)
			return too_many("needed versions", err);
		if (gelf_getverneed(data, (int)at, &entry) == NULL)
			return damaged("needed versions", err);
		if (read_needs_of(reader, data, at, &entry, err) < 0)
			return -1;
		if (entry.vn_next == 0)
			return 0;
		if (entry.vn_next > data->d_size - at)
			return damaged("needed versions", err);
		at += entry.vn_next;
	}
	return 0;
}

static int compare_texts(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int elf_read_versions(struct elf_reader *reader, struct mend_error *err)
{
	struct mend_elf *elf = reader->elf;

	if (reader->content.size > INT32_MAX)
		return mend_fail(err, MEND_LIMIT, "ELF: file of more than 2 GiB");
	if (reader->dynamic.defined_versions && read_definitions(reader, err) < 0)
		return -1;
	if (reader->dynamic.needed_versions && read_needs(reader, err) < 0)
		return -1;
	if (elf->version_count > 0)
		qsort(elf->versions, elf->version_count, sizeof *elf->versions, compare_texts);
	return 0;
}
