/* SPDX-License-Identifier: MIT */
/* The ELF reader: everything it tells, of files made here and of this very program; and what is
 * damaged. */
#include <fcntl.h>
#include <string.h>

#include "image.h"
#include "mendfs/fs.h"
#include "unit.h"

static const struct image full = {
	.soname = "libfull.so.1",
	.runpath = "$ORIGIN/more",
	.build_id = "0123456789abcdefghij",
	.needed = { "libc.so.6", "libm.so.6" },
	.versions = { "FULL_1.0", "FULL_1.1" },
	.needs = { { "libc.so.6", "GLIBC_2.34" } },
	.symbols = { { .name = "run", .version = "FULL_1.0", .is_hidden = true },
		     { .name = "run", .version = "FULL_1.1" },
		     { .name = "data", .type = STT_OBJECT, .size = 48, .version = "FULL_1.0" },
		     { .name = "puts", .version = "GLIBC_2.34", .is_undefined = true },
		     { .name = "maybe", .is_undefined = true, .is_weak = true } },
	.tls_size = 24,
	.dynamic_flags = DF_BIND_NOW | DF_STATIC_TLS,
	.x86_features = GNU_PROPERTY_X86_FEATURE_1_IBT,
};

static struct mend_elf *read_image(struct mend_bytes *content, const struct image *image)
{
	struct mend_elf *elf = NULL;
	struct mend_error err;

	*content = image_make(image);
	unit_works(mend_elf_read(&elf, mend_bytes_span(content), &err));
	return elf;
}

START_TEST(reads_headers)
{
	auto_bytes content = { NULL, 0 };
	auto_call(mend_elf_free) struct mend_elf *elf = read_image(&content, &full);

	ck_assert_uint_eq(elf->class, ELFCLASS64);
	ck_assert_uint_eq(elf->data, ELFDATA2LSB);
	ck_assert_uint_eq(elf->type, ET_DYN);
	ck_assert_uint_eq(elf->machine, EM_X86_64);
	ck_assert_str_eq(elf->soname, "libfull.so.1");
	ck_assert_str_eq(elf->runpath, "$ORIGIN/more");
	ck_assert_ptr_null(elf->rpath);
	ck_assert_ptr_null(elf->interpreter);
	ck_assert(elf->is_dynamic && elf->has_static_tls && elf->has_bind_now && elf->has_relro);
	ck_assert(!elf->has_exec_stack && !elf->has_text_relocations);
	ck_assert_uint_eq(elf->tls_size, 24);
	ck_assert_uint_eq(elf->features, MEND_ELF_IBT);
	ck_assert_str_eq(elf->build_id, "303132333435363738396162636465666768696a");
}
END_TEST

START_TEST(reads_what_is_needed)
{
	auto_bytes content = { NULL, 0 };
	auto_call(mend_elf_free) struct mend_elf *elf = read_image(&content, &full);

	ck_assert_uint_eq(elf->needed_count, 2);
	ck_assert(mend_elf_needs_library(elf, "libm.so.6"));
	ck_assert(!mend_elf_needs_library(elf, "libm.so"));
	ck_assert_uint_eq(elf->need_count, 1);
	ck_assert_str_eq(elf->needs[0].library, "libc.so.6");
	ck_assert_str_eq(elf->needs[0].version, "GLIBC_2.34");
	ck_assert(!elf->needs[0].is_weak);
	ck_assert_uint_eq(elf->undefined_count, 2);
	ck_assert_str_eq(elf->undefined[0].name, "maybe");
	ck_assert_uint_eq(elf->undefined[0].binding, STB_WEAK);
	ck_assert_ptr_null(elf->undefined[0].version);
	ck_assert_str_eq(elf->undefined[1].name, "puts");
	ck_assert_str_eq(elf->undefined[1].version, "GLIBC_2.34");
	ck_assert_str_eq(elf->undefined[1].library, "libc.so.6");
}
END_TEST

START_TEST(reads_what_is_defined)
{
	auto_bytes content = { NULL, 0 };
	auto_call(mend_elf_free) struct mend_elf *elf = read_image(&content, &full);

	ck_assert_uint_eq(elf->version_count, 2);
	ck_assert(mend_elf_defines_version(elf, "FULL_1.1"));
	ck_assert(!mend_elf_defines_version(elf, "libfull.so.1"));
	ck_assert_uint_eq(elf->symbol_count, 3);
	ck_assert_uint_eq(mend_elf_find(elf, "data", "FULL_1.0")->size, 48);
	ck_assert_uint_eq(mend_elf_find(elf, "data", NULL)->type, STT_OBJECT);
	ck_assert(!mend_elf_find(elf, "run", "FULL_1.0")->is_default);
	ck_assert(mend_elf_find(elf, "run", "FULL_1.1")->is_default);
	ck_assert_str_eq(mend_elf_find(elf, "run", NULL)->version, "FULL_1.1");
	ck_assert_ptr_null(mend_elf_find(elf, "data", "FULL_1.1"));
	ck_assert_ptr_null(mend_elf_find(elf, "puts", NULL));
	ck_assert_ptr_null(mend_elf_find(elf, "zzz", NULL));
}
END_TEST

START_TEST(no_versions_satisfy_all)
{
	static const struct image plain = { .symbols = { { .name = "run" } } };
	auto_bytes content = { NULL, 0 };
	auto_call(mend_elf_free) struct mend_elf *elf = read_image(&content, &plain);

	ck_assert_ptr_nonnull(mend_elf_find(elf, "run", "ANY"));
	ck_assert_str_eq(elf->build_id, "");
}
END_TEST

