/* SPDX-License-Identifier: MIT */
/* Secret keys: made, sealed with a password, read back, and used. Every copy is wiped. */
#include "mend-publish/seckey.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "mend-publish/verb.h"
#include "mendfs/digest.h"
#include "mendfs/fs.h"

#define OPSLIMIT crypto_pwhash_scryptsalsa208sha256_OPSLIMIT_SENSITIVE
#define MEMLIMIT crypto_pwhash_scryptsalsa208sha256_MEMLIMIT_SENSITIVE
/* A key file may ask for more than we do, but not for all of the machine. */
#define OPSLIMIT_MAX (OPSLIMIT * 16)
#define MEMLIMIT_MAX (MEMLIMIT * 4ULL)

/* The bytes of the second line. All are arrays of bytes: there is no padding. */
struct sealed {
	uint8_t id[MEND_KEY_ID_SIZE];
	uint8_t key[64];
	uint8_t checksum[32]; /* BLAKE2b-256 of algorithm, id and key */
};
struct secret_file {
	uint8_t algorithm[2]; /* "Ed" */
	uint8_t kdf[2];	      /* "Sc", or zeros for none */
	uint8_t sum[2];	      /* "B2" */
	uint8_t salt[crypto_pwhash_scryptsalsa208sha256_SALTBYTES];
	uint8_t opslimit[8], memlimit[8]; /* little-endian */
	struct sealed sealed;		  /* under the key stream, when there is a password */
};
_Static_assert(sizeof(struct secret_file) == 158, "minisign's secret keys have 158 bytes");

static void secret_file_wipe(struct secret_file *file)
{
	int saved = errno;

	sodium_memzero(file, sizeof(*file));
	errno = saved;
}
#define auto_secret_file __attribute__((cleanup(secret_file_wipe))) struct secret_file

void seckey_wipe(struct seckey *key)
{
	int saved = errno;

	sodium_memzero(key, sizeof(*key));
	errno = saved;
}

void seckey_make(struct seckey *out)
{
	uint8_t public[32];

	randombytes_buf(out->id, sizeof(out->id));
	crypto_sign_keypair(public, out->key);
}

void seckey_public(struct mend_pubkey *out, const struct seckey *key)
{
	memcpy(out->id, key->id, sizeof(out->id));
	memcpy(out->key, key->key + 32, sizeof(out->key));
}

static void put_le64(uint8_t out[8], uint64_t value)
{
	for (int i = 0; i < 8; i++)
		out[i] = (uint8_t)(value >> 8 * i);
}

static uint64_t get_le64(const uint8_t in[8])
{
	uint64_t value = 0;

	for (int i = 7; i >= 0; i--)
		value = value << 8 | in[i];
	return value;
}

static void checksum_of(uint8_t out[32], const struct secret_file *file)
{
	struct mend_hasher hasher;
	struct mend_digest digest;

	mend_hasher_start(&hasher);
	mend_hasher_add(&hasher, file->algorithm, sizeof(file->algorithm));
	mend_hasher_add(&hasher, file->sealed.id, sizeof(file->sealed.id));
	mend_hasher_add(&hasher, file->sealed.key, sizeof(file->sealed.key));
	mend_hasher_end(&digest, &hasher);
	memcpy(out, digest.bytes, 32);
	sodium_memzero(&hasher, sizeof(hasher));
}

/* Seals or opens: the same exclusive or. */
static int apply_password(struct secret_file *file, const struct password *password,
			  struct mend_error *err)
{
	uint8_t stream[sizeof(file->sealed)], *sealed = (uint8_t *)&file->sealed;
	uint64_t opslimit = get_le64(file->opslimit), memlimit = get_le64(file->memlimit);

	if (opslimit > OPSLIMIT_MAX || memlimit > MEMLIMIT_MAX)
		return mend_fail(err, MEND_LIMIT,
				 "secret key asks for more than %llu MiB of memory",
				 MEMLIMIT_MAX >> 20);
	if (crypto_pwhash_scryptsalsa208sha256(stream, sizeof(stream), password->text,
					       strlen(password->text), file->salt, opslimit,
					       (size_t)memlimit) != 0)
		return mend_fail(err, MEND_SYSTEM,
				 "not enough memory to work with the password: %llu MiB are needed",
				 (unsigned long long)memlimit >> 20);
	for (size_t i = 0; i < sizeof(stream); i++)
		sealed[i] ^= stream[i];
	sodium_memzero(stream, sizeof(stream));
	return 0;
}

