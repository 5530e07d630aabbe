/* SPDX-License-Identifier: MIT */
/* Bundles: what a good one gives, its limits, what belongs to its manifest, getting objects out. */
#include "mendfs/bundle.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <zstd.h>

#include "mendfs/fs.h"
#include "unit.h"

#define ISSUED 1795305600 /* 2026-11-22T00:00:00Z */

static const char base_text[] = "before";
static const char fix_text[] = "after, and not before";

static struct unit_signer signer;

static int new_file(void)
{
	unit_signer_make(&signer, 1);
	return memfd_create("bundle", MFD_CLOEXEC);
}

static void put(int fd, struct mend_span bytes)
{
	struct mend_error err;

	unit_works(mend_fs_write_all(fd, bytes, &err));
}

static void put_header(int fd, const char *name, uint64_t size)
{
	uint8_t block[MEND_TAR_BLOCK];

	mend_tar_header(block, name, size, ISSUED);
	put(fd, mend_span_of(block, sizeof(block)));
}

static void put_zeros(int fd, uint64_t size)
{
	off_t end = lseek(fd, (off_t)size, SEEK_CUR);

	ck_assert_int_ge(end, 0);
	ck_assert_int_eq(ftruncate(fd, end), 0);
}

static void put_member(int fd, const char *name, struct mend_span content)
{
	put_header(fd, name, content.size);
	put(fd, content);
	put_zeros(fd, -content.size % MEND_TAR_BLOCK);
}

/* manifest.json and `count` signatures, by the keys of the seeds from 1. */
static void put_start(int fd, const char *manifest, unsigned count)
{
	put_member(fd, "manifest.json", mend_span_text(manifest));
	for (unsigned seed = 1; seed <= count; seed++) {
		char id[MEND_KEY_ID_HEX], name[MEND_MEMBER_NAME_MAX];
		auto_free char *signature = NULL;

		unit_signer_make(&signer, (uint8_t)seed);
		signature = unit_sign(&signer, mend_span_text(manifest), "t");
		mend_key_id_hex(id, signer.key.id);
		snprintf(name, sizeof(name), "signatures/%.16s.minisig", id);
		put_member(fd, name, mend_span_text(signature));
	}
}

static struct mend_bytes compress(const char *text, const char *base)
{
	ZSTD_CCtx *zstd = ZSTD_createCCtx();
	struct mend_bytes out = { .data = mend_alloc(4096) };

	ZSTD_CCtx_setParameter(zstd, ZSTD_c_checksumFlag, 1);
	if (base)
		ZSTD_CCtx_refPrefix(zstd, base, strlen(base));
	out.size = ZSTD_compress2(zstd, out.data, 4096, text, strlen(text));
	ck_assert(!ZSTD_isError(out.size));
	ZSTD_freeCCtx(zstd);
	return out;
}

/* The object of a text, whole or from a base. */
static void put_object(int fd, const char *text, const char *base)
{
	struct mend_bundle_object object = { .is_delta = base != NULL };
	char name[MEND_MEMBER_NAME_MAX];
	auto_bytes frame = compress(text, base);

	mend_digest_of(&object.digest, mend_span_text(text));
	if (base)
		mend_digest_of(&object.from, mend_span_text(base));
	mend_object_name(name, &object);
	put_member(fd, name, mend_bytes_span(&frame));
}

static void put_end(int fd)
{
	put_zeros(fd, 2 * MEND_TAR_BLOCK);
}

static void open_good(struct mend_bundle **out, int fd)
{
	struct mend_error err;

	unit_works(mend_bundle_open(out, fd, &err));
}

