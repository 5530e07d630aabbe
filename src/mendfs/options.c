/* SPDX-License-Identifier: MIT */
/* Command line of mendfs(8) and of mount.fuse.mendfs, in front of what mendfs.conf(5) says of the
 * mount. */
#include "mendfs/options.h"

#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "mendfs/conf.h"
#include "mendfs/control.h"
#include "mendfs/fs.h"
#include "mendfs/path.h"
#include "mendfs/store.h"

#define CONFIG_DEFAULT "/etc/mendfs"

static const char help[] =
	"Usage: mendfs [OPTION]... DIR\n"
	"Mount over a directory of libraries and serve patched files in it.\n"
	"\n"
	"      --base DIR    the directory to show, when it is not the mount point\n"
	"      --as ROOT     whose patches apply: the root in the bundles (default: DIR)\n"
	"  -f, --foreground  stay in the foreground; tell systemd when mounted\n"
	"  -o OPTIONS        mount options: ro, rw, suid, nosuid, dev, nodev, exec,\n"
	"                    noexec, fsname=NAME, base=, as=, store=, config=, run=\n"
	"      --store DIR   what is installed (default: /var/lib/mendfs)\n"
	"      --config DIR  trusted keys and mendfs.conf (default: /etc/mendfs)\n"
	"      --run DIR     control socket and status file (default: /run/mendfs)\n"
	"      --take-over   go on with the mount that another mendfs serves on DIR: an\n"
	"                    upgrade that nobody notices\n"
	"      --guard       wait; when all processes of the mount on DIR are dead, detach it\n"
	"      --help        show this\n"
	"      --version     show the version\n"
	"\n"
	"umount(8) or SIGTERM gives the base back.\n"
	"mendctl(8) installs and removes patches.\n";

static void set(char **where, const char *value)
{
	free(*where);
	*where = mend_text_copy(value);
}

struct flag_name {
	const char *name;
	unsigned long set, clear;
};

static const struct flag_name flag_names[] = {
	{ "suid", 0, MS_NOSUID },
	{ "nosuid", MS_NOSUID, 0 },
	{ "dev", 0, MS_NODEV },
	{ "nodev", MS_NODEV, 0 },
	{ "exec", 0, MS_NOEXEC },
	{ "noexec", MS_NOEXEC, 0 },
	{ "atime", 0, MS_NOATIME },
	{ "noatime", MS_NOATIME, 0 },
	{ "ro", MS_RDONLY, 0 },
	{ "rw", 0, MS_RDONLY },
	{ "defaults", 0, 0 },
	{ "auto", 0, 0 },
	{ "noauto", 0, 0 },
	{ "nofail", 0, 0 },
	{ "_netdev", 0, 0 },
	{ "allow_other", 0, 0 },
	{ "default_permissions", 0, 0 },
};

static bool take_flag(struct options *out, const char *name)
{
	for (size_t i = 0; i < sizeof flag_names / sizeof flag_names[0]; i++) {
		if (strcmp(flag_names[i].name, name) != 0)
			continue;
		out->set_flags = (out->set_flags & ~flag_names[i].clear) | flag_names[i].set;
		out->clear_flags = (out->clear_flags & ~flag_names[i].set) | flag_names[i].clear;
		return true;
	}
	return !strncmp(name, "x-", 2);
}

static int take_option(struct options *out, char *option, struct mend_error *err)
{
	char *value = strchr(option, '=');

	if (!*option || take_flag(out, option))
		return 0;
	if (!value)
		return mend_fail(err, MEND_USAGE, "-o %s: no such mount option", option);
	*value++ = 0;
	if (!strcmp(option, "base"))
		set(&out->base, value);
	else if (!strcmp(option, "as"))
		set(&out->root, value);
	else if (!strcmp(option, "store"))
		set(&out->store, value);
	else if (!strcmp(option, "config"))
		set(&out->config, value);
	else if (!strcmp(option, "run"))
		set(&out->run, value);
	else if (!strcmp(option, "fsname"))
		set(&out->source, value);
	else
		return mend_fail(err, MEND_USAGE, "-o %s: no such mount option", option);
	return 0;
}

static int take_options(struct options *out, const char *list, struct mend_error *err)
{
	auto_free char *copy = mend_text_copy(list);
	char *rest = copy;
	char *option;

	while ((option = strsep(&rest, ",")))
		if (take_option(out, option, err))
			return -1;
	return 0;
}

/* All processes of a mount before us were killed: what is left of it answers nobody, and covers the
 * base. */
