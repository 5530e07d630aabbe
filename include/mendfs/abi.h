/* SPDX-License-Identifier: MIT */
/*
 * Would programs that work with a library go on working with another one in its place? Compares
 * what the dynamic linker relies on; types are abidiff(1)'s trade. The list of findings is in
 * mendfs-abi(7).
 */
#ifndef MENDFS_ABI_H
#define MENDFS_ABI_H

#include "mendfs/elf.h"

enum mend_verdict {
	MEND_NOTE,   /* worth knowing */
	MEND_RISK,   /* may matter to somebody */
	MEND_BREAKS, /* some program that works now will not */
};
const char *mend_verdict_name(enum mend_verdict verdict);

/* One per name and path: several symbols are one finding. */
struct mend_finding {
	const char *name; /* stable, lower case with "-"; static */
	enum mend_verdict verdict;
	char *path; /* of the target, below the root */
	char *text; /* one line fit to be shown to a person */
	bool is_waived;
};

struct mend_findings {
	struct mend_finding *items;
	size_t count;
};

/* The text is made fit to be shown. */
void mend_findings_add(struct mend_findings *findings, const char *name, enum mend_verdict verdict,
		       const char *path, const char *format, ...)
	__attribute__((format(printf, 5, 6)));
/* Breaks first, then by path and name. */
void mend_findings_sort(struct mend_findings *findings);
/* The gravest that is not waived; MEND_NOTE when there are none. */
enum mend_verdict mend_findings_worst(const struct mend_findings *findings);
void mend_findings_free(struct mend_findings *findings); /* not the struct */
#define auto_findings __attribute__((cleanup(mend_findings_free))) struct mend_findings

/* Adds what differs between two files that are to be one after the other at `path`. */
void mend_abi_compare(struct mend_findings *findings, const char *path, const struct mend_elf *old,
		      const struct mend_elf *new);
/* The same for contents, ELF files or not. A new one that cannot be read breaks, unless the old one
 * could not be, either. */
void mend_abi_compare_contents(struct mend_findings *findings, const char *path,
			       struct mend_span old, struct mend_span new);
/* Adds what a file that replaces none does to the processes that load it. */
void mend_abi_added(struct mend_findings *findings, const char *path, const struct mend_elf *new);

#endif
