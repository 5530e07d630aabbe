/* SPDX-License-Identifier: MIT */
/* Each finding about two files, by a pair that differs in one thing. */
#include <string.h>

#include "image.h"
#include "mendfs/abi.h"
#include "unit.h"

static const struct image base = {
	.soname = "libone.so.1",
	.build_id = "old",
	.versions = { "ONE_1", "ONE_2" },
	.symbols = { { .name = "run", .version = "ONE_1" },
		     { .name = "data", .type = STT_OBJECT, .size = 32, .version = "ONE_2" },
		     { .name = "local", .type = STT_TLS, .size = 8, .version = "ONE_1" } },
	.tls_size = 8,
	.dynamic_flags = DF_BIND_NOW,
	.x86_features = GNU_PROPERTY_X86_FEATURE_1_IBT | GNU_PROPERTY_X86_FEATURE_1_SHSTK,
};

static struct image fixed(void)
{
	struct image image = base;

	image.build_id = "new";
	return image;
}

/* "verdict name: text" of each finding, a line each. */
static void finds(const struct image *before, const struct image *after, const char *want)
{
	auto_bytes old = image_make(before), new = image_make(after);
	auto_findings findings = { NULL, 0 };
	auto_free char *got = mend_text_copy("");

	mend_abi_compare_contents(&findings, "lib.so", mend_bytes_span(&old),
				  mend_bytes_span(&new));
	mend_findings_sort(&findings);
	for (size_t i = 0; i < findings.count; i++) {
		auto_free char *shorter = take(got);

		ck_assert_str_eq(findings.items[i].path, "lib.so");
		got = mend_text_format("%s%s %s: %s\n", shorter,
				       mend_verdict_name(findings.items[i].verdict),
				       findings.items[i].name, findings.items[i].text);
	}
	ck_assert_str_eq(got, want);
}

START_TEST(nothing)
{
	struct image image = fixed();

	finds(&base, &image, "");
	image.symbols[3] = (struct image_symbol){ .name = "more", .version = "ONE_2" };
	finds(&base, &image, "");
	finds(&base, &base, "");
}
END_TEST

START_TEST(kinds)
{
	struct image image = fixed();

	image.machine = EM_AARCH64;
	finds(&base, &image, "breaks machine-changed: is for machine 183 instead of 62\n");
	image = fixed();
	image.type = ET_EXEC;
	finds(&base, &image, "breaks type-changed: is an ELF file of type 2 instead of 3\n");
	image = fixed();
	image.flags = 5;
	finds(&base, &image,
	      "breaks flags-changed: has ELF flags 0x5 instead of 0x0: another calling "
	      "convention?\n");
}
END_TEST

START_TEST(another_class)
{
	auto_bytes old = image_make(&base), new = image_make(&base);
	auto_findings findings = { NULL, 0 };

	new.data[EI_CLASS] = ELFCLASS32;
	mend_abi_compare_contents(&findings, "lib.so", mend_bytes_span(&old),
				  mend_bytes_span(&new));
	ck_assert_uint_eq(mend_findings_worst(&findings), MEND_BREAKS);
}
END_TEST

START_TEST(names)
{
	struct image image = fixed();

	image.soname = "libone.so.2";
	finds(&base, &image,
	      "breaks soname-changed: SONAME is libone.so.2 instead of libone.so.1\n");
	image.soname = NULL;
	finds(&base, &image, "breaks soname-changed: SONAME is missing instead of libone.so.1\n");
	image = fixed();
	image.interpreter = "/lib/other.so";
	finds(&base, &image,
	      "breaks interpreter-changed: interpreter is /lib/other.so instead of none\n");
	image = fixed();
	image.runpath = "/tmp";
	finds(&base, &image, "risk runpath-changed: RUNPATH is '/tmp' instead of ''\n");
}
END_TEST

START_TEST(symbols)
{
	struct image image = fixed();

	image.symbols[0].name = "ran";
	finds(&base, &image, "breaks symbol-removed: a symbol is gone: run@ONE_1\n");
	image.symbols[1].name = "date";
	finds(&base, &image, "breaks symbol-removed: 2 symbols are gone: data@ONE_2, run@ONE_1\n");
	image = fixed();
	image.symbols[0].type = STT_OBJECT;
	finds(&base, &image,
	      "breaks symbol-type-changed: a symbol is something else: run (object, was "
	      "function)\n");
	image = fixed();
	image.symbols[0].is_hidden = true;
	finds(&base, &image, "risk symbol-hidden: dlsym(3) does not find a symbol any more: run\n");
	image = fixed();
	image.symbols[0].type = STT_GNU_IFUNC;
	finds(&base, &image,
	      "note ifunc-changed: a function is chosen at run time, or no longer: run\n");
}
END_TEST

START_TEST(many_symbols)
{
	static const char *const letters[] = { "a", "b", "c", "d", "e", "f", "g" };
	struct image before = { .build_id = "old" }, after = { .build_id = "new" };

	for (size_t i = 0; i < 7; i++)
		before.symbols[i].name = letters[i];
	finds(&before, &after,
	      "breaks symbol-removed: 7 symbols are gone: a, b, c, d, e and 2 more\n");
}
END_TEST

