/* SPDX-License-Identifier: MIT */
/* The base directories that one release's targets are held against. */
#ifndef MENDCTL_FIT_H
#define MENDCTL_FIT_H

#include "mendctl/live.h"

struct fit {
	const struct mend_manifest *manifest;
	int store_dir; /* where a delta's reference may be, too; -1 for none */
	struct fit_base {
		int dir;	   /* borrowed */
		const char *where; /* as a person sees it */
	} * bases;		   /* of the mounts that serve the root; else own alone */
	size_t count;
	int own; /* --base or the root itself; -1 when mounts serve the root */
};

int fit_open(struct fit **out, const struct mend_manifest *manifest, const struct live *live,
	     int store_dir, const struct options *options, struct mend_error *err);
void fit_free(struct fit *fit);
MEND_AUTO(struct fit, fit_free)

/* Every target has, in every base, what it was made for: MEND_BASE. */
int fit_check(const struct fit *fit, struct mend_error *err);

/* A mend_find_base; context is a struct fit. */
int fit_find(void *context, const struct mend_digest *digest);

#endif
