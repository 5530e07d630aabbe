/* SPDX-License-Identifier: MIT */
/* Keys and signatures: those that minisign itself made (tests/golden/minisign), and bad ones. */
#include "mendfs/minisign.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "mendfs/fs.h"
#include "unit.h"

static struct mend_bytes golden(const char *name)
{
	auto_free char *path = mend_text_format("tests/golden/minisign/%s", name);
	struct mend_bytes content = { 0 };
	struct mend_error err;

	unit_works(mend_fs_read(&content, AT_FDCWD, path, 1 << 20, &err));
	return content;
}

static struct mend_pubkey golden_key(const char *name)
{
	auto_bytes raw = golden(name);
	struct mend_pubkey key;
	struct mend_error err;

	unit_works(mend_pubkey_parse(&key, mend_bytes_span(&raw), &err));
	return key;
}

static struct mend_sig golden_sig(const char *name)
{
	auto_bytes raw = golden(name);
	struct mend_sig sig;
	struct mend_error err;

	unit_works(mend_sig_parse(&sig, mend_bytes_span(&raw), &err));
	return sig;
}

/* minisign writes the number of a key into its comment. */
START_TEST(key_number_as_minisign_prints_it)
{
	static const char before[] = "untrusted comment: minisign public key ";
	struct mend_pubkey key = golden_key("acme.pub");
	auto_bytes raw = golden("acme.pub");
	char id[MEND_KEY_ID_HEX];

	mend_key_id_hex(id, key.id);
	ck_assert_uint_eq(strlen(id), 16);
	ck_assert_int_eq(strncmp((char *)raw.data + strlen(before), id, 16), 0);
}
END_TEST

START_TEST(signatures_of_minisign_fit)
{
	struct mend_pubkey acme = golden_key("acme.pub"), other = golden_key("other.pub");
	auto_bytes message = golden("message");
	struct mend_sig sig = golden_sig("message.minisig");
	struct mend_error err;

	unit_works(mend_sig_check(&sig, &acme, mend_bytes_span(&message), &err));
	ck_assert_ptr_nonnull(strstr(sig.comment, "file:message\thashed"));
	sig = golden_sig("comment.minisig");
	unit_works(mend_sig_check(&sig, &acme, mend_bytes_span(&message), &err));
	ck_assert_str_eq(sig.comment, "release \xc3\xa9 of acme");
	sig = golden_sig("empty.minisig");
	unit_works(mend_sig_check(&sig, &acme, mend_span_of(NULL, 0), &err));
	sig = golden_sig("other.minisig");
	unit_works(mend_sig_check(&sig, &other, mend_bytes_span(&message), &err));
}
END_TEST

START_TEST(old_form_of_minisign_is_refused)
{
	auto_bytes raw = golden("old-form.minisig");
	struct mend_sig sig;
	struct mend_error err;

	unit_fails(mend_sig_parse(&sig, mend_bytes_span(&raw), &err), MEND_FORMAT,
		   "a signature of the old form \"Ed\": sign again with minisign -H");
}
END_TEST

/* The signer of test keys is seed 1: key 0101010101010101. */
START_TEST(what_does_not_fit)
{
	static const char text[] = "a message";
	struct mend_span message = mend_span_text(text);
	struct unit_signer signer, other;
	auto_free char *raw = NULL;
	struct mend_sig sig;
	struct mend_error err;

	unit_signer_make(&signer, 1);
	unit_signer_make(&other, 2);
	raw = unit_sign(&signer, message, "a comment");
	unit_works(mend_sig_parse(&sig, mend_span_text(raw), &err));
	unit_works(mend_sig_check(&sig, &signer.key, message, &err));
	unit_fails(mend_sig_check(&sig, &other.key, message, &err), MEND_SIGNATURE,
		   "signature of key 0101010101010101, not of key 0202020202020202");
	memcpy(other.key.id, signer.key.id, sizeof other.key.id);
	unit_fails(mend_sig_check(&sig, &other.key, message, &err), MEND_SIGNATURE,
		   "signature of key 0101010101010101: does not fit the signed bytes");
	unit_fails(mend_sig_check(&sig, &signer.key, mend_span_of(text, message.size - 1), &err),
		   MEND_SIGNATURE,
		   "signature of key 0101010101010101: does not fit the signed bytes");
	sig.comment[0] = 'A';
	unit_fails(mend_sig_check(&sig, &signer.key, message, &err), MEND_SIGNATURE,
		   "signature of key 0101010101010101: does not fit its trusted comment");
	sig.comment[0] = 'a';
	sig.comment[8] = '\0';
	unit_fails(mend_sig_check(&sig, &signer.key, message, &err), MEND_SIGNATURE,
		   "signature of key 0101010101010101: does not fit its trusted comment");
}
END_TEST