START_TEST(nobodys_symbols)
{
	struct image before = { .build_id = "old",
				.versions = { "P_PRIVATE" },
				.symbols = { { .name = "_init" },
					     { .name = "_ZN1aC2Ev", .is_weak = true },
					     { .name = "own", .version = "P_PRIVATE" } } };
	struct image after = { .build_id = "new", .versions = { "P_PRIVATE" } };

	finds(&before, &after,
	      "risk instance-removed: a C++ instance is gone: _ZN1aC2Ev\n"
	      "risk private-symbol-removed: a symbol for its own set is gone: "
	      "own@P_PRIVATE\n");
}
END_TEST

START_TEST(versions)
{
	struct image image = fixed();

	image.versions[0] = "ONE_0";
	image.symbols[0].version = image.symbols[2].version = "ONE_0";
	finds(&base, &image,
	      "breaks symbol-removed: 2 symbols are gone: local@ONE_1, run@ONE_1\n"
	      "breaks version-removed: a version is gone: ONE_1\n");
}
END_TEST

START_TEST(sizes)
{
	struct image image = fixed();

	image.symbols[1].size = 24;
	finds(&base, &image,
	      "breaks object-smaller: a data object is smaller: data (24, was 32)\n");
	image.symbols[1].size = 40;
	finds(&base, &image,
	      "breaks object-larger: a data object is larger than the copies that programs "
	      "have: data (40, was 32)\n");
	image = fixed();
	image.symbols[2].size = 16;
	finds(&base, &image,
	      "risk tls-object-larger: a thread-local object is larger: local (16, was 8)\n");
}
END_TEST

START_TEST(hardening)
{
	struct image image = fixed();

	image.has_exec_stack = true;
	finds(&base, &image,
	      "breaks exec-stack-gained: makes the stack of every process executable, or is not "
	      "loaded where that is forbidden\n");
	image = fixed();
	image.dynamic_flags |= DF_TEXTREL;
	finds(&base, &image,
	      "breaks textrel-gained: writes to its own code, and is not loaded where that is "
	      "forbidden\n");
	image = fixed();
	image.has_no_relro = true;
	image.dynamic_flags = 0;
	image.x86_features = GNU_PROPERTY_X86_FEATURE_1_IBT;
	finds(&base, &image,
	      "risk bind-now-lost: its functions are bound late, and their table stays writable "
	      "(no BIND_NOW)\n"
	      "risk cet-lost: takes control-flow enforcement (CET) from every process that loads "
	      "it\n"
	      "risk relro-lost: its relocations stay writable (no RELRO)\n");
	image.dynamic_flags_1 = DF_1_NOW;
	image.has_no_relro = false;
	image.x86_features = base.x86_features;
	finds(&base, &image, "");
}
END_TEST

START_TEST(thread_storage)
{
	struct image image = fixed();

	image.tls_size = 64;
	image.dynamic_flags |= DF_STATIC_TLS;
	finds(&base, &image,
	      "risk static-tls-gained: uses static TLS, which dlopen(3) may have no room for\n"
	      "risk tls-grown: thread-local storage is 64 bytes instead of 8\n");
}
END_TEST

START_TEST(build_ids)
{
	struct image image = fixed();

	image.build_id = NULL;
	finds(&base, &image,
	      "note build-id-missing: has no build id: debuggers and scanners cannot tell what it "
	      "is\n");
	image = base;
	image.symbols[3].name = "more";
	finds(&base, &image,
	      "risk build-id-same: has the build id of the base, 6f6c640000000000…, and other "
	      "content\n");
}
END_TEST

static void finds_contents(const char *old, const char *new, const char *name)
{
	auto_findings findings = { NULL, 0 };

	mend_abi_compare_contents(&findings, "x", mend_span_text(old), mend_span_text(new));
	ck_assert_uint_eq(findings.count, name != NULL);
	if (name != NULL)
		ck_assert_str_eq(findings.items[0].name, name);
}

START_TEST(contents)
{
	finds_contents("a text", "another text", NULL);
	finds_contents("a text", "\177ELF", "elf-damaged");
	finds_contents("\177ELF", "a text", "elf-lost");
	finds_contents("\177ELF", "\177ELF", NULL);
	finds_contents("\177ELF\1", "\177ELF\2", "base-damaged");
}
END_TEST

START_TEST(waived_last)
{
	auto_findings findings = { NULL, 0 };

	mend_findings_add(&findings, "note-first", MEND_NOTE, "b", "with a \033[1m and %d\n", 1);
	mend_findings_add(&findings, "bad", MEND_BREAKS, "b", "one");
	mend_findings_add(&findings, "bad", MEND_BREAKS, "a", "two");
	ck_assert_str_eq(findings.items[0].text, "with a ?[1m and 1?");
	ck_assert_uint_eq(mend_findings_worst(&findings), MEND_BREAKS);
	findings.items[1].is_waived = true;
	mend_findings_sort(&findings);
	ck_assert_str_eq(findings.items[0].text, "two");
	ck_assert_str_eq(findings.items[2].text, "one");
	findings.items[0].is_waived = true;
	ck_assert_uint_eq(mend_findings_worst(&findings), MEND_NOTE);
}
END_TEST

int main(void)
{
	return unit_main("abi_compare",
			 (const TTest *[]){ nothing, kinds, another_class, names, symbols,
					    many_symbols, nobodys_symbols, versions, sizes,
					    hardening, thread_storage, build_ids, contents,
					    waived_last, NULL });
}
