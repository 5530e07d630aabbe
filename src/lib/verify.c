/* SPDX-License-Identifier: MIT */
/* The gate from bytes to trust: the only place that makes a struct mend_verified. */
#include <string.h>

#include "mendfs/keyring.h"
#include "mendfs/path.h"

struct mend_verified {
	struct mend_bytes manifest;
	struct mend_signer *signers;
	size_t signer_count;
};

static const struct mend_trusted_key *find_key(const struct mend_keyring *ring,
					       const uint8_t id[MEND_KEY_ID_SIZE])
{
	for (size_t i = 0; i < ring->count; i++)
		if (memcmp(ring->keys[i].key.id, id, MEND_KEY_ID_SIZE) == 0)
			return &ring->keys[i];
	return NULL;
}

/* Two signatures of one key count once. */
static void add_signer(struct mend_verified *verified, const struct mend_trusted_key *key)
{
	struct mend_signer *signer;

	for (size_t i = 0; i < verified->signer_count; i++)
		if (memcmp(verified->signers[i].id, key->key.id, MEND_KEY_ID_SIZE) == 0)
			return;
	verified->signers =
		mend_grow(verified->signers, verified->signer_count + 1, sizeof *verified->signers);
	signer = &verified->signers[verified->signer_count++];
	*signer = (struct mend_signer){ 0 };
	strncpy(signer->name, key->name, sizeof signer->name - 1);
	memcpy(signer->id, key->key.id, sizeof signer->id);
}

/* "key 7A1C…" or "keys 7A1C…, 8B2D…" */
static int fail_untrusted(const struct mend_sig *sigs, size_t count, struct mend_error *err)
{
	char ids[MEND_SIGS_MAX * (MEND_KEY_ID_HEX + 1) + 1] = "";
	char *end = ids;

	if (count == 0)
		return mend_fail(err, MEND_UNTRUSTED, "not signed");
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			end = stpcpy(end, ", ");
		mend_key_id_hex(end, sigs[i].id);
		end += strlen(end);
	}
	if (count == 1)
		return mend_fail(err, MEND_UNTRUSTED, "signed by key %s, which is not trusted",
				 ids);
	return mend_fail(err, MEND_UNTRUSTED, "signed by keys %s, none of which is trusted", ids);
}

static int parse_sigs(struct mend_sig *parsed, const struct mend_span *sigs, size_t count,
		      struct mend_error *err)
{
	for (size_t i = 0; i < count; i++)
		if (mend_sig_parse(&parsed[i], sigs[i], err) < 0)
			return mend_fail_at(err, "signature %zu of %zu", i + 1, count);
	return 0;
}

int mend_verify(struct mend_verified **out, const struct mend_keyring *ring,
		struct mend_span manifest, const struct mend_span *sigs, size_t sig_count,
		struct mend_error *err)
{
	auto_call(mend_verified_free) struct mend_verified *verified = mend_alloc(sizeof *verified);
	auto_free struct mend_sig *parsed = NULL;

	if (sig_count > MEND_SIGS_MAX)
		return mend_fail(err, MEND_LIMIT, "%zu signatures: more than the limit of %d",
				 sig_count, MEND_SIGS_MAX);
	parsed = mend_alloc(sig_count * sizeof *parsed);
	if (parse_sigs(parsed, sigs, sig_count, err) < 0)
		return -1;
	/* Copied first: what is checked below is what will be decoded. */
	verified->manifest.data = mend_alloc(manifest.size + 1);
	verified->manifest.size = manifest.size;
	if (manifest.size > 0)
		memcpy(verified->manifest.data, manifest.data, manifest.size);
	for (size_t i = 0; i < sig_count; i++) {
		const struct mend_trusted_key *key = find_key(ring, parsed[i].id);

		if (key == NULL)
			continue;
		if (mend_sig_check(&parsed[i], &key->key, mend_verified_bytes(verified), err) < 0)
			return -1;
		add_signer(verified, key);
	}
	if (verified->signer_count == 0)
		return fail_untrusted(parsed, sig_count, err);
	*out = take(verified);
	return 0;
}

void mend_verified_free(struct mend_verified *verified)
{
	if (verified == NULL)
		return;
	mend_bytes_free(&verified->manifest);
	free(verified->signers);
	free(verified);
}

struct mend_span mend_verified_bytes(const struct mend_verified *verified)
{
	return mend_bytes_span(&verified->manifest);
}

const struct mend_signer *mend_verified_signers(const struct mend_verified *verified, size_t *count)
{
	*count = verified->signer_count;
	return verified->signers;
}

static bool may_patch(const struct mend_trusted_key *key, const char *path)
{
	if (key->paths == NULL)
		return true;
	for (size_t i = 0; i < key->path_count; i++)
		if (mend_path_matches(key->paths[i], path))
			return true;
	return false;
}

int mend_verified_may(const struct mend_verified *verified, const struct mend_keyring *ring,
		      const char *absolute_path, struct mend_error *err)
{
	unsigned fitting = 0, needed = UINT32_MAX;

	for (size_t i = 0; i < verified->signer_count; i++) {
		const struct mend_trusted_key *key = find_key(ring, verified->signers[i].id);

		if (key == NULL || !may_patch(key, absolute_path))
			continue;
		fitting++;
		if (key->threshold < needed)
			needed = key->threshold;
	}
	if (fitting == 0)
		return mend_fail(err, MEND_KEY_SCOPE, "%s: not a path that key \"%s\"%s may patch",
				 absolute_path, verified->signers[0].name,
				 verified->signer_count > 1 ? " or another signer" : "");
	if (fitting < needed)
		return mend_fail(err, MEND_THRESHOLD, "%s: signed by %u of the %u keys it needs",
				 absolute_path, fitting, needed);
	return 0;
}
