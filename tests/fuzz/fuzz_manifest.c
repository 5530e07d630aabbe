/* SPDX-License-Identifier: MIT */
/*
 * The manifest's decoder. It takes verified bytes only, so each input is signed first, by the key
 * of a seed: what a trusted publisher signed by mistake must not crash anything.
 */
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "mendfs/manifest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char comment[] = "fuzz";

/* The text of a signature file. */
static char *sign(const uint8_t secret[64], struct mend_span message)
{
	uint8_t hash[64], line[74] = "ED", global[64], signed_text[64 + sizeof comment - 1];
	char line_text[128], global_text[128];

	crypto_generichash(hash, sizeof hash, message.data, message.size, NULL, 0);
	crypto_sign_detached(line + 10, NULL, hash, sizeof hash, secret);
	memcpy(signed_text, line + 10, 64);
	memcpy(signed_text + 64, comment, sizeof comment - 1);
	crypto_sign_detached(global, NULL, signed_text, sizeof signed_text, secret);
	sodium_bin2base64(line_text, sizeof line_text, line, sizeof line,
			  sodium_base64_VARIANT_ORIGINAL);
	sodium_bin2base64(global_text, sizeof global_text, global, sizeof global,
			  sodium_base64_VARIANT_ORIGINAL);
	return mend_text_format("untrusted comment: \n%s\ntrusted comment: %s\n%s\n", line_text,
				comment, global_text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t seed[crypto_sign_SEEDBYTES];
	struct mend_trusted_key key = { .name = (char[]){ "fuzz" }, .threshold = 1 };
	const struct mend_keyring ring = { .keys = &key, .count = 1 };
	struct mend_span message = mend_span_of(data, size), sig;
	auto_call(mend_verified_free) struct mend_verified *verified = NULL;
	auto_call(mend_manifest_free) struct mend_manifest *manifest = NULL;
	auto_free char *text = NULL;
	struct mend_error err = { 0 };
	uint8_t secret[64];

	crypto_sign_seed_keypair(key.key.key, secret, seed);
	text = sign(secret, message);
	sig = mend_span_text(text);
	if (mend_verify(&verified, &ring, message, &sig, 1, &err) < 0)
		__builtin_trap();
	if (mend_manifest_decode(&manifest, verified, &err) < 0)
		return err.code == MEND_FORMAT || err.code == MEND_LIMIT ? 0
									 : (__builtin_trap(), 0);
	if (mend_manifest_may(manifest, verified, &ring, &err) < 0)
		__builtin_trap();
	return 0;
}
