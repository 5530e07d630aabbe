/* SPDX-License-Identifier: MIT */
/* dpkg's database, and Debian's order of versions against dpkg itself. */
#include <stdio.h>
#include <string.h>

#include "lab.h"
#include "mendfs/base.h"

#define STATUS "root/var/lib/dpkg/status"
#define PAIRS  400

static void expect(const char *package, const char *want)
{
	struct mend_error err;
	char version[256] = "?";
	auto_free char *root = mend_text_format("%s/root", lab.path);

	unit_works(mend_package_version(version, root, package, &err));
	ck_assert_str_eq(version, want);
}

START_TEST(installed_versions)
{
	expect("libssl3", ""); /* not a Debian system */
	lab_write(STATUS, "Package: libssl3\nStatus: install ok installed\nArchitecture: amd64\n"
			  "Version: 3.0.20-1~deb12u2\nDescription: x\n Version: 9\n\n"
			  "Package: libssl3\nStatus: install ok installed\nArchitecture: i386\n"
			  "Version: 3.0.19-1\n\n"
			  "Package: gone\nStatus: deinstall ok config-files\nVersion: 1\n\n"
			  "Package: half\nStatus: install reinstreq half-installed\nVersion: 1\n\n"
			  "Package: fresh\nStatus: install ok unpacked\nVersion: 1:2-3\n\n"
			  "Package: last\nStatus: install ok triggers-pending\nVersion:  7 \n");
	expect("libssl3", "3.0.19-1");
	expect("gone", "");
	expect("half", "");
	expect("fresh", "1:2-3");
	expect("last", "7");
	expect("lib", "");
	expect("libssl33", "");
}
END_TEST

/* A dpkg that runs right now has not written its status file yet. */
START_TEST(updates_of_a_running_dpkg)
{
	lab_write(STATUS,
		  "Package: a\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\n");
	lab_write("root/var/lib/dpkg/updates/0001",
		  "Package: a\nStatus: install ok half-installed\nArchitecture: amd64\n"
		  "Version: 1\n");
	lab_write("root/var/lib/dpkg/updates/tmp.i",
		  "Package: a\nStatus: install ok installed\nArchitecture: amd64\nVersion: 9\n");
	expect("a", "");
	lab_write("root/var/lib/dpkg/updates/0002",
		  "Package: a\nStatus: install ok unpacked\nArchitecture: amd64\nVersion: 2\n");
	expect("a", "2");
}
END_TEST

START_TEST(overtaken)
{
	struct mend_target target = { .fixed_package = (char *)"libssl3",
				      .fixed_version = (char *)"3.0.22-1~deb12u2" };
	auto_free char *root = mend_text_format("%s/root", lab.path);

	ck_assert_int_eq(mend_target_overtaken(MEND_TARGET_DRIFTED, &target, root),
			 MEND_TARGET_DRIFTED);
	lab_write(STATUS, "Package: libssl3\nStatus: install ok installed\nVersion: 3.0.21\n");
	ck_assert_int_eq(mend_target_overtaken(MEND_TARGET_DRIFTED, &target, root),
			 MEND_TARGET_DRIFTED);
	lab_write(STATUS,
		  "Package: libssl3\nStatus: install ok installed\nVersion: 3.0.22-1~deb12u2\n");
	ck_assert_int_eq(mend_target_overtaken(MEND_TARGET_DRIFTED, &target, root),
			 MEND_TARGET_SUPERSEDED);
	ck_assert_int_eq(mend_target_overtaken(MEND_TARGET_ACTIVE, &target, root),
			 MEND_TARGET_ACTIVE);
	target.fixed_package = NULL;
	ck_assert_int_eq(mend_target_overtaken(MEND_TARGET_DRIFTED, &target, root),
			 MEND_TARGET_DRIFTED);
}
END_TEST

static int sign_of(int number)
{
	return (number > 0) - (number < 0);
}

/* In ascending order. */
static const char *const ladder[] = {
	"0~~",		"0~",	   "0",	    "0.0a",   "0.9",	  "1.0~rc1-1",
	"1.0~rc1-1+b1", "1.0-0.1", "1.0-1", "1.0-1a", "1.0-1+b1", "1.0-10",
	"1.0+dfsg-1",	"1.0.1-1", "1.2-1", "1.2a",   "1.2b",	  "1.2+x",
	"1.10",		"2",	   "10",    "1:0.1",  "2:0~",
};

