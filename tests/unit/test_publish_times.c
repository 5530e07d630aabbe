/* SPDX-License-Identifier: MIT */
/* The forms in which a publisher may give a time. */
#include "mend-publish/times.h"

#include <stdlib.h>

#include "unit.h"

START_TEST(forms)
{
	struct mend_error err;
	int64_t at;

	unit_works(times_parse(&at, "2026-11-22T00:00:00Z", "--issued", &err));
	ck_assert_int_eq(at, 1795305600);
	unit_works(times_parse(&at, "2026-11-22", "--issued", &err));
	ck_assert_int_eq(at, 1795305600);
	unit_works(times_parse(&at, "@1795305600", "--issued", &err));
	ck_assert_int_eq(at, 1795305600);
	unit_works(times_parse(&at, "@0", "--issued", &err));
	ck_assert_int_eq(at, 0);
	/* The last second that a tar header holds. */
	unit_works(times_parse(&at, "@8589934591", "--issued", &err));
	unit_works(times_parse(&at, "2242-03-16T12:56:31Z", "--issued", &err));
	ck_assert_int_eq(at, 8589934591);
}
END_TEST

START_TEST(no_times)
{
	static const char *const others[] = {
		"",
		"now",
		"2026-11-22T00:00:00",
		"2026-13-01",
		"22.11.2026",
		"1969-12-31T23:59:59Z",
		"2242-03-16T12:56:32Z",
		"@8589934592",
		"@-1",
		"@",
		"@1x",
		"@99999999999999999999",
	};
	struct mend_error err;
	int64_t at;

	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		auto_free char *text = mend_text_format(
			"--issued: '%s' is not a time such as 2026-11-22T00:00:00Z", others[i]);

		unit_fails(times_parse(&at, others[i], "--issued", &err), MEND_USAGE, text);
	}
}
END_TEST

START_TEST(from_the_environment)
{
	struct mend_error err;
	int64_t at;

	setenv("SOURCE_DATE_EPOCH", "1795305600", 1);
	unit_works(times_now(&at, &err));
	ck_assert_int_eq(at, 1795305600);
	setenv("SOURCE_DATE_EPOCH", "yesterday", 1);
	unit_fails(times_now(&at, &err), MEND_USAGE,
		   "SOURCE_DATE_EPOCH: 'yesterday' is not a number of seconds");
	unsetenv("SOURCE_DATE_EPOCH");
	unit_works(times_now(&at, &err));
	ck_assert_int_gt(at, 1700000000);
}
END_TEST

int main(void)
{
	return unit_main("publish_times",
			 (const TTest *[]){ forms, no_times, from_the_environment, NULL });
}