START_TEST(every_bit_of_a_signature_counts)
{
	struct mend_span message = mend_span_text("a message");
	struct unit_signer signer;
	auto_free char *raw = NULL;
	struct mend_sig sig;
	struct mend_error err;

	unit_signer_make(&signer, 1);
	raw = unit_sign(&signer, message, "");
	unit_works(mend_sig_parse(&sig, mend_span_text(raw), &err));
	unit_works(mend_sig_check(&sig, &signer.key, message, &err));
	for (size_t bit = 0; bit < 8 * (sizeof sig.sig + sizeof sig.global); bit++) {
		uint8_t *byte = bit < 512 ? &sig.sig[bit / 8] : &sig.global[(bit - 512) / 8];

		*byte ^= (uint8_t)(1 << bit % 8);
		ck_assert_int_eq(mend_sig_check(&sig, &signer.key, message, &err), -1);
		ck_assert_int_eq(err.code, MEND_SIGNATURE);
		*byte ^= (uint8_t)(1 << bit % 8);
	}
}
END_TEST

#define KEY_LINE "RWSJIIG40c1tun3lDD31QvQHi8oPelafJqo51QSSjLbo6vIkWfJ3AcVW"
#define NO_KEY	 "not a minisign public key: "

START_TEST(bad_key_files)
{
	static const struct {
		const char *raw, *text;
	} cases[] = {
		{ "", NO_KEY "line 1 is not \"untrusted comment: …\"" },
		{ KEY_LINE "\n", NO_KEY "line 1 is not \"untrusted comment: …\"" },
		{ "untrusted comment: x", NO_KEY "line 1 is not \"untrusted comment: …\"" },
		{ "trusted comment: x\n" KEY_LINE "\n",
		  NO_KEY "line 1 is not \"untrusted comment: …\"" },
		{ "untrusted comment: x\n", NO_KEY "line 2 is not the base64 of one" },
		{ "untrusted comment: x\n\n" KEY_LINE "\n",
		  NO_KEY "line 2 is not the base64 of one" },
		{ "untrusted comment: x\n" KEY_LINE "\r\n",
		  NO_KEY "line 2 is not the base64 of one" },
		{ "untrusted comment: x\n" KEY_LINE "=\n",
		  NO_KEY "line 2 is not the base64 of one" },
		{ "untrusted comment: x\n " KEY_LINE "\n",
		  NO_KEY "line 2 is not the base64 of one" },
		{ "untrusted comment: x\n" KEY_LINE "\n\n",
		  NO_KEY "line 2 is not the base64 of one" },
		{ "untrusted comment: x\nRWSJIIG40c1tun3lDD31QvQHi8oPelafJqo51QSSjLbo6vIkWfJ3AcV\n",
		  NO_KEY "line 2 is not the base64 of one" },
		{ "untrusted comment: "
		  "x\nRWSJIIG40c1tun3lDD31QvQHi8oPelafJqo51QSSjLbo6vIkWfJ3Ac-_\n",
		  NO_KEY "line 2 is not the base64 of one" },
		/* A byte that is no ASCII: libsodium takes it for the A that was there. */
		{ "untrusted comment: x\nRWSJIIG40c1tun3lDD31QvQHi8oPelafJqo51QSSjLbo6vIkWfJ3\xc1"
		  "cVW\n",
		  NO_KEY "line 2 is not the base64 of one" },
		{ "untrusted comment: "
		  "x\nRUSJIIG40c1tun3lDD31QvQHi8oPelafJqo51QSSjLbo6vIkWfJ3AcVW\n",
		  NO_KEY "the algorithm is not \"Ed\"" },
	};
	struct mend_pubkey key;
	struct mend_error err;
	char big[MEND_KEY_FILE_MAX + 1] = "";

	unit_works(mend_pubkey_parse(&key, mend_span_text("untrusted comment: \n" KEY_LINE), &err));
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		unit_fails(mend_pubkey_parse(&key, mend_span_text(cases[i].raw), &err), MEND_FORMAT,
			   cases[i].text);
	unit_fails(mend_pubkey_parse(&key, mend_span_of(big, sizeof big), &err), MEND_LIMIT,
		   "4097 bytes: more than the limit of 4096");
}
END_TEST

#define SIG_LINE                                                                                   \
	"RUSJIIG40c1tuhdvO1lkrUmZNWnxI+Sy/d+Nl+Pdky8R858y8secjZM6+5IAaorj8lrQTzheYJ8aQztqOm6QN8K"  \
	"cykvCCbfZkAM="
#define GLOBAL_LINE                                                                                \
	"CU1ZapGDYa63RvDOUpMQxViaUzelSMK+bkKpqz5y8+PJESYB/GuI2VmhwDtVgvowFvtJnLifHH6cQwVrRSGICg=="
#define NO_SIG "not a minisign signature: "
#define TOP    "untrusted comment: x\n" SIG_LINE "\n"

