/* SPDX-License-Identifier: MIT */
/* Tables: columns line up by what a terminal shows, and nothing in a cell drives it. */
#include "mendctl/table.h"

#include <locale.h>

#include "unit.h"

static struct table *table;

static void begin(void)
{
	setlocale(LC_CTYPE, "C.UTF-8");
	table = table_new((const char *[]){ "PATCH", "STATE", "TITLE", NULL });
}

static void add(const char *patch, const char *state, const char *title)
{
	table_add(table, (const char *[]){ patch, state, title, NULL });
}

static void shows(size_t width, bool colour, const char *want)
{
	auto_free char *got = table_text(table, width, colour);

	ck_assert_str_eq(got, want);
}

START_TEST(columns_line_up)
{
	begin();
	add("fix (a)", "active", "One");
	add("other (aa)", "installed", "");
	shows(0, false,
	      "PATCH       STATE      TITLE\n"
	      "fix (a)     active     One\n"
	      "other (aa)  installed\n");
	table_free(table);
}
END_TEST

START_TEST(empty_cells_leave_no_blanks_behind)
{
	begin();
	add("", "drifted", "f: why");
	add("a", "", "");
	shows(0, false,
	      "PATCH  STATE    TITLE\n"
	      "       drifted  f: why\n"
	      "a\n");
	table_free(table);
}
END_TEST

START_TEST(the_last_column_is_cut)
{
	begin();
	add("fix (a)", "active", "0123456789abcdef");
	shows(33, false,
	      "PATCH    STATE   TITLE\n"
	      "fix (a)  active  0123456789abcdef\n");
	shows(32, false,
	      "PATCH    STATE   TITLE\n"
	      "fix (a)  active  0123456789abcd…\n");
	shows(5, false,
	      "PATCH    STATE   TITLE\n"
	      "fix (a)  active  0123456789a…\n");
	table_free(table);
}
END_TEST

START_TEST(width_is_what_a_terminal_shows)
{
	begin();
	add("ä (a)", "active", "x");
	add("漢 (a)", "active", "漢字漢字漢字漢字");
	shows(30, false,
	      "PATCH   STATE   TITLE\n"
	      "ä (a)   active  x\n"
	      "漢 (a)  active  漢字漢字漢字…\n");
	table_free(table);
}
END_TEST

START_TEST(cells_are_plain)
{
	begin();
	add("a", "b", "x\033[31m\n\xc2\x9b\xff");
	shows(0, false,
	      "PATCH  STATE  TITLE\n"
	      "a      b      x?[31m???\n");
	table_free(table);
}
END_TEST

START_TEST(states_have_colours)
{
	begin();
	add("active", "active", "active");
	add("b", "odd", "");
	shows(0, true,
	      "PATCH   STATE   TITLE\n"
	      "active  \033[32mactive\033[0m  active\n"
	      "b       odd\n");
	table_free(table);
}
END_TEST

int main(void)
{
	return unit_main("mendctl_table",
			 (const TTest *[]){ columns_line_up, empty_cells_leave_no_blanks_behind,
					    the_last_column_is_cut, width_is_what_a_terminal_shows,
					    cells_are_plain, states_have_colours, NULL });
}
