/* SPDX-License-Identifier: MIT */
/* minisign's public keys and signatures: parsing and checking. */
#include "mendfs/minisign.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#define UNTRUSTED_PREFIX "untrusted comment: "
#define TRUSTED_PREFIX	 "trusted comment: "

/* What the base64 lines hold. */
struct raw_pubkey {
	uint8_t algorithm[2];
	uint8_t id[MEND_KEY_ID_SIZE];
	uint8_t key[32];
};

struct raw_sig {
	uint8_t algorithm[2];
	uint8_t id[MEND_KEY_ID_SIZE];
	uint8_t sig[64];
};

static bool begins_with(struct mend_span line, const char *prefix)
{
	size_t size = strlen(prefix);

	return line.size >= size && memcmp(line.data, prefix, size) == 0;
}

/* libsodium 1.0.18 reads some bytes above 0x7f as the letter A. */
static bool is_ascii(struct mend_span line)
{
	for (size_t i = 0; i < line.size; i++)
		if (line.data[i] > 0x7f)
			return false;
	return true;
}

/* Canonical base64 of exactly `size` bytes. */
static bool decode(void *out, size_t size, struct mend_span line)
{
	size_t got;

	return is_ascii(line) && line.size == (size + 2) / 3 * 4 &&
	       sodium_base642bin(out, size, (const char *)line.data, line.size, NULL, &got, NULL,
				 sodium_base64_VARIANT_ORIGINAL) == 0 &&
	       got == size;
}

/* The last line of a key file may have lost its newline in an editor. */
static bool last_line(struct mend_span *line, struct mend_span *rest)
{
	if (mend_span_line(line, rest))
		return rest->size == 0;
	*line = *rest;
	return line->size > 0;
}

int mend_pubkey_parse(struct mend_pubkey *out, struct mend_span raw, struct mend_error *err)
{
	struct mend_span line;
	struct raw_pubkey key;

	if (raw.size > MEND_KEY_FILE_MAX)
		return mend_fail(err, MEND_LIMIT, "%zu bytes: more than the limit of %d", raw.size,
				 MEND_KEY_FILE_MAX);
	if (!mend_span_line(&line, &raw) || !begins_with(line, UNTRUSTED_PREFIX))
		return mend_fail(err, MEND_FORMAT,
				 "not a minisign public key: line 1 is not \"" UNTRUSTED_PREFIX
				 "…\"");
	if (!last_line(&line, &raw) || !decode(&key, sizeof key, line))
		return mend_fail(err, MEND_FORMAT,
				 "not a minisign public key: line 2 is not the base64 of one");
	if (memcmp(key.algorithm, "Ed", 2) != 0)
		return mend_fail(err, MEND_FORMAT,
				 "not a minisign public key: the algorithm is not \"Ed\"");
	memcpy(out->id, key.id, sizeof out->id);
	memcpy(out->key, key.key, sizeof out->key);
	return 0;
}

/* minisign's own comments have tabs in them. */
static bool is_comment(const char *text, size_t size)
{
	while (size > 0) {
		size_t bytes = mend_text_char(text, size);

		if (bytes == 0 || (mend_text_is_control(text) && *text != '\t'))
			return false;
		text += bytes;
		size -= bytes;
	}
	return true;
}

static int parse_comment(char out[MEND_SIG_COMMENT_MAX], struct mend_span line,
			 struct mend_error *err)
{
	const char *text;
	size_t size;

	if (!begins_with(line, TRUSTED_PREFIX))
		return mend_fail(err, MEND_FORMAT,
				 "not a minisign signature: line 3 is not \"" TRUSTED_PREFIX "…\"");
	text = (const char *)line.data + strlen(TRUSTED_PREFIX);
	size = line.size - strlen(TRUSTED_PREFIX);
	if (size >= MEND_SIG_COMMENT_MAX)
		return mend_fail(err, MEND_LIMIT,
				 "trusted comment: %zu bytes: more than the limit of %d", size,
				 MEND_SIG_COMMENT_MAX - 1);
	if (!is_comment(text, size))
		return mend_fail(err, MEND_FORMAT,
				 "trusted comment: control characters or not UTF-8");
	memcpy(out, text, size);
	out[size] = '\0';
	return 0;
}

