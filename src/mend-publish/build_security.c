/* SPDX-License-Identifier: MIT */
/* mend-publish build --apt-security: one release after the other. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "mend-publish/build.h"
#include "mend-publish/security.h"
#include "mend-publish/verb.h"

/* What has gone wrong so far. */
struct failures {
	char *names; /* "expat, openssl"; NULL when there is none */
	size_t count;
	enum mend_code code; /* the one that is graver to exit with */
};

static void note(struct failures *failures, const char *source, const struct mend_error *why)
{
	auto_free char *before = failures->names;

	fprintf(stderr, "mend-publish: %s: %s\n", source, why->text);
	failures->names =
		before ? mend_text_format("%s, %s", before, source) : mend_text_copy(source);
	if (failures->count == 0 || mend_code_exit(why->code) > mend_code_exit(failures->code))
		failures->code = why->code;
	failures->count++;
}

static int check_output(const struct recipe *recipe, struct mend_error *err)
{
	struct stat st;

	if (recipe->dry_run)
		return 0;
	if (stat(recipe->output, &st) < 0)
		return mend_fail_errno(err, "-o %s: cannot find the directory", recipe->output);
	if (!S_ISDIR(st.st_mode))
		return mend_fail(err, MEND_USAGE,
				 "-o %s: with --apt-security it has to be a directory",
				 recipe->output);
	return 0;
}

static int make(struct security_part *part, const struct seckey *key, int argc, char **argv,
		struct mend_error *err)
{
	auto_call(recipe_free) struct recipe *recipe = NULL;

	if (recipe_parse_part(&recipe, argc, argv, part, err) < 0 || build_gather(recipe, err) < 0)
		return -1;
	return build_finish(recipe, key, err);
}

static void make_all(struct failures *failures, struct security *security,
		     const struct recipe *recipe, const struct seckey *key, int argc, char **argv)
{
	for (size_t i = 0; i < security->count; i++) {
		struct security_part *part = &security->parts[i];
		struct mend_error why = { .code = MEND_OK };

		if (recipe->dry_run && i > 0)
			verb_say("%s", "");
		if (!recipe->dry_run)
			part->output = mend_text_format("%s/%s.mend", recipe->output, part->source);
		if (make(part, key, argc, argv, &why) == 0)
			continue;
		if (part->has_nothing)
			verb_say("%s: nothing to publish", part->source);
		else
			note(failures, part->source, &why);
		fflush(stdout);
	}
}

int build_security(const struct recipe *recipe, int argc, char **argv, struct mend_error *err)
{
	struct failures failures = { NULL, 0, MEND_OK };
	auto_security security = { NULL, 0 };
	auto_seckey key = { .id = { 0 } };
	struct security_wish wish = { .root = recipe->manifest->root,
				      .only = recipe->only,
				      .only_count = recipe->only_count };

	sources_included(recipe->sources, &wish.includes, &wish.include_count);
	if (check_output(recipe, err) < 0 || security_find(&security, &wish, err) < 0)
		return -1;
	if (security.count == 0) {
		verb_say("nothing to publish: the security suite has no newer libraries");
		return 0;
	}
	if (!recipe->dry_run && seckey_load(&key, recipe->secret, recipe->password_file, err) < 0)
		return -1;
	make_all(&failures, &security, recipe, &key, argc, argv);
	if (failures.count == 0)
		return 0;
	mend_fail(err, failures.code, "%zu of %zu not made: %s", failures.count, security.count,
		  failures.names);
	free(failures.names);
	return -1;
}
