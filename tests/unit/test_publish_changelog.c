/* SPDX-License-Identifier: MIT */
/* Changelogs: what is taken of them, and that anything may be in one. */
#include <string.h>

#include "mend-publish/changelog.h"
#include "mendfs/manifest.h"
#include "unit.h"

#define MUTATIONS 3000

static const char three[] = "expat (2.5.0-1+deb12u5) bookworm-security; urgency=high\n"
			    "\n"
			    "  * Mend CVE-2026-0003, CVE-2026-00031.\n"
			    "    More about CVE-2026-0003.\n"
			    "\n"
			    " -- A <a@b.c>  Thu, 01 Jan 2026 00:00:00 +0000\n"
			    "\n"
			    "expat (2.5.0-1+deb12u4) bookworm; urgency=low\n"
			    "\n"
			    "  * Mend CVE-2026-0002.\n"
			    "\n"
			    " -- A <a@b.c>  Wed, 31 Dec 2025 00:00:00 +0000\n"
			    "\n"
			    "expat (2.5.0-1) unstable; urgency=emergency\n"
			    "\n"
			    "  * CVE-2026-0001\n";

static void reads(const char *text, const char *since, const char *want, const char *severity,
		  size_t cves)
{
	auto_changelog changelog = { .text = NULL };

	changelog_read(&changelog, mend_span_text(text), since);
	ck_assert_str_eq(changelog.text, want);
	ck_assert_str_eq(changelog.severity, severity);
	ck_assert_uint_eq(changelog.cve_count, cves);
}

START_TEST(the_newest_alone)
{
	reads(three, NULL,
	      "2.5.0-1+deb12u5\n  * Mend CVE-2026-0003, CVE-2026-00031.\n"
	      "    More about CVE-2026-0003.",
	      "high", 2);
}
END_TEST

START_TEST(since_a_version)
{
	reads(three, "2.5.0-1",
	      "2.5.0-1+deb12u5\n  * Mend CVE-2026-0003, CVE-2026-00031.\n"
	      "    More about CVE-2026-0003.\n2.5.0-1+deb12u4\n  * Mend CVE-2026-0002.",
	      "high", 3);
	/* One that has no entry of its own. */
	reads(three, "2.5.0-1+deb12u4~1",
	      "2.5.0-1+deb12u5\n  * Mend CVE-2026-0003, CVE-2026-00031.\n"
	      "    More about CVE-2026-0003.\n2.5.0-1+deb12u4\n  * Mend CVE-2026-0002.",
	      "high", 3);
	reads(three, "2.5.0-1+deb12u5", "", "", 0);
	reads(three, "3", "", "", 0);
}
END_TEST

START_TEST(urgencies)
{
	reads("a (1) x; urgency=emergency\n", NULL, "1", "critical", 0);
	reads("a (1) x; urgency=critical\n", NULL, "1", "critical", 0);
	reads("a (1) x; urgency=Medium, binary-only=yes\n", NULL, "1", "medium", 0);
	reads("a (1) x; urgency=\n", NULL, "1", "", 0);
	reads("a (1) x; urgency=none\n", NULL, "1", "", 0);
}
END_TEST

START_TEST(no_changelogs)
{
	reads("", NULL, "", "", 0);
	reads("\n\n\n", NULL, "", "", 0);
	reads("Version 1.3\n  CVE-2026-0001\n", NULL, "", "", 0);
	reads("a () x; urgency=low\n  CVE-2026-0001\n", NULL, "", "", 0);
	reads("a )1( x; urgency=low\n", NULL, "", "", 0);
	reads("a (1 2) x; urgency=low\n", NULL, "", "", 0);
	reads("a (1) x; urgency=low", NULL, "", "", 0); /* cut off */
}
END_TEST

START_TEST(what_is_no_cve)
{
	reads("a (1) x;\n CVE-2026-123 CVE-202-1234 cve-2026-1234 CVE 2026-1234 CVE-2026-\n", NULL,
	      "1\n CVE-2026-123 CVE-202-1234 cve-2026-1234 CVE 2026-1234 CVE-2026-", "", 0);
}
END_TEST

static char *with_lines(const char *line, size_t count)
{
	size_t size = strlen(line);
	static const char head[] = "a (1) x;\n";
	char *text = mend_alloc(sizeof(head) + size * count);

	memcpy(text, head, sizeof(head) - 1);
	for (size_t i = 0; i < count; i++)
		memcpy(text + sizeof(head) - 1 + i * size, line, size);
	return text;
}

START_TEST(limits)
{
	auto_free char *many = with_lines("  * a line of it\n", 4096);
	auto_free char *long_one = with_lines("x", MEND_DESCRIPTION_MAX + 1);
	auto_free char *cves = mend_alloc((MEND_LIST_MAX + 10) * 16 + 16);
	auto_changelog changelog = { .text = NULL };
	char *at = stpcpy(cves, "a (1) x;\n");

	changelog_read(&changelog, mend_span_text(many), NULL);
	ck_assert_uint_le(strlen(changelog.text), MEND_DESCRIPTION_MAX);
	ck_assert_uint_gt(strlen(changelog.text), MEND_DESCRIPTION_MAX - 32);
	changelog_clear(&changelog);
	long_one[strlen(long_one) - 1] = '\n';
	changelog_read(&changelog, mend_span_text(long_one), NULL);
	ck_assert_str_eq(changelog.text, "1");
	changelog_clear(&changelog);
	for (unsigned i = 0; i < MEND_LIST_MAX + 10; i++)
		at += sprintf(at, "CVE-2026-%04u\n", i);
	changelog_read(&changelog, mend_span_text(cves), NULL);
	ck_assert_uint_eq(changelog.cve_count, MEND_LIST_MAX);
}
END_TEST

/* Whatever becomes of it, what is taken is fit for a manifest. */
START_TEST(mutations)
{
	char text[sizeof(three)];
	unsigned state = 1;

	for (unsigned i = 0; i < MUTATIONS; i++) {
		auto_changelog changelog = { .text = NULL };

		memcpy(text, three, sizeof(text));
		for (unsigned k = 0; k < 1 + i % 8; k++) {
			state = state * 1664525 + 1013904223;
			text[state / 7 % (sizeof(text) - 1)] = (char)(state >> 24);
		}
		changelog_read(&changelog, mend_span_of(text, sizeof(text) - 1),
			       i % 2 ? "2.5.0-1" : NULL);
		ck_assert_uint_le(strlen(changelog.text), MEND_DESCRIPTION_MAX);
		for (char *at = changelog.text, *end; *at; at = end + (*end == '\n')) {
			end = strchrnul(at, '\n');
			ck_assert(mend_text_is_plain(at, (size_t)(end - at)));
		}
	}
}
END_TEST

int main(void)
{
	return unit_main("publish_changelog",
			 (const TTest *[]){ the_newest_alone, since_a_version, urgencies,
					    no_changelogs, what_is_no_cve, limits, mutations,
					    NULL });
}
