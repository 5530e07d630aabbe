/* SPDX-License-Identifier: MIT */
/* Who is trusted: keys.d, what narrows a key, and the gate that makes verified bytes. */
#include "mendfs/keyring.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "mendfs/fs.h"
#include "unit.h"

static int config_dir(void)
{
	int dir = unit_scratch();

	ck_assert_int_eq(mkdirat(dir, "keys.d", 0755), 0);
	return dir;
}

static void write_key(int dir, const char *name, uint8_t seed)
{
	struct unit_signer signer;
	auto_free char *raw = NULL;

	unit_signer_make(&signer, seed);
	raw = unit_key_file(&signer);
	unit_write(dir, name, raw);
}

static struct mend_keyring *load(int dir)
{
	struct mend_keyring *ring = NULL;
	struct mend_error err;

	unit_works(mend_keyring_load(&ring, dir, &err));
	return ring;
}

/* Names of the keys, a blank after each; then the bad ones, a line each. */
static void ring_is(int dir, const char *want)
{
	auto_call(mend_keyring_free) struct mend_keyring *ring = load(dir);
	char text[8192] = "";

	for (size_t i = 0; i < ring->count; i++)
		sprintf(text + strlen(text), "%s ", ring->keys[i].name);
	for (size_t i = 0; i < ring->bad_count; i++)
		sprintf(text + strlen(text), "\n%s", ring->bad[i]);
	ck_assert_str_eq(text, want);
}

START_TEST(nothing_is_an_empty_ring)
{
	int dir = unit_scratch();
	struct mend_keyring *ring = NULL;
	struct mend_error err;

	ring_is(-1, "");
	ring_is(dir, "");
	unit_write(dir, "keys.d", "not a directory");
	unit_fails(mend_keyring_load(&ring, dir, &err), MEND_SYSTEM,
		   "keys.d: cannot open the directory: Not a directory");
	ck_assert_ptr_null(ring);
	unit_scratch_end();
}
END_TEST

START_TEST(reads_keys_and_what_narrows_them)
{
	int dir = config_dir();
	auto_call(mend_keyring_free) struct mend_keyring *ring = NULL;

	write_key(dir, "keys.d/wide.pub", 1);
	write_key(dir, "keys.d/narrow.pub", 2);
	unit_write(dir, "keys.d/narrow.conf",
		   "# as mendfs.conf(5) has it\npaths = /usr/lib/*/libssl.so.*, /opt/**\nthreshold "
		   "= 2\n");
	unit_write(dir, "keys.d/.tmp-1.pub", "half written");
	unit_write(dir, "keys.d/README", "not a key");
	unit_write(dir, "keys.d/.pub", "nameless");
	ring = load(dir);
	ck_assert_uint_eq(ring->count, 2);
	ck_assert_uint_eq(ring->bad_count, 0);
	ck_assert_str_eq(ring->keys[0].name, "narrow");
	ck_assert_uint_eq(ring->keys[0].threshold, 2);
	ck_assert_uint_eq(ring->keys[0].path_count, 2);
	ck_assert_str_eq(ring->keys[0].paths[0], "/usr/lib/*/libssl.so.*");
	ck_assert_str_eq(ring->keys[0].paths[1], "/opt/**");
	ck_assert_str_eq(ring->keys[1].name, "wide");
	ck_assert_uint_eq(ring->keys[1].threshold, 1);
	ck_assert_ptr_null(ring->keys[1].paths);
	unit_scratch_end();
}
END_TEST

START_TEST(bad_key_files_are_left_out_and_told)
{
	int dir = config_dir();

	write_key(dir, "keys.d/good.pub", 1);
	unit_write(dir, "keys.d/bad.pub", "x");
	ck_assert_int_eq(symlinkat("good.pub", dir, "keys.d/link.pub"), 0);
	ck_assert_int_eq(mkdirat(dir, "keys.d/dir.pub", 0755), 0);
	ck_assert_int_eq(mkfifoat(dir, "keys.d/fifo.pub", 0644), 0);
	write_key(dir, "keys.d/hot.pub", 2);
	ck_assert_int_eq(fchmodat(dir, "keys.d/hot.pub", 0664, 0), 0);
	write_key(dir, "keys.d/hotter.pub", 3);
	ck_assert_int_eq(fchmodat(dir, "keys.d/hotter.pub", 0646, 0), 0);
	write_key(dir, "keys.d/same.pub", 1);
	write_key(dir, "keys.d/x\033.pub", 4);
	ring_is(dir, "good "
		     "\nbad.pub: not a minisign public key: line 1 is not \"untrusted comment: …\""
		     "\ndir.pub: not a regular file"
		     "\nfifo.pub: not a regular file"
		     "\nhot.pub: others may write it: chmod go-w"
		     "\nhotter.pub: others may write it: chmod go-w"
		     "\nlink.pub: a symlink: put the file itself there"
		     "\nsame.pub: the same key as good.pub"
		     "\nx?.pub: control characters or not UTF-8");
	unit_scratch_end();
}
END_TEST

