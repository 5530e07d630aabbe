/* SPDX-License-Identifier: MIT */
/* mend-publish verify: would a machine that trusts these keys take the bundle? */
#include <fcntl.h>
#include <stdio.h>
#include <time.h>

#include "mend-publish/check.h"
#include "mend-publish/verb.h"
#include "mendfs/fs.h"

struct request {
	const char *bundle, *config, *base_dir;
	struct mend_keyring ring; /* of -p; its keys are owned here */
};

static const char usage[] =
	"Usage: mend-publish verify BUNDLE -p PUBLIC... | --config DIR\n"
	"Check a bundle as a machine would: format, signatures and every object's hash.\n\n"
	"  -p, --public FILE   a public key to trust; may be repeated\n"
	"      --config DIR    trust the keys in DIR/keys.d, within their limits\n"
	"      --base-dir DIR  the base's content, to check deltas with\n"
	"      --quiet         print errors only\n";

static const struct option options[] = {
	{ "public", required_argument, NULL, 'p' },
	{ "config", required_argument, NULL, 'c' },
	{ "base-dir", required_argument, NULL, 'b' },
	VERB_OPTIONS_END,
};

static int add_key(struct mend_keyring *ring, const char *path, struct mend_error *err)
{
	struct mend_trusted_key key = { .threshold = 1 };
	auto_bytes raw = { NULL, 0 };

	if (ring->count == MEND_KEYS_MAX)
		return mend_fail(err, MEND_USAGE, "more than %d keys", MEND_KEYS_MAX);
	if (mend_fs_read(&raw, AT_FDCWD, path, MEND_KEY_FILE_MAX, err) < 0)
		return -1;
	if (mend_pubkey_parse(&key.key, mend_bytes_span(&raw), err) < 0)
		return mend_fail_at(err, "%s", path);
	key.name = mend_text_copy(path);
	ring->keys = mend_grow(ring->keys, ring->count + 1, sizeof(key));
	ring->keys[ring->count++] = key;
	return 0;
}

static int parse(struct request *out, int argc, char **argv, struct mend_error *err)
{
	int option;

	while ((option = verb_option(argc, argv, ":p:", options, usage, err)) != VERB_END) {
		switch (option) {
		case 'p':
			if (add_key(&out->ring, optarg, err) < 0)
				return -1;
			break;
		case 'c':
			out->config = optarg;
			break;
		case 'b':
			out->base_dir = optarg;
			break;
		default:
			return -1;
		}
	}
	if (verb_argument(&out->bundle, argc, argv, "BUNDLE", err) < 0)
		return -1;
	if (!out->config == !out->ring.count)
		return mend_fail(err, MEND_USAGE, "verify: give either -p PUBLIC or --config DIR");
	return 0;
}

static int load_config(struct mend_keyring **out, const char *path, struct mend_error *err)
{
	auto_fd config = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (config < 0)
		return mend_fail_errno(err, "%s: cannot open", path);
	if (mend_keyring_load(out, config, err) < 0)
		return mend_fail_at(err, "%s", path);
	for (size_t i = 0; i < (*out)->bad_count; i++)
		verb_warn("%s", (*out)->bad[i]);
	return 0;
}

static void report(const struct request *request, const struct checked *checked)
{
	const struct mend_manifest *manifest = checked->manifest;
	char title[MEND_TITLE_OF_MAX], id[MEND_KEY_ID_HEX];
	const struct mend_signer *signers;
	size_t count;

	mend_release_text(title, manifest->id, manifest->release);
	verb_say("%s: %s verified", request->bundle, title);
	signers = mend_verified_signers(checked->verified, &count);
	for (size_t i = 0; i < count; i++) {
		mend_key_id_hex(id, signers[i].id);
		verb_say("  signed by key %s (%s)", id, signers[i].name);
	}
	verb_say("  checked objects: %zu whole, %zu deltas", checked->whole, checked->deltas);
	if (checked->unchecked)
		verb_say("  not checked without their base (see --base-dir): %zu deltas",
			 checked->unchecked);
	if (mend_manifest_in_time(manifest, time(NULL), NULL) < 0)
		verb_warn("%s: expired %s: machines refuse it", request->bundle, manifest->expires);
}

static int open_base_dir(int *out, const struct request *request, struct mend_error *err)
{
	if (!request->base_dir)
		return 0;
	*out = open(request->base_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*out < 0)
		return mend_fail_errno(err, "%s: cannot open the base directory",
				       request->base_dir);
	return 0;
}

static int verify(const struct request *request, const struct mend_keyring *ring,
		  struct mend_error *err)
{
	auto_fd fd = open(request->bundle, O_RDONLY | O_CLOEXEC);
	auto_checked checked = { .bundle = NULL };
	auto_fd base_dir = -1;

	if (fd < 0)
		return mend_fail_errno(err, "%s: cannot open", request->bundle);
	if (open_base_dir(&base_dir, request, err) < 0)
		return -1;
	if (check_bundle(&checked, fd, ring, base_dir, err) < 0)
		return mend_fail_at(err, "%s: refused", request->bundle);
	mend_take_fd(&fd);
	report(request, &checked);
	return 0;
}

int verb_verify(int argc, char **argv, struct mend_error *err)
{
	auto_call(mend_keyring_free) struct mend_keyring *configured = NULL;
	struct request request = { .bundle = NULL };
	int result = parse(&request, argc, argv, err);

	if (result == 0 && request.config)
		result = load_config(&configured, request.config, err);
	if (result == 0)
		result = verify(&request, configured ? configured : &request.ring, err);
	for (size_t i = 0; i < request.ring.count; i++)
		free(request.ring.keys[i].name);
	free(request.ring.keys);
	return result;
}
