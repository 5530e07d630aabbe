/* SPDX-License-Identifier: MIT */
/* mend-publish keygen: a key pair, secret and public. */
#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "mend-publish/output.h"
#include "mend-publish/seckey.h"
#include "mend-publish/verb.h"
#include "mendfs/fs.h"

#define COMMENT_MAX 900 /* bytes: minisign(1) reads at most 1024 with what stands before it */

struct request {
	const char *secret, *public, *password_file, *comment;
	bool no_password, force;
};

static const char usage[] =
	"Usage: mend-publish keygen -s SECRET -p PUBLIC [OPTION]...\n"
	"Make a key pair, as minisign(1) does.\n\n"
	"  -s, --secret FILE         where the secret key goes (mode 0600)\n"
	"  -p, --public FILE         where the public key goes, for machines' keys.d\n"
	"      --password-file FILE  take the password from FILE's first line\n"
	"      --no-password         leave the secret key unprotected\n"
	"      --comment TEXT        the untrusted comment in both files\n"
	"      --force               replace files that exist\n"
	"      --quiet               print errors only\n";

static const struct option options[] = {
	{ "secret", required_argument, NULL, 's' },
	{ "public", required_argument, NULL, 'p' },
	{ "password-file", required_argument, NULL, 'P' },
	{ "no-password", no_argument, NULL, 'n' },
	{ "comment", required_argument, NULL, 'c' },
	{ "force", no_argument, NULL, 'f' },
	VERB_OPTIONS_END,
};

static int parse(struct request *out, int argc, char **argv, struct mend_error *err)
{
	int option;

	while ((option = verb_option(argc, argv, ":s:p:", options, usage, err)) != VERB_END) {
		switch (option) {
		case 's':
			out->secret = optarg;
			break;
		case 'p':
			out->public = optarg;
			break;
		case 'P':
			out->password_file = optarg;
			break;
		case 'n':
			out->no_password = true;
			break;
		case 'c':
			out->comment = optarg;
			break;
		case 'f':
			out->force = true;
			break;
		default:
			return -1;
		}
	}
	if (optind < argc)
		return mend_fail(err, MEND_USAGE, "keygen: '%s' is one argument too many",
				 argv[optind]);
	if (verb_needs(out->secret, "-s SECRET", err) < 0 ||
	    verb_needs(out->public, "-p PUBLIC", err) < 0)
		return -1;
	if (strcmp(out->secret, out->public) == 0)
		return mend_fail(err, MEND_USAGE, "secret and public key cannot be the same file");
	if (out->no_password && out->password_file)
		return mend_fail(err, MEND_USAGE,
				 "--password-file and --no-password exclude each other");
	if (out->comment && (strlen(out->comment) > COMMENT_MAX || strpbrk(out->comment, "\r\n")))
		return mend_fail(err, MEND_USAGE,
				 "--comment has to be one line of at most %d bytes", COMMENT_MAX);
	return 0;
}

/* The secret file's content, sealed as asked. */
static int seal(struct mend_bytes *out, const struct request *request, const struct seckey *key,
		struct mend_error *err)
{
	const char *comment = request->comment ? request->comment : "minisign encrypted secret key";
	auto_password password = { "" };

	if (request->no_password)
		return seckey_encode(out, key, NULL,
				     request->comment ? comment : "minisign secret key", err);
	if (password_choose(&password, request->password_file, request->secret, err) < 0)
		return -1;
	return seckey_encode(out, key, &password, comment, err);
}

/* Both files, or neither that was not there before. */
static int write_pair(const struct request *request, const struct mend_bytes *secret,
		      const struct mend_bytes *public, struct mend_error *err)
{
	auto_output secret_file = OUTPUT_NONE, public_file = OUTPUT_NONE;

	if (output_begin(&secret_file, request->secret, 0600, request->force, err) < 0 ||
	    output_begin(&public_file, request->public, 0644, request->force, err) < 0 ||
	    mend_fs_write_all(secret_file.fd, mend_bytes_span(secret), err) < 0 ||
	    mend_fs_write_all(public_file.fd, mend_bytes_span(public), err) < 0 ||
	    output_commit(&secret_file, err) < 0)
		return -1;
	return output_commit(&public_file, err);
}

static int make_pair(const struct request *request, struct mend_error *err)
{
	auto_bytes secret = { NULL, 0 }, public = { NULL, 0 };
	auto_seckey key = { .id = { 0 } };
	char id[MEND_KEY_ID_HEX], comment[64];
	int result;

	seckey_make(&key);
	mend_key_id_hex(id, key.id);
	snprintf(comment, sizeof(comment), "minisign public key %s", id);
	if (seal(&secret, request, &key, err) < 0)
		return -1;
	seckey_public_file(&public, &key, request->comment ? request->comment : comment);
	result = write_pair(request, &secret, &public, err);
	sodium_memzero(secret.data, secret.size);
	if (result == 0)
		verb_say("key %s: secret in %s, public in %s", id, request->secret,
			 request->public);
	return result;
}

int verb_keygen(int argc, char **argv, struct mend_error *err)
{
	struct request request = { .secret = NULL };

	if (parse(&request, argc, argv, err) < 0)
		return -1;
	/* Before anybody has typed a password twice. */
	if (!request.force &&
	    (output_check(request.secret, err) < 0 || output_check(request.public, err) < 0))
		return -1;
	return make_pair(&request, err);
}
