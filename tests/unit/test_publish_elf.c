/* SPDX-License-Identifier: MIT */
/* What is read of ELF files, this program being one; and that damaged ones tell nothing, quietly.
 */
#include "mend-publish/elf.h"

#include <elf.h>
#include <fcntl.h>
#include <string.h>
#include <sys/utsname.h>

#include "mendfs/fs.h"
#include "unit.h"

static void read_self(struct mend_bytes *out)
{
	auto_fd fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	struct mend_error err;

	unit_works(mend_fs_read_fd(out, fd, 1 << 30, &err));
}

START_TEST(of_this_program)
{
	auto_bytes self = { NULL, 0 };
	auto_free char *id = NULL;
	struct utsname machine;

	read_self(&self);
	ck_assert_int_eq(uname(&machine), 0);
	if (self.data[EI_CLASS] == ELFCLASS64)
		ck_assert_str_eq(elf_arch(mend_bytes_span(&self)), machine.machine);
	id = elf_build_id(mend_bytes_span(&self));
	ck_assert(!id || strspn(id, "0123456789abcdef") == strlen(id));
}
END_TEST

START_TEST(of_32_bits)
{
	Elf32_Ehdr header = { .e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS32, ELFDATA2LSB,
					   EV_CURRENT },
			      .e_type = ET_DYN,
			      .e_machine = EM_386,
			      .e_version = EV_CURRENT,
			      .e_ehsize = sizeof(header) };

	ck_assert_ptr_null(elf_arch(mend_span_of(&header, sizeof(header))));
}
END_TEST

START_TEST(of_no_elf)
{
	ck_assert_ptr_null(elf_arch(mend_span_of(NULL, 0)));
	ck_assert_ptr_null(
		elf_arch(mend_span_text("#!/bin/sh\necho a script that is long enough\n")));
	ck_assert_ptr_null(elf_build_id(mend_span_text("!<arch>\nan archive\n")));
}
END_TEST

START_TEST(cut_and_changed)
{
	auto_bytes self = { NULL, 0 };

	read_self(&self);
	for (size_t size = 0; size < 4096; size += 7) {
		/* A copy of that very size, so that a sanitizer sees every step too far. */
		auto_free uint8_t *cut = memcpy(mend_alloc(size + !size), self.data, size);

		elf_arch(mend_span_of(cut, size));
		free(elf_build_id(mend_span_of(cut, size)));
	}
	for (size_t at = 0; at < 1024; at++) {
		self.data[at] ^= 0xff;
		elf_arch(mend_bytes_span(&self));
		free(elf_build_id(mend_bytes_span(&self)));
		self.data[at] ^= 0xff;
	}
}
END_TEST

int main(void)
{
	return unit_main("publish_elf", (const TTest *[]){ of_this_program, of_32_bits, of_no_elf,
							   cut_and_changed, NULL });
}
