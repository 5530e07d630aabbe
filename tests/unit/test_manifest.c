/* SPDX-License-Identifier: MIT */
/* A good manifest: everything that is in it, and what it can be asked. */
#include "mendfs/manifest.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "mendfs/fs.h"
#include "unit.h"

static struct mend_manifest *decoded(const char *text)
{
	auto_call(mend_verified_free) struct mend_verified *verified =
		unit_verified(mend_span_text(text));
	struct mend_manifest *manifest = NULL;
	struct mend_error err;

	unit_works(mend_manifest_decode(&manifest, verified, &err));
	return manifest;
}

static struct mend_manifest *good(void)
{
	auto_bytes raw = { 0 };
	struct mend_error err;

	unit_works(mend_fs_read(&raw, AT_FDCWD, "tests/reject/manifest/good.json", 1 << 20, &err));
	return decoded((const char *)raw.data);
}

static void digest_is(const struct mend_digest *digest, const char *want)
{
	char hex[MEND_DIGEST_HEX];

	mend_digest_hex(hex, digest);
	ck_assert_str_eq(hex, want);
}

START_TEST(says_about_the_release)
{
	auto_call(mend_manifest_free) struct mend_manifest *manifest = good();

	ck_assert_str_eq(manifest->id, "openssl");
	ck_assert_uint_eq(manifest->release, 2);
	ck_assert_str_eq(manifest->title, "Fix a heap overflow");
	ck_assert_str_eq(manifest->description, "In two\nlines.");
	ck_assert_str_eq(manifest->severity, "critical");
	ck_assert_str_eq(manifest->issued, "2026-11-22T00:00:00Z");
	ck_assert_int_eq(manifest->issued_at, 1795305600);
	ck_assert_ptr_null(manifest->expires);
	ck_assert_int_eq(manifest->expires_at, 0);
	ck_assert_str_eq(manifest->arch, "x86_64");
	ck_assert_uint_eq(manifest->os_count, 2);
	ck_assert_str_eq(manifest->os[0].id, "debian");
	ck_assert_str_eq(manifest->os[0].version, "12");
	ck_assert_str_eq(manifest->os[1].id, "ubuntu");
	ck_assert_ptr_null(manifest->os[1].version);
	ck_assert_str_eq(manifest->root, "/usr/lib");
	ck_assert_uint_eq(manifest->cve_count, 2);
	ck_assert_str_eq(manifest->cves[1], "CVE-2026-12345");
	ck_assert_uint_eq(manifest->require_count, 1);
	ck_assert_str_eq(manifest->requires[0], "glibc");
	ck_assert_uint_eq(manifest->conflict_count, 1);
	ck_assert_str_eq(manifest->conflicts[0], "openssl-legacy");
	ck_assert_uint_eq(manifest->restart_count, 2);
	ck_assert_str_eq(manifest->restart[1], "getty@tty1.service");
}
END_TEST

START_TEST(says_about_each_target)
{
	auto_call(mend_manifest_free) struct mend_manifest *manifest = good();
	const struct mend_target *add = &manifest->targets[0], *gone = &manifest->targets[1];
	const struct mend_target *link = &manifest->targets[2], *ssl = &manifest->targets[3];

	ck_assert_uint_eq(manifest->target_count, 4);
	ck_assert_str_eq(add->path, "libfresh.so");
	ck_assert_int_eq(add->op, MEND_OP_ADD);
	ck_assert_uint_eq(add->base_count, 0);
	ck_assert_uint_eq(add->size, 0);
	ck_assert_uint_eq(add->mode, 0755);
	digest_is(&add->object, "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8");

	ck_assert_int_eq(gone->op, MEND_OP_REMOVE);
	ck_assert_uint_eq(gone->base_count, 2);
	ck_assert_ptr_null(gone->bases[0].link);
	ck_assert_str_eq(gone->bases[1].link, "libgone.so.1");

	ck_assert_int_eq(link->op, MEND_OP_SYMLINK);
	ck_assert_str_eq(link->to, "libssl.so.3");
	ck_assert_str_eq(link->bases[0].link, "libssl.so.1");

	ck_assert_int_eq(ssl->op, MEND_OP_REPLACE);
	ck_assert_uint_eq(ssl->size, 688160);
	ck_assert_uint_eq(ssl->mode, 0644);
	ck_assert_ptr_null(ssl->to);
	ck_assert_uint_eq(ssl->base_count, 2);
	digest_is(&ssl->bases[0].content,
		  "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881");
	ck_assert_str_eq(ssl->bases[0].build_id, "0a1b2c");
	ck_assert_str_eq(ssl->bases[0].package, "libssl3");
	ck_assert_str_eq(ssl->bases[0].version, "3.0.20-1~deb12u2");
	ck_assert_ptr_null(ssl->bases[1].package);
	ck_assert_str_eq(ssl->fixed_package, "libssl3");
	ck_assert_str_eq(ssl->fixed_version, "3.0.22-1~deb12u2");
	ck_assert_ptr_null(add->fixed_package);
}
END_TEST

