/* SPDX-License-Identifier: MIT */
/* The gate on whole releases, over a base directory of made-up libraries. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "image.h"
#include "mendfs/fs.h"
#include "mendfs/gate.h"
#include "unit.h"

/* A release in the making: images by target. */
struct release {
	struct mend_target targets[8];
	const struct image *images[8];
	struct mend_waiver waiver;
	struct mend_manifest manifest;
};

static void change(struct release *release, enum mend_op op, const char *path,
		   const struct image *image, const char *to)
{
	struct mend_manifest *manifest = &release->manifest;

	manifest->id = (char *)"patch";
	manifest->root = (char *)"/usr/lib";
	manifest->targets = release->targets;
	release->images[manifest->target_count] = image;
	release->targets[manifest->target_count++] =
		(struct mend_target){ .path = (char *)path, .op = op, .to = (char *)to };
}

static int give_content(struct mend_bytes *out, void *context, const struct mend_target *target,
			struct mend_error *err)
{
	const struct release *release = context;
	const struct image *image = release->images[target - release->targets];

	if (image == NULL)
		return mend_fail(err, MEND_HASH, "no such image");
	*out = image_make(image);
	return 0;
}

static void write_image(int dir, const char *name, const struct image *image)
{
	auto_bytes content = image_make(image);
	struct mend_error err;

	unit_works(mend_fs_write(dir, name, mend_bytes_span(&content), 0644, &err));
}

static struct mend_findings check(struct release *release, int base, const int *place,
				  const char *sysroot)
{
	struct mend_gate_layer layer = { &release->manifest, give_content, release };
	struct mend_gate gate = { .layers = &layer,
				  .layer_count = 1,
				  .base = base,
				  .places = place,
				  .place_count = place ? 1 : 0,
				  .sysroot = sysroot };
	struct mend_findings findings = { NULL, 0 };
	struct mend_error err;

	unit_works(mend_gate_check(&findings, &gate, &err));
	return findings;
}

/* "verdict name path: text", a line each. */
static void finds(struct release *release, int base, const char *want)
{
	auto_findings findings = check(release, base, NULL, NULL);
	auto_free char *got = mend_text_copy("");

	for (size_t i = 0; i < findings.count; i++) {
		const struct mend_finding *finding = &findings.items[i];
		auto_free char *shorter = take(got);

		got = mend_text_format("%s%s%s %s %s: %s\n", shorter,
				       finding->is_waived ? "waived " : "",
				       mend_verdict_name(finding->verdict), finding->name,
				       finding->path, finding->text);
	}
	ck_assert_str_eq(got, want);
}

static const struct image one_old = { .soname = "libone.so.1",
				      .build_id = "old",
				      .versions = { "ONE_1" },
				      .symbols = { { .name = "run", .version = "ONE_1" } } };
static const struct image one_new = { .soname = "libone.so.1",
				      .build_id = "new",
				      .versions = { "ONE_1", "ONE_2" },
				      .symbols = { { .name = "run", .version = "ONE_1" },
						   { .name = "more", .version = "ONE_2" } } };
static const struct image one_bad = { .soname = "libone.so.1", .build_id = "new" };

static const struct image user_old = {
	.soname = "libuser.so.1",
	.build_id = "old",
	.needed = { "libone.so.1" },
	.needs = { { "libone.so.1", "ONE_1" } },
	.symbols = { { .name = "run", .version = "ONE_1", .is_undefined = true } }
};
static const struct image user_new = {
	.soname = "libuser.so.1",
	.build_id = "new",
	.needed = { "libone.so.1" },
	.needs = { { "libone.so.1", "ONE_2" } },
	.symbols = { { .name = "more", .version = "ONE_2", .is_undefined = true } }
};

START_TEST(good_ones)
{
	struct release release = { 0 };
	int base = unit_scratch();

	write_image(base, "libone.so.1", &one_old);
	change(&release, MEND_OP_REPLACE, "libone.so.1", &one_new, NULL);
	finds(&release, base, "");
	unit_scratch_end();
}
END_TEST

