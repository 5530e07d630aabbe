/* SPDX-License-Identifier: MIT */
/* The two things a manifest tells of an ELF file. What is no ELF file, or damaged, has
 * neither. */
#ifndef PUBLISH_ELF_H
#define PUBLISH_ELF_H

#include "mendfs/span.h"

/* As uname(2) calls a machine that runs it, or NULL. A 32-bit file tells nothing: 64-bit machines
 * run it too. */
const char *elf_arch(struct mend_span content);
/* Lower-case hexadecimal digits of the GNU build id, to be freed; or NULL. */
char *elf_build_id(struct mend_span content);

#endif
