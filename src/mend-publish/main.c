/* SPDX-License-Identifier: MIT */
/* mend-publish(1): the publisher's program. One table is dispatch and help. */
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include <sodium.h>

#include "mend-publish/verb.h"

static const struct {
	const char *name;
	verb_run *run;
	const char *summary;
} verbs[] = {
	{ "keygen", verb_keygen, "make a key pair" },
	{ "build", verb_build, "make a signed bundle out of new files and what they replace" },
	{ "sign", verb_sign, "add a signature to a bundle" },
	{ "inspect", verb_inspect, "show what a bundle claims, without checking it" },
	{ "check", verb_check, "tell whether a release would break programs" },
	{ "verify", verb_verify, "check a bundle as a machine would" },
};

#define VERBS (sizeof(verbs) / sizeof(*verbs))

static void print_help(FILE *to)
{
	fputs("Usage: mend-publish VERB [OPTION]...\n\n", to);
	for (size_t i = 0; i < VERBS; i++)
		fprintf(to, "  %-9s%s\n", verbs[i].name, verbs[i].summary);
	fputs("\n"
	      "'mend-publish VERB --help' tells its options; mend-publish(1) tells more.\n"
	      "  --help     print this\n"
	      "  --version  print the version\n",
	      to);
}

static int run_verb(int argc, char **argv, struct mend_error *err)
{
	for (size_t i = 0; i < VERBS; i++) {
		if (strcmp(argv[0], verbs[i].name) == 0)
			return verbs[i].run(argc, argv, err);
	}
	return mend_fail(err, MEND_USAGE, "'%s' is not a verb: see 'mend-publish --help'", argv[0]);
}

/* A core file would hold the secret key. */
static void forbid_core(void)
{
	const struct rlimit none = { 0, 0 };

	setrlimit(RLIMIT_CORE, &none);
}

int main(int argc, char **argv)
{
	struct mend_error err = { .code = MEND_OK };
	int result;

	if (argc < 2) {
		print_help(stderr);
		return mend_code_exit(MEND_USAGE);
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
		print_help(stdout);
		return 0;
	}
	if (strcmp(argv[1], "--version") == 0) {
		puts("mend-publish " MENDFS_VERSION);
		return 0;
	}
	forbid_core();
	if (sodium_init() < 0)
		result = mend_fail(&err, MEND_SYSTEM, "cannot start libsodium");
	else
		result = run_verb(argc - 1, argv + 1, &err);
	if (result == 0 && (fflush(stdout) != 0 || ferror(stdout)))
		result = mend_fail_errno(&err, "cannot write to standard output");
	if (result < 0)
		fprintf(stderr, "mend-publish: %s\n", err.text);
	return result < 0 ? mend_code_exit(err.code) : 0;
}