START_TEST(files_of_others_are_left_out)
{
	int dir = config_dir();

	write_key(dir, "keys.d/a.pub", 1);
	write_key(dir, "keys.d/b.pub", 2);
	unit_write(dir, "keys.d/b.conf", "threshold = 2\n");
	if (geteuid() == 0) {
		ck_assert_int_eq(fchownat(dir, "keys.d/a.pub", 1234, 0, 0), 0);
		ck_assert_int_eq(fchownat(dir, "keys.d/b.conf", 1234, 0, 0), 0);
		ring_is(dir, "\na.pub: belongs to user 1234: chown it to root"
			     "\nb.conf: belongs to user 1234: chown it to root");
	}
	ck_assert_int_eq(fchmodat(dir, "keys.d", 0775, 0), 0);
	ring_is(dir, "\nkeys.d: others may write it: chmod go-w");
	unit_scratch_end();
}
END_TEST

/* A key whose narrowing cannot be read would be too wide: it is left out itself. */
START_TEST(bad_narrowing_leaves_the_key_out)
{
	static const struct {
		const char *conf, *bad;
	} cases[] = {
		{ "paths", "\nk.conf: line 1: no \"=\": write `key = value`" },
		{ "paths = usr/lib", "\nk.conf: line 1: paths: \"usr/lib\": not absolute" },
		{ "paths =", "\nk.conf: line 1: paths: \"\": not absolute" },
		{ "\npaths = /a,", "\nk.conf: line 2: paths: \"\": not absolute" },
		{ "paths = /a\npaths = /b", "\nk.conf: line 2: paths: twice" },
		{ "threshold = 0", "\nk.conf: line 1: threshold: \"0\": not from 1 to 16" },
		{ "threshold = 17", "\nk.conf: line 1: threshold: \"17\": not from 1 to 16" },
		{ "threshold = 02", "\nk.conf: line 1: threshold: \"02\": not from 1 to 16" },
		{ "threshold = 4294967297",
		  "\nk.conf: line 1: threshold: \"4294967297\": not from 1 to 16" },
		{ "threshold = two", "\nk.conf: line 1: threshold: \"two\": not from 1 to 16" },
		{ "threshold =", "\nk.conf: line 1: threshold: \"\": not from 1 to 16" },
		{ "threshold = 1\nthreshold = 1", "\nk.conf: line 2: threshold: twice" },
		{ "treshold = 2", "\nk.conf: line 1: treshold: unknown key" },
		{ "[acme]\npaths = /a", "\nk.conf: line 2: [acme]: no sections here" },
	};
	int dir = config_dir();

	write_key(dir, "keys.d/k.pub", 1);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		unit_write(dir, "keys.d/k.conf", cases[i].conf);
		ring_is(dir, cases[i].bad);
	}
	unit_write(dir, "keys.d/k.conf", "");
	ck_assert_int_eq(fchmodat(dir, "keys.d/k.conf", 0664, 0), 0);
	ring_is(dir, "\nk.conf: others may write it: chmod go-w");
	ck_assert_int_eq(unlinkat(dir, "keys.d/k.conf", 0), 0);
	ck_assert_int_eq(symlinkat("nowhere", dir, "keys.d/k.conf"), 0);
	ring_is(dir, "\nk.conf: a symlink: put the file itself there");
	unit_scratch_end();
}
END_TEST