/* "untrusted comment: …", then base64. */
static void encode_lines(struct mend_bytes *out, const char *comment, const void *data, size_t size)
{
	size_t length = sodium_base64_encoded_len(size, sodium_base64_VARIANT_ORIGINAL);
	auto_free char *base64 = mend_alloc(length);

	sodium_bin2base64(base64, length, data, size, sodium_base64_VARIANT_ORIGINAL);
	out->data = (uint8_t *)mend_text_format("untrusted comment: %s\n%s\n", comment, base64);
	out->size = strlen((char *)out->data);
	sodium_memzero(base64, length);
}

int seckey_encode(struct mend_bytes *out, const struct seckey *key, const struct password *password,
		  const char *comment, struct mend_error *err)
{
	auto_secret_file file = { .algorithm = "Ed", .sum = "B2" };

	if (password) {
		memcpy(file.kdf, "Sc", 2);
		randombytes_buf(file.salt, sizeof(file.salt));
		put_le64(file.opslimit, OPSLIMIT);
		put_le64(file.memlimit, MEMLIMIT);
	}
	memcpy(file.sealed.id, key->id, sizeof(key->id));
	memcpy(file.sealed.key, key->key, sizeof(key->key));
	checksum_of(file.sealed.checksum, &file);
	if (password && apply_password(&file, password, err) < 0)
		return -1;
	encode_lines(out, comment, &file, sizeof(file));
	return 0;
}

static int decode_lines(struct secret_file *out, struct mend_span raw, struct mend_error *err)
{
	struct mend_span comment, base64, rest = raw;
	size_t size;

	if (!mend_span_line(&comment, &rest) || comment.size < 18 ||
	    memcmp(comment.data, "untrusted comment:", 18) != 0)
		return mend_fail(err, MEND_FORMAT, "not a minisign secret key");
	if (!mend_span_line(&base64, &rest))
		base64 = rest; /* no end of line: minisign takes that too */
	while (base64.size > 0 && base64.data[base64.size - 1] == '\r')
		base64.size--;
	if (sodium_base642bin((uint8_t *)out, sizeof(*out), (const char *)base64.data, base64.size,
			      NULL, &size, NULL, sodium_base64_VARIANT_ORIGINAL) != 0 ||
	    size != sizeof(*out))
		return mend_fail(err, MEND_FORMAT, "not a minisign secret key");
	if (memcmp(out->algorithm, "Ed", 2) != 0 || memcmp(out->sum, "B2", 2) != 0)
		return mend_fail(err, MEND_FORMAT, "secret key of an unknown kind");
	return 0;
}

bool seckey_is_encrypted(struct mend_span raw)
{
	auto_secret_file file = { .algorithm = "" };

	return decode_lines(&file, raw, NULL) == 0 && memcmp(file.kdf, "Sc", 2) == 0;
}

/* minisign -W leaves the checksum zero; there the public half has to tell whether all is well. */
static bool is_intact(const struct secret_file *file, bool sealed)
{
	uint8_t sum[32], public[32], key[64];
	bool good;

	checksum_of(sum, file);
	if (sodium_memcmp(sum, file->sealed.checksum, sizeof(sum)) != 0 &&
	    (sealed || !sodium_is_zero(file->sealed.checksum, sizeof(sum))))
		return false;
	crypto_sign_seed_keypair(public, key, file->sealed.key);
	good = sodium_memcmp(key, file->sealed.key, sizeof(key)) == 0;
	sodium_memzero(key, sizeof(key));
	return good;
}

int seckey_decode(struct seckey *out, struct mend_span raw, const struct password *password,
		  struct mend_error *err)
{
	auto_secret_file file = { .algorithm = "" };
	bool plain, sealed;

