/* SPDX-License-Identifier: MIT */
/* mend-publish build: new files and what they replace become a signed bundle. */
#include "mend-publish/build.h"

#include "mend-publish/bundle_write.h"
#include "mend-publish/check.h"
#include "mend-publish/gate.h"
#include "mend-publish/manifest_encode.h"
#include "mend-publish/output.h"
#include "mend-publish/plan.h"
#include "mend-publish/recipe.h"
#include "mend-publish/seckey.h"
#include "mend-publish/signing.h"
#include "mend-publish/verb.h"

/* The manifest's bytes, which our own decoder has read and found good. */
static int encode(struct mend_bytes *out, const struct recipe *recipe, const struct seckey *key,
		  struct mend_error *err)
{
	auto_call(mend_manifest_free) struct mend_manifest *decoded = NULL;
	auto_bytes raw = { NULL, 0 };

	if (manifest_encode(&raw, recipe->manifest, err) < 0)
		return -1;
	if (check_manifest(&decoded, mend_bytes_span(&raw), key, err) < 0)
		return mend_fail_at(err, "such a release cannot be published");
	*out = raw;
	raw = (struct mend_bytes){ NULL, 0 };
	return 0;
}

static int write_bundle(int fd, const struct recipe *recipe, const struct pool *pool,
			const struct seckey *key, struct mend_error *err)
{
	auto_bytes manifest = { NULL, 0 }, signature = { NULL, 0 };
	struct parts parts = { .objects = pool->objects,
			       .object_count = pool->count,
			       .object_fd = pool->fd,
			       .mtime = recipe->manifest->issued_at };

	pool_tell(recipe->manifest, pool);
	if (encode(&manifest, recipe, key, err) < 0)
		return -1;
	if (gate_recipe(recipe, err) < 0)
		return -1;
	parts.manifest = mend_bytes_span(&manifest);
	if (sign_parts(&parts, &signature, recipe->manifest, key, err) < 0)
		return -1;
	return bundle_write(fd, &parts, err);
}

static int build(const struct recipe *recipe, const struct seckey *key, struct mend_error *err)
{
	auto_output output = OUTPUT_NONE;
	auto_pool pool = POOL_NONE;

	if (output_begin(&output, recipe->output, 0644, recipe->force, err) < 0 ||
	    pool_open(&pool, err) < 0 || recipe_pack(&pool, recipe, err) < 0 ||
	    write_bundle(output.fd, recipe, &pool, key, err) < 0)
		return -1;
	if (check_own(output.fd, key, err) < 0)
		return mend_fail_at(err, "%s: what was written is not good", recipe->output);
	return output_commit(&output, err);
}

static int report(const struct recipe *recipe, const struct seckey *key)
{
	const struct mend_manifest *manifest = recipe->manifest;
	char title[MEND_TITLE_OF_MAX], id[MEND_KEY_ID_HEX];

	mend_release_text(title, manifest->id, manifest->release);
	mend_key_id_hex(id, key->id);
	verb_say("%s: %s, %zu %s, signed by key %s", recipe->output, title, manifest->target_count,
		 manifest->target_count == 1 ? "target" : "targets", id);
	return 0;
}

int build_gather(struct recipe *recipe, struct mend_error *err)
{
	if (recipe->output && !recipe->force && output_check(recipe->output, err) < 0)
		return -1;
	return recipe_gather(recipe, err);
}

int build_finish(const struct recipe *recipe, const struct seckey *key, struct mend_error *err)
{
	if (recipe->dry_run) {
		plan_print(recipe);
		return gate_recipe(recipe, err);
	}
	return build(recipe, key, err) < 0 ? -1 : report(recipe, key);
}

int verb_build(int argc, char **argv, struct mend_error *err)
{
	auto_call(recipe_free) struct recipe *recipe = NULL;
	auto_seckey key = { .id = { 0 } };

	if (recipe_parse(&recipe, argc, argv, err) < 0)
		return -1;
	if (recipe->is_security)
		return build_security(recipe, argc, argv, err);
	if (build_gather(recipe, err) < 0 ||
	    (!recipe->dry_run && seckey_load(&key, recipe->secret, recipe->password_file, err) < 0))
		return -1;
	return build_finish(recipe, &key, err);
}