START_TEST(keys_have_a_limit)
{
	int dir = config_dir();
	auto_call(mend_keyring_free) struct mend_keyring *ring = NULL;

	for (int i = 0; i <= MEND_KEYS_MAX; i++) {
		struct unit_signer signer;
		auto_free char *raw = NULL;
		char name[32];

		unit_signer_make(&signer, 1);
		signer.key.id[0] = (uint8_t)i;
		signer.key.id[1] = (uint8_t)(i >> 8);
		raw = unit_key_file(&signer);
		snprintf(name, sizeof name, "keys.d/%03d.pub", i);
		unit_write(dir, name, raw);
	}
	ring = load(dir);
	ck_assert_uint_eq(ring->count, MEND_KEYS_MAX);
	ck_assert_uint_eq(ring->bad_count, 1);
	ck_assert_str_eq(ring->bad[0], "256.pub: more than the limit of 256 keys");
	unit_scratch_end();
}
END_TEST

/* --- mend_verify() --- */

#define MESSAGE mend_span_text("a manifest")

/* Three keys: "one", "two", "three" with the seeds 1, 2, 3; a fourth is unknown. */
static struct mend_trusted_key trusted[] = {
	{ .name = (char[]){ "one" }, .threshold = 1 },
	{ .name = (char[]){ "two" }, .threshold = 1 },
	{ .name = (char[]){ "three" }, .threshold = 1 },
};
static const struct mend_keyring ring_of_three = { .keys = trusted, .count = 3 };

/* Signs with the seeds named in a NUL-terminated string of bytes, and verifies. */
static int verify_by(struct mend_verified **out, const char *seeds, struct mend_error *err)
{
	char *raws[MEND_SIGS_MAX + 1];
	struct mend_span sigs[MEND_SIGS_MAX + 1];
	size_t count = strlen(seeds);
	int result;

	for (size_t i = 0; i < 3; i++) {
		struct unit_signer signer;

		unit_signer_make(&signer, (uint8_t)(i + 1));
		trusted[i].key = signer.key;
	}
	for (size_t i = 0; i < count; i++) {
		struct unit_signer signer;

		unit_signer_make(&signer, (uint8_t)seeds[i]);
		raws[i] = unit_sign(&signer, MESSAGE, "c");
		sigs[i] = mend_span_text(raws[i]);
	}
	result = mend_verify(out, &ring_of_three, MESSAGE, sigs, count, err);
	for (size_t i = 0; i < count; i++)
		free(raws[i]);
	return result;
}

START_TEST(verified_is_what_was_signed)
{
	char text[] = "a manifest";
	auto_call(mend_verified_free) struct mend_verified *verified = NULL;
	const struct mend_signer *signers;
	struct mend_error err;
	size_t count;

	unit_works(verify_by(&verified, "\1\3\4\1", &err));
	ck_assert(mend_span_equal(mend_verified_bytes(verified), MESSAGE));
	signers = mend_verified_signers(verified, &count);
	ck_assert_uint_eq(count, 2);
	ck_assert_str_eq(signers[0].name, "one");
	ck_assert_str_eq(signers[1].name, "three");
	ck_assert_mem_eq(signers[1].id, "\3\3\3\3\3\3\3\3", 8);
	mend_verified_free(verified);
	verified = unit_verified(mend_span_text(text));
	text[0] = 'A'; /* it keeps bytes of its own */
	ck_assert(mend_span_equal(mend_verified_bytes(verified), MESSAGE));
}
END_TEST

START_TEST(not_verified)
{
	struct mend_verified *verified = NULL;
	struct mend_error err;

	unit_fails(verify_by(&verified, "", &err), MEND_UNTRUSTED, "not signed");
	unit_fails(verify_by(&verified, "\4", &err), MEND_UNTRUSTED,
		   "signed by key 0404040404040404, which is not trusted");
	unit_fails(verify_by(&verified, "\4\5", &err), MEND_UNTRUSTED,
		   "signed by keys 0404040404040404, 0505050505050505, none of which is trusted");
	unit_fails(verify_by(&verified, "\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1\1", &err), MEND_LIMIT,
		   "17 signatures: more than the limit of 16");
	ck_assert_ptr_null(verified);
}
END_TEST

