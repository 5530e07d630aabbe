/* SPDX-License-Identifier: MIT */
/* A release's manifest.json, decoded; the specification is mendfs-format(5). */
#ifndef MENDFS_MANIFEST_H
#define MENDFS_MANIFEST_H

#include <sys/types.h>

#include "mendfs/digest.h"
#include "mendfs/keyring.h"
#include "mendfs/path.h"

#define MEND_MANIFEST_FORMAT 1
#define MEND_MANIFEST_MAX    (1024 * 1024) /* bytes */
#define MEND_TARGETS_MAX     4096
#define MEND_BASES_MAX	     64
#define MEND_LIST_MAX	     256 /* cves, requires, conflicts, restart, os, waivers */
#define MEND_MEMBERS_MAX     8192
#define MEND_OBJECT_MAX	     (512ULL * 1024 * 1024)
#define MEND_TITLE_MAX	     256
#define MEND_DESCRIPTION_MAX 16384
#define MEND_FINDING_MAX     64 /* bytes of a finding's name */

enum mend_op { MEND_OP_REPLACE, MEND_OP_ADD, MEND_OP_REMOVE, MEND_OP_SYMLINK };

/* One content of the base that a target was made for: a file by its hash, or a symlink by its text.
 */
struct mend_base {
	struct mend_digest content; /* when link is NULL */
	char *link;
	char *build_id; /* NULL where not told, as the next two */
	char *package;
	char *version;
};

struct mend_target {
	char *path; /* relative to the manifest's root */
	enum mend_op op;
	struct mend_base *bases; /* none: the name must be absent from the base */
	size_t base_count;
	struct mend_digest object; /* replace, add */
	uint64_t size;		   /* bytes; replace, add */
	mode_t mode;		   /* permission bits, at most 0755: no set-id; replace, add */
	char *to;		   /* symlink: its text */
	char *fixed_package;	   /* or NULL, as the next */
	char *fixed_version;
};

struct mend_os {
	char *id;
	char *version; /* NULL: any */
};

/* A finding of mendfs-abi(7) about a target that the publisher answers for. */
struct mend_waiver {
	char *finding; /* its name */
	char *path;    /* of the target */
	char *reason;
};

/* An object of the bundle, by its member's name there, and what its bytes are: as they are in the
 * bundle, that is, compressed. */
struct mend_member {
	char *name;
	struct mend_digest packed;
};

struct mend_manifest {
	char *id;
	unsigned release;
	char *title;
	char *description;  /* may be "" */
	char *severity;	    /* "low", "medium", "high", "critical" or "" */
	char *issued;	    /* as written, "2026-11-22T00:00:00Z" */
	int64_t issued_at;  /* seconds since the epoch */
	char *expires;	    /* or NULL */
	int64_t expires_at; /* 0: never */
	char *arch;	    /* as uname -m prints it, or "any" */
	struct mend_os *os;
	size_t os_count; /* none: any */
	char *root;
	struct mend_target *targets; /* sorted by path, no path twice, none below another one that
					is not a directory */
	size_t target_count;
	struct mend_member *members; /* sorted by name; NULL: not told, which is not "none" */
	size_t member_count;
	char **cves, **requires, **conflicts, **restart;
	size_t cve_count, require_count, conflict_count, restart_count;
	struct mend_waiver *waivers;
	size_t waiver_count;
};

/* The only decoder. Refuses (MEND_FORMAT, MEND_LIMIT) whatever mendfs-format(5) does. */
int mend_manifest_decode(struct mend_manifest **out, const struct mend_verified *verified,
			 struct mend_error *err);
void mend_manifest_free(struct mend_manifest *manifest);
MEND_AUTO(struct mend_manifest, mend_manifest_free)

const char *mend_op_name(enum mend_op op);
/* "openssl (b)"; out holds at least MEND_ID_MAX + MEND_LABEL_MAX + 4 bytes. */
#define MEND_TITLE_OF_MAX (MEND_ID_MAX + MEND_LABEL_MAX + 4)
void mend_release_text(char out[MEND_TITLE_OF_MAX], const char *id, unsigned release);

/* mend_verified_may() for every target. */
int mend_manifest_may(const struct mend_manifest *manifest, const struct mend_verified *verified,
		      const struct mend_keyring *ring, struct mend_error *err);
/* Time now (seconds since the epoch) against `expires`: MEND_EXPIRED. */
int mend_manifest_in_time(const struct mend_manifest *manifest, int64_t now,
			  struct mend_error *err);

/* A machine, as a manifest's arch and os speak of it. */
struct mend_platform {
	char arch[65];	     /* uname(2) */
	char os_id[65];	     /* os-release(5) below sysroot; "linux" when there is none */
	char os_version[65]; /* its VERSION_ID, or "" */
};

/* sysroot is "" for the real one. The answer for that is read once and kept for the life of the
 * process: mendfs(8) asks before it mounts itself over /usr/lib, where os-release is. */
int mend_platform_read(struct mend_platform *out, const char *sysroot, struct mend_error *err);
/* MEND_PLATFORM when it is made for others. */
int mend_manifest_fits(const struct mend_manifest *manifest, const struct mend_platform *platform,
		       struct mend_error *err);
/* Both in one. */
int mend_manifest_fits_platform(const struct mend_manifest *manifest, const char *sysroot,
				struct mend_error *err);

#endif
