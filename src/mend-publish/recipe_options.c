/* SPDX-License-Identifier: MIT */
/* The options of `build`: their table, their help, and where each goes. */
#include <string.h>

#include "mend-publish/gate.h"
#include "mend-publish/recipe_private.h"
#include "mend-publish/verb.h"

static const char usage[] =
	"Usage: mend-publish build -s SECRET -o OUT.mend --release N --id ID CHANGE...\n"
	"       mend-publish build -s SECRET -o OUT.mend --release N SOURCE...\n"
	"Make a signed bundle. PATH and GLOB are relative to the root.\n\n"
	"Sources, one or more, of the shared libraries that differ from the base:\n"
	"  --deb FILE, --rpm FILE, --apk FILE   a package; of the base: --base-deb FILE\n"
	"  --apt PACKAGE[=VERSION]       a package that apt fetches\n"
	"  --apt-security, --only PACKAGE  what is newer in the archive, each to -o DIR\n"
	"  --tree DIR            what 'make install DESTDIR=DIR' has made\n"
	"  --include GLOB        other files of them, too\n"
	"Changes:\n"
	"  --replace PATH=FILE   serve FILE's content instead of the base's\n"
	"  --add PATH=FILE       serve a file that the base does not have\n"
	"  --remove PATH         hide a file of the base\n"
	"  --symlink PATH=TO     serve a symbolic link\n"
	"About a change:\n"
	"  --mode PATH=OCTAL             permissions, at most 0755 (FILE's)\n"
	"  --package PATH=NAME=VERSION   which package the base's content is from\n"
	"  --fixed-in PATH=NAME=VERSION  which package version has the fix too\n"
	"About the release:\n"
	"  --root DIR            what the patch is for (" RECIPE_ROOT ")\n"
	"  --base-dir DIR        where the base's content is, once per version (root)\n"
	"  --title TEXT, --description TEXT, --severity low|medium|high|critical\n"
	"  --cve CVE             a vulnerability that is fixed\n"
	"  --os ID[:VERSION]     of os-release(5); none means any\n"
	"  --arch ARCH           as uname -m prints it, or any (the first new file's)\n"
	"  --requires ID, --conflicts ID   other patches\n"
	"  --waive FINDING:PATH=REASON     sign what breaks programs (mendfs-abi(7))\n"
	"  --restart UNIT, --no-restart   a service that needs a restart (as dpkg tells)\n"
	"  --issued TIME         2026-11-22T00:00:00Z ($SOURCE_DATE_EPOCH, else now)\n"
	"  --expires TIME        no longer installed or served after it (never)\n"
	"Making it:\n"
	"  -s, --secret FILE     the key to sign with\n"
	"  -o, --output FILE     the bundle\n"
	"  --password-file FILE  take the key's password from FILE's first line\n"
	"  --delta, --no-delta   add deltas, of small files too; or none (of large ones)\n"
	"  --force, --quiet      replace OUT.mend when it exists; print errors only\n"
	"  --dry-run             show what would be done; needs no key\n"
	"  --trial               sign it only if programs of this machine start with it\n"
	"--cve, --os, --requires, --conflicts and --restart may be repeated.\n";

/* Options that have no letter. */
enum {
	ID = 256,
	RELEASE,
	ROOT,
	BASE_DIR,
	REPLACE,
	ADD,
	REMOVE,
	SYMLINK,
	MODE,
	PACKAGE,
	FIXED_IN,
	TITLE,
	DESCRIPTION,
	SEVERITY,
	CVE,
	OS,
	ARCH,
	REQUIRES,
	CONFLICTS,
	RESTART,
	NO_RESTART,
	WAIVE,
	ISSUED,
	EXPIRES,
	PASSWORD_FILE,
	DELTA,
	NO_DELTA,
	FORCE,
	DRY_RUN,
	TRIAL,
	INCLUDE,
	APT_SECURITY,
	ONLY,
	SOURCE, /* and the kinds of sources after it */
};

