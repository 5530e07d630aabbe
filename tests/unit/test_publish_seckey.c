/* SPDX-License-Identifier: MIT */
/* Secret keys: what is written is read back, what is damaged or sealed is not, and signatures fit.
 */
#include "mend-publish/seckey.h"

#include <sodium.h>
#include <string.h>

#include "unit.h"

static const char not_a_key[] = "not a minisign secret key";

START_TEST(without_password)
{
	struct seckey key, again;
	auto_bytes file = { NULL, 0 };
	struct mend_error err;

	seckey_make(&key);
	unit_works(seckey_encode(&file, &key, NULL, "a comment", &err));
	ck_assert_int_eq(strncmp((char *)file.data, "untrusted comment: a comment\n", 29), 0);
	ck_assert(!seckey_is_encrypted(mend_bytes_span(&file)));
	unit_works(seckey_decode(&again, mend_bytes_span(&file), NULL, &err));
	ck_assert_mem_eq(&key, &again, sizeof(key));
	/* minisign(1) reads a last line without an end too. */
	file.size--;
	unit_works(seckey_decode(&again, mend_bytes_span(&file), NULL, &err));
}
END_TEST

/* Every bit of the key matters, and what is not part of it may be anything. */
START_TEST(damaged)
{
	struct seckey key, again;
	auto_bytes file = { NULL, 0 };
	struct mend_error err;

	seckey_make(&key);
	unit_works(seckey_encode(&file, &key, NULL, "c", &err));
	for (size_t at = 0; at < file.size; at++) {
		file.data[at] ^= 1;
		if (seckey_decode(&again, mend_bytes_span(&file), NULL, NULL) == 0)
			ck_assert_mem_eq(&key, &again, sizeof(key));
		file.data[at] ^= 1;
	}
	for (size_t size = 0; size + 1 < file.size; size++)
		unit_fails(seckey_decode(&again, mend_span_of(file.data, size), NULL, &err),
			   MEND_FORMAT, not_a_key);
}
END_TEST

START_TEST(no_keys)
{
	static const char public_key[] =
		"untrusted comment: minisign public key\n"
		"RWSRCwIiy316Mayf/Mc1jZZ2+Zu4jhYFkwDja04Qps5fXOsZ8rqbCt3O\n";
	const char *const others[] = {
		"", "\n", "untrusted comment: x\n", "untrusted comment: x\nAAAA\n", public_key,
	};
	struct mend_error err;
	struct seckey key;

	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		unit_fails(seckey_decode(&key, mend_span_text(others[i]), NULL, &err), MEND_FORMAT,
			   not_a_key);
}
END_TEST

/* Replaces bytes of the 158 that a key file holds. */
static void patch(struct mend_bytes *file, size_t at, const void *bytes, size_t size)
{
	char *line = strchr((char *)file->data, '\n') + 1;
	uint8_t raw[158];

	ck_assert_int_eq(sodium_base642bin(raw, sizeof(raw), line, strlen(line), "\n", NULL, NULL,
					   sodium_base64_VARIANT_ORIGINAL),
			 0);
	memcpy(raw + at, bytes, size);
	sodium_bin2base64(line, 213, raw, sizeof(raw), sodium_base64_VARIANT_ORIGINAL);
	strcat(line, "\n");
}

/* A key file without a password, some of it replaced, and with another kind of sealing. */
static void refuses_patched(const char *kdf, size_t at, const char *bytes, enum mend_code code,
			    const char *text)
{
	struct password password = { "secret" };
	auto_bytes file = { NULL, 0 };
	struct mend_error err;
	struct seckey key;

	seckey_make(&key);
	unit_works(seckey_encode(&file, &key, NULL, "c", &err));
	file.data = mend_grow(file.data, file.size + 16, 1);
	patch(&file, at, bytes, strlen(bytes));
	patch(&file, 2, kdf, 2);
	unit_fails(seckey_decode(&key, mend_bytes_span(&file), &password, &err), code, text);
}

START_TEST(other_kinds)
{
	static const char none[2];

	refuses_patched(none, 0, "Rs", MEND_FORMAT, "secret key of an unknown kind");
	refuses_patched(none, 4, "S2", MEND_FORMAT, "secret key of an unknown kind");
	refuses_patched("Ar", 4, "B2", MEND_FORMAT, "secret key is sealed in an unknown way");
	refuses_patched(none, 100, "xxxx", MEND_FORMAT, "secret key is damaged");
	/* Cheap to derive, and what comes out is no key. */
	refuses_patched("Sc", 38, "\x01", MEND_SIGNATURE, "wrong password");
	/* A file that asks for all memory there is. */
	refuses_patched("Sc", 46, "xxxxxx", MEND_LIMIT,
			"secret key asks for more than 4096 MiB of memory");
}
END_TEST

START_TEST(password_missing)
{
	auto_bytes file = { NULL, 0 };
	struct mend_error err;
	struct seckey key;

	seckey_make(&key);
	unit_works(seckey_encode(&file, &key, NULL, "c", &err));
	file.data = mend_grow(file.data, file.size + 16, 1);
	patch(&file, 2, "Sc", 2);
	ck_assert(seckey_is_encrypted(mend_bytes_span(&file)));
	unit_fails(seckey_decode(&key, mend_bytes_span(&file), NULL, &err), MEND_USAGE,
		   "secret key has a password");
}
END_TEST

START_TEST(signatures_fit)
{
	struct mend_span message = mend_span_text("what is signed");
	auto_bytes file = { NULL, 0 }, again = { NULL, 0 };
	struct mend_pubkey public;
	struct mend_error err;
	struct mend_sig sig;
	struct seckey key;

	seckey_make(&key);
	seckey_public(&public, &key);
	unit_works(seckey_sign(&file, &key, message, "mendfs t 1", &err));
	unit_works(mend_sig_parse(&sig, mend_bytes_span(&file), &err));
	unit_works(mend_sig_check(&sig, &public, message, &err));
	ck_assert_str_eq(sig.comment, "mendfs t 1");
	unit_works(seckey_sign(&again, &key, message, "mendfs t 1", &err));
	ck_assert_str_eq((char *)file.data, (char *)again.data);
	unit_fails(seckey_sign(&again, &key, message, "two\nlines", &err), MEND_LIMIT,
		   "trusted comment has to be one short line");
}
END_TEST

START_TEST(public_file)
{
	struct mend_pubkey public, parsed;
	auto_bytes file = { NULL, 0 };
	struct mend_error err;
	struct seckey key;

	seckey_make(&key);
	seckey_public(&public, &key);
	seckey_public_file(&file, &key, "c");
	unit_works(mend_pubkey_parse(&parsed, mend_bytes_span(&file), &err));
	ck_assert_mem_eq(&public, &parsed, sizeof(public));
}
END_TEST

int main(void)
{
	return unit_main("publish_seckey",
			 (const TTest *[]){ without_password, damaged, no_keys, other_kinds,
					    password_missing, signatures_fit, public_file, NULL });
}
