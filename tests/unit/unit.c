/* SPDX-License-Identifier: MIT */
/* What unit tests share. */
#include "unit.h"

#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "mendfs/fs.h"

static char scratch[256];
static int scratch_fd = -1;

/* Everything temporary goes below one directory of the parent, which outlives a test that fails. */
static void parent_scratch(char path[256])
{
	const char *parent = getenv("TMPDIR");

	snprintf(path, 256, "%s/mend-unit-XXXXXX", parent ? parent : "/tmp");
	if (mkdtemp(path) == NULL || setenv("TMPDIR", path, 1) < 0) {
		perror(path);
		exit(3);
	}
}

int unit_main(const char *name, const TTest *const *tests)
{
	char parent[256];
	Suite *suite = suite_create(name);
	TCase *tcase = tcase_create(name);
	SRunner *runner;
	int failed;

	parent_scratch(parent);
	for (; *tests != NULL; tests++)
		tcase_add_test(tcase, *tests);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	mend_fs_remove_tree(AT_FDCWD, parent, NULL);
	return failed == 0 ? 0 : 1;
}

int unit_scratch(void)
{
	snprintf(scratch, sizeof scratch, "%s/test-XXXXXX", getenv("TMPDIR"));
	ck_assert_ptr_nonnull(mkdtemp(scratch));
	scratch_fd = open(scratch, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(scratch_fd, 0);
	return scratch_fd;
}

void unit_scratch_end(void)
{
	struct mend_error err;

	close(scratch_fd);
	unit_works(mend_fs_remove_tree(AT_FDCWD, scratch, &err));
}

void unit_write(int dir, const char *name, const char *text)
{
	struct mend_error err;

	unit_works(mend_fs_write(dir, name, mend_span_text(text), 0644, &err));
}

void unit_signer_make(struct unit_signer *out, uint8_t seed)
{
	uint8_t seeds[crypto_sign_SEEDBYTES];

	memset(seeds, seed, sizeof seeds);
	memset(out->key.id, seed, sizeof out->key.id);
	crypto_sign_seed_keypair(out->key.key, out->secret, seeds);
}

static void base64(char *out, size_t size, const void *data, size_t data_size)
{
	sodium_bin2base64(out, size, data, data_size, sodium_base64_VARIANT_ORIGINAL);
}

char *unit_sign(const struct unit_signer *signer, struct mend_span message, const char *comment)
{
	uint8_t hash[64], line[2 + 8 + 64] = "ED", global[64];
	char line_text[128], global_text[128];
	auto_free uint8_t *signed_text = mend_alloc(64 + strlen(comment));

	crypto_generichash(hash, sizeof hash, message.data, message.size, NULL, 0);
	memcpy(line + 2, signer->key.id, 8);
	crypto_sign_detached(line + 10, NULL, hash, sizeof hash, signer->secret);
	memcpy(signed_text, line + 10, 64);
	memcpy(signed_text + 64, comment, strlen(comment));
	crypto_sign_detached(global, NULL, signed_text, 64 + strlen(comment), signer->secret);
	base64(line_text, sizeof line_text, line, sizeof line);
	base64(global_text, sizeof global_text, global, sizeof global);
	return mend_text_format("untrusted comment: " MEND_SIG_COMMENT
				"\n%s\ntrusted comment: %s\n%s\n",
				line_text, comment, global_text);
}

char *unit_key_file(const struct unit_signer *signer)
{
	uint8_t line[2 + 8 + 32] = "Ed";
	char text[128];

	memcpy(line + 2, signer->key.id, 8);
	memcpy(line + 10, signer->key.key, 32);
	base64(text, sizeof text, line, sizeof line);
	return mend_text_format("untrusted comment: a test's\n%s\n", text);
}

struct mend_verified *unit_verified(struct mend_span message)
{
	struct mend_trusted_key trusted = { .name = (char[]){ "test" }, .threshold = 1 };
	struct mend_keyring ring = { .keys = &trusted, .count = 1 };
	struct unit_signer signer;
	struct mend_verified *verified = NULL;
	struct mend_error err;
	auto_free char *text = NULL;
	struct mend_span sig;

	unit_signer_make(&signer, 1);
	trusted.key = signer.key;
	text = unit_sign(&signer, message, "t");
	sig = mend_span_text(text);
	unit_works(mend_verify(&verified, &ring, message, &sig, 1, &err));
	return verified;
}
