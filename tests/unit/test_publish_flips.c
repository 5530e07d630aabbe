/* SPDX-License-Identifier: MIT */
/*
 * A bundle as mend-publish(1) writes it, with any one bit flipped, or cut off anywhere, is refused:
 * also where nobody has the base that a delta needs.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

#include "mend-publish/bundle_write.h"
#include "mend-publish/check.h"
#include "mend-publish/compress.h"
#include "mend-publish/manifest_encode.h"
#include "mendfs/fs.h"
#include "unit.h"

static const char text_of_base[] = "int hole(void) { return 1; }\n";
static const char text_of_fix[] =
	"int hole(void) { return 0; } /* mended, and longer than before */\n";

static struct unit_signer signer;
static struct mend_trusted_key trusted = { .name = (char[]){ "test" }, .threshold = 1 };
static struct mend_keyring ring = { .keys = &trusted, .count = 1 };
static struct mend_bytes good;
static int base_dir;

/* With the members of the pool. */
static void make_manifest(struct mend_bytes *out, const struct mend_digest *object,
			  const struct mend_digest *base, const struct pool *pool)
{
	char object_hex[MEND_DIGEST_HEX], base_hex[MEND_DIGEST_HEX];
	auto_call(mend_verified_free) struct mend_verified *verified = NULL;
	auto_call(mend_manifest_free) struct mend_manifest *manifest = NULL;
	auto_free char *text = NULL;
	struct mend_error err;

	mend_digest_hex(object_hex, object);
	mend_digest_hex(base_hex, base);
	text = mend_text_format(
		"{\"format\":1,\"id\":\"t\",\"release\":1,\"title\":\"t\",\"description\":\"\","
		"\"issued\":\"2026-11-22T00:00:00Z\",\"arch\":\"any\",\"root\":\"/usr/lib\","
		"\"targets\":[{\"path\":\"f\",\"op\":\"replace\",\"base\":[{\"blake2b\":\"%s\"}],"
		"\"object\":\"%s\",\"size\":%zu,\"mode\":\"0644\"}]}\n",
		base_hex, object_hex, sizeof(text_of_fix) - 1);
	verified = unit_verified(mend_span_text(text));
	unit_works(mend_manifest_decode(&manifest, verified, &err));
	pool_tell(manifest, pool);
	unit_works(manifest_encode(out, manifest, &err));
}

/* A bundle with a whole object and a delta, into `good`. */
static void make_good(void)
{
	struct mend_span base = mend_span_text(text_of_base), fix = mend_span_text(text_of_fix);
	struct parts parts = { .signature_count = 1, .mtime = 1795305600 };
	auto_fd fd = memfd_create("bundle", MFD_CLOEXEC);
	struct mend_digest object, from;
	auto_bytes manifest = { NULL, 0 };
	auto_free char *signature = NULL;
	auto_pool pool = POOL_NONE;
	struct mend_error err;

	unit_signer_make(&signer, 1);
	trusted.key = signer.key;
	base_dir = unit_scratch();
	unit_write(base_dir, "f", text_of_base);
	mend_digest_of(&object, fix);
	mend_digest_of(&from, base);
	unit_works(pool_open(&pool, &err));
	unit_works(pool_add(&pool, NULL, &object, fix, &err));
	unit_works(pool_add_delta(&pool, &object, fix, &from, base, 1000000, &err));
	pool_sort(&pool);
	ck_assert_uint_eq(pool.count, 2);
	make_manifest(&manifest, &object, &from, &pool);
	parts.manifest = mend_bytes_span(&manifest);
	signature = unit_sign(&signer, parts.manifest, "mendfs t 1");
	mend_key_id_hex(parts.signatures[0].key, signer.key.id);
	parts.signatures[0].file = mend_span_text(signature);
	parts.objects = pool.objects;
	parts.object_count = pool.count;
	parts.object_fd = pool.fd;
	unit_works(bundle_write(fd, &parts, &err));
	unit_works(mend_fs_read_fd(&good, fd, 1 << 20, &err));
}

static void forget_good(void)
{
	mend_bytes_free(&good);
	unit_scratch_end();
}

static int check(int fd, int base, struct mend_error *err)
{
	auto_checked checked = { .bundle = NULL };
	auto_fd copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);

	if (check_bundle(&checked, copy, &ring, base, err) < 0)
		return -1;
	mend_take_fd(&copy);
	ck_assert_uint_eq(checked.whole + checked.deltas, base < 0 ? 1 : 2);
	return 0;
}

static void flip_bits_of(int fd, size_t at)
{
	for (int bit = 0; bit < 8; bit++) {
		uint8_t byte = good.data[at] ^ (uint8_t)(1 << bit);
		struct mend_error err = { 0 };

		ck_assert_int_eq(pwrite(fd, &byte, 1, (off_t)at), 1);
		ck_assert_msg(check(fd, -1, &err) < 0, "byte %zu bit %d", at, bit);
		ck_assert_str_ne(err.text, "");
		ck_assert_int_eq(mend_code_exit(err.code), 1);
	}
	ck_assert_int_eq(pwrite(fd, &good.data[at], 1, (off_t)at), 1);
}

START_TEST(flips)
{
	auto_fd fd = memfd_create("flipped", MFD_CLOEXEC);

	make_good();
	ck_assert_int_eq(pwrite(fd, good.data, good.size, 0), good.size);
	for (size_t at = 0; at < good.size; at++)
		flip_bits_of(fd, at);
	forget_good();
}
END_TEST

START_TEST(cuts)
{
	make_good();
	for (size_t size = 0; size < good.size; size++) {
		auto_fd fd = memfd_create("cut", MFD_CLOEXEC);
		struct mend_error err = { 0 };

		ck_assert_int_eq(write(fd, good.data, size), size);
		ck_assert_int_eq(check(fd, base_dir, &err), -1);
		ck_assert_str_eq(mend_code_name(err.code), "format");
	}
	forget_good();
}
END_TEST

START_TEST(good_one)
{
	auto_fd fd = memfd_create("good", MFD_CLOEXEC);
	struct mend_error err;

	make_good();
	ck_assert_int_eq(write(fd, good.data, good.size), good.size);
	unit_works(check(fd, base_dir, &err));
	unit_works(check(fd, -1, &err));
	forget_good();
}
END_TEST

int main(void)
{
	return unit_main("publish_flips", (const TTest *[]){ good_one, flips, cuts, NULL });
}
