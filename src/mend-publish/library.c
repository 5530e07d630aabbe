/* SPDX-License-Identifier: MIT */
/* Tells shared libraries from the rest. */
#include "mend-publish/library.h"

#include <elf.h>
#include <string.h>

#include "mendfs/elf.h"

bool library_is_name(const char *path)
{
	const char *name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;

	while ((name = strstr(name, ".so")) != NULL) {
		name += strlen(".so");
		if (*name == '\0' || *name == '.')
			return true;
	}
	return false;
}

int library_is(bool *out, const char *path, struct mend_span content, struct mend_error *err)
{
	auto_call(mend_elf_free) struct mend_elf *elf = NULL;
	struct mend_error why;

	*out = false;
	if (!mend_elf_is(content))
		return 0;
	if (mend_elf_read(&elf, content, &why) < 0) {
		/* A program's debug information, a kernel's module: not ours to judge. */
		if (!library_is_name(path))
			return 0;
		return mend_fail(err, why.code, "%s", why.text);
	}
	*out = elf->type == ET_DYN && (elf->soname || library_is_name(path));
	return 0;
}

char *library_soname(struct mend_span content)
{
	auto_call(mend_elf_free) struct mend_elf *elf = NULL;

	if (!mend_elf_is(content) || mend_elf_read(&elf, content, NULL) < 0 || !elf->soname)
		return NULL;
	return mend_text_copy(elf->soname);
}
