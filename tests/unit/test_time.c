/* SPDX-License-Identifier: MIT */
/* Times as text, against gmtime(3). */
#include "mendfs/time.h"

#include <time.h>

#include "unit.h"

START_TEST(both_ways_as_the_system_has_it)
{
	const int64_t last = 253402300799; /* 9999-12-31T23:59:59Z */
	char text[MEND_TIME_SIZE], want[64];

	/* A prime number of seconds, so that all months, hours and leap years come by. */
	for (int64_t seconds = 0; seconds <= last; seconds += 1299827) {
		time_t now = (time_t)seconds;
		struct tm tm;
		int64_t back;

		gmtime_r(&now, &tm);
		strftime(want, sizeof want, "%Y-%m-%dT%H:%M:%SZ", &tm);
		mend_time_text(text, seconds);
		ck_assert_str_eq(text, want);
		ck_assert(mend_time_parse(&back, text));
		ck_assert_int_eq(back, seconds);
	}
	mend_time_text(text, last);
	ck_assert_str_eq(text, "9999-12-31T23:59:59Z");
	mend_time_text(text, last + 1);
	ck_assert_str_eq(text, "9999-12-31T23:59:59Z");
	mend_time_text(text, -1);
	ck_assert_str_eq(text, "1970-01-01T00:00:00Z");
}
END_TEST

START_TEST(one_form_only)
{
	static const char *const bad[] = {
		"",
		"2026",
		"2026-11-22",
		"2026-11-22T00:00:00",
		"2026-11-22T00:00:00z",
		"2026-11-22 00:00:00Z",
		"2026-11-22T00:00:00Z ",
		"2026-11-22T00:00:00+00:00",
		"2026-11-22T00:00:00.0Z",
		"2026-1-22T00:00:00Z",
		"+026-11-22T00:00:00Z",
		"2026-00-22T00:00:00Z",
		"2026-13-22T00:00:00Z",
		"2026-11-00T00:00:00Z",
		"2026-11-31T00:00:00Z",
		"2026-02-29T00:00:00Z",
		"2100-02-29T00:00:00Z",
		"2026-11-22T24:00:00Z",
		"2026-11-22T00:60:00Z",
		"2026-11-22T00:00:60Z",
		"1969-12-31T23:59:59Z",
	};
	int64_t out = 42;

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		ck_assert_msg(!mend_time_parse(&out, bad[i]), "%s", bad[i]);
	ck_assert_int_eq(out, 42);
	ck_assert(mend_time_parse(&out, "2024-02-29T00:00:00Z"));
	ck_assert(mend_time_parse(&out, "2000-02-29T00:00:00Z"));
	ck_assert(mend_time_parse(&out, "1970-01-01T00:00:00Z"));
	ck_assert_int_eq(out, 0);
}
END_TEST

int main(void)
{
	return unit_main("time",
			 (const TTest *[]){ both_ways_as_the_system_has_it, one_form_only, NULL });
}
