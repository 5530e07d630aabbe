/* SPDX-License-Identifier: MIT */
/* Private to the comparison of libraries: its parts, and a list of names for one line. */
#ifndef MENDFS_LIB_ABI_PRIVATE_H
#define MENDFS_LIB_ABI_PRIVATE_H

#include "mendfs/abi.h"

/* Two files, and where what is found goes. */
struct abi_pair {
	struct mend_findings *findings;
	const char *path;
	const struct mend_elf *old, *new;
};

/* Names the first few of many. */
#define ABI_NAMED_MAX 5
struct abi_names {
	char *text; /* "a, b@V and 3 more" is made of it */
	size_t count;
};
void abi_names_add(struct abi_names *names, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Adds a finding "COUNT WHAT: NAMES" unless there are none, and frees the names. `what` has a
 * singular and a plural: "symbol is gone|symbols are gone". */
void abi_names_report(struct abi_names *names, struct mend_findings *findings, const char *name,
		      enum mend_verdict verdict, const char *path, const char *what);

void abi_compare_symbols(const struct abi_pair *pair);
void abi_compare_hardening(const struct abi_pair *pair);

#endif
