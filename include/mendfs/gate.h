/* SPDX-License-Identifier: MIT */
/*
 * The compatibility gate: a whole release against a base. Every target is held against what it
 * replaces (abi.h); what new files need is looked for in the release, in the base and among the
 * machine's libraries; and libraries that belong together are replaced together. The findings are
 * in mendfs-abi(7). Nothing of a file is executed.
 */
#ifndef MENDFS_GATE_H
#define MENDFS_GATE_H

#include "mendfs/abi.h"
#include "mendfs/manifest.h"

/* Gives the content of a replace or add target. */
typedef int mend_gate_content(struct mend_bytes *out, void *context,
			      const struct mend_target *target, struct mend_error *err);

/* A release as it lies over the base. */
struct mend_gate_layer {
	const struct mend_manifest *manifest;
	mend_gate_content *content;
	void *context;
};

struct mend_gate {
	const struct mend_gate_layer *layers; /* the first is looked at; the others, of the same
						 root, are there beside it */
	size_t layer_count;
	int base;	   /* the base directory */
	const int *places; /* directories that have more of the machine's libraries, such as "/" */
	size_t place_count;
	const char *sysroot; /* whose dpkg knows what belongs together; NULL: nobody's */
};

/* Adds what is found, waivers of the manifest applied, and sorts. A target of which the base has
 * nothing is taken as added. -1 only when something could not be read. */
int mend_gate_check(struct mend_findings *findings, const struct mend_gate *gate,
		    struct mend_error *err);
/* Marks what the manifest waives. */
void mend_gate_waive(struct mend_findings *findings, const struct mend_manifest *manifest);
/* MEND_INCOMPATIBLE with a line that names the first finding that breaks and is not waived. */
int mend_gate_refuse(const struct mend_findings *findings, struct mend_error *err);

#endif