/* A manifest that replaces f by fix_text, made for base_text; adds g, the same, when told so. */
static char *manifest_text(bool adds, const char *more)
{
	char fix[MEND_DIGEST_HEX], base[MEND_DIGEST_HEX];
	auto_free char *added = NULL;
	struct mend_digest digest;

	mend_digest_of(&digest, mend_span_text(fix_text));
	mend_digest_hex(fix, &digest);
	mend_digest_of(&digest, mend_span_text(base_text));
	mend_digest_hex(base, &digest);
	added = mend_text_format(",{\"path\":\"g\",\"op\":\"add\",\"base\":[],\"object\":\"%s\","
				 "\"size\":%zu,\"mode\":\"0644\"}",
				 base, strlen(base_text));
	return mend_text_format(
		"{\"format\":1,\"id\":\"t\",\"release\":1,\"title\":\"t\",\"arch\":\"any\","
		"\"issued\":\"2026-11-22T00:00:00Z\",\"root\":\"/usr/lib\",\"targets\":["
		"{\"path\":\"f\",\"op\":\"replace\",\"base\":[{\"blake2b\":\"%s\"}"
		"],"
		"\"object\":\"%s\",\"size\":%zu,\"mode\":\"0644\"}%s]%s}",
		base, fix, strlen(fix_text), adds ? added : "", more);
}

static void decode(struct mend_manifest **out, const char *text)
{
	auto_call(mend_verified_free) struct mend_verified *verified =
		unit_verified(mend_span_text(text));
	struct mend_error err;

	unit_works(mend_manifest_decode(out, verified, &err));
}

START_TEST(what_is_in_it)
{
	auto_call(mend_bundle_free) struct mend_bundle *bundle = NULL;
	int fd = new_file();

	put_start(fd, "{}", 2);
	put_object(fd, fix_text, base_text);
	put_object(fd, fix_text, NULL);
	put_end(fd);
	open_good(&bundle, fd);
	ck_assert_int_eq(bundle->fd, fd);
	ck_assert_int_eq(bundle->mtime, ISSUED);
	ck_assert_str_eq((char *)bundle->manifest.data, "{}");
	ck_assert_uint_eq(bundle->sig_count, 2);
	ck_assert_str_eq(bundle->sig_names[0], "0101010101010101");
	ck_assert_str_eq(bundle->sig_names[1], "0202020202020202");
	ck_assert_uint_eq(bundle->object_count, 2);
	ck_assert(bundle->objects[0].is_delta);
	ck_assert(!bundle->objects[1].is_delta);
}
END_TEST

/* On failure the descriptor stays the caller's, open. */
START_TEST(descriptor_stays)
{
	struct mend_bundle *bundle = NULL;
	auto_fd fd = new_file();
	struct mend_error err;

	unit_fails(mend_bundle_open(&bundle, fd, &err), MEND_FORMAT,
		   "not a bundle: the file is empty");
	ck_assert_int_ge(fcntl(fd, F_GETFD), 0);
	ck_assert_ptr_null(bundle);
}
END_TEST

START_TEST(no_regular_file)
{
	struct mend_bundle *bundle = NULL;
	auto_fd fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct mend_error err;

	unit_fails(mend_bundle_open(&bundle, fd, &err), MEND_FORMAT,
		   "not a bundle: not a regular file");
}
END_TEST

START_TEST(manifest_of_the_longest)
{
	auto_call(mend_bundle_free) struct mend_bundle *bundle = NULL;
	auto_free char *manifest = mend_alloc(MEND_MANIFEST_MAX + 2);
	struct mend_error err;
	auto_fd longer = new_file();
	int fd = new_file();

	memset(manifest, ' ', MEND_MANIFEST_MAX);
	put_start(fd, manifest, 1);
	put_end(fd);
	open_good(&bundle, fd);
	manifest[MEND_MANIFEST_MAX] = ' ';
	put_start(longer, manifest, 1);
	put_end(longer);
	unit_fails(mend_bundle_open(&bundle, longer, &err), MEND_LIMIT,
		   "member 'manifest.json' has 1048577 bytes; at most 1048576 are allowed");
}
END_TEST

START_TEST(signatures_at_most)
{
	auto_call(mend_bundle_free) struct mend_bundle *bundle = NULL;
	struct mend_error err;
	auto_fd more = new_file();
	int fd = new_file();

	put_start(fd, "{}", MEND_SIGS_MAX);
	put_end(fd);
	open_good(&bundle, fd);
	ck_assert_uint_eq(bundle->sig_count, MEND_SIGS_MAX);
	put_start(more, "{}", MEND_SIGS_MAX + 1);
	put_end(more);
	unit_fails(mend_bundle_open(&bundle, more, &err), MEND_LIMIT,
		   "bundle has more than 16 signatures");
}
END_TEST

