/* SPDX-License-Identifier: MIT */
/* mendctl(8): what an administrator does with patches. One table drives dispatch and help. */
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "mendctl/mendctl.h"

#define ANY UINT32_MAX

#define CHANGE (OPTION_JSON | OPTION_BASE)
static const struct verb verbs[] = {
	{ "install", "BUNDLE...", "check bundles, store them, make them active", verb_install, 1,
	  ANY, CHANGE | OPTION_DRY_RUN | OPTION_NO_ACTIVATE | OPTION_TRIAL },
	{ "activate", "PATCH...", "make installed patches active", verb_activate, 1, ANY, CHANGE },
	{ "deactivate", "PATCH...", "bring their base files back", verb_deactivate, 1, ANY,
	  OPTION_JSON },
	{ "remove", "PATCH...", "deactivate, then delete from the store", verb_remove, 1, ANY,
	  OPTION_JSON },
	{ "revert", "", "bring the whole base back: nothing active", verb_revert, 0, 0,
	  OPTION_JSON },
	{ "rollback", "[N]", "go back to generation N, or the one before", verb_rollback, 0, 1,
	  OPTION_JSON },
	{ "list", "", "installed releases", verb_list, 0, 0, OPTION_JSON },
	{ "show", "PATCH", "everything about one release", verb_show, 1, 1, OPTION_JSON },
	{ "status", "", "what each mount serves now", verb_status, 0, 0, OPTION_JSON },
	{ "sbom", "", "CycloneDX bill of what is active, with its CVEs", verb_sbom, 0, 0,
	  OPTION_JSON },
	{ "mounts", "", "running mounts", verb_mounts, 0, 0, OPTION_JSON },
	{ "history", "", "what was done to this machine, and when", verb_history, 0, 0,
	  OPTION_JSON },
	{ "verify", "", "check everything in the store", verb_verify, 0, 0,
	  OPTION_JSON | OPTION_QUICK },
	{ "gc", "", "delete what no generation needs", verb_gc, 0, 0,
	  OPTION_JSON | OPTION_KEEP | OPTION_DRY_RUN },
	{ "keys list", "", "trusted publishers", verb_keys_list, 0, 0, OPTION_JSON },
	{ "keys add", "FILE", "trust a publisher", verb_keys_add, 1, 1,
	  OPTION_JSON | OPTION_NAME | OPTION_PATHS | OPTION_THRESHOLD },
	{ "keys remove", "NAME", "trust it no longer", verb_keys_remove, 1, 1, OPTION_JSON },
	{ "boot status", "", "what the boot counter knows", verb_boot_status, 0, 0, OPTION_JSON },
	{ "boot begin", "", "at boot: count it, take out what two did not survive", verb_boot_begin,
	  0, 0, OPTION_JSON },
	{ "boot healthy", "", "at its end: what is active is good", verb_boot_healthy, 0, 0,
	  OPTION_JSON },
	{ "boot clear", "", "count anew", verb_boot_clear, 0, 0, OPTION_JSON },
};
#define VERB_COUNT (sizeof(verbs) / sizeof(verbs[0]))

static void help_all(void)
{
	printf("Usage: mendctl VERB [OPTION...]   fixes for files in use, in and out at once\n\n");
	for (size_t i = 0; i < VERB_COUNT; i++) {
		auto_free char *left = mend_text_format("%s %s", verbs[i].name, verbs[i].arguments);

		printf("  %-22s %s\n", left, verbs[i].summary);
	}
	printf("PATCH is an id such as openssl; openssl=b or openssl=2 is that release.\n");
	options_help(~0U);
}

static void help_one(const struct verb *verb)
{
	printf("Usage: mendctl %s%s%s [OPTION...]\n\n%s\n\n", verb->name,
	       verb->arguments[0] ? " " : "", verb->arguments, verb->summary);
	options_help(verb->options | OPTION_COMMON);
}

/* How many of the words name this verb: all of its own, or 0. */
static unsigned words_matched(const struct verb *verb, char **words, unsigned count)
{
	const char *space = strchr(verb->name, ' ');
	size_t first = space ? (size_t)(space - verb->name) : strlen(verb->name);

	if (count == 0 || strlen(words[0]) != first || strncmp(words[0], verb->name, first) != 0)
		return 0;
	if (!space)
		return 1;
	return count > 1 && !strcmp(words[1], space + 1) ? 2 : 0;
}

/* Takes the verb's name off the arguments. */
static int find_verb(const struct verb **out, struct options *options, struct mend_error *err)
{
	for (size_t i = 0; i < VERB_COUNT; i++) {
		unsigned words = words_matched(&verbs[i], options->args, options->arg_count);

		if (words == 0)
			continue;
		options->args += words;
		options->arg_count -= words;
		*out = &verbs[i];
		return 0;
	}
	if (options->arg_count == 0)
		return mend_fail(err, MEND_USAGE, "no verb: see mendctl --help");
	if (!strcmp(options->args[0], "keys"))
		return mend_fail(err, MEND_USAGE, "keys: list, add or remove: see mendctl --help");
	if (!strcmp(options->args[0], "boot"))
		return mend_fail(err, MEND_USAGE,
				 "boot: status, begin, healthy or clear: see mendctl --help");
	return mend_fail(err, MEND_USAGE, "%s: no such verb: see mendctl --help", options->args[0]);
}

static int check_usage(const struct options *options, const struct verb *verb,
		       struct mend_error *err)
{
	if (options_only(options, verb, err))
		return -1;
	if (options->arg_count < verb->least)
		return mend_fail(err, MEND_USAGE, "%s: %s is missing: see mendctl %s --help",
				 verb->name, verb->arguments, verb->name);
	if (options->arg_count > verb->most)
		return mend_fail(err, MEND_USAGE, "%s: \"%s\" is one argument too many", verb->name,
				 options->args[verb->most]);
	return 0;
}

static int run(struct options *options, struct mend_error *err)
{
	const struct verb *verb = NULL;

	if (options->version) {
		puts("mendctl " MENDFS_VERSION);
		return 0;
	}
	if (options->help && options->arg_count == 0) {
		help_all();
		return 0;
	}
	if (find_verb(&verb, options, err))
		return -1;
	if (options->help) {
		help_one(verb);
		return 0;
	}
	if (check_usage(options, verb, err))
		return -1;
	return verb->run(options, err);
}

/* A full disk or a closed pipe must not pass for success. */
static int flush(struct mend_error *err)
{
	if (fflush(stdout) || ferror(stdout))
		return mend_fail_errno(err, "standard output");
	return 0;
}

int main(int argc, char **argv)
{
	struct options options = { 0 };
	struct mend_error err = { 0 };

	setlocale(LC_CTYPE, "C.UTF-8");
	if (!options_read(&options, argc, argv, &err) && !run(&options, &err) && !flush(&err))
		return 0;
	fprintf(stderr, "mendctl: %s\n", err.text);
	if (options.json && !say_had_json())
		say_json(json_pack("{s:i, s:{s:s, s:s}}", "format", 1, "error", "code",
				   mend_code_name(err.code), "text", err.text));
	return mend_code_exit(err.code);
}