START_TEST(waived)
{
	struct release release = { .waiver = { (char *)"symbol-removed", (char *)"libone.so.1",
					       (char *)"why not" } };
	auto_findings findings = { NULL, 0 };
	struct mend_error err = { 0 };
	int base = unit_scratch();

	write_image(base, "libone.so.1", &one_old);
	change(&release, MEND_OP_REPLACE, "libone.so.1", &one_bad, NULL);
	release.manifest.waivers = &release.waiver;
	release.manifest.waiver_count = 1;
	findings = check(&release, base, NULL, NULL);
	unit_fails(mend_gate_refuse(&findings, &err), MEND_INCOMPATIBLE,
		   "would break programs: libone.so.1: version-removed: a version is gone: ONE_1");
	findings.items[0].is_waived = true;
	unit_works(mend_gate_refuse(&findings, &err));
	unit_scratch_end();
}
END_TEST

START_TEST(several_break)
{
	auto_findings findings = { NULL, 0 };
	struct mend_error err = { 0 };

	mend_findings_add(&findings, "one", MEND_BREAKS, "p", "a");
	mend_findings_add(&findings, "two", MEND_BREAKS, "p", "b");
	mend_findings_add(&findings, "three", MEND_RISK, "p", "c");
	unit_fails(mend_gate_refuse(&findings, &err), MEND_INCOMPATIBLE,
		   "would break programs: p: one: a (and 1 more)");
}
END_TEST

START_TEST(needs)
{
	struct release alone = { 0 }, together = { 0 };
	int base = unit_scratch();

	write_image(base, "libone.so.1", &one_old);
	write_image(base, "libuser.so.1", &user_old);
	change(&alone, MEND_OP_REPLACE, "libuser.so.1", &user_new, NULL);
	finds(&alone, base,
	      "breaks needed-version-missing libuser.so.1: needs a version that is not there: "
	      "ONE_2 of libone.so.1\n");
	change(&together, MEND_OP_REPLACE, "libone.so.1", &one_new, NULL);
	change(&together, MEND_OP_REPLACE, "libuser.so.1", &user_new, NULL);
	finds(&together, base, "");
	unit_scratch_end();
}
END_TEST

