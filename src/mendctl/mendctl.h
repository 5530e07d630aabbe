/* SPDX-License-Identifier: MIT */
/* What the command line said, and the verbs it may say. */
#ifndef MENDCTL_H
#define MENDCTL_H

#include "mendfs/control.h"
#include "mendfs/store.h"

#define MENDFS_CONFIG_DEFAULT "/etc/mendfs"

/* options.c has their names. */
enum option_bit {
	OPTION_JSON = 1 << 0,
	OPTION_DRY_RUN = 1 << 1,
	OPTION_NO_ACTIVATE = 1 << 2,
	OPTION_BASE = 1 << 3,
	OPTION_QUICK = 1 << 4,
	OPTION_KEEP = 1 << 5,
	OPTION_NAME = 1 << 6,
	OPTION_PATHS = 1 << 7,
	OPTION_THRESHOLD = 1 << 8,
	OPTION_STORE = 1 << 9,
	OPTION_CONFIG = 1 << 10,
	OPTION_RUN = 1 << 11,
	OPTION_QUIET = 1 << 12,
	OPTION_HELP = 1 << 13,
	OPTION_VERSION = 1 << 14,
	OPTION_TRIAL = 1 << 15,
};
/* What every verb takes. */
#define OPTION_COMMON                                                                              \
	(OPTION_STORE | OPTION_CONFIG | OPTION_RUN | OPTION_QUIET | OPTION_HELP | OPTION_VERSION)

struct options {
	const char *store, *config, *run; /* directories */
	const char *base;		  /* NULL: the root itself */
	const char *name, *paths;	  /* of a key; NULL where not told */
	unsigned threshold, keep;
	bool json, quiet, dry_run, no_activate, quick, trial;
	bool help, version;
	unsigned given; /* the option_bit of each that was told */
	char **args;	/* what is not an option; from the verb's name on until main() moves on */
	unsigned arg_count;
};

struct verb {
	const char *name;      /* "install", "keys add" */
	const char *arguments; /* as help shows them */
	const char *summary;
	int (*run)(const struct options *options, struct mend_error *err);
	unsigned least, most; /* arguments */
	unsigned options;     /* option_bit it takes besides OPTION_COMMON */
};

int verb_activate(const struct options *options, struct mend_error *err);
int verb_boot_begin(const struct options *options, struct mend_error *err);
int verb_boot_clear(const struct options *options, struct mend_error *err);
int verb_boot_healthy(const struct options *options, struct mend_error *err);
int verb_boot_status(const struct options *options, struct mend_error *err);
int verb_deactivate(const struct options *options, struct mend_error *err);
int verb_gc(const struct options *options, struct mend_error *err);
int verb_history(const struct options *options, struct mend_error *err);
int verb_install(const struct options *options, struct mend_error *err);
int verb_keys_add(const struct options *options, struct mend_error *err);
int verb_keys_list(const struct options *options, struct mend_error *err);
int verb_keys_remove(const struct options *options, struct mend_error *err);
int verb_list(const struct options *options, struct mend_error *err);
int verb_mounts(const struct options *options, struct mend_error *err);
int verb_remove(const struct options *options, struct mend_error *err);
int verb_revert(const struct options *options, struct mend_error *err);
int verb_rollback(const struct options *options, struct mend_error *err);
int verb_sbom(const struct options *options, struct mend_error *err);
int verb_show(const struct options *options, struct mend_error *err);
int verb_status(const struct options *options, struct mend_error *err);
int verb_verify(const struct options *options, struct mend_error *err);

/* --- options.c --- */

/* Environment, then arguments. MEND_USAGE. */
int options_read(struct options *out, int argc, char **argv, struct mend_error *err);
/* MEND_USAGE when an option was told that the verb does not take. */
int options_only(const struct options *options, const struct verb *verb, struct mend_error *err);
/* Prints a line for each that is among them. */
void options_help(unsigned options);
/* A whole decimal number. MEND_USAGE; `what` names it. */
int options_number(unsigned *out, const char *text, unsigned least, unsigned most, const char *what,
		   struct mend_error *err);

/* --- say.c --- */

/* A line for the person at the terminal: neither with --quiet nor with --json. */
void say(const struct options *options, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* What is odd but stops nothing, on standard error. */
void say_note(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Prints the object and gives it back. Who reads it expects one object, whatever happens. */
void say_json(json_t *object);
bool say_had_json(void);
/* Is this stream a terminal that wants colour and progress? Not with NO_COLOR or --quiet. */
bool say_is_fancy(const struct options *options, int fd);
/* {"id","release","label"}, a new reference. */
json_t *say_release(const char *id, unsigned number);

/* --- what several verbs begin with --- */

int open_store(struct mend_store **out, const struct options *options, enum mend_store_mode mode,
	       struct mend_error *err);
int open_keyring(struct mend_keyring **out, const struct options *options, struct mend_error *err);

#endif
