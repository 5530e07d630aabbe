/* SPDX-License-Identifier: MIT */
/* Signs releases. The trusted comment tells which release it is and no time: the same release
 * signed twice is the same bytes. */
#include "mend-publish/signing.h"

#include <stdio.h>
#include <string.h>

static struct signature *place_for(struct parts *parts, const char *key)
{
	for (size_t i = 0; i < parts->signature_count; i++) {
		if (strcmp(parts->signatures[i].key, key) == 0)
			return &parts->signatures[i];
	}
	if (parts->signature_count == MEND_SIGS_MAX)
		return NULL;
	return &parts->signatures[parts->signature_count++];
}

int sign_parts(struct parts *parts, struct mend_bytes *file, const struct mend_manifest *manifest,
	       const struct seckey *key, struct mend_error *err)
{
	char comment[MEND_ID_MAX + 32], id[MEND_KEY_ID_HEX];
	struct signature *signature;

	mend_key_id_hex(id, key->id);
	signature = place_for(parts, id);
	if (!signature)
		return mend_fail(err, MEND_LIMIT, "bundle has %d signatures already",
				 MEND_SIGS_MAX);
	snprintf(comment, sizeof(comment), "mendfs %s %u", manifest->id, manifest->release);
	if (seckey_sign(file, key, parts->manifest, comment, err) < 0)
		return -1;
	memcpy(signature->key, id, sizeof(id));
	signature->file = mend_bytes_span(file);
	return 0;
}