	if (decode_lines(&file, raw, err) < 0)
		return -1;
	plain = sodium_is_zero(file.kdf, sizeof(file.kdf));
	sealed = memcmp(file.kdf, "Sc", 2) == 0;
	if (!plain && !sealed)
		return mend_fail(err, MEND_FORMAT, "secret key is sealed in an unknown way");
	if (sealed && !password)
		return mend_fail(err, MEND_USAGE, "secret key has a password");
	if (sealed && apply_password(&file, password, err) < 0)
		return -1;
	if (!is_intact(&file, sealed))
		return sealed ? mend_fail(err, MEND_SIGNATURE, "wrong password")
			      : mend_fail(err, MEND_FORMAT, "secret key is damaged");
	memcpy(out->id, file.sealed.id, sizeof(out->id));
	memcpy(out->key, file.sealed.key, sizeof(out->key));
	return 0;
}

static int read_key_file(struct mend_bytes *out, mode_t *mode, const char *path,
			 struct mend_error *err)
{
	auto_fd fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;

	if (fd < 0)
		return mend_fail_errno(err, "%s: cannot open the secret key", path);
	if (fstat(fd, &st) < 0)
		return mend_fail_errno(err, "%s: cannot look at the secret key", path);
	if (mend_fs_read_fd(out, fd, MEND_KEY_FILE_MAX, err) < 0)
		return mend_fail_at(err, "%s", path);
	*mode = st.st_mode;
	return 0;
}

static int open_sealed(struct seckey *out, struct mend_span raw, const char *path,
		       const char *password_file, struct mend_error *err)
{
	auto_password password = { "" };

	if (password_read(&password, password_file, path, err) < 0)
		return -1;
	if (seckey_decode(out, raw, &password, err) < 0)
		return mend_fail_at(err, "%s", path);
	return 0;
}

int seckey_load(struct seckey *out, const char *path, const char *password_file,
		struct mend_error *err)
{
	auto_bytes raw = { NULL, 0 };
	mode_t mode;
	int result;

	if (read_key_file(&raw, &mode, path, err) < 0)
		return -1;
	if (seckey_is_encrypted(mend_bytes_span(&raw)))
		result = open_sealed(out, mend_bytes_span(&raw), path, password_file, err);
	else if (seckey_decode(out, mend_bytes_span(&raw), NULL, err) < 0)
		result = mend_fail_at(err, "%s", path);
	else
		result = 0;
	sodium_memzero(raw.data, raw.size);
	/* minisign(1) does not mind either, and a key in a container's secrets is often so. */
	if (result == 0 && (mode & 077))
		verb_warn("%s: others may read this secret key: chmod 600 it", path);
	return result;
}

void seckey_public_file(struct mend_bytes *out, const struct seckey *key, const char *comment)
{
	uint8_t raw[2 + MEND_KEY_ID_SIZE + 32] = "Ed";

	memcpy(raw + 2, key->id, MEND_KEY_ID_SIZE);
	memcpy(raw + 2 + MEND_KEY_ID_SIZE, key->key + 32, 32);
	encode_lines(out, comment, raw, sizeof(raw));
}

int seckey_sign(struct mend_bytes *out, const struct seckey *key, struct mend_span message,
		const char *trusted, struct mend_error *err)
{
	uint8_t hash[64], raw[2 + MEND_KEY_ID_SIZE + 64] = "ED", global[64];
	uint8_t *sig = raw + 2 + MEND_KEY_ID_SIZE;
	struct mend_span text = mend_span_text(trusted);
	auto_free uint8_t *signed_too = mend_alloc(64 + text.size);
	auto_bytes lines = { NULL, 0 };
	char base64[128];

	if (text.size >= MEND_SIG_COMMENT_MAX || strpbrk(trusted, "\r\n"))
		return mend_fail(err, MEND_LIMIT, "trusted comment has to be one short line");
	memcpy(raw + 2, key->id, MEND_KEY_ID_SIZE);
	crypto_generichash(hash, sizeof(hash), message.data, message.size, NULL, 0);
	crypto_sign_detached(sig, NULL, hash, sizeof(hash), key->key);
	memcpy(signed_too, sig, 64);
	memcpy(signed_too + 64, text.data, text.size);
	crypto_sign_detached(global, NULL, signed_too, 64 + text.size, key->key);
	encode_lines(&lines, MEND_SIG_COMMENT, raw, sizeof(raw));
	sodium_bin2base64(base64, sizeof(base64), global, sizeof(global),
			  sodium_base64_VARIANT_ORIGINAL);
	out->data = (uint8_t *)mend_text_format("%strusted comment: %s\n%s\n", (char *)lines.data,
						trusted, base64);
	out->size = strlen((char *)out->data);
	return 0;
}