/* What a linker makes: a GNU hash table, many segments, an interpreter. */
START_TEST(reads_this_program)
{
	auto_call(mend_elf_free) struct mend_elf *elf = NULL;
	auto_fd fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	auto_bytes content = { NULL, 0 };
	struct mend_error err;
	bool is_there = false;

	unit_works(mend_fs_read_fd(&content, fd, 1 << 30, &err));
	unit_works(mend_elf_read(&elf, mend_bytes_span(&content), &err));
	ck_assert_ptr_nonnull(elf->interpreter);
	ck_assert(mend_elf_needs_library(elf, "libc.so.6"));
	for (size_t i = 0; i < elf->undefined_count; i++)
		is_there |= strcmp(elf->undefined[i].name, "__libc_start_main") == 0 &&
			    strcmp(elf->undefined[i].library, "libc.so.6") == 0;
	ck_assert(is_there);
}
END_TEST

/* Sets bytes at an offset, and tells what the reader says. */
static void damage(size_t at, const void *bytes, size_t size, enum mend_code code, const char *text)
{
	auto_call(mend_elf_free) struct mend_elf *elf = NULL;
	auto_bytes content = image_make(&full);
	struct mend_error err;

	memcpy(content.data + at, bytes, size);
	unit_fails(mend_elf_read(&elf, mend_bytes_span(&content), &err), code, text);
	ck_assert_ptr_null(elf);
}

/* The file offset of the value of a dynamic entry. */
static size_t value_of(int64_t tag)
{
	auto_bytes content = image_make(&full);
	const Elf64_Phdr *segments = (const void *)(content.data + sizeof(Elf64_Ehdr));
	size_t at = 0;

	for (size_t i = 0; i < 8; i++)
		at = segments[i].p_type == PT_DYNAMIC ? segments[i].p_offset : at;
	while (((const Elf64_Dyn *)(content.data + at))->d_tag != tag)
		at += sizeof(Elf64_Dyn);
	return at + offsetof(Elf64_Dyn, d_un);
}

START_TEST(refuses_what_is_damaged)
{
	static const uint64_t far = 1 << 30, one = 1, wide = 0xfffffff0;
	static const uint16_t many = 1000, odd = 57;
	size_t load = sizeof(Elf64_Ehdr) + offsetof(Elf64_Phdr, p_filesz);

	damage(0, "\177elf", 4, MEND_FORMAT, "not an ELF file");
	damage(EI_CLASS, "\7", 1, MEND_FORMAT, "ELF: header: damaged");
	damage(offsetof(Elf64_Ehdr, e_phentsize), &odd, 2, MEND_FORMAT,
	       "ELF: program headers: of 57 bytes each");
	damage(offsetof(Elf64_Ehdr, e_phoff), &far, 8, MEND_FORMAT,
	       "ELF: program headers: not inside the file");
	damage(offsetof(Elf64_Ehdr, e_phnum), &many, 2, MEND_LIMIT,
	       "ELF: program headers: more than 256");
	damage(load, &far, 8, MEND_FORMAT, "ELF: segment: not inside the file: truncated?");
	damage(value_of(DT_STRTAB), &far, 8, MEND_FORMAT,
	       "ELF: string table: in no segment of the file");
	damage(value_of(DT_STRSZ), &far, 8, MEND_FORMAT, "ELF: string table: not inside the file");
	damage(value_of(DT_STRSZ), &one, 8, MEND_FORMAT,
	       "ELF: SONAME: its name is not in the string table");
	damage(value_of(DT_NEEDED), &far, 8, MEND_FORMAT,
	       "ELF: NEEDED: its name is not in the string table");
	damage(value_of(DT_SYMTAB), &far, 8, MEND_FORMAT,
	       "ELF: symbols: in no segment of the file");
	damage(value_of(DT_SYMENT), &one, 8, MEND_FORMAT, "ELF: symbols: entries of another size");
	damage(value_of(DT_HASH), &far, 8, MEND_FORMAT,
	       "ELF: hash table: in no segment of the file");
	damage(value_of(DT_VERSYM), &far, 8, MEND_FORMAT,
	       "ELF: symbols' versions: in no segment of the file");
	damage(value_of(DT_VERDEF), &far, 8, MEND_FORMAT,
	       "ELF: defined versions: in no segment of the file");
	damage(value_of(DT_VERDEFNUM), &wide, 8, MEND_LIMIT,
	       "ELF: defined versions: more than 32767");
	damage(value_of(DT_VERNEED), &far, 8, MEND_FORMAT,
	       "ELF: needed versions: in no segment of the file");
}
END_TEST

/* Every prefix and every single changed byte: an answer, and no read outside (with sanitizers). */
START_TEST(any_byte_may_be_anything)
{
	auto_bytes content = image_make(&full);
	struct mend_error err;

	for (size_t size = 0; size < content.size; size++) {
		auto_call(mend_elf_free) struct mend_elf *elf = NULL;
		auto_free uint8_t *copy = malloc(size + 1);

		memcpy(copy, content.data, size);
		ck_assert_int_eq(mend_elf_read(&elf, mend_span_of(copy, size), &err), -1);
	}
	for (size_t at = 0; at < content.size; at++) {
		for (unsigned value = 0; value < 256; value += 51) {
			auto_call(mend_elf_free) struct mend_elf *elf = NULL;
			uint8_t before = content.data[at];

			content.data[at] = (uint8_t)value;
			(void)mend_elf_read(&elf, mend_bytes_span(&content), &err);
			content.data[at] = before;
		}
	}
}
END_TEST

int main(void)
{
	return unit_main("elf", (const TTest *[]){ reads_headers, reads_what_is_needed,
						   reads_what_is_defined, no_versions_satisfy_all,
						   reads_this_program, refuses_what_is_damaged,
						   any_byte_may_be_anything, NULL });
}
