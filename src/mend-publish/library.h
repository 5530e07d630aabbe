/* SPDX-License-Identifier: MIT */
/* What a shared library is: by its name, and by its content. */
#ifndef PUBLISH_LIBRARY_H
#define PUBLISH_LIBRARY_H

#include "mendfs/error.h"
#include "mendfs/span.h"

/* "libx.so", "libx.so.1" or "libx-1.so"; of a path the last name counts. */
bool library_is_name(const char *path);
/* An ELF file that the dynamic linker loads, and that is called as one or has a SONAME. MEND_FORMAT
 * when it is called as one and is damaged; a text of that name, as linkers read, is none. */
int library_is(bool *out, const char *path, struct mend_span content, struct mend_error *err);
/* A copy of its SONAME; NULL when it has none. */
char *library_soname(struct mend_span content);

#endif