static void put_objects(int fd, unsigned count)
{
	put_start(fd, "{}", 1);
	for (unsigned i = 0; i < count; i++) {
		char name[MEND_MEMBER_NAME_MAX];

		snprintf(name, sizeof(name), "objects/%064x.zst", i);
		put_header(fd, name, 0);
	}
	put_end(fd);
}

START_TEST(objects_at_most)
{
	auto_call(mend_bundle_free) struct mend_bundle *bundle = NULL;
	struct mend_error err;
	auto_fd more = new_file();
	int fd = new_file();

	put_objects(fd, MEND_BUNDLE_OBJECTS_MAX);
	open_good(&bundle, fd);
	ck_assert_uint_eq(bundle->object_count, MEND_BUNDLE_OBJECTS_MAX);
	put_objects(more, MEND_BUNDLE_OBJECTS_MAX + 1);
	unit_fails(mend_bundle_open(&bundle, more, &err), MEND_LIMIT,
		   "bundle has more than 8192 objects");
}
END_TEST

/* The file has holes where the object would be. */
START_TEST(object_too_large)
{
	struct mend_bundle *bundle = NULL;
	char name[MEND_MEMBER_NAME_MAX];
	auto_fd fd = new_file();
	struct mend_error err;
	auto_free char *text = NULL;

	snprintf(name, sizeof(name), "objects/%064x.zst", 1);
	text = mend_text_format("member '%s' has 541065728 bytes; at most 541065216 are allowed",
				name);
	put_start(fd, "{}", 1);
	put_header(fd, name, 541065728);
	put_zeros(fd, 541065728);
	put_end(fd);
	unit_fails(mend_bundle_open(&bundle, fd, &err), MEND_LIMIT, text);
}
END_TEST

START_TEST(belongs_together)
{
	auto_call(mend_manifest_free) struct mend_manifest *manifest = NULL, *two = NULL;
	auto_call(mend_bundle_free) struct mend_bundle *bundle = NULL;
	auto_free char *text = manifest_text(false, "");
	auto_free char *two_text = manifest_text(true, "");
	int fd = new_file();
	struct mend_error err;

	decode(&manifest, text);
	decode(&two, two_text);
	put_start(fd, text, 1);
	put_object(fd, fix_text, base_text);
	put_end(fd);
	open_good(&bundle, fd);
	unit_works(mend_bundle_matches(bundle, manifest, &err));
	unit_fails(mend_bundle_matches(bundle, two, &err), MEND_FORMAT,
		   "bundle lacks the content of 'g'");
	bundle->mtime++;
	unit_fails(mend_bundle_matches(bundle, manifest, &err), MEND_FORMAT,
		   "members' time is not when it was issued, 2026-11-22T00:00:00Z");
}
END_TEST

/* --- members that the manifest tells --- */

/* The delta of fix_text from base_text, with the hash of `packed`; then `more`. */
static char *members_text(struct mend_span packed, const char *more)
{
	struct mend_bundle_object object = { .is_delta = true };
	char name[MEND_MEMBER_NAME_MAX], hex[MEND_DIGEST_HEX];
	struct mend_digest digest;

	mend_digest_of(&object.digest, mend_span_text(fix_text));
	mend_digest_of(&object.from, mend_span_text(base_text));
	mend_object_name(name, &object);
	mend_digest_of(&digest, packed);
	mend_digest_hex(hex, &digest);
	return mend_text_format(",\"members\":{\"%s\":\"%s\"%s}", name, hex, more);
}

/* A bundle with the delta alone, and whether it matches a manifest with these members. */
static int match(struct mend_bundle **out, const char *members, struct mend_error *err)
{
	auto_call(mend_manifest_free) struct mend_manifest *manifest = NULL;
	auto_free char *text = manifest_text(false, members);
	int fd = new_file();

	decode(&manifest, text);
	put_start(fd, text, 1);
	put_object(fd, fix_text, base_text);
	put_end(fd);
	open_good(out, fd);
	return mend_bundle_matches(*out, manifest, err);
}