START_TEST(bad_signature_files)
{
	static const struct {
		const char *raw, *text;
	} cases[] = {
		{ "", NO_SIG "line 1 is not \"untrusted comment: …\"" },
		{ SIG_LINE "\n", NO_SIG "line 1 is not \"untrusted comment: …\"" },
		{ "untrusted comment: x\n", NO_SIG "line 2 is not the base64 of one" },
		{ "untrusted comment: x\n" KEY_LINE "\n",
		  NO_SIG "line 2 is not the base64 of one" },
		{ "untrusted comment: x\n" SIG_LINE, NO_SIG "line 2 is not the base64 of one" },
		{ "untrusted comment: x\nU" SIG_LINE "\n",
		  NO_SIG "line 2 is not the base64 of one" },
		{ "untrusted comment: x\n"
		  "RUSJIIG40c1tuhdvO1lkrUmZNWnxI+Sy/"
		  "d+Nl+Pdky8R858y8secjZM6+5IAaorj8lrQTzheYJ8aQztqOm6"
		  "QN8KcykvCCbfZk\xc1M=\n",
		  NO_SIG "line 2 is not the base64 of one" },
		/* The same bytes, written with bits in the padding. */
		{ "untrusted comment: x\n"
		  "RUSJIIG40c1tuhdvO1lkrUmZNWnxI+Sy/"
		  "d+Nl+Pdky8R858y8secjZM6+5IAaorj8lrQTzheYJ8aQztqOm6"
		  "QN8KcykvCCbfZkAN=\n",
		  NO_SIG "line 2 is not the base64 of one" },
		{ "untrusted comment: x\n"
		  "RVSJIIG40c1tuhdvO1lkrUmZNWnxI+Sy/"
		  "d+Nl+Pdky8R858y8secjZM6+5IAaorj8lrQTzheYJ8aQztqOm6"
		  "QN8KcykvCCbfZkAM=\n",
		  NO_SIG "the algorithm is not \"ED\"" },
		{ TOP, NO_SIG "line 3 is not \"trusted comment: …\"" },
		{ TOP "trusted comment: x", NO_SIG "line 3 is not \"trusted comment: …\"" },
		{ TOP "untrusted comment: x\n" GLOBAL_LINE "\n",
		  NO_SIG "line 3 is not \"trusted comment: …\"" },
		{ TOP "trusted comment: \x1b[2J\n" GLOBAL_LINE "\n",
		  "trusted comment: control characters or not UTF-8" },
		{ TOP "trusted comment: \xff\n" GLOBAL_LINE "\n",
		  "trusted comment: control characters or not UTF-8" },
		{ TOP "trusted comment: x\r\n" GLOBAL_LINE "\n",
		  "trusted comment: control characters or not UTF-8" },
		{ TOP "trusted comment: x\n", NO_SIG "line 4 is not the base64 of one" },
		{ TOP "trusted comment: x\n" GLOBAL_LINE,
		  NO_SIG "line 4 is not the base64 of one" },
		{ TOP "trusted comment: x\n" SIG_LINE "\n",
		  NO_SIG "line 4 is not the base64 of one" },
		{ TOP "trusted comment: x\n" GLOBAL_LINE "\n\n",
		  NO_SIG "something follows line 4" },
		{ TOP "trusted comment: x\n" GLOBAL_LINE "\nmore",
		  NO_SIG "something follows line 4" },
	};
	struct mend_sig sig;
	struct mend_error err;

	unit_works(mend_sig_parse(
		&sig, mend_span_text(TOP "trusted comment: a\tb\n" GLOBAL_LINE "\n"), &err));
	ck_assert_str_eq(sig.comment, "a\tb");
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		unit_fails(mend_sig_parse(&sig, mend_span_text(cases[i].raw), &err), MEND_FORMAT,
			   cases[i].text);
}
END_TEST

static int parse_with_comment(struct mend_sig *sig, size_t size, struct mend_error *err)
{
	auto_free char *comment = mend_alloc(size + 1);
	auto_free char *raw = NULL;

	memset(comment, 'c', size);
	raw = mend_text_format("%strusted comment: %s\n%s\n", TOP, comment, GLOBAL_LINE);
	return mend_sig_parse(sig, mend_span_text(raw), err);
}

START_TEST(limits_of_signature_files)
{
	struct mend_sig sig;
	struct mend_error err;

	unit_works(parse_with_comment(&sig, 2047, &err));
	ck_assert_uint_eq(strlen(sig.comment), 2047);
	unit_fails(parse_with_comment(&sig, 2048, &err), MEND_LIMIT,
		   "trusted comment: 2048 bytes: more than the limit of 2047");
	unit_fails(parse_with_comment(&sig, 8192, &err), MEND_LIMIT,
		   "8421 bytes: more than the limit of 8192");
}
END_TEST

int main(void)
{
	return unit_main("minisign",
			 (const TTest *[]){ key_number_as_minisign_prints_it,
					    signatures_of_minisign_fit,
					    old_form_of_minisign_is_refused, what_does_not_fit,
					    every_bit_of_a_signature_counts, bad_key_files,
					    bad_signature_files, limits_of_signature_files, NULL });
}
