/* SPDX-License-Identifier: MIT */
/*
 * What the dynamic linker would see of an ELF file (elf(5), ld.so(8)): headers, program headers and
 * the dynamic section, never section headers where there is another way. Nothing of the file is
 * trusted: every offset and count is checked against its size. libelf translates; the daemon never
 * calls any of this.
 */
#ifndef MENDFS_ELF_H
#define MENDFS_ELF_H

#include "mendfs/error.h"
#include "mendfs/span.h"

#define MEND_ELF_NAME_MAX     (64 * 1024) /* bytes of a symbol's name; mangled ones are long */
#define MEND_ELF_VERSIONS_MAX 32767	  /* a version's index has 15 bits */
#define MEND_ELF_BUILD_ID_MAX 64	  /* bytes; they are 20 as a rule */
#define MEND_ELF_SEGMENTS_MAX 256	  /* program headers; there are about ten */
/* Symbols may share names' bytes; all names together are this many string tables at most. */
#define MEND_ELF_NAMES_SHARED_MAX 16

struct mend_elf_symbol {
	const char *name;
	const char *version; /* NULL: none */
	const char *library; /* undefined: the SONAME whose version it is, or NULL */
	bool is_default;     /* defined: what a program linked today gets, name@@version */
	uint8_t type, binding, visibility; /* STT_…, STB_…, STV_… of elf.h */
	uint64_t size;
};

/* A version of another library that has to be there. */
struct mend_elf_need {
	const char *library; /* its SONAME */
	const char *version;
	bool is_weak;
};

/* Processors' protections that a file declares to support. */
enum mend_elf_feature {
	MEND_ELF_IBT = 1 << 0,	 /* x86: indirect branch tracking */
	MEND_ELF_SHSTK = 1 << 1, /* x86: shadow stack */
	MEND_ELF_BTI = 1 << 2,	 /* AArch64: branch target identification */
	MEND_ELF_PAC = 1 << 3,	 /* AArch64: pointer authentication */
};

/* Texts point into the content that was read. */
struct mend_elf {
	uint8_t class, data, os_abi; /* ELFCLASS…, ELFDATA…, ELFOSABI_… */
	uint16_t type, machine;	     /* ET_…, EM_… */
	uint32_t flags;
	const char *interpreter; /* NULL where there is none, as the next three */
	const char *soname, *rpath, *runpath;
	bool is_dynamic;
	bool has_static_tls, has_text_relocations, has_exec_stack, has_relro, has_bind_now;
	unsigned features; /* mend_elf_feature */
	uint64_t tls_size, tls_align;
	char build_id[2 * MEND_ELF_BUILD_ID_MAX + 1]; /* "" for none */
	const char **needed;
	size_t needed_count;
	struct mend_elf_symbol *symbols; /* defined for others, sorted by name, then version */
	size_t symbol_count;
	struct mend_elf_symbol *undefined; /* sorted likewise */
	size_t undefined_count;
	const char **versions; /* defined, sorted; without the file's own name */
	size_t version_count;
	struct mend_elf_need *needs; /* as in the file */
	size_t need_count;
};

/* Does it begin as an ELF file does? */
bool mend_elf_is(struct mend_span content);
/* MEND_FORMAT for what the dynamic linker could not load or what is damaged, MEND_LIMIT for what is
 * beyond the limits above. The content stays the caller's and has to outlive what comes out. */
int mend_elf_read(struct mend_elf **out, struct mend_span content, struct mend_error *err);
void mend_elf_free(struct mend_elf *elf);
MEND_AUTO(struct mend_elf, mend_elf_free)

/* The defined symbol that a reference is bound to, or NULL. A reference without a version (NULL)
 * takes the default one; a library without any versions satisfies every reference. */
const struct mend_elf_symbol *mend_elf_find(const struct mend_elf *elf, const char *name,
					    const char *version);
bool mend_elf_defines_version(const struct mend_elf *elf, const char *version);
bool mend_elf_needs_library(const struct mend_elf *elf, const char *soname);
/* May one process load both: same class, byte order and machine? */
bool mend_elf_is_akin(const struct mend_elf *a, const struct mend_elf *b);

#endif