START_TEST(members_are_exactly_these)
{
#define LOW  "objects/0000000000000000000000000000000000000000000000000000000000000000.zst"
#define HIGH "objects/ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff.zst"
#define HASH ":\"0000000000000000000000000000000000000000000000000000000000000000\""
	auto_bytes frame = compress(fix_text, base_text);
	auto_free char *low = members_text(mend_bytes_span(&frame), ",\"" LOW "\"" HASH);
	auto_free char *high = members_text(mend_bytes_span(&frame), ",\"" HIGH "\"" HASH);
	auto_call(mend_bundle_free) struct mend_bundle *a = NULL, *b = NULL, *c = NULL, *d = NULL;
	char name[MEND_MEMBER_NAME_MAX];
	auto_free char *text = NULL;
	struct mend_error err;

	unit_fails(match(&a, low, &err), MEND_FORMAT, "member '" LOW "' is not in the bundle");
	unit_fails(match(&b, high, &err), MEND_FORMAT, "member '" HIGH "' is not in the bundle");
	mend_object_name(name, &a->objects[0]);
	text = mend_text_format("member '%s' is not in the manifest", name);
	unit_fails(match(&c, ",\"members\":{}", &err), MEND_FORMAT, text);
	unit_fails(match(&d, ",\"members\":{\"" HIGH "\"" HASH "}", &err), MEND_FORMAT, text);
}
END_TEST

/* --- getting objects out --- */

struct bases {
	unsigned asked;
	const char *text; /* what is given for every digest, or NULL */
	int given;	  /* the last descriptor */
};

static int give_base(void *context, const struct mend_digest *digest)
{
	struct bases *bases = context;

	(void)digest;
	bases->asked++;
	if (!bases->text)
		return -1;
	bases->given = memfd_create("base", MFD_CLOEXEC);
	put(bases->given, mend_span_text(bases->text));
	return bases->given;
}

static void make_extractable(struct mend_bundle **out, bool delta, bool whole)
{
	int fd = new_file();

	put_start(fd, "{}", 1);
	if (delta)
		put_object(fd, fix_text, base_text);
	if (whole)
		put_object(fd, fix_text, NULL);
	put_end(fd);
	open_good(out, fd);
}

static int extract(const struct mend_bundle *bundle, struct bases *bases, struct mend_bytes *out,
		   struct mend_error *err)
{
	auto_fd fd = memfd_create("out", MFD_CLOEXEC);
	struct mend_digest digest;

	mend_digest_of(&digest, mend_span_text(fix_text));
	if (mend_bundle_extract(bundle, &digest, strlen(fix_text), bases ? give_base : NULL, bases,
				fd, err) < 0)
		return -1;
	return mend_fs_read_fd(out, fd, 4096, err);
}

START_TEST(whole_before_delta)
{
	auto_call(mend_bundle_free) struct mend_bundle *bundle = NULL;
	struct bases bases = { .text = base_text };
	auto_bytes content = { NULL, 0 };
	struct mend_error err;

	make_extractable(&bundle, true, true);
	unit_works(extract(bundle, &bases, &content, &err));
	ck_assert_str_eq((char *)content.data, fix_text);
	ck_assert_uint_eq(bases.asked, 0);
}
END_TEST

START_TEST(delta_with_its_base)
{
	auto_call(mend_bundle_free) struct mend_bundle *bundle = NULL;
	struct bases bases = { .text = base_text };
	auto_bytes content = { NULL, 0 };
	struct mend_error err;

	make_extractable(&bundle, true, false);
	unit_works(extract(bundle, &bases, &content, &err));
	ck_assert_str_eq((char *)content.data, fix_text);
	ck_assert_uint_eq(bases.asked, 1);
	/* The base was closed. */
	ck_assert_int_eq(fcntl(bases.given, F_GETFD), -1);
}
END_TEST

