/* SPDX-License-Identifier: MIT */
/* Times as text: days of the Gregorian calendar, and back. */
#include "mendfs/time.h"

#include <stdio.h>
#include <string.h>

#define DAY 86400

static bool is_leap(int year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int days_of_month(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

/* From 1970-01-01 to the first of January of a year. */
static int64_t days_to_year(int year)
{
	int before = year - 1;

	return (int64_t)365 * (year - 1970) + (before / 4 - before / 100 + before / 400) -
	       (1969 / 4 - 1969 / 100 + 1969 / 400);
}

static int number(const char *text, int digits)
{
	int value = 0;

	while (digits-- > 0)
		value = 10 * value + *text++ - '0';
	return value;
}

/* Digits where the form has digits, and its other characters where they are. */
static bool has_form(const char *text)
{
	static const char form[] = "dddd-dd-ddTdd:dd:ddZ";

	for (size_t i = 0; i < sizeof form; i++)
		if (form[i] == 'd' ? text[i] < '0' || text[i] > '9' : text[i] != form[i])
			return false;
	return true;
}

bool mend_time_parse(int64_t *out, const char *text)
{
	int year, month, day, hour, minute, second;
	int64_t days;

	if (!has_form(text))
		return false;
	year = number(text, 4);
	month = number(text + 5, 2);
	day = number(text + 8, 2);
	hour = number(text + 11, 2);
	minute = number(text + 14, 2);
	second = number(text + 17, 2);
	if (year < 1970 || month < 1 || month > 12 || day < 1 || day > days_of_month(year, month))
		return false;
	if (hour > 23 || minute > 59 || second > 59)
		return false;
	days = days_to_year(year) + day - 1;
	for (int before = 1; before < month; before++)
		days += days_of_month(year, before);
	*out = days * DAY + hour * 3600 + minute * 60 + second;
	return true;
}

void mend_time_text(char out[MEND_TIME_SIZE], int64_t seconds)
{
	const int64_t last = days_to_year(10000) * DAY - 1;
	int year = 1970, month = 1, clock;
	int64_t days;

	seconds = seconds < 0 ? 0 : seconds > last ? last : seconds;
	days = seconds / DAY;
	clock = (int)(seconds % DAY);
	year += (int)(days / 366); /* never too late, a few years early */
	while (days_to_year(year + 1) <= days)
		year++;
	days -= days_to_year(year);
	while (days >= days_of_month(year, month))
		days -= days_of_month(year, month++);
	snprintf(out, MEND_TIME_SIZE, "%04u-%02u-%02uT%02u:%02u:%02uZ", (unsigned)year % 10000,
		 (unsigned)month % 100, (unsigned)(days + 1) % 100, (unsigned)clock / 3600 % 100,
		 (unsigned)clock / 60 % 60, (unsigned)clock % 60);
}
