/* SPDX-License-Identifier: MIT */
/* Does the base still have what a target was made for? And what if not: overtaken, or something
 * else? */
#ifndef MENDFS_BASE_H
#define MENDFS_BASE_H

#include "mendfs/manifest.h"

enum mend_target_state {
	MEND_TARGET_ACTIVE,	/* the base fits: the patch is served */
	MEND_TARGET_SUPERSEDED, /* the base is at least the fix, by content or by package version */
	MEND_TARGET_DRIFTED,	/* the base is something else; `reason` says what */
};

#define MEND_REASON_MAX 256

const char *mend_target_state_name(enum mend_target_state state);

/* Looks at path below base_dir and decides by content alone: ACTIVE, SUPERSEDED when the base
 * already is what the target would make of it, DRIFTED otherwise; `reason` is "" when ACTIVE. -1
 * only when the base could not be read. No symlink on the way is followed (openat2(2)
 * RESOLVE_BENEATH|RESOLVE_NO_SYMLINKS): what lies behind one is reached by another path. A
 * `replace` whose path is a symlink in the base has drifted. A directory that is missing on the way
 * counts as a name that is absent. */
int mend_target_check(enum mend_target_state *out, char reason[MEND_REASON_MAX],
		      const struct mend_target *target, int base_dir, struct mend_error *err);

/* dpkg's installed version of a package ("" when it is not installed), from sysroot's
 * /var/lib/dpkg/status. */
int mend_package_version(char out[256], const char *sysroot, const char *package,
			 struct mend_error *err);
/* Debian's version order (deb-version(7)): negative, 0, positive. */
int mend_version_compare(const char *a, const char *b);
/* Turns DRIFTED into SUPERSEDED when target->fixed_package is installed at fixed_version or newer.
 */
enum mend_target_state mend_target_overtaken(enum mend_target_state state,
					     const struct mend_target *target, const char *sysroot);

#endif
