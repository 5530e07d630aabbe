/* SPDX-License-Identifier: MIT */
/*
 * minisign's public keys and "ED" signatures (https://jedisct1.github.io/minisign/): the public
 * half. Secret keys are mend-publish's alone. A legacy "Ed" signature is refused: over canonical
 * JSON it would be a TUF signature.
 */
#ifndef MENDFS_MINISIGN_H
#define MENDFS_MINISIGN_H

#include "mendfs/error.h"
#include "mendfs/span.h"

#define MEND_KEY_ID_SIZE     8
#define MEND_KEY_ID_HEX	     17 /* as minisign prints it: a little-endian 64-bit number, upper case */
#define MEND_KEY_FILE_MAX    4096
#define MEND_SIG_FILE_MAX    8192
#define MEND_SIG_COMMENT_MAX 2048

/* The untrusted comment that minisign(1) gives a signature, and the only one in a bundle. */
#define MEND_SIG_COMMENT "signature from minisign secret key"

struct mend_pubkey {
	uint8_t id[MEND_KEY_ID_SIZE];
	uint8_t key[32];
};

struct mend_sig {
	uint8_t id[MEND_KEY_ID_SIZE];
	uint8_t sig[64];
	uint8_t global[64];
	char comment[MEND_SIG_COMMENT_MAX]; /* trusted once mend_sig_check() passed */
};

/* `raw` is a whole key file: an untrusted comment line, a base64 line. */
int mend_pubkey_parse(struct mend_pubkey *out, struct mend_span raw, struct mend_error *err);
int mend_sig_parse(struct mend_sig *out, struct mend_span raw, struct mend_error *err);
/* Both the signature of the message and the global one must fit (MEND_SIGNATURE). */
int mend_sig_check(const struct mend_sig *sig, const struct mend_pubkey *key,
		   struct mend_span message, struct mend_error *err);
void mend_key_id_hex(char out[MEND_KEY_ID_HEX], const uint8_t id[MEND_KEY_ID_SIZE]);

#endif