static const struct option options[] = {
	{ "secret", required_argument, NULL, 's' },
	{ "output", required_argument, NULL, 'o' },
	{ "id", required_argument, NULL, ID },
	{ "release", required_argument, NULL, RELEASE },
	{ "root", required_argument, NULL, ROOT },
	{ "base-dir", required_argument, NULL, BASE_DIR },
	{ "replace", required_argument, NULL, REPLACE },
	{ "add", required_argument, NULL, ADD },
	{ "remove", required_argument, NULL, REMOVE },
	{ "symlink", required_argument, NULL, SYMLINK },
	{ "mode", required_argument, NULL, MODE },
	{ "package", required_argument, NULL, PACKAGE },
	{ "fixed-in", required_argument, NULL, FIXED_IN },
	{ "title", required_argument, NULL, TITLE },
	{ "description", required_argument, NULL, DESCRIPTION },
	{ "severity", required_argument, NULL, SEVERITY },
	{ "cve", required_argument, NULL, CVE },
	{ "os", required_argument, NULL, OS },
	{ "arch", required_argument, NULL, ARCH },
	{ "requires", required_argument, NULL, REQUIRES },
	{ "conflicts", required_argument, NULL, CONFLICTS },
	{ "waive", required_argument, NULL, WAIVE },
	{ "restart", required_argument, NULL, RESTART },
	{ "no-restart", no_argument, NULL, NO_RESTART },
	{ "issued", required_argument, NULL, ISSUED },
	{ "expires", required_argument, NULL, EXPIRES },
	{ "password-file", required_argument, NULL, PASSWORD_FILE },
	{ "delta", no_argument, NULL, DELTA },
	{ "no-delta", no_argument, NULL, NO_DELTA },
	{ "force", no_argument, NULL, FORCE },
	{ "dry-run", no_argument, NULL, DRY_RUN },
	{ "trial", no_argument, NULL, TRIAL },
	{ "include", required_argument, NULL, INCLUDE },
	{ "apt-security", no_argument, NULL, APT_SECURITY },
	{ "only", required_argument, NULL, ONLY },
	{ "deb", required_argument, NULL, SOURCE + SOURCE_DEB },
	{ "rpm", required_argument, NULL, SOURCE + SOURCE_RPM },
	{ "apk", required_argument, NULL, SOURCE + SOURCE_APK },
	{ "apt", required_argument, NULL, SOURCE + SOURCE_APT },
	{ "tree", required_argument, NULL, SOURCE + SOURCE_TREE },
	{ "base-deb", required_argument, NULL, SOURCE + SOURCE_BASE_DEB },
	VERB_OPTIONS_END,
};

static void append_text(char ***list, size_t *count, const char *text)
{
	*list = mend_grow(*list, *count + 1, sizeof(**list));
	(*list)[(*count)++] = mend_text_copy(text);
}

static void append_os(struct mend_manifest *manifest, const char *text)
{
	const char *colon = strchr(text, ':');
	struct mend_os os = { .id = mend_text_copy(text) };

	if (colon) {
		os.id[colon - text] = '\0';
		os.version = mend_text_copy(colon + 1);
	}
	manifest->os = mend_grow(manifest->os, manifest->os_count + 1, sizeof(os));
	manifest->os[manifest->os_count++] = os;
}

/* A copy of "PATH=REST", cut in two. */
static int cut(struct recipe *recipe, char **text, const char **rest, const char *option,
	       const char *form, struct mend_error *err)
{
	char *equals;

	*text = sources_keep(recipe->sources, mend_text_copy(optarg));
	equals = strchr(*text, '=');
	if (!equals || equals == *text || !equals[1])
		return mend_fail(err, MEND_USAGE, "--%s %s: has to be %s", option, *text, form);
	*equals = '\0';
	*rest = equals + 1;
	return 0;
}

static int add_change(struct recipe_parser *parser, enum mend_op op)
{
	struct recipe *recipe = parser->recipe;
	const char *form = op == MEND_OP_SYMLINK ? "PATH=TO" : "PATH=FILE", *rest = NULL;
	struct change *change;
	char *text = optarg;

	if (op != MEND_OP_REMOVE &&
	    cut(recipe, &text, &rest, mend_op_name(op), form, parser->err) < 0)
		return -1;
	change = recipe_change(recipe, op, text);
	if (op == MEND_OP_SYMLINK)
		change->target.to = mend_text_copy(rest);
	else
		change->file = rest;
	return 0;
}

static int add_note(struct recipe_parser *parser, enum recipe_note_kind kind, const char *option)
{
	struct recipe_note note = { .kind = kind };
	const char *form = kind == RECIPE_MODE ? "PATH=OCTAL" : "PATH=NAME=VERSION";
	char *path;

	if (cut(parser->recipe, &path, &note.value, option, form, parser->err) < 0)
		return -1;
	note.path = path;
	parser->notes = mend_grow(parser->notes, parser->note_count + 1, sizeof(note));
	parser->notes[parser->note_count++] = note;
	return 0;
}

