/* SPDX-License-Identifier: MIT */
/* Opening a bundle: its members' names, order and limits; and whether it holds what it should. */
#include "mendfs/bundle.h"

#include <stdio.h>
#include <string.h>

#include "lib/tar.h"

#define MANIFEST_NAME	 "manifest.json"
#define SIGNATURE_PREFIX "signatures/"
#define SIGNATURE_SUFFIX ".minisig"
#define OBJECT_PREFIX	 "objects/"
#define OBJECT_SUFFIX	 ".zst"
#define OBJECTS_STEP	 64 /* of growing the array */
#define OBJECT_FROM	 ".from/"
#define COMPRESSED_MAX	 (MEND_OBJECT_MAX + MEND_OBJECT_MAX / 128) /* above ZSTD_COMPRESSBOUND */

/* If text starts with it, steps over it. */
static bool skip(const char **text, const char *start)
{
	size_t length = strlen(start);

	if (strncmp(*text, start, length) != 0)
		return false;
	*text += length;
	return true;
}

static bool skip_digest(struct mend_digest *out, const char **text)
{
	char hex[MEND_DIGEST_HEX];

	if (strlen(*text) < sizeof(hex) - 1)
		return false;
	snprintf(hex, sizeof(hex), "%s", *text);
	if (!mend_digest_parse(out, hex))
		return false;
	*text += sizeof(hex) - 1;
	return true;
}

bool mend_object_parse_name(struct mend_bundle_object *out, const char *name)
{
	const char *at = name;

	if (!skip(&at, OBJECT_PREFIX) || !skip_digest(&out->digest, &at))
		return false;
	out->is_delta = skip(&at, OBJECT_FROM);
	if (out->is_delta && !skip_digest(&out->from, &at))
		return false;
	return strcmp(at, OBJECT_SUFFIX) == 0;
}

void mend_object_name(char out[MEND_MEMBER_NAME_MAX], const struct mend_bundle_object *object)
{
	char hex[MEND_DIGEST_HEX], from[MEND_DIGEST_HEX] = "";

	mend_digest_hex(hex, &object->digest);
	if (object->is_delta)
		mend_digest_hex(from, &object->from);
	snprintf(out, MEND_MEMBER_NAME_MAX, OBJECT_PREFIX "%s%s%s" OBJECT_SUFFIX, hex,
		 object->is_delta ? OBJECT_FROM : "", from);
}

static int read_member(struct mend_bytes *out, const struct mend_bundle *bundle,
		       const struct mend_tar_member *member, size_t limit, struct mend_error *err)
{
	auto_bytes bytes = { NULL, 0 };

	if (member->size > limit)
		return mend_fail(err, MEND_LIMIT,
				 "member '%s' has %llu bytes; at most %zu are allowed",
				 member->name, (unsigned long long)member->size, limit);
	bytes.data = mend_alloc((size_t)member->size + 1);
	bytes.size = (size_t)member->size;
	if (mend_tar_read(bytes.data, bundle->fd, member->offset, bytes.size, err) < 0)
		return -1;
	out->data = take(bytes.data);
	out->size = bytes.size;
	return 0;
}

/* Nobody signs this line, and so it has only one form. */
static bool has_comment(struct mend_span file)
{
	static const char line[] = "untrusted comment: " MEND_SIG_COMMENT "\n";

	return file.size >= sizeof(line) - 1 && memcmp(file.data, line, sizeof(line) - 1) == 0;
}

/* The name says whose signature it is; it has to be the truth, or an audit by name would be fooled.
 */
static int add_signature(struct mend_bundle *bundle, const struct mend_tar_member *member,
			 struct mend_error *err)
{
	size_t at = bundle->sig_count;
	struct mend_sig sig;
	char id[MEND_KEY_ID_HEX], name[MEND_MEMBER_NAME_MAX];

	if (at == MEND_SIGS_MAX)
		return mend_fail(err, MEND_LIMIT, "bundle has more than %d signatures",
				 MEND_SIGS_MAX);
	if (read_member(&bundle->sig_bytes[at], bundle, member, MEND_SIG_FILE_MAX, err) < 0)
		return -1;
	bundle->sigs[at] = mend_bytes_span(&bundle->sig_bytes[at]);
	bundle->sig_count++;
	if (mend_sig_parse(&sig, bundle->sigs[at], err) < 0)
		return mend_fail_at(err, "member '%s'", member->name);
	if (!has_comment(bundle->sigs[at]))
		return mend_fail(err, MEND_FORMAT,
				 "member '%s': its untrusted comment is not \"" MEND_SIG_COMMENT
				 "\"",
				 member->name);
	mend_key_id_hex(id, sig.id);
	snprintf(name, sizeof(name), SIGNATURE_PREFIX "%s" SIGNATURE_SUFFIX, id);
	if (strcmp(name, member->name) != 0)
		return mend_fail(err, MEND_FORMAT, "member '%s' is a signature by key %s",
				 member->name, id);
	memcpy(bundle->sig_names[at], id, sizeof(id));
	return 0;
}

