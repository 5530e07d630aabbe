/* SPDX-License-Identifier: MIT */
/*
 * minisign's secret keys and what is done with them; the only code of mendfs that touches one.
 * Format: https://jedisct1.github.io/minisign/#secret-key-format
 */
#ifndef PUBLISH_SECKEY_H
#define PUBLISH_SECKEY_H

#include "mend-publish/password.h"
#include "mendfs/minisign.h"

struct seckey {
	uint8_t id[MEND_KEY_ID_SIZE];
	uint8_t key[64]; /* Ed25519: seed and public key */
};

void seckey_make(struct seckey *out); /* from the system's random numbers */
void seckey_wipe(struct seckey *key);
#define auto_seckey __attribute__((cleanup(seckey_wipe))) struct seckey

void seckey_public(struct mend_pubkey *out, const struct seckey *key);
/* The whole file, encrypted unless password is NULL. comment: one line. */
int seckey_encode(struct mend_bytes *out, const struct seckey *key, const struct password *password,
		  const char *comment, struct mend_error *err);
/* password may be NULL for a key without one. MEND_FORMAT, or MEND_SIGNATURE for a wrong password.
 */
int seckey_decode(struct seckey *out, struct mend_span raw, const struct password *password,
		  struct mend_error *err);
bool seckey_is_encrypted(struct mend_span raw);
/* Reads the file at path, asking for its password (or reading password_file) when it has one. Warns
 * when others may read it. */
int seckey_load(struct seckey *out, const char *path, const char *password_file,
		struct mend_error *err);

/* The public key's file. */
void seckey_public_file(struct mend_bytes *out, const struct seckey *key, const char *comment);
/* A signature file of the message, "ED"; the same every time. trusted: one line. */
int seckey_sign(struct mend_bytes *out, const struct seckey *key, struct mend_span message,
		const char *trusted, struct mend_error *err);

#endif