int mend_sig_parse(struct mend_sig *out, struct mend_span raw, struct mend_error *err)
{
	struct mend_span line;
	struct mend_sig sig;
	struct raw_sig signature;

	if (raw.size > MEND_SIG_FILE_MAX)
		return mend_fail(err, MEND_LIMIT, "%zu bytes: more than the limit of %d", raw.size,
				 MEND_SIG_FILE_MAX);
	if (!mend_span_line(&line, &raw) || !begins_with(line, UNTRUSTED_PREFIX))
		return mend_fail(err, MEND_FORMAT,
				 "not a minisign signature: line 1 is not \"" UNTRUSTED_PREFIX
				 "…\"");
	if (!mend_span_line(&line, &raw) || !decode(&signature, sizeof signature, line))
		return mend_fail(err, MEND_FORMAT,
				 "not a minisign signature: line 2 is not the base64 of one");
	if (memcmp(signature.algorithm, "Ed", 2) == 0)
		return mend_fail(err, MEND_FORMAT,
				 "a signature of the old form \"Ed\": sign again with minisign -H");
	if (memcmp(signature.algorithm, "ED", 2) != 0)
		return mend_fail(err, MEND_FORMAT,
				 "not a minisign signature: the algorithm is not \"ED\"");
	if (!mend_span_line(&line, &raw))
		line = mend_span_of(NULL, 0);
	if (parse_comment(sig.comment, line, err) < 0)
		return -1;
	if (!mend_span_line(&line, &raw) || !decode(sig.global, sizeof sig.global, line))
		return mend_fail(err, MEND_FORMAT,
				 "not a minisign signature: line 4 is not the base64 of one");
	if (raw.size > 0)
		return mend_fail(err, MEND_FORMAT,
				 "not a minisign signature: something follows line 4");
	memcpy(sig.id, signature.id, sizeof sig.id);
	memcpy(sig.sig, signature.sig, sizeof sig.sig);
	*out = sig;
	return 0;
}

int mend_sig_check(const struct mend_sig *sig, const struct mend_pubkey *key,
		   struct mend_span message, struct mend_error *err)
{
	uint8_t hash[crypto_generichash_BYTES_MAX];
	uint8_t global[sizeof sig->sig + MEND_SIG_COMMENT_MAX];
	size_t comment = strlen(sig->comment);
	char made_by[MEND_KEY_ID_HEX], id[MEND_KEY_ID_HEX];

	mend_key_id_hex(made_by, sig->id);
	mend_key_id_hex(id, key->id);
	if (memcmp(sig->id, key->id, sizeof key->id) != 0)
		return mend_fail(err, MEND_SIGNATURE, "signature of key %s, not of key %s", made_by,
				 id);
	crypto_generichash(hash, sizeof hash, message.data, message.size, NULL, 0);
	if (crypto_sign_verify_detached(sig->sig, hash, sizeof hash, key->key) != 0)
		return mend_fail(err, MEND_SIGNATURE,
				 "signature of key %s: does not fit the signed bytes", id);
	memcpy(global, sig->sig, sizeof sig->sig);
	memcpy(global + sizeof sig->sig, sig->comment, comment);
	if (crypto_sign_verify_detached(sig->global, global, sizeof sig->sig + comment, key->key))
		return mend_fail(err, MEND_SIGNATURE,
				 "signature of key %s: does not fit its trusted comment", id);
	return 0;
}

void mend_key_id_hex(char out[MEND_KEY_ID_HEX], const uint8_t id[MEND_KEY_ID_SIZE])
{
	for (size_t i = 0; i < MEND_KEY_ID_SIZE; i++)
		snprintf(out + 2 * i, 3, "%02X", id[MEND_KEY_ID_SIZE - 1 - i]);
}
