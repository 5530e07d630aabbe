/* SPDX-License-Identifier: MIT */
/* The laboratory's publisher: manifests and bundles. */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <zstd.h>

#include "lab.h"
#include "mendfs/fs.h"
#include "mendfs/time.h"

#define COMMENT "made in the laboratory"

char *lab_replace(const char *path, const char *base, const char *fix)
{
	char base_hex[MEND_DIGEST_HEX], fix_hex[MEND_DIGEST_HEX];
	struct mend_digest digest;

	mend_digest_of(&digest, mend_span_text(base));
	mend_digest_hex(base_hex, &digest);
	mend_digest_of(&digest, mend_span_text(fix));
	mend_digest_hex(fix_hex, &digest);
	return mend_text_format("{\"path\": \"%s\", \"op\": \"replace\","
				" \"base\": [{\"blake2b\": \"%s\"}], \"object\": \"%s\","
				" \"size\": %zu, \"mode\": \"0644\"}",
				path, base_hex, fix_hex, strlen(fix));
}

char *lab_manifest(const char *id, unsigned release, const char *root, const char *targets,
		   const char *more)
{
	return mend_text_format("{\"format\": 1, \"id\": \"%s\", \"release\": %u, %s"
				"\"title\": \"A test\", \"issued\": \"" LAB_ISSUED "\","
				" \"arch\": \"any\", \"root\": \"%s\", \"targets\": [%s]}\n",
				id, release, more, root, targets);
}

static void put_member(int fd, const char *name, struct mend_span content)
{
	struct mend_error err;
	static const uint8_t zeros[MEND_TAR_BLOCK];
	uint8_t header[MEND_TAR_BLOCK];
	size_t rest = content.size % MEND_TAR_BLOCK;
	int64_t issued;

	ck_assert(mend_time_parse(&issued, LAB_ISSUED));
	mend_tar_header(header, name, content.size, issued);
	unit_works(mend_fs_write_all(fd, mend_span_of(header, sizeof(header)), &err));
	unit_works(mend_fs_write_all(fd, content, &err));
	if (rest > 0)
		unit_works(mend_fs_write_all(fd, mend_span_of(zeros, MEND_TAR_BLOCK - rest), &err));
}

static int compare_by_digest(const void *a, const void *b)
{
	struct mend_digest left, right;

	mend_digest_of(&left, mend_span_text(*(char *const *)a));
	mend_digest_of(&right, mend_span_text(*(char *const *)b));
	return memcmp(&left, &right, sizeof(left));
}

static void put_object(int fd, const char *content)
{
	struct mend_bundle_object object = { .is_delta = false };
	size_t room = ZSTD_compressBound(strlen(content)), size;
	auto_free char *packed = mend_alloc(room);
	ZSTD_CCtx *zstd = ZSTD_createCCtx();
	char name[MEND_MEMBER_NAME_MAX];

	mend_digest_of(&object.digest, mend_span_text(content));
	mend_object_name(name, &object);
	ZSTD_CCtx_setParameter(zstd, ZSTD_c_checksumFlag, 1);
	size = ZSTD_compress2(zstd, packed, room, content, strlen(content));
	ZSTD_freeCCtx(zstd);
	ck_assert(!ZSTD_isError(size));
	put_member(fd, name, mend_span_of(packed, size));
}

struct mend_bundle *lab_bundle(const struct unit_signer *publisher, const char *manifest,
			       const char *const *contents)
{
	struct mend_error err;
	static const uint8_t end[2 * MEND_TAR_BLOCK];
	auto_free char *sig = unit_sign(publisher, mend_span_text(manifest), COMMENT);
	char key_id[MEND_KEY_ID_HEX], name[64];
	auto_free const char **sorted = NULL;
	auto_fd fd = memfd_create("bundle", MFD_CLOEXEC);
	struct mend_bundle *bundle;
	size_t count = 0, i;

	ck_assert_int_ge(fd, 0);
	put_member(fd, "manifest.json", mend_span_text(manifest));
	mend_key_id_hex(key_id, publisher->key.id);
	snprintf(name, sizeof(name), "signatures/%s.minisig", key_id);
	put_member(fd, name, mend_span_text(sig));
	while (contents[count])
		count++;
	sorted = mend_alloc((count + 1) * sizeof(*sorted));
	memcpy(sorted, contents, count * sizeof(*sorted));
	qsort(sorted, count, sizeof(*sorted), compare_by_digest);
	for (i = 0; i < count; i++)
		put_object(fd, sorted[i]);
	unit_works(mend_fs_write_all(fd, mend_span_of(end, sizeof(end)), &err));
	unit_works(mend_bundle_open(&bundle, fd, &err));
	mend_take_fd(&fd);
	return bundle;
}

struct mend_release *lab_verify(const struct mend_keyring *ring, const struct mend_bundle *bundle)
{
	struct mend_error err;
	struct mend_release *release = mend_alloc(sizeof(*release));

	unit_works(mend_verify(&release->verified, ring, mend_bytes_span(&bundle->manifest),
			       bundle->sigs, bundle->sig_count, &err));
	unit_works(mend_manifest_decode(&release->manifest, release->verified, &err));
	return release;
}
