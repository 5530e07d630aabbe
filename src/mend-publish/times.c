/* SPDX-License-Identifier: MIT */
/* Times of a release, in the forms that people and build systems give them. */
#include "mend-publish/times.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "mendfs/bundle.h"
#include "mendfs/time.h"

static bool parse_seconds(int64_t *out, const char *text)
{
	long long value;
	char *end;

	errno = 0;
	value = strtoll(text, &end, 10);
	if (errno || *end || *text < '0' || *text > '9' || value > MEND_TAR_NUMBER_MAX)
		return false;
	*out = value;
	return true;
}

static bool parse_date(int64_t *out, const char *text)
{
	auto_free char *first_second = mend_text_format("%sT00:00:00Z", text);
	int64_t at;

	if (!mend_time_parse(&at, text) && !mend_time_parse(&at, first_second))
		return false;
	if (at > MEND_TAR_NUMBER_MAX)
		return false;
	*out = at;
	return true;
}

int times_parse(int64_t *out, const char *text, const char *what, struct mend_error *err)
{
	if (*text == '@' ? parse_seconds(out, text + 1) : parse_date(out, text))
		return 0;
	return mend_fail(err, MEND_USAGE, "%s: '%s' is not a time such as 2026-11-22T00:00:00Z",
			 what, text);
}

int times_now(int64_t *out, struct mend_error *err)
{
	const char *epoch = getenv("SOURCE_DATE_EPOCH");

	if (!epoch || !*epoch) {
		*out = time(NULL);
		return 0;
	}
	if (!parse_seconds(out, epoch))
		return mend_fail(err, MEND_USAGE,
				 "SOURCE_DATE_EPOCH: '%s' is not a number of seconds", epoch);
	return 0;
}
