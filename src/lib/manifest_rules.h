/* SPDX-License-Identifier: MIT */
/* Private to the manifest's decoder: what texts may be, and the steps of decoding. */
#ifndef MENDFS_LIB_MANIFEST_RULES_H
#define MENDFS_LIB_MANIFEST_RULES_H

#include "mendfs/json.h"
#include "mendfs/manifest.h"

/* Whether a text may be a member's value. */
typedef bool mend_rule(const char *text);

bool mend_rule_line(const char *text);	   /* 1 to 256 bytes without control characters */
bool mend_rule_link(const char *text);	   /* 1 to 4095 bytes without control characters */
bool mend_rule_cve(const char *text);	   /* CVE-2026-0001 */
bool mend_rule_unit(const char *text);	   /* ssh.service */
bool mend_rule_arch(const char *text);	   /* x86_64 */
bool mend_rule_os(const char *text);	   /* ID and VERSION_ID of os-release(5) */
bool mend_rule_severity(const char *text); /* or "" */
bool mend_rule_build_id(const char *text); /* hexadecimal digits */

/* Copies a member that has to fit the rule: MEND_FORMAT `key: "value": why`. */
int mend_rule_take(char **out, const json_t *object, const char *key, mend_rule *rule,
		   const char *why, struct mend_error *err);
/* The same for a member that may be missing or null, which gives NULL. */
int mend_rule_take_optional(char **out, const json_t *object, const char *key, mend_rule *rule,
			    const char *why, struct mend_error *err);
/* The same for a path; kind is "a relative" or "an absolute". */
int mend_rule_take_path(char **out, const json_t *object, const char *key, mend_rule *rule,
			const char *kind, struct mend_error *err);
/* Like mend_fail_at(), for what contains the member: "targets[3]" and "path: missing" become
 * "targets[3].path: missing". */
int mend_rule_below(struct mend_error *err, const char *what);

/* Fills a zeroed target; what it has taken is freed by mend_target_free(), also after a failure. */
int mend_target_decode(struct mend_target *target, const json_t *object, struct mend_error *err);
void mend_target_free(struct mend_target *target);

bool mend_rule_finding(const char *text); /* the name of a finding */
/* Needs the targets. */
int mend_waivers_decode(struct mend_manifest *manifest, const json_t *top, struct mend_error *err);
void mend_waivers_free(struct mend_manifest *manifest);
/* The optional "members": the bundle's objects and the hashes of their bytes. */
int mend_members_decode(struct mend_manifest *manifest, const json_t *top, struct mend_error *err);

/* What the manifest's parts must be to each other: order of targets, none below another; times;
 * requires and conflicts. */
int mend_manifest_check(const struct mend_manifest *manifest, struct mend_error *err);

#endif