START_TEST(delta_without_base)
{
	auto_call(mend_bundle_free) struct mend_bundle *bundle = NULL;
	struct bases bases = { .text = NULL };
	auto_free char *text = NULL;
	struct mend_bytes content;
	struct mend_digest digest;
	char hex[MEND_DIGEST_HEX];
	struct mend_error err;

	mend_digest_of(&digest, mend_span_text(fix_text));
	mend_digest_hex(hex, &digest);
	text = mend_text_format("object %s: none of the bases that its deltas need is here", hex);
	make_extractable(&bundle, true, false);
	unit_fails(extract(bundle, &bases, &content, &err), MEND_BASE, text);
	unit_fails(extract(bundle, NULL, &content, &err), MEND_BASE, text);
}
END_TEST

/* A wrong base would decode to garbage, or to something chosen: it is refused before. */
START_TEST(delta_with_another_base)
{
	auto_call(mend_bundle_free) struct mend_bundle *bundle = NULL;
	struct bases bases = { .text = "something else" };
	char name[MEND_MEMBER_NAME_MAX], from[MEND_DIGEST_HEX];
	auto_free char *text = NULL;
	struct mend_bytes content;
	struct mend_error err;

	make_extractable(&bundle, true, false);
	mend_object_name(name, &bundle->objects[0]);
	mend_digest_hex(from, &bundle->objects[0].from);
	text = mend_text_format("member '%s': base of a delta is not %s", name, from);
	unit_fails(extract(bundle, &bases, &content, &err), MEND_HASH, text);
}
END_TEST

START_TEST(delta_of_the_bytes_told)
{
	auto_call(mend_bundle_free) struct mend_bundle *bundle = NULL;
	auto_bytes frame = compress(fix_text, base_text), content = { NULL, 0 };
	auto_free char *members = members_text(mend_bytes_span(&frame), "");
	struct bases bases = { .text = base_text };
	struct mend_error err;

	unit_works(match(&bundle, members, &err));
	ck_assert(bundle->objects[0].is_pinned);
	unit_works(extract(bundle, &bases, &content, &err));
	ck_assert_str_eq((char *)content.data, fix_text);
}
END_TEST

/* Right for zstd, but not what the manifest tells: seen at once, and also when it became so later.
 */
START_TEST(delta_of_other_bytes)
{
	auto_call(mend_bundle_free) struct mend_bundle *bundle = NULL, *later = NULL;
	auto_bytes frame = compress(fix_text, base_text);
	auto_free char *good = members_text(mend_bytes_span(&frame), "");
	auto_free char *other = members_text(mend_span_text("other"), "");
	struct bases bases = { .text = base_text };
	char name[MEND_MEMBER_NAME_MAX];
	auto_free char *text = NULL;
	struct mend_bytes content;
	struct mend_error err;

	unit_works(match(&later, good, &err));
	mend_object_name(name, &later->objects[0]);
	text = mend_text_format("member '%s': does not have the hash it has in the manifest", name);
	unit_fails(match(&bundle, other, &err), MEND_HASH, text);
	ck_assert_int_eq(pwrite(later->fd, "x", 1, (off_t)later->objects[0].offset + 5), 1);
	unit_fails(extract(later, &bases, &content, &err), MEND_HASH, text);
}
END_TEST

START_TEST(object_that_is_not_there)
{
	auto_call(mend_bundle_free) struct mend_bundle *bundle = NULL;
	auto_free char *text = NULL;
	struct mend_digest digest;
	char hex[MEND_DIGEST_HEX];
	struct mend_bytes content;
	struct mend_error err;

	make_extractable(&bundle, false, false);
	mend_digest_of(&digest, mend_span_text(fix_text));
	mend_digest_hex(hex, &digest);
	text = mend_text_format("bundle lacks object %s", hex);
	unit_fails(extract(bundle, NULL, &content, &err), MEND_FORMAT, text);
}
END_TEST

int main(void)
{
	return unit_main("bundle",
			 (const TTest *[]){ what_is_in_it, descriptor_stays, no_regular_file,
					    manifest_of_the_longest, signatures_at_most,
					    objects_at_most, object_too_large, belongs_together,
					    members_are_exactly_these, whole_before_delta,
					    delta_with_its_base, delta_without_base,
					    delta_with_another_base, delta_of_the_bytes_told,
					    delta_of_other_bytes, object_that_is_not_there, NULL });
}