static bool detach_dead(const char *path)
{
	struct stat st;

	return stat(path, &st) && errno == ENOTCONN && !umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW);
}

static int make_absolute(char **path, struct mend_error *err)
{
	struct stat st;
	char *real;

	if (detach_dead(*path))
		fprintf(stderr, "mendfs: %s: detached a dead mount\n", *path);
	real = realpath(*path, NULL);

	if (!real)
		return mend_fail_errno(err, "%s", *path);
	free(*path);
	*path = real;
	if (stat(real, &st))
		return mend_fail_errno(err, "%s", real);
	if (!S_ISDIR(st.st_mode))
		return mend_fail(err, MEND_USAGE, "%s: not a directory", real);
	return 0;
}

/* What mendfs.conf says of this mount and the command line does not. A missing file says nothing.
 */
static int read_conf(struct options *out, struct mend_error *err)
{
	auto_fd dir = open(out->config, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	auto_bytes raw = { 0 };
	auto_call(mend_conf_free) struct mend_conf *conf = NULL;
	auto_free char *section = mend_text_format("mount %s", out->mount);
	struct options said = { 0 };
	struct mend_error missing = { 0 };
	const char *value;

	if (dir < 0)
		return 0;
	if (mend_fs_read(&raw, dir, "mendfs.conf", MEND_CONF_MAX, &missing)) {
		if (missing.code == MEND_SYSTEM && missing.sys_errno == ENOENT)
			return 0;
		*err = missing;
		return -1;
	}
	if (mend_conf_parse(&conf, mend_bytes_span(&raw), "mendfs.conf", err))
		return -1;
	for (size_t i = 0; i < conf->count; i++) {
		const struct mend_conf_item *item = &conf->items[i];

		if (!strcmp(item->section, section) && strcmp(item->key, "base") &&
		    strcmp(item->key, "as") && strcmp(item->key, "options"))
			return mend_fail(err, MEND_USAGE, "mendfs.conf:%u: %s: no such setting",
					 item->line, item->key);
	}
	value = mend_conf_get(conf, section, "options");
	if (value && take_options(&said, value, err))
		return -1;
	out->set_flags |= said.set_flags & ~out->clear_flags;
	out->clear_flags |= said.clear_flags & ~out->set_flags;
	value = mend_conf_get(conf, section, "base");
	if (!out->base && (value || said.base))
		out->base = mend_text_copy(value ? value : said.base);
	value = mend_conf_get(conf, section, "as");
	if (!out->root && (value || said.root))
		out->root = mend_text_copy(value ? value : said.root);
	options_free(&said);
	return 0;
}

static void set_default(char **where, const char *variable, const char *value)
{
	const char *from = variable ? getenv(variable) : NULL;

	if (!*where)
		*where = mend_text_copy(from && *from ? from : value);
}

/* kernel-command-line(7): who boots with mendfs=off wants the base, whoever calls us. */
static int refuse_when_off(struct mend_error *err)
{
	auto_fd proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	auto_bytes line = { 0 };
	char *rest;
	char *word;

	if (proc < 0 || mend_fs_read(&line, proc, "cmdline", 65536, NULL))
		return 0;
	rest = (char *)line.data;
	while ((word = strsep(&rest, " \n")))
		if (!strcmp(word, "mendfs=off"))
			return mend_fail(err, MEND_PLATFORM,
					 "switched off by mendfs=off on the kernel's command line");
	return 0;
}

static int complete(struct options *out, struct mend_error *err)
{
	set_default(&out->store, "MENDFS_STORE", MEND_STORE_DEFAULT);
	set_default(&out->config, "MENDFS_CONFIG", CONFIG_DEFAULT);
	set_default(&out->run, "MENDFS_RUN", MEND_RUN_DEFAULT);
	if (make_absolute(&out->mount, err) || read_conf(out, err))
		return -1;
	set_default(&out->base, NULL, out->mount);
	if (make_absolute(&out->base, err))
		return -1;
	set_default(&out->root, NULL, out->mount);
	set_default(&out->source, NULL, out->base);
	if (!mend_path_is_root(out->root))
		return mend_fail(err, MEND_USAGE, "--as %s: not an absolute path", out->root);
	out->read_only = out->set_flags & MS_RDONLY;
	return out->take_over ? 0 : refuse_when_off(err);
}

/* A dead mount cannot be looked up: the directory is called what the mount was called. */
static int complete_guard(struct options *out, struct mend_error *err)
{
	set_default(&out->run, "MENDFS_RUN", MEND_RUN_DEFAULT);
	if (!mend_path_is_root(out->mount))
		return mend_fail(err, MEND_USAGE, "--guard %s: not an absolute path", out->mount);
	return 0;
}

/* mount(8) calls: mount.fuse.mendfs SOURCE DIR [-sfnv] [-o OPTIONS] [-t TYPE] */
static int parse_helper(struct options *out, int argc, char **argv, struct mend_error *err)
{
	int option;

	while ((option = getopt(argc, argv, "sfnvo:t:N:")) != -1) {
		if (option == 'o' && take_options(out, optarg, err))
			return -1;
		if (option == '?' || option == 'N')
			return mend_fail(err, MEND_USAGE,
					 "usage: mount.fuse.mendfs SOURCE DIR [-o OPTIONS]");
	}
	if (argc - optind != 2)
		return mend_fail(err, MEND_USAGE,
				 "usage: mount.fuse.mendfs SOURCE DIR [-o OPTIONS]");
	if (!out->base && argv[optind][0] == '/')
		set(&out->base, argv[optind]);
	set(&out->mount, argv[optind + 1]);
	return complete(out, err);
}

enum {
	OPT_BASE = 256,
	OPT_AS,
	OPT_STORE,
	OPT_CONFIG,
	OPT_RUN,
	OPT_TAKE_OVER,
	OPT_GUARD,
	OPT_HELP,
	OPT_VERSION
};

static const struct option long_options[] = {
	{ "base", required_argument, NULL, OPT_BASE },
	{ "as", required_argument, NULL, OPT_AS },
	{ "foreground", no_argument, NULL, 'f' },
	{ "store", required_argument, NULL, OPT_STORE },
	{ "config", required_argument, NULL, OPT_CONFIG },
	{ "run", required_argument, NULL, OPT_RUN },
	{ "take-over", no_argument, NULL, OPT_TAKE_OVER },
	{ "guard", no_argument, NULL, OPT_GUARD },
	{ "help", no_argument, NULL, OPT_HELP },
	{ "version", no_argument, NULL, OPT_VERSION },
	{ NULL, 0, NULL, 0 },
};

static int take_argument(enum options_verdict *verdict, struct options *out, int option,
			 struct mend_error *err)
{
	switch (option) {
	case OPT_BASE:
		set(&out->base, optarg);
		return 0;
	case OPT_AS:
		set(&out->root, optarg);
		return 0;
	case OPT_STORE:
		set(&out->store, optarg);
		return 0;
	case OPT_CONFIG:
		set(&out->config, optarg);
		return 0;
	case OPT_RUN:
		set(&out->run, optarg);
		return 0;
	case 'f':
		out->foreground = true;
		return 0;
	case 'o':
		return take_options(out, optarg, err);
	case OPT_TAKE_OVER:
		out->take_over = true;
		return 0;
	case OPT_GUARD:
		*verdict = OPTIONS_GUARD;
		return 0;
	case OPT_HELP:
		fputs(help, stdout);
		*verdict = OPTIONS_DONE;
		return 0;
	case OPT_VERSION:
		puts("mendfs " MENDFS_VERSION);
		*verdict = OPTIONS_DONE;
		return 0;
	default:
		return mend_fail(err, MEND_USAGE, "try 'mendfs --help'");
	}
}

int options_parse(enum options_verdict *verdict, struct options *out, int argc, char **argv,
		  struct mend_error *err)
{
	const char *name = strrchr(argv[0], '/');
	int option;

	*verdict = OPTIONS_RUN;
	name = name ? name + 1 : argv[0];
	if (!strncmp(name, "mount.", 6))
		return parse_helper(out, argc, argv, err);
	while ((option = getopt_long(argc, argv, "fo:", long_options, NULL)) != -1)
		if (take_argument(verdict, out, option, err) || *verdict == OPTIONS_DONE)
			return *verdict == OPTIONS_DONE ? 0 : -1;
	if (argc - optind != 1)
		return mend_fail(err, MEND_USAGE, "one directory is wanted; try 'mendfs --help'");
	set(&out->mount, argv[optind]);
	return *verdict == OPTIONS_GUARD ? complete_guard(out, err) : complete(out, err);
}

void options_free(struct options *options)
{
	free(options->mount);
	free(options->base);
	free(options->root);
	free(options->store);
	free(options->config);
	free(options->run);
	free(options->source);
}
