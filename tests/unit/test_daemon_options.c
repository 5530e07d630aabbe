/* SPDX-License-Identifier: MIT */
/* The command line of mendfs and of mount.fuse.mendfs, and what mendfs.conf adds to it. */
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lab.h"
#include "mendfs/options.h"

static struct options options;
static enum options_verdict verdict;

/* Parses a command line, its words between spaces, in the scratch directory. */
static int parse(const char *line, struct mend_error *err)
{
	auto_free char *copy = mend_text_copy(line);
	char *rest = copy;
	char *argv[32];
	int argc = 0;

	options_free(&options);
	options = (struct options){ 0 };
	while (rest)
		argv[argc++] = strsep(&rest, " ");
	argv[argc] = NULL;
	optind = 0;
	opterr = 0;
	return options_parse(&verdict, &options, argc, argv, err);
}

static void expect(const char *line)
{
	struct mend_error err = { 0 };

	ck_assert_msg(!parse(line, &err), "%s: %s", line, err.text);
	ck_assert_int_eq(verdict, OPTIONS_RUN);
}

static void expect_path(const char *path, const char *below)
{
	auto_free char *want = mend_text_format("%s%s", lab.path, below);

	ck_assert_str_eq(path, want);
}

/* config/ for mendfs.conf, and two directories to mount on. */
static void set_up(void)
{
	char *real = realpath(lab.path, NULL);

	ck_assert_ptr_nonnull(real);
	ck_assert_uint_lt((size_t)snprintf(lab.path, sizeof lab.path, "%s", real), sizeof lab.path);
	free(real);
	ck_assert_int_eq(chdir(lab.path), 0);
	ck_assert_int_eq(mkdir("lib", 0755) | mkdir("other", 0755) | mkdir("config", 0755), 0);
	lab_write("file", "");
	unsetenv("MENDFS_STORE");
	unsetenv("MENDFS_RUN");
	setenv("MENDFS_CONFIG", "config", 1);
}

START_TEST(defaults)
{
	set_up();
	expect("mendfs lib");
	expect_path(options.mount, "/lib");
	expect_path(options.base, "/lib");
	expect_path(options.root, "/lib");
	expect_path(options.source, "/lib");
	ck_assert_str_eq(options.store, "/var/lib/mendfs");
	ck_assert_str_eq(options.run, "/run/mendfs");
	ck_assert(!options.foreground && !options.read_only && !options.take_over);
	ck_assert_uint_eq(options.set_flags | options.clear_flags, 0);
}
END_TEST

START_TEST(everything_said)
{
	set_up();
	setenv("MENDFS_STORE", "/environment", 1);
	expect("mendfs --foreground --base other --as /usr/lib --store /s --config config --run /r "
	       "lib");
	expect_path(options.mount, "/lib");
	expect_path(options.base, "/other");
	ck_assert_str_eq(options.root, "/usr/lib");
	ck_assert_str_eq(options.store, "/s");
	ck_assert_str_eq(options.run, "/r");
	ck_assert(options.foreground);
	expect("mendfs lib -f -o base=other,as=/opt,store=/a,run=/b,fsname=c,config=config");
	expect_path(options.base, "/other");
	ck_assert_str_eq(options.root, "/opt");
	ck_assert_str_eq(options.store, "/a");
	ck_assert_str_eq(options.run, "/b");
	ck_assert_str_eq(options.source, "c");
	expect("mendfs lib");
	ck_assert_str_eq(options.store, "/environment");
}
END_TEST

START_TEST(flags)
{
	set_up();
	expect("mendfs lib -o ro,nosuid,dev,noexec");
	ck_assert_uint_eq(options.set_flags, MS_RDONLY | MS_NOSUID | MS_NOEXEC);
	ck_assert_uint_eq(options.clear_flags, MS_NODEV);
	ck_assert(options.read_only);
	/* The last one counts. */
	expect("mendfs lib -o ro,nosuid -o rw,suid,,exec");
	ck_assert_uint_eq(options.set_flags, 0);
	ck_assert_uint_eq(options.clear_flags, MS_RDONLY | MS_NOSUID | MS_NOEXEC);
	ck_assert(!options.read_only);
	expect("mendfs lib -o defaults,nofail,_netdev,x-systemd.requires=a.service,x-");
	ck_assert_uint_eq(options.set_flags | options.clear_flags, 0);
}
END_TEST

START_TEST(mount_helper)
{
	auto_free char *line = mend_text_format(
		"/sbin/mount.fuse.mendfs %s/other %s/lib -o ro,as=/usr/lib", lab.path, lab.path);
	struct mend_error err;

	set_up();
	expect(line);
	expect_path(options.mount, "/lib");
	expect_path(options.base, "/other");
	ck_assert_str_eq(options.root, "/usr/lib");
	ck_assert(options.read_only);
	/* A source that is no path is a name. */
	expect("mount.fuse.mendfs mended lib -s -n -v -t fuse.mendfs -o rw");
	expect_path(options.base, "/lib");
	lab_fails(parse("mount.fuse.mendfs lib", &err), MEND_USAGE,
		  "usage: mount.fuse.mendfs SOURCE DIR");
	lab_fails(parse("mount.fuse.mendfs a lib -N x", &err), MEND_USAGE, "usage:");
	lab_fails(parse("mount.fuse.mendfs a lib -o frob", &err), MEND_USAGE,
		  "no such mount option");
}
END_TEST