#define LEAST                                                                                      \
	"{\"format\":1,\"id\":\"x\",\"release\":1,\"title\":\"t\",\"arch\":\"any\","               \
	"\"root\":\"/opt\",\"issued\":\"2026-11-22T00:00:00Z\",\"targets\":[{\"path\":\"a\","      \
	"\"op\":\"symlink\",\"to\":\"b\"}]"

START_TEST(least_there_can_be)
{
	static const char *const texts[] = {
		LEAST "}",
		LEAST ",\"description\":null,\"severity\":null,\"cves\":null,\"expires\":null,"
		      "\"os\":null,"
		      "\"requires\":null,\"conflicts\":null,\"restart\":null}",
		LEAST
		",\"description\":\"\",\"severity\":\"\",\"cves\":[],\"os\":[],\"requires\":[],"
		"\"conflicts\":[],\"restart\":[]}",
	};

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		auto_call(mend_manifest_free) struct mend_manifest *manifest = decoded(texts[i]);

		ck_assert_str_eq(manifest->description, "");
		ck_assert_str_eq(manifest->severity, "");
		ck_assert_ptr_null(manifest->expires);
		ck_assert_uint_eq(manifest->cve_count + manifest->os_count +
					  manifest->require_count + manifest->conflict_count +
					  manifest->restart_count,
				  0);
		ck_assert_uint_eq(manifest->targets[0].base_count, 0);
	}
}
END_TEST

START_TEST(expires_at_its_time)
{
	auto_call(mend_manifest_free) struct mend_manifest *lasting = decoded(LEAST "}");
	auto_call(mend_manifest_free) struct mend_manifest *manifest =
		decoded(LEAST ",\"expires\":\"2026-11-22T00:00:01Z\"}");
	struct mend_error err;

	ck_assert_int_eq(manifest->expires_at, 1795305601);
	unit_works(mend_manifest_in_time(manifest, 1795305600, &err));
	unit_fails(mend_manifest_in_time(manifest, 1795305601, &err), MEND_EXPIRED,
		   "expired at 2026-11-22T00:00:01Z");
	unit_works(mend_manifest_in_time(lasting, INT64_MAX, &err));
}
END_TEST

START_TEST(every_target_needs_its_signers)
{
	static const char text[] = LEAST "}";
	auto_call(mend_verified_free) struct mend_verified *verified =
		unit_verified(mend_span_text(text));
	auto_call(mend_manifest_free) struct mend_manifest *manifest = decoded(text);
	struct mend_trusted_key key = { .name = (char[]){ "test" }, .threshold = 1 };
	struct mend_keyring ring = { .keys = &key, .count = 1 };
	char *usr = (char[]){ "/usr/**" }, *opt = (char[]){ "/opt/a" };
	struct mend_error err;

	memset(key.key.id, 1, sizeof key.key.id);
	unit_works(mend_manifest_may(manifest, verified, &ring, &err));
	key.path_count = 1;
	key.paths = &opt;
	unit_works(mend_manifest_may(manifest, verified, &ring, &err));
	key.paths = &usr;
	unit_fails(mend_manifest_may(manifest, verified, &ring, &err), MEND_KEY_SCOPE,
		   "/opt/a: not a path that key \"test\" may patch");
	key.paths = &opt;
	key.threshold = 2;
	unit_fails(mend_manifest_may(manifest, verified, &ring, &err), MEND_THRESHOLD,
		   "/opt/a: signed by 1 of the 2 keys it needs");
}
END_TEST

START_TEST(names)
{
	char text[MEND_TITLE_OF_MAX];
	char id[MEND_ID_MAX + 1] = "";

	mend_release_text(text, "openssl", 28);
	ck_assert_str_eq(text, "openssl (ab)");
	memset(id, 'a', MEND_ID_MAX);
	mend_release_text(text, id, UINT32_MAX);
	ck_assert_uint_eq(strlen(text), MEND_ID_MAX + 10);
	ck_assert_str_eq(mend_op_name(MEND_OP_REPLACE), "replace");
	ck_assert_str_eq(mend_op_name(MEND_OP_ADD), "add");
	ck_assert_str_eq(mend_op_name(MEND_OP_REMOVE), "remove");
	ck_assert_str_eq(mend_op_name(MEND_OP_SYMLINK), "symlink");
	mend_manifest_free(NULL);
}
END_TEST

int main(void)
{
	return unit_main("manifest",
			 (const TTest *[]){ says_about_the_release, says_about_each_target,
					    least_there_can_be, expires_at_its_time,
					    every_target_needs_its_signers, names, NULL });
}
