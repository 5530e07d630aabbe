/* SPDX-License-Identifier: MIT */
/* Private to the ELF reader: what its parts tell each other while a file is read. */
#ifndef MENDFS_LIB_ELF_READER_H
#define MENDFS_LIB_ELF_READER_H

#include <gelf.h>

#include "mendfs/elf.h"

/* The values of the dynamic section that say where something is; 0: not there. */
struct elf_dynamic {
	uint64_t strings, string_size;
	uint64_t symbols, symbol_size;
	uint64_t gnu_hash, hash;
	uint64_t version_of_symbol;
	uint64_t defined_versions, defined_version_count;
	uint64_t needed_versions, needed_version_count;
};

/* A version by its index: of a definition, or of a library that is needed. */
struct elf_version {
	const char *name;    /* NULL: no such index */
	const char *library; /* NULL: defined here */
};

struct elf_reader {
	struct mend_elf *elf; /* being filled */
	struct mend_span content;
	Elf *handle;
	GElf_Phdr *segments;
	size_t segment_count;
	struct elf_dynamic dynamic;
	struct mend_span strings;
	struct elf_version *versions; /* by index, version_count of them */
	size_t version_count;
	uint64_t name_bytes; /* of all symbols so far */
};

/* Part of the file, translated; MEND_FORMAT when it is not inside. */
int elf_chunk(Elf_Data **out, const struct elf_reader *reader, uint64_t offset, uint64_t size,
	      Elf_Type type, const char *what, struct mend_error *err);
/* Where in the file a virtual address is, and how many bytes of its segment the file has there. */
int elf_locate(uint64_t *offset, uint64_t *room, const struct elf_reader *reader, uint64_t address,
	       const char *what, struct mend_error *err);
/* A 32-bit number of the file, in its byte order; the caller has checked that it is inside. */
uint32_t elf_word(const struct elf_reader *reader, uint64_t offset);
/* A text of the dynamic string table. */
int elf_string(const char **out, const struct elf_reader *reader, uint64_t at, const char *what,
	       struct mend_error *err);

int elf_read_dynamic(struct elf_reader *reader, struct mend_error *err);
int elf_read_versions(struct elf_reader *reader, struct mend_error *err);
int elf_read_symbols(struct elf_reader *reader, struct mend_error *err);
int elf_read_notes(struct elf_reader *reader, struct mend_error *err);
/* How many entries the dynamic symbol table has; `room` is how many fit. */
int elf_count_symbols(uint64_t *out, const struct elf_reader *reader, uint64_t room,
		      struct mend_error *err);

#endif