static void write_conf(const char *settings)
{
	auto_free char *conf = mend_text_format("[mount %s/lib]\n%s", lab.path, settings);

	lab_write("config/mendfs.conf", conf);
}

START_TEST(conf)
{
	set_up();
	write_conf("base = other\nas = /usr/lib\noptions = ro,nosuid\n");
	expect("mendfs lib");
	expect_path(options.base, "/other");
	ck_assert_str_eq(options.root, "/usr/lib");
	ck_assert_uint_eq(options.set_flags, MS_RDONLY | MS_NOSUID);
	ck_assert(options.read_only);
	/* Another directory is another mount. */
	expect("mendfs other");
	expect_path(options.base, "/other");
	ck_assert_uint_eq(options.set_flags, 0);
	/* The command line comes first. */
	expect("mendfs lib --base lib --as /opt -o rw");
	expect_path(options.base, "/lib");
	ck_assert_str_eq(options.root, "/opt");
	ck_assert_uint_eq(options.set_flags, MS_NOSUID);
	ck_assert(!options.read_only);
	write_conf("options = base=other,as=/srv\n");
	expect("mendfs lib");
	expect_path(options.base, "/other");
	ck_assert_str_eq(options.root, "/srv");
}
END_TEST

START_TEST(conf_refused)
{
	struct mend_error err;

	set_up();
	write_conf("frob = 1\n");
	lab_fails(parse("mendfs lib", &err), MEND_USAGE, "mendfs.conf:2: frob: no such setting");
	expect("mendfs other");
	write_conf("options = ro,frob\n");
	lab_fails(parse("mendfs lib", &err), MEND_USAGE, "-o frob: no such mount option");
	write_conf("base = missing\n");
	lab_fails(parse("mendfs lib", &err), MEND_SYSTEM, "missing");
	write_conf("no setting\n");
	lab_fails(parse("mendfs other", &err), MEND_FORMAT, "mendfs.conf: line 2");
}
END_TEST

START_TEST(refused)
{
	struct mend_error err;

	set_up();
	lab_fails(parse("mendfs", &err), MEND_USAGE, "one directory is wanted");
	lab_fails(parse("mendfs lib other", &err), MEND_USAGE, "one directory is wanted");
	lab_fails(parse("mendfs --frob lib", &err), MEND_USAGE, "try 'mendfs --help'");
	lab_fails(parse("mendfs lib --base", &err), MEND_USAGE, "try 'mendfs --help'");
	lab_fails(parse("mendfs -o frob lib", &err), MEND_USAGE, "-o frob: no such mount option");
	lab_fails(parse("mendfs -o ro=1 lib", &err), MEND_USAGE, "-o ro: no such mount option");
	lab_fails(parse("mendfs file", &err), MEND_USAGE, "not a directory");
	lab_fails(parse("mendfs none", &err), MEND_SYSTEM, "none");
	lab_fails(parse("mendfs lib --base file", &err), MEND_USAGE, "not a directory");
	lab_fails(parse("mendfs lib --as usr/lib", &err), MEND_USAGE,
		  "--as usr/lib: not an absolute path");
	lab_fails(parse("mendfs lib --as /usr/../lib", &err), MEND_USAGE, "not an absolute path");
}
END_TEST

/* What it prints is not of our output. */
static void expect_done(const char *line)
{
	struct mend_error err;
	auto_fd kept = dup(STDOUT_FILENO);
	auto_fd null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	fflush(stdout);
	dup2(null, STDOUT_FILENO);
	ck_assert_int_eq(parse(line, &err), 0);
	fflush(stdout);
	dup2(kept, STDOUT_FILENO);
	ck_assert_int_eq(verdict, OPTIONS_DONE);
}

START_TEST(others)
{
	struct mend_error err;

	set_up();
	expect("mendfs --take-over lib");
	ck_assert(options.take_over);
	expect_done("mendfs --version");
	expect_done("mendfs --help --frob");
	/* Its directory may be dead: it is not looked at. */
	ck_assert_int_eq(parse("mendfs --guard /none/at/all", &err), 0);
	ck_assert_int_eq(verdict, OPTIONS_GUARD);
	ck_assert_str_eq(options.mount, "/none/at/all");
	lab_fails(parse("mendfs --guard lib", &err), MEND_USAGE,
		  "--guard lib: not an absolute path");
}
END_TEST

int main(void)
{
	return lab_main("daemon_options",
			(const TTest *[]){ defaults, everything_said, flags, mount_helper, conf,
					   conf_refused, refused, others, NULL });
}
