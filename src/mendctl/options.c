/* SPDX-License-Identifier: MIT */
/* The options of all verbs in one table, which parses and explains them. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "mendctl/mendctl.h"

#define KEEP_DEFAULT 5

static const struct row {
	enum option_bit bit;
	const char *name;
	const char *argument; /* NULL: takes none */
	const char *summary;
} rows[] = {
	{ OPTION_JSON, "json", NULL, "print JSON, as mendctl(8) describes it" },
	{ OPTION_BASE, "base", "DIR", "the base to check when no mount serves the root" },
	{ OPTION_DRY_RUN, "dry-run", NULL, "change nothing, say what would be" },
	{ OPTION_TRIAL, "trial", NULL, "install: would every program still start? see first" },
	{ OPTION_NO_ACTIVATE, "no-activate", NULL, "install: store only" },
	{ OPTION_QUICK, "quick", NULL, "verify: look for bit rot only" },
	{ OPTION_KEEP, "keep", "N", "gc: keep N generations to roll back to (5)" },
	{ OPTION_NAME, "name", "NAME", "keys add: call it NAME" },
	{ OPTION_PATHS, "paths", "GLOB,...", "keys add: what it may patch" },
	{ OPTION_THRESHOLD, "threshold", "N", "keys add: N keys have to sign" },
	{ OPTION_STORE, "store", "DIR", "MENDFS_STORE, " MEND_STORE_DEFAULT },
	{ OPTION_CONFIG, "config", "DIR", "MENDFS_CONFIG, " MENDFS_CONFIG_DEFAULT },
	{ OPTION_RUN, "run", "DIR", "MENDFS_RUN, " MEND_RUN_DEFAULT },
	{ OPTION_QUIET, "quiet", NULL, "print errors only" },
	{ OPTION_HELP, "help", NULL, "this text; after a verb, that verb's" },
	{ OPTION_VERSION, "version", NULL, "the version" },
};
#define ROW_COUNT ((int)(sizeof(rows) / sizeof(rows[0])))

int options_number(unsigned *out, const char *text, unsigned least, unsigned most, const char *what,
		   struct mend_error *err)
{
	size_t length = strlen(text);
	unsigned long long number;

	if (length == 0 || length > 10 || strspn(text, "0123456789") != length)
		return mend_fail(err, MEND_USAGE, "%s: \"%s\" is not a number", what, text);
	number = strtoull(text, NULL, 10);
	if (number < least || number > most)
		return mend_fail(err, MEND_USAGE, "%s: %s is not within %u to %u", what, text,
				 least, most);
	*out = (unsigned)number;
	return 0;
}

static int set_text(const char **out, const char *name, const char *value, struct mend_error *err)
{
	if (!value[0])
		return mend_fail(err, MEND_USAGE, "--%s: an empty value", name);
	*out = value;
	return 0;
}

static int set(struct options *options, const struct row *row, const char *value,
	       struct mend_error *err)
{
	options->given |= row->bit;
	switch (row->bit) {
	case OPTION_JSON:
		options->json = true;
		return 0;
	case OPTION_DRY_RUN:
		options->dry_run = true;
		return 0;
	case OPTION_NO_ACTIVATE:
		options->no_activate = true;
		return 0;
	case OPTION_TRIAL:
		options->trial = true;
		return 0;
	case OPTION_QUICK:
		options->quick = true;
		return 0;
	case OPTION_QUIET:
		options->quiet = true;
		return 0;
	case OPTION_HELP:
		options->help = true;
		return 0;
	case OPTION_VERSION:
		options->version = true;
		return 0;
	case OPTION_BASE:
		return set_text(&options->base, row->name, value, err);
	case OPTION_NAME:
		return set_text(&options->name, row->name, value, err);
	case OPTION_PATHS:
		return set_text(&options->paths, row->name, value, err);
	case OPTION_STORE:
		return set_text(&options->store, row->name, value, err);
	case OPTION_CONFIG:
		return set_text(&options->config, row->name, value, err);
	case OPTION_RUN:
		return set_text(&options->run, row->name, value, err);
	case OPTION_KEEP:
		return options_number(&options->keep, value, 0, 1000000, "--keep", err);
	case OPTION_THRESHOLD:
		return options_number(&options->threshold, value, 1, MEND_SIGS_MAX, "--threshold",
				      err);
	}
	return 0;
}

static const char *from_environment(const char *variable, const char *otherwise)
{
	const char *value = getenv(variable);

	return value && value[0] ? value : otherwise;
}

int options_read(struct options *out, int argc, char **argv, struct mend_error *err)
{
	struct option table[ROW_COUNT + 1] = { 0 };
	struct options options = {
		.store = from_environment("MENDFS_STORE", MEND_STORE_DEFAULT),
		.config = from_environment("MENDFS_CONFIG", MENDFS_CONFIG_DEFAULT),
		.run = from_environment("MENDFS_RUN", MEND_RUN_DEFAULT),
		.keep = KEEP_DEFAULT,
	};
	int id, index;

	for (int i = 0; i < ROW_COUNT; i++) {
		table[i].name = rows[i].name;
		table[i].has_arg = rows[i].argument ? required_argument : no_argument;
	}
	while ((id = getopt_long(argc, argv, ":", table, &index)) != -1) {
		const char *word = argv[optind - 1];

		if (id == ':')
			return mend_fail(err, MEND_USAGE, "%s: its value is missing", word);
		if (id != 0 && optopt) /* of a letter, which may be one of several in its word */
			return mend_fail(err, MEND_USAGE, "-%c: no such option: see mendctl --help",
					 optopt);
		if (id != 0)
			return mend_fail(err, MEND_USAGE, "%s: no such option: see mendctl --help",
					 word);
		if (set(&options, &rows[index], optarg, err))
			return -1;
	}
	options.args = argv + optind;
	options.arg_count = (unsigned)(argc - optind);
	*out = options;
	return 0;
}

int options_only(const struct options *options, const struct verb *verb, struct mend_error *err)
{
	unsigned odd = options->given & ~(verb->options | OPTION_COMMON);

	for (int i = 0; i < ROW_COUNT; i++) {
		if (odd & rows[i].bit)
			return mend_fail(err, MEND_USAGE,
					 "%s: takes no --%s: see mendctl %s --help", verb->name,
					 rows[i].name, verb->name);
	}
	return 0;
}

void options_help(unsigned options)
{
	for (int i = 0; i < ROW_COUNT; i++) {
		const struct row *row = &rows[i];
		auto_free char *left =
			mend_text_format("--%s%s%s", row->name, row->argument ? " " : "",
					 row->argument ? row->argument : "");

		if (options & row->bit)
			printf("  %-22s %s\n", left, row->summary);
	}
}
