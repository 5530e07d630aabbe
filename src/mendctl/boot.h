/* SPDX-License-Identifier: MIT */
/* What the verbs of the boot counter share, and what `mendctl status` tells of it. */
#ifndef MENDCTL_BOOT_H
#define MENDCTL_BOOT_H

#include "mendctl/mendctl.h"
#include "mendfs/boot.h"

/* What the store has counted. A damaged file is told on standard error, and is as if there were
 * none: it keeps nobody from booting. */
struct mend_boot *boot_load(int store_dir);
/* False when there is no store: there is nothing to count, and none is made for it. */
bool boot_has_store(const struct options *options);

/* {"id","release","label","since"} of what was switched off and is not live again; a new reference.
 */
json_t *boot_off_json(const struct mend_boot *boot, const struct mend_generation *live);
/* A line for each of them. */
void boot_say_off(const struct options *options, const struct mend_boot *boot,
		  const struct mend_generation *live);

#endif