START_TEST(known_order)
{
	size_t count = sizeof(ladder) / sizeof(ladder[0]), i, j;

	for (i = 0; i < count; i++)
		for (j = 0; j < count; j++)
			ck_assert_msg(sign_of(mend_version_compare(ladder[i], ladder[j])) ==
					      (i > j) - (i < j),
				      "%s against %s", ladder[i], ladder[j]);
	ck_assert_int_eq(mend_version_compare("1.0", "1.0-0"), 0);
	ck_assert_int_eq(mend_version_compare("0:1.0", "1.0"), 0);
	ck_assert_int_eq(mend_version_compare("1.002", "1.2"), 0);
	ck_assert_int_lt(mend_version_compare("1.0~", "1.0"), 0);
	ck_assert_int_lt(mend_version_compare("1.9", "1.10"), 0);
	ck_assert_int_lt(mend_version_compare("1.0a", "1.0+"), 0);
	ck_assert_int_gt(mend_version_compare("1:0", "99999999999999999999"), 0);
	ck_assert_int_lt(mend_version_compare("1.99999999999999999998", "1.99999999999999999999"),
			 0);
}
END_TEST

/* Versions of few different parts, so that many are nearly the same. */
static void make_version(char out[64], unsigned *seed)
{
	static const char *const parts[] = { "0", "1",	"2",  "10", "01",  "a",
					     "b", "Z",	"~",  "~~", "+",   ".",
					     ".", "-1", "-0", "rc", "+b1", "~deb12u1" };
	static const char *const epochs[] = { "", "", "", "", "0:", "1:", "2:", "10:" };
	unsigned count = 1 + (unsigned)rand_r(seed) % 5;

	strcpy(out, epochs[(unsigned)rand_r(seed) % (sizeof(epochs) / sizeof(epochs[0]))]);
	strcat(out, "1");
	while (count-- > 0)
		strcat(out, parts[(unsigned)rand_r(seed) % (sizeof(parts) / sizeof(parts[0]))]);
}

/* dpkg's answer: the first of lt, eq, gt that it says yes to. One shell asks for all pairs. */
START_TEST(same_order_as_dpkg)
{
	char left[PAIRS][64], right[PAIRS][64];
	auto_free char *script = mend_text_format("%s/ask", lab.path);
	auto_free char *command = mend_text_format("sh %s 2>/dev/null", script);
	unsigned seed = 1;
	char answer[8];
	FILE *ask, *dpkg;
	int i;

	if (system("dpkg --version >/dev/null 2>&1") != 0)
		return;
	ask = fopen(script, "w");
	ck_assert_ptr_nonnull(ask);
	for (i = 0; i < PAIRS; i++) {
		make_version(left[i], &seed);
		make_version(right[i], &seed);
		fprintf(ask,
			"if dpkg --compare-versions '%s' lt '%s'; then echo -1;"
			" elif dpkg --compare-versions '%s' gt '%s'; then echo 1; else echo 0; "
			"fi\n",
			left[i], right[i], left[i], right[i]);
	}
	fclose(ask);
	dpkg = popen(command, "r");
	ck_assert_ptr_nonnull(dpkg);
	for (i = 0; i < PAIRS; i++) {
		int got = sign_of(mend_version_compare(left[i], right[i]));

		ck_assert_ptr_nonnull(fgets(answer, sizeof(answer), dpkg));
		ck_assert_msg(got == atoi(answer), "%s against %s: %d, dpkg says %s", left[i],
			      right[i], got, answer);
		ck_assert_int_eq(sign_of(mend_version_compare(right[i], left[i])), -got);
	}
	ck_assert_int_eq(pclose(dpkg), 0);
}
END_TEST

int main(void)
{
	return lab_main("dpkg",
			(const TTest *[]){ installed_versions, updates_of_a_running_dpkg, overtaken,
					   known_order, same_order_as_dpkg, NULL });
}
