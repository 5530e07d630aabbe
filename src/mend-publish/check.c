/* SPDX-License-Identifier: MIT */
/* Checks bundles; what comes out of mend-publish goes through here before it gets its name. */
#include "mend-publish/check.h"

#include <fcntl.h>
#include <string.h>

#include "mend-publish/base_file.h"
#include "mendfs/fs.h"

void check_free(struct checked *checked)
{
	mend_bundle_free(checked->bundle);
	mend_verified_free(checked->verified);
	mend_manifest_free(checked->manifest);
	*checked = (struct checked){ .bundle = NULL };
}

static bool has_base(const struct mend_target *target, const struct mend_digest *digest)
{
	for (size_t i = 0; i < target->base_count; i++) {
		if (!target->bases[i].link && mend_digest_equal(&target->bases[i].content, digest))
			return true;
	}
	return false;
}

static bool is_content_of(const struct mend_target *target, const struct mend_digest *object)
{
	return (target->op == MEND_OP_REPLACE || target->op == MEND_OP_ADD) &&
	       mend_digest_equal(&target->object, object);
}

/* A descriptor of the base's content below base_dir, or -1: where a target with it is. */
static int open_base(const struct checked *checked, const struct mend_bundle_object *delta,
		     int base_dir)
{
	for (size_t i = 0; base_dir >= 0 && i < checked->manifest->target_count; i++) {
		const struct mend_target *target = &checked->manifest->targets[i];
		auto_base_file file = { .link = NULL };
		struct mend_digest digest;

		if (!is_content_of(target, &delta->digest) || !has_base(target, &delta->from) ||
		    base_file_read(&file, base_dir, target->path, "", NULL) < 0 ||
		    !file.content.data)
			continue;
		mend_digest_of(&digest, mend_bytes_span(&file.content));
		if (mend_digest_equal(&digest, &delta->from))
			return openat(base_dir, target->path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	}
	return -1;
}

static const struct mend_target *find_target(const struct mend_manifest *manifest,
					     const struct mend_digest *object)
{
	for (size_t i = 0; i < manifest->target_count; i++) {
		if (is_content_of(&manifest->targets[i], object))
			return &manifest->targets[i];
	}
	return NULL;
}

static int check_object(struct checked *checked, const struct mend_bundle_object *object,
			int base_dir, struct mend_error *err)
{
	const struct mend_target *target = find_target(checked->manifest, &object->digest);
	auto_fd base = object->is_delta ? open_base(checked, object, base_dir) : -1;

	if (!target) /* mend_bundle_matches() has said so before */
		return mend_fail(err, MEND_FORMAT, "an object is not in the manifest");
	if (object->is_delta && base < 0) {
		checked->unchecked++;
		return 0;
	}
	if (mend_object_decode(checked->bundle, object, target->size, base, -1, err) < 0)
		return -1;
	if (object->is_delta)
		checked->deltas++;
	else
		checked->whole++;
	return 0;
}

static int check_all(struct checked *checked, const struct mend_keyring *ring, int base_dir,
		     struct mend_error *err)
{
	struct mend_bundle *bundle = checked->bundle;

	if (mend_verify(&checked->verified, ring, mend_bytes_span(&bundle->manifest), bundle->sigs,
			bundle->sig_count, err) < 0 ||
	    mend_manifest_decode(&checked->manifest, checked->verified, err) < 0 ||
	    mend_manifest_may(checked->manifest, checked->verified, ring, err) < 0 ||
	    mend_bundle_matches(bundle, checked->manifest, err) < 0)
		return -1;
	for (size_t i = 0; i < bundle->object_count; i++) {
		if (check_object(checked, &bundle->objects[i], base_dir, err) < 0)
			return -1;
	}
	return 0;
}

int check_bundle(struct checked *out, int fd, const struct mend_keyring *ring, int base_dir,
		 struct mend_error *err)
{
	auto_checked checked = { .bundle = NULL };

	if (mend_bundle_open(&checked.bundle, fd, err) < 0)
		return -1;
	if (check_all(&checked, ring, base_dir, err) < 0) {
		checked.bundle->fd = -1; /* stays the caller's */
		return -1;
	}
	*out = checked;
	checked = (struct checked){ .bundle = NULL };
	return 0;
}

/* A ring of one key: our own. */
struct own_ring {
	struct mend_trusted_key key;
	struct mend_keyring ring;
};

static void trust_own(struct own_ring *own, const struct seckey *key)
{
	*own = (struct own_ring){ .key = { .name = (char *)"own", .threshold = 1 },
				  .ring = { .keys = &own->key, .count = 1 } };
	seckey_public(&own->key.key, key);
}

int check_own(int fd, const struct seckey *key, struct mend_error *err)
{
	auto_checked checked = { .bundle = NULL };
	auto_fd copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	struct own_ring own;

	if (copy < 0)
		return mend_fail_errno(err, "cannot copy a descriptor");
	trust_own(&own, key);
	if (check_bundle(&checked, copy, &own.ring, -1, err) < 0)
		return -1;
	mend_take_fd(&copy);
	return 0;
}

int check_manifest(struct mend_manifest **out, struct mend_span raw, const struct seckey *key,
		   struct mend_error *err)
{
	auto_call(mend_verified_free) struct mend_verified *verified = NULL;
	auto_bytes signature = { NULL, 0 };
	struct mend_span sig;
	struct own_ring own;

	/* The decoder takes signed bytes only, so this signature is made, and thrown away. */
	if (seckey_sign(&signature, key, raw, "not for use", err) < 0)
		return -1;
	sig = mend_bytes_span(&signature);
	trust_own(&own, key);
	if (mend_verify(&verified, &own.ring, raw, &sig, 1, err) < 0)
		return -1;
	return mend_manifest_decode(out, verified, err);
}