static int add_object(struct mend_bundle *bundle, const struct mend_tar_member *member,
		      struct mend_error *err)
{
	struct mend_bundle_object object = { .offset = member->offset, .size = member->size };

	if (!mend_object_parse_name(&object, member->name))
		return mend_fail(err, MEND_FORMAT, "member '%s' does not belong in a bundle",
				 member->name);
	if (bundle->object_count == MEND_BUNDLE_OBJECTS_MAX)
		return mend_fail(err, MEND_LIMIT, "bundle has more than %d objects",
				 MEND_BUNDLE_OBJECTS_MAX);
	if (member->size > COMPRESSED_MAX)
		return mend_fail(err, MEND_LIMIT,
				 "member '%s' has %llu bytes; at most %llu are allowed",
				 member->name, (unsigned long long)member->size, COMPRESSED_MAX);
	if (bundle->object_count % OBJECTS_STEP == 0)
		bundle->objects = mend_grow(bundle->objects, bundle->object_count + OBJECTS_STEP,
					    sizeof(*bundle->objects));
	bundle->objects[bundle->object_count++] = object;
	return 0;
}

static bool starts_with(const char *text, const char *start)
{
	return skip(&text, start);
}

/* In the order they have in a bundle. */
enum kind { MANIFEST, SIGNATURE, OBJECT };

static enum kind kind_of(const char *name)
{
	if (starts_with(name, SIGNATURE_PREFIX))
		return SIGNATURE;
	return starts_with(name, OBJECT_PREFIX) ? OBJECT : MANIFEST;
}

static int check_order(const char *previous, const char *name, struct mend_error *err)
{
	enum kind before = kind_of(previous), now = kind_of(name);

	if (!*previous && strcmp(name, MANIFEST_NAME) != 0)
		return mend_fail(err, MEND_FORMAT, "not a bundle: it begins with '%s'", name);
	if (*previous && now == MANIFEST)
		return mend_fail(err, MEND_FORMAT, "member '%s' does not belong in a bundle", name);
	if (now < before || (now == before && strcmp(previous, name) >= 0))
		return mend_fail(err, MEND_FORMAT, "member '%s' does not belong after '%s'", name,
				 previous);
	return 0;
}

static int add_member(struct mend_bundle *bundle, const struct mend_tar_member *member,
		      const char *previous, struct mend_error *err)
{
	if (check_order(previous, member->name, err) < 0)
		return -1;
	if (*previous && member->mtime != bundle->mtime)
		return mend_fail(err, MEND_FORMAT, "member '%s' has another time than the first",
				 member->name);
	switch (kind_of(member->name)) {
	case SIGNATURE:
		return add_signature(bundle, member, err);
	case OBJECT:
		return add_object(bundle, member, err);
	case MANIFEST:
		break;
	}
	bundle->mtime = member->mtime;
	return read_member(&bundle->manifest, bundle, member, MEND_MANIFEST_MAX, err);
}

static int read_members(struct mend_bundle *bundle, struct mend_error *err)
{
	struct mend_tar_member previous = { .name = "" }, member;
	struct mend_tar tar;
	bool end = false;

	if (mend_tar_open(&tar, bundle->fd, err) < 0)
		return -1;
	for (;;) {
		if (mend_tar_next(&member, &end, &tar, err) < 0)
			return -1;
		if (end)
			break;
		if (add_member(bundle, &member, previous.name, err) < 0)
			return -1;
		previous = member;
	}
	if (!bundle->manifest.data)
		return mend_fail(err, MEND_FORMAT, "not a bundle: it has no " MANIFEST_NAME);
	if (bundle->sig_count == 0)
		return mend_fail(err, MEND_FORMAT, "bundle has no signature");
	return 0;
}

int mend_bundle_open(struct mend_bundle **out, int fd, struct mend_error *err)
{
	auto_call(mend_bundle_free) struct mend_bundle *bundle = mend_alloc(sizeof(*bundle));

	bundle->fd = fd;
	if (read_members(bundle, err) < 0) {
		bundle->fd = -1; /* stays the caller's */
		return -1;
	}
	*out = take(bundle);
	return 0;
}

void mend_bundle_free(struct mend_bundle *bundle)
{
	if (!bundle)
		return;
	mend_auto_close(&bundle->fd);
	mend_bytes_free(&bundle->manifest);
	for (size_t i = 0; i < MEND_SIGS_MAX; i++)
		mend_bytes_free(&bundle->sig_bytes[i]);
	free(bundle->objects);
	free(bundle);
}