/* The options that describe the release; false for another one. */
static bool take_description(struct mend_manifest *manifest, int option)
{
	switch (option) {
	case ID:
		recipe_text(&manifest->id, optarg);
		return true;
	case ROOT:
		recipe_text(&manifest->root, optarg);
		return true;
	case TITLE:
		recipe_text(&manifest->title, optarg);
		return true;
	case DESCRIPTION:
		recipe_text(&manifest->description, optarg);
		return true;
	case SEVERITY:
		recipe_text(&manifest->severity, optarg);
		return true;
	case CVE:
		append_text(&manifest->cves, &manifest->cve_count, optarg);
		return true;
	case OS:
		append_os(manifest, optarg);
		return true;
	case ARCH:
		recipe_text(&manifest->arch, optarg);
		return true;
	case REQUIRES:
		append_text(&manifest->requires, &manifest->require_count, optarg);
		return true;
	case CONFLICTS:
		append_text(&manifest->conflicts, &manifest->conflict_count, optarg);
		return true;
	case RESTART:
		append_text(&manifest->restart, &manifest->restart_count, optarg);
		return true;
	default:
		return false;
	}
}

/* The options that change a path or tell more about a change. */
static int take_change(struct recipe_parser *parser, int option)
{
	switch (option) {
	case REPLACE:
		return add_change(parser, MEND_OP_REPLACE);
	case ADD:
		return add_change(parser, MEND_OP_ADD);
	case REMOVE:
		return add_change(parser, MEND_OP_REMOVE);
	case SYMLINK:
		return add_change(parser, MEND_OP_SYMLINK);
	case MODE:
		return add_note(parser, RECIPE_MODE, "mode");
	case PACKAGE:
		return add_note(parser, RECIPE_PACKAGE, "package");
	case FIXED_IN:
		return add_note(parser, RECIPE_FIXED_IN, "fixed-in");
	default:
		return -1; /* VERB_FAIL */
	}
}

static int take_option(struct recipe_parser *parser, int option)
{
	struct recipe *recipe = parser->recipe;

	switch (option) {
	case 's':
		recipe->secret = optarg;
		return 0;
	case 'o':
		recipe->output = optarg;
		return 0;
	case RELEASE:
		parser->release = optarg;
		return 0;
	case WAIVE:
		return gate_take_waiver(recipe->manifest, optarg, parser->err);
	case BASE_DIR:
		recipe_base_dir(recipe, optarg);
		return 0;
	case ISSUED:
		recipe->issued = optarg;
		return 0;
	case EXPIRES:
		recipe->expires = optarg;
		return 0;
	case PASSWORD_FILE:
		recipe->password_file = optarg;
		return 0;
	case DELTA:
		recipe->delta = true;
		recipe->no_delta = false;
		return 0;
	case NO_DELTA:
		recipe->no_delta = true;
		recipe->delta = false;
		return 0;
	case NO_RESTART:
		recipe->no_restart = true;
		return 0;
	case FORCE:
		recipe->force = true;
		return 0;
	case DRY_RUN:
		recipe->dry_run = true;
		return 0;
	case TRIAL:
		recipe->trial = true;
		return 0;
	case INCLUDE:
		sources_include(recipe->sources, optarg);
		return 0;
	case APT_SECURITY:
		recipe->is_security = true;
		return 0;
	case ONLY:
		recipe->only = mend_grow(recipe->only, recipe->only_count + 1, sizeof(optarg));
		recipe->only[recipe->only_count++] = optarg;
		return 0;
	default:
		if (option >= SOURCE) {
			sources_add(recipe->sources, (enum source_kind)(option - SOURCE), optarg);
			return 0;
		}
		if (take_description(recipe->manifest, option))
			return 0;
		return take_change(parser, option);
	}
}

int recipe_options(struct recipe_parser *parser, int argc, char **argv)
{
	int option;

	optind = 0; /* from the start, also when it is not the first time */
	while ((option = verb_option(argc, argv, ":s:o:", options, usage, parser->err)) !=
	       VERB_END) {
		if (take_option(parser, option) < 0)
			return -1;
	}
	if (optind < argc)
		return mend_fail(parser->err, MEND_USAGE, "build: '%s' is one argument too many",
				 argv[optind]);
	return 0;
}