/* One good signature does not make up for a trusted key's bad one. */
START_TEST(one_that_does_not_fit_is_too_many)
{
	struct unit_signer one, two;
	auto_free char *good = NULL;
	auto_free char *bad = NULL;
	struct mend_verified *verified = NULL;
	struct mend_error err;
	struct mend_span sigs[2];

	unit_fails(verify_by(&verified, "", &err), MEND_UNTRUSTED, "not signed");
	unit_signer_make(&one, 1);
	unit_signer_make(&two, 2);
	good = unit_sign(&one, MESSAGE, "c");
	bad = unit_sign(&two, mend_span_text("another"), "c");
	sigs[0] = mend_span_text(good);
	sigs[1] = mend_span_text(bad);
	unit_fails(mend_verify(&verified, &ring_of_three, MESSAGE, sigs, 2, &err), MEND_SIGNATURE,
		   "signature of key 0202020202020202: does not fit the signed bytes");
	sigs[1] = mend_span_text("x");
	unit_fails(mend_verify(&verified, &ring_of_three, MESSAGE, sigs, 2, &err), MEND_FORMAT,
		   "signature 2 of 2: not a minisign signature: line 1 is not \"untrusted comment: "
		   "…\"");
	ck_assert_ptr_null(verified);
}
END_TEST

/* --- mend_verified_may() --- */

static int may(const char *seeds, const char *path, struct mend_error *err)
{
	auto_call(mend_verified_free) struct mend_verified *verified = NULL;

	if (verify_by(&verified, seeds, err) < 0)
		return -1;
	return mend_verified_may(verified, &ring_of_three, path, err);
}

START_TEST(who_may_patch_what)
{
	char *ssl[] = { (char[]){ "/usr/lib/*/libssl.so.*" } };
	char *all[] = { (char[]){ "/opt/x" }, (char[]){ "/usr/lib/**" } };
	struct mend_error err;

	/* one: everything, needs three; two: libssl, needs one; three: /usr/lib, needs two. */
	trusted[0].threshold = 3;
	trusted[1].paths = ssl;
	trusted[1].path_count = 1;
	trusted[2].paths = all;
	trusted[2].path_count = 2;
	trusted[2].threshold = 2;
	unit_works(may("\2", "/usr/lib/a/libssl.so.3", &err));
	unit_works(may("\1\3", "/usr/lib/b", &err));
	unit_works(may("\1\2\3", "/usr/lib/a/libssl.so.3", &err));
	unit_fails(may("\2", "/usr/lib/a/libc.so.6", &err), MEND_KEY_SCOPE,
		   "/usr/lib/a/libc.so.6: not a path that key \"two\" may patch");
	unit_fails(may("\2\3", "/etc/passwd", &err), MEND_KEY_SCOPE,
		   "/etc/passwd: not a path that key \"two\" or another signer may patch");
	unit_fails(may("\3", "/usr/lib/b", &err), MEND_THRESHOLD,
		   "/usr/lib/b: signed by 1 of the 2 keys it needs");
	unit_fails(may("\3\3\3", "/usr/lib/b", &err), MEND_THRESHOLD,
		   "/usr/lib/b: signed by 1 of the 2 keys it needs");
	unit_fails(may("\2\3", "/usr/lib/b", &err), MEND_THRESHOLD,
		   "/usr/lib/b: signed by 1 of the 2 keys it needs");
	unit_fails(may("\1\2", "/opt/y", &err), MEND_THRESHOLD,
		   "/opt/y: signed by 1 of the 3 keys it needs");
	for (size_t i = 0; i < 3; i++) {
		trusted[i].threshold = 1;
		trusted[i].paths = NULL;
		trusted[i].path_count = 0;
	}
}
END_TEST

START_TEST(a_key_taken_away_may_nothing)
{
	auto_call(mend_verified_free) struct mend_verified *verified = NULL;
	struct mend_keyring empty = { 0 };
	struct mend_error err;

	unit_works(verify_by(&verified, "\1", &err));
	unit_works(mend_verified_may(verified, &ring_of_three, "/x", &err));
	unit_fails(mend_verified_may(verified, &empty, "/x", &err), MEND_KEY_SCOPE,
		   "/x: not a path that key \"one\" may patch");
}
END_TEST

int main(void)
{
	return unit_main(
		"keyring",
		(const TTest *[]){ nothing_is_an_empty_ring, reads_keys_and_what_narrows_them,
				   bad_key_files_are_left_out_and_told,
				   files_of_others_are_left_out, bad_narrowing_leaves_the_key_out,
				   keys_have_a_limit, verified_is_what_was_signed, not_verified,
				   one_that_does_not_fit_is_too_many, who_may_patch_what,
				   a_key_taken_away_may_nothing, NULL });
}