START_TEST(needed_libraries)
{
	struct image more = one_new;
	struct release release = { 0 };
	int base = unit_scratch(), place;

	more.needed[0] = "libfar.so.1";
	ck_assert_int_eq(mkdirat(base, "root", 0755), 0);
	place = openat(base, "root", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	write_image(place, "libone.so.1", &one_old);
	change(&release, MEND_OP_REPLACE, "libone.so.1", &more, NULL);
	finds(&release, place,
	      "breaks needed-missing libone.so.1: needs a library that is not there: "
	      "libfar.so.1\n");
	write_image(base, "libfar.so.1", &user_old);
	{
		auto_findings findings = check(&release, place, &base, NULL);

		ck_assert_uint_eq(findings.count, 1);
		ck_assert_str_eq(findings.items[0].name, "needed-added");
	}
	change(&release, MEND_OP_ADD, "libzzz.so", &one_bad, NULL);
	release.targets[1].path = (char *)"x86_64-linux-gnu/libfar.so.1";
	finds(&release, place,
	      "note needed-added libone.so.1: needs one more library: libfar.so.1\n");
	close(place);
	unit_scratch_end();
}
END_TEST

START_TEST(needed_symbols)
{
	struct image user = user_new;
	struct release release = { 0 };
	int base = unit_scratch();

	write_image(base, "libone.so.1", &one_new);
	write_image(base, "libuser.so.1", &user_old);
	user.symbols[0].name = "nobody_has";
	user.symbols[1] = (struct image_symbol){ .name = "unheard", .is_undefined = true };
	user.symbols[2] =
		(struct image_symbol){ .name = "may", .is_undefined = true, .is_weak = true };
	change(&release, MEND_OP_REPLACE, "libuser.so.1", &user, NULL);
	finds(&release, base,
	      "breaks needed-symbol-missing libuser.so.1: needs a symbol that is not there: "
	      "nobody_has@ONE_2 of libone.so.1\n"
	      "risk undefined-symbol libuser.so.1: no library that it needs defines a symbol: "
	      "unheard\n");
	unit_scratch_end();
}
END_TEST

START_TEST(unknown_versions)
{
	struct release release = { 0 };
	int base = unit_scratch();

	write_image(base, "libuser.so.1", &user_old);
	change(&release, MEND_OP_REPLACE, "libuser.so.1", &user_new, NULL);
	finds(&release, base,
	      "risk needed-version-unknown libuser.so.1: needs a version of a library that was "
	      "not found: ONE_2 of libone.so.1\n");
	unit_scratch_end();
}
END_TEST

START_TEST(symlinks)
{
	struct release release = { 0 };
	int base = unit_scratch();

	write_image(base, "libone.so.1.0", &one_old);
	ck_assert_int_eq(symlinkat("libone.so.1.0", base, "libone.so.1"), 0);
	change(&release, MEND_OP_SYMLINK, "libone.so.1", NULL, "libone.so.1.1");
	finds(&release, base,
	      "breaks symlink-dangling libone.so.1: leads to libone.so.1.1, which is not "
	      "there\n");
	change(&release, MEND_OP_ADD, "libone.so.1.1", &one_bad, NULL);
	finds(&release, base,
	      "breaks symbol-removed libone.so.1: a symbol is gone: run@ONE_1\n"
	      "breaks version-removed libone.so.1: a version is gone: ONE_1\n");
	release.images[1] = &one_new;
	finds(&release, base, "");
	release.targets[0].to = (char *)"/usr/lib/./libone.so.1.1";
	finds(&release, base, "");
	release.targets[0].to = (char *)"../libone.so.1.1";
	finds(&release, base, "");
	release.targets[0].to = (char *)"libone.so.1";
	finds(&release, base,
	      "breaks symlink-dangling libone.so.1: leads to libone.so.1, which is not there\n");
	unit_scratch_end();
}
END_TEST

START_TEST(removals)
{
	struct release release = { 0 };
	int base = unit_scratch();

	write_image(base, "libone.so.1", &one_old);
	write_image(base, "plugin.so", &one_old);
	unit_write(base, "text", "no library");
	change(&release, MEND_OP_REMOVE, "libone.so.1", NULL, NULL);
	change(&release, MEND_OP_REMOVE, "plugin.so", NULL, NULL);
	change(&release, MEND_OP_REMOVE, "text", NULL, NULL);
	finds(&release, base,
	      "breaks library-removed libone.so.1: programs find the library by this name\n"
	      "risk library-removed plugin.so: somebody may load the file by this name\n");
	unit_scratch_end();
}
END_TEST

START_TEST(successors)
{
	struct release release = { 0 };
	int base = unit_scratch();

	write_image(base, "libone.so.1.0", &one_old);
	ck_assert_int_eq(symlinkat("libone.so.1.0", base, "libone.so.1"), 0);
	change(&release, MEND_OP_SYMLINK, "libone.so.1", NULL, "libone.so.1.1");
	change(&release, MEND_OP_REMOVE, "libone.so.1.0", NULL, NULL);
	change(&release, MEND_OP_ADD, "libone.so.1.1", &one_new, NULL);
	finds(&release, base, "");
	unit_scratch_end();
}
END_TEST

START_TEST(additions)
{
	struct image image = one_new;
	struct release release = { 0 };
	int base = unit_scratch();

	change(&release, MEND_OP_ADD, "libone.so.1", &image, NULL);
	finds(&release, base, "");
	image.has_exec_stack = true;
	finds(&release, base,
	      "breaks exec-stack-gained libone.so.1: makes the stack of every process "
	      "executable, or is not loaded where that is forbidden\n");
	unit_scratch_end();
}
END_TEST

/* Two libraries of one set: the second needs the first by a version that both define. */
static struct image half(const char *version, const char *build_id)
{
	return (struct image){ .soname = "libhalf.so.1",
			       .build_id = build_id,
			       .needed = { "libone.so.1" },
			       .versions = { version },
			       .needs = { { "libone.so.1", version } },
			       .symbols = { { .name = "half", .version = version } } };
}

START_TEST(half_sets)
{
	struct image other = half("ONE_1", "old"), fixed = half("ONE_1", "new");
	struct release release = { 0 };
	int base = unit_scratch();

	write_image(base, "libone.so.1", &one_old);
	write_image(base, "libhalf.so.1", &other);
	change(&release, MEND_OP_REPLACE, "libone.so.1", &one_new, NULL);
	finds(&release, base,
	      "breaks half-set libone.so.1: shares its insides with a library that is left as it "
	      "is: libhalf.so.1\n");
	release.targets[0].path = (char *)"libhalf.so.1";
	release.images[0] = &fixed;
	finds(&release, base,
	      "breaks half-set libhalf.so.1: shares its insides with a library that is left as it "
	      "is: libone.so.1\n");
	change(&release, MEND_OP_REPLACE, "libone.so.1", &one_new, NULL);
	finds(&release, base, "");
	unit_scratch_end();
}
END_TEST

START_TEST(half_of_a_private_set)
{
	struct image one = one_old, two = one_new, other = half("ONE_PRIVATE", "old");
	struct release release = { 0 };
	int base = unit_scratch();

	one.versions[1] = two.versions[1] = "ONE_PRIVATE";
	two.symbols[1].version = "ONE_PRIVATE";
	write_image(base, "libone.so.1", &one);
	write_image(base, "libhalf.so.1", &other);
	change(&release, MEND_OP_REPLACE, "libone.so.1", &two, NULL);
	finds(&release, base,
	      "breaks half-set libone.so.1: shares its insides with a library that is left as it "
	      "is: libhalf.so.1\n");
	unit_scratch_end();
}
END_TEST

/* What dpkg has from one source belongs together, also in two packages and two directories. */
START_TEST(half_of_a_source)
{
	struct image other = { .soname = "libhalf.so.1",
			       .needed = { "libone.so.1" },
			       .symbols = { { .name = "run", .is_undefined = true } } };
	struct image plain = { .soname = "libone.so.1",
			       .build_id = "old",
			       .symbols = { { .name = "run" } } };
	struct image fixed = plain;
	struct release release = { 0 };
	auto_findings findings = { NULL, 0 };
	int top = unit_scratch();
	auto_fd info = -1, base = -1;
	auto_free char *sysroot = mend_text_format("/proc/self/fd/%d", top);
	struct mend_error err;

	unit_works(mend_fs_make_dirs(&info, top, "var/lib/dpkg/info", 0755, &err));
	unit_works(mend_fs_make_dirs(&base, top, "lib/x", 0755, &err));
	close(base);
	base = openat(top, "lib", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	unit_write(info, "libone1:amd64.list", "/.\n/usr/lib/libone.so.1\n");
	unit_write(info, "half.list", "/lib/x/libhalf.so.1\n");
	unit_write(info, "../status",
		   "Package: libone1\nSource: one (1.0)\n\nPackage: half\nSource: one\n\n"
		   "Package: one\n");
	fixed.build_id = "new";
	write_image(base, "libone.so.1", &plain);
	write_image(base, "x/libhalf.so.1", &other);
	change(&release, MEND_OP_REPLACE, "libone.so.1", &fixed, NULL);
	findings = check(&release, base, NULL, sysroot);
	ck_assert_uint_eq(findings.count, 1);
	ck_assert_str_eq(findings.items[0].text,
			 "shares its insides with a library that is left as it is: "
			 "x/libhalf.so.1");
	ck_assert_uint_eq(findings.items[0].verdict, MEND_BREAKS);
	mend_findings_free(&findings);
	unit_write(info, "../status", "Package: libone1\nSource: one (1.0)\n\nPackage: half\n");
	findings = check(&release, base, NULL, sysroot);
	ck_assert_uint_eq(findings.count, 0);
	unit_scratch_end();
}
END_TEST

START_TEST(says_what_it_cannot_read)
{
	struct release release = { 0 };
	struct mend_gate_layer layer = { &release.manifest, give_content, &release };
	struct mend_gate gate = { .layers = &layer, .layer_count = 1, .base = -1 };
	auto_findings findings = { NULL, 0 };
	struct mend_error err;

	change(&release, MEND_OP_ADD, "libone.so.1", NULL, NULL);
	unit_fails(mend_gate_check(&findings, &gate, &err), MEND_HASH,
		   "libone.so.1: no such image");
}
END_TEST

int main(void)
{
	return unit_main("abi_gate",
			 (const TTest *[]){ good_ones, waived, several_break, needs,
					    needed_libraries, needed_symbols, unknown_versions,
					    symlinks, removals, successors, additions, half_sets,
					    half_of_a_private_set, half_of_a_source,
					    says_what_it_cannot_read, NULL });
}
