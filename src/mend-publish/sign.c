/* SPDX-License-Identifier: MIT */
/* mend-publish sign: one more signature for a bundle. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "mend-publish/check.h"
#include "mend-publish/output.h"
#include "mend-publish/signing.h"
#include "mend-publish/verb.h"

struct request {
	const char *secret, *password_file, *bundle, *output;
	bool force;
};

static const char usage[] =
	"Usage: mend-publish sign -s SECRET BUNDLE [-o OUT.mend] [OPTION]...\n"
	"Add a signature to a bundle, or renew the one of the same key.\n\n"
	"  -s, --secret FILE         the key to sign with\n"
	"  -o, --output FILE         where the new bundle goes (in place of BUNDLE)\n"
	"      --password-file FILE  take the key's password from FILE's first line\n"
	"      --force               replace OUT.mend when it exists\n"
	"      --quiet               print errors only\n";

static const struct option options[] = {
	{ "secret", required_argument, NULL, 's' },
	{ "output", required_argument, NULL, 'o' },
	{ "password-file", required_argument, NULL, 'P' },
	{ "force", no_argument, NULL, 'f' },
	VERB_OPTIONS_END,
};

static int parse(struct request *out, int argc, char **argv, struct mend_error *err)
{
	int option;

	while ((option = verb_option(argc, argv, ":s:o:", options, usage, err)) != VERB_END) {
		switch (option) {
		case 's':
			out->secret = optarg;
			break;
		case 'o':
			out->output = optarg;
			break;
		case 'P':
			out->password_file = optarg;
			break;
		case 'f':
			out->force = true;
			break;
		default:
			return -1;
		}
	}
	if (verb_needs(out->secret, "-s SECRET", err) < 0)
		return -1;
	return verb_argument(&out->bundle, argc, argv, "BUNDLE", err);
}

/* Copies every part of the bundle, with one signature more. */
static int write_signed(int fd, const struct mend_bundle *bundle,
			const struct mend_manifest *manifest, const struct seckey *key,
			struct mend_error *err)
{
	auto_bytes signature = { NULL, 0 };
	struct parts parts = { .manifest = mend_bytes_span(&bundle->manifest),
			       .signature_count = bundle->sig_count,
			       .objects = bundle->objects,
			       .object_count = bundle->object_count,
			       .object_fd = bundle->fd,
			       .mtime = bundle->mtime };

	for (size_t i = 0; i < bundle->sig_count; i++) {
		memcpy(parts.signatures[i].key, bundle->sig_names[i], MEND_KEY_ID_HEX);
		parts.signatures[i].file = bundle->sigs[i];
	}
	if (sign_parts(&parts, &signature, manifest, key, err) < 0)
		return -1;
	return bundle_write(fd, &parts, err);
}

static int open_bundle(struct mend_bundle **out, const char *path, struct mend_error *err)
{
	auto_fd fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return mend_fail_errno(err, "%s: cannot open", path);
	if (mend_bundle_open(out, fd, err) < 0)
		return mend_fail_at(err, "%s", path);
	mend_take_fd(&fd);
	return 0;
}

static int sign(const struct request *request, const struct mend_bundle *bundle,
		const struct mend_manifest *manifest, const struct seckey *key,
		struct mend_error *err)
{
	const char *path = request->output ? request->output : request->bundle;
	auto_output output = OUTPUT_NONE;
	char title[MEND_TITLE_OF_MAX], id[MEND_KEY_ID_HEX];

	if (output_begin(&output, path, 0644, request->force || !request->output, err) < 0 ||
	    write_signed(output.fd, bundle, manifest, key, err) < 0)
		return -1;
	if (check_own(output.fd, key, err) < 0)
		return mend_fail_at(err, "%s: not signed", request->bundle);
	if (output_commit(&output, err) < 0)
		return -1;
	mend_release_text(title, manifest->id, manifest->release);
	mend_key_id_hex(id, key->id);
	verb_say("%s: %s, signed by key %s", path, title, id);
	return 0;
}

int verb_sign(int argc, char **argv, struct mend_error *err)
{
	auto_call(mend_manifest_free) struct mend_manifest *manifest = NULL;
	auto_call(mend_bundle_free) struct mend_bundle *bundle = NULL;
	struct request request = { .force = false };
	auto_seckey key = { .id = { 0 } };

	if (parse(&request, argc, argv, err) < 0 || open_bundle(&bundle, request.bundle, err) < 0 ||
	    seckey_load(&key, request.secret, request.password_file, err) < 0)
		return -1;
	if (check_manifest(&manifest, mend_bytes_span(&bundle->manifest), &key, err) < 0)
		return mend_fail_at(err, "%s: not signed", request.bundle);
	return sign(&request, bundle, manifest, &key, err);
}
