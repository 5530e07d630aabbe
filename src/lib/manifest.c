/* SPDX-License-Identifier: MIT */
/* What a decoded manifest can be asked: may its signers, is it in time, what is it called. */
#include "mendfs/manifest.h"

#include <stdio.h>
#include <string.h>

#include "manifest_rules.h"
#include "mendfs/fs.h"

void mend_manifest_free(struct mend_manifest *manifest)
{
	if (manifest == NULL)
		return;
	free(manifest->id);
	free(manifest->title);
	free(manifest->description);
	free(manifest->severity);
	free(manifest->issued);
	free(manifest->expires);
	free(manifest->arch);
	free(manifest->root);
	for (size_t i = 0; i < manifest->os_count; i++) {
		free(manifest->os[i].id);
		free(manifest->os[i].version);
	}
	free(manifest->os);
	for (size_t i = 0; i < manifest->target_count; i++)
		mend_target_free(&manifest->targets[i]);
	free(manifest->targets);
	for (size_t i = 0; i < manifest->member_count; i++)
		free(manifest->members[i].name);
	free(manifest->members);
	mend_fs_list_free(manifest->cves, manifest->cve_count);
	mend_fs_list_free(manifest->requires, manifest->require_count);
	mend_fs_list_free(manifest->conflicts, manifest->conflict_count);
	mend_fs_list_free(manifest->restart, manifest->restart_count);
	mend_waivers_free(manifest);
	free(manifest);
}

const char *mend_op_name(enum mend_op op)
{
	switch (op) {
	case MEND_OP_REPLACE:
		return "replace";
	case MEND_OP_ADD:
		return "add";
	case MEND_OP_REMOVE:
		return "remove";
	case MEND_OP_SYMLINK:
		return "symlink";
	}
	return "unknown";
}

void mend_release_text(char out[MEND_TITLE_OF_MAX], const char *id, unsigned release)
{
	char label[MEND_LABEL_MAX];

	mend_label_of(label, release);
	snprintf(out, MEND_TITLE_OF_MAX, "%.*s (%s)", MEND_ID_MAX, id, label);
}

int mend_manifest_may(const struct mend_manifest *manifest, const struct mend_verified *verified,
		      const struct mend_keyring *ring, struct mend_error *err)
{
	for (size_t i = 0; i < manifest->target_count; i++) {
		auto_free char *path =
			mend_text_format("%s/%s", manifest->root, manifest->targets[i].path);

		if (mend_verified_may(verified, ring, path, err) < 0)
			return -1;
	}
	return 0;
}

int mend_manifest_in_time(const struct mend_manifest *manifest, int64_t now, struct mend_error *err)
{
	if (manifest->expires != NULL && now >= manifest->expires_at)
		return mend_fail(err, MEND_EXPIRED, "expired at %s", manifest->expires);
	return 0;
}
