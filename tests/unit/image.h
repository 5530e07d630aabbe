/* SPDX-License-Identifier: MIT */
/* Makes small ELF files in memory: what a linker would, but nothing that could run. */
#ifndef MENDFS_TESTS_IMAGE_H
#define MENDFS_TESTS_IMAGE_H

#include <elf.h>

#include "mendfs/elf.h"

#define IMAGE_MAX 16 /* of each list; a NULL name ends it */

struct image_symbol {
	const char *name;
	uint8_t type; /* 0: STT_FUNC */
	uint64_t size;
	const char *version; /* one of versions, or of needs for an undefined one */
	bool is_hidden, is_undefined, is_weak;
};

struct image {
	uint16_t type, machine; /* 0: ET_DYN, EM_X86_64 */
	uint32_t flags;
	const char *soname, *runpath, *interpreter, *build_id; /* build_id: its bytes as a text */
	const char *needed[IMAGE_MAX];
	const char *versions[IMAGE_MAX];
	struct {
		const char *library, *version;
	} needs[IMAGE_MAX];
	struct image_symbol symbols[IMAGE_MAX];
	uint64_t tls_size;
	uint64_t dynamic_flags, dynamic_flags_1; /* DF_…, DF_1_… */
	bool has_exec_stack, has_no_relro;
	uint32_t x86_features;
};

/* To be freed with mend_bytes_free(). */
struct mend_bytes image_make(const struct image *image);

#endif
