/* SPDX-License-Identifier: MIT */
/* Which machine this is, and who a manifest is for. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "mendfs/fs.h"
#include "mendfs/manifest.h"
#include "unit.h"

/* A system's root below a scratch directory; gone with it. */
static char *sysroot(int dir)
{
	char *path = mend_text_format("/proc/self/fd/%d", dir);
	struct mend_error err;
	int made;

	unit_works(mend_fs_make_dirs(&made, dir, "etc", 0755, &err));
	close(made);
	unit_works(mend_fs_make_dirs(&made, dir, "usr/lib", 0755, &err));
	close(made);
	return path;
}

static void system_is(const char *root, const char *id, const char *version)
{
	struct mend_platform platform;
	struct mend_error err;

	unit_works(mend_platform_read(&platform, root, &err));
	ck_assert_str_eq(platform.os_id, id);
	ck_assert_str_eq(platform.os_version, version);
}

START_TEST(etc_goes_before_usr_lib)
{
	int dir = unit_scratch();
	auto_free char *root = sysroot(dir);

	system_is(root, "linux", "");
	unit_write(dir, "usr/lib/os-release", "ID=debian\nVERSION_ID=\"12\"\n");
	system_is(root, "debian", "12");
	unit_write(dir, "etc/os-release", "NAME=x\nID=ubuntu\n");
	system_is(root, "ubuntu", "");
	ck_assert_int_eq(unlinkat(dir, "etc/os-release", 0), 0);
	ck_assert_int_eq(symlinkat("../usr/lib/os-release", dir, "etc/os-release"), 0);
	system_is(root, "debian", "12");
	unit_scratch_end();
}
END_TEST

START_TEST(quotes_of_a_shell)
{
	static const struct {
		const char *text, *id, *version;
	} cases[] = {
		{ "ID='debian'\nVERSION_ID='12'", "debian", "12" },
		{ "ID=\"a b\"\n", "a b", "" },
		{ "ID=\"a\\\"b\\$\"\n", "a\"b$", "" },
		{ "ID='a\\b'\n", "a\\b", "" },
		{ "ID=de'bi'an \t\r\nVERSION_ID=1\\2\n", "debian", "12" },
		{ "# ID=no\n ID=no\nMY_ID=no\nID_LIKE=no\nXVERSION_ID=no\n", "linux", "" },
		{ "ID=one\nID=two\n", "two", "" },
		{ "ID=\"open\nVERSION_ID=12", "linux", "12" },
		{ "ID=\nVERSION_ID=", "", "" },
		{ "ID=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
		  "linux", "" },
	};
	int dir = unit_scratch();
	auto_free char *root = sysroot(dir);

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		unit_write(dir, "etc/os-release", cases[i].text);
		system_is(root, cases[i].id, cases[i].version);
	}
	unit_scratch_end();
}
END_TEST

START_TEST(what_cannot_be_read)
{
	int dir = unit_scratch();
	auto_free char *root = sysroot(dir);
	auto_free char *big = mend_alloc(64 * 1024 + 2);
	struct mend_platform platform;
	struct mend_error err;
	char want[256];

	ck_assert_int_eq(mkdirat(dir, "etc/os-release", 0755), 0);
	snprintf(want, sizeof want, "%s/etc/os-release: not a regular file", root);
	unit_fails(mend_platform_read(&platform, root, &err), MEND_FORMAT, want);
	ck_assert_int_eq(unlinkat(dir, "etc/os-release", AT_REMOVEDIR), 0);
	memset(big, 'x', 64 * 1024 + 1);
	unit_write(dir, "etc/os-release", big);
	snprintf(want, sizeof want, "%s/etc/os-release: 65537 bytes: more than the limit of 65536",
		 root);
	unit_fails(mend_platform_read(&platform, root, &err), MEND_LIMIT, want);
	ck_assert_int_eq(unlinkat(dir, "etc/os-release", 0), 0);
	ck_assert_int_eq(symlinkat("os-release", dir, "etc/os-release"), 0);
	snprintf(want, sizeof want,
		 "%s/etc/os-release: cannot open: Too many levels of symbolic links", root);
	unit_fails(mend_platform_read(&platform, root, &err), MEND_SYSTEM, want);
	unit_scratch_end();
}
END_TEST

START_TEST(this_machine)
{
	struct mend_platform first, again;
	struct utsname machine;
	struct mend_error err;

	uname(&machine);
	unit_works(mend_platform_read(&first, "", &err));
	unit_works(mend_platform_read(&again, NULL, &err));
	ck_assert_str_eq(first.arch, machine.machine);
	ck_assert_str_ne(first.os_id, "");
	ck_assert_str_eq(again.os_id, first.os_id);
}
END_TEST

static struct mend_os debian_12_or_any_ubuntu[] = {
	{ .id = (char[]){ "debian" }, .version = (char[]){ "12" } },
	{ .id = (char[]){ "ubuntu" } },
};

START_TEST(who_it_is_made_for)
{
	static const struct {
		const char *arch, *id, *version,
			*text; /* of the machine; text: NULL when it fits */
	} cases[] = {
		{ "x86_64", "debian", "12", NULL },
		{ "x86_64", "ubuntu", "24.04", NULL },
		{ "x86_64", "ubuntu", "", NULL },
		{ "aarch64", "debian", "12", "made for x86_64, this machine is aarch64" },
		{ "x86_64", "debian", "13",
		  "made for debian 12, ubuntu, this system is debian 13" },
		{ "x86_64", "debian", "", "made for debian 12, ubuntu, this system is debian" },
		{ "x86_64", "fedora", "12",
		  "made for debian 12, ubuntu, this system is fedora 12" },
	};
	struct mend_manifest manifest = { .arch = (char[]){ "x86_64" },
					  .os = debian_12_or_any_ubuntu,
					  .os_count = 2 };
	struct mend_error err;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct mend_platform platform = { 0 };

		strcpy(platform.arch, cases[i].arch);
		strcpy(platform.os_id, cases[i].id);
		strcpy(platform.os_version, cases[i].version);
		if (cases[i].text == NULL)
			unit_works(mend_manifest_fits(&manifest, &platform, &err));
		else
			unit_fails(mend_manifest_fits(&manifest, &platform, &err), MEND_PLATFORM,
				   cases[i].text);
	}
}
END_TEST

START_TEST(made_for_any)
{
	int dir = unit_scratch();
	auto_free char *root = sysroot(dir);
	struct mend_manifest manifest = { .arch = (char[]){ "any" } };
	struct mend_os *many = mend_alloc(MEND_LIST_MAX * sizeof *many);
	struct mend_error err;

	unit_works(mend_manifest_fits_platform(&manifest, root, &err));
	for (size_t i = 0; i < MEND_LIST_MAX; i++)
		many[i] = debian_12_or_any_ubuntu[0];
	manifest.os = many;
	manifest.os_count = MEND_LIST_MAX;
	ck_assert_int_eq(mend_manifest_fits_platform(&manifest, root, &err), -1);
	ck_assert_int_eq(err.code, MEND_PLATFORM);
	ck_assert_int_eq(strncmp(err.text, "made for debian 12, debian 12, ", 31), 0);
	ck_assert_ptr_nonnull(strstr(err.text, ", this system is linux"));
	free(many);
	unit_scratch_end();
}
END_TEST

int main(void)
{
	return unit_main("platform", (const TTest *[]){ etc_goes_before_usr_lib, quotes_of_a_shell,
							what_cannot_be_read, this_machine,
							who_it_is_made_for, made_for_any, NULL });
}
