/* SPDX-License-Identifier: MIT */
/* A table in plain text. Widths are those of a terminal's cells, not of bytes. */
#include "mendctl/table.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <wchar.h>

#define GAP	   2  /* cells between columns */
#define CELL_LEAST 12 /* what the last column keeps, even when it makes a line too long */

struct table *table_new(const char *const *headings)
{
	struct table *table = mend_alloc(sizeof(*table));

	while (headings[table->columns]) {
		table->headings[table->columns] = headings[table->columns];
		table->columns++;
	}
	return table;
}

void table_free(struct table *table)
{
	if (!table)
		return;
	for (size_t i = 0; i < table->rows * table->columns; i++)
		free(table->cells[i]);
	free(table->cells);
	free(table);
}

/* One character of valid UTF-8: its bytes, and the cells it takes. */
static size_t character(const char *text, size_t *cells)
{
	size_t bytes = mend_text_char(text, strlen(text));
	wchar_t wide;
	int width;

	*cells = 1;
	if (mbtowc(&wide, text, bytes) != (int)bytes)
		return bytes; /* the locale knows no UTF-8 */
	width = wcwidth(wide);
	*cells = width < 0 ? 1 : (size_t)width;
	return bytes;
}

static size_t width_of(const char *text)
{
	size_t total = 0, cells;

	while (*text) {
		text += character(text, &cells);
		total += cells;
	}
	return total;
}

static char *plain_copy(const char *text)
{
	char *copy = mend_text_copy(text), *out = copy;

	while (*text) {
		size_t bytes = mend_text_char(text, strlen(text));

		if (bytes == 0 || mend_text_is_control(text))
			*out++ = '?';
		else
			out = mempcpy(out, text, bytes);
		text += bytes > 0 ? bytes : 1;
	}
	*out = '\0';
	return copy;
}

void table_add(struct table *table, const char *const *cells)
{
	size_t used = table->rows * table->columns;

	table->cells = mend_grow(table->cells, used + table->columns, sizeof(*table->cells));
	for (size_t i = 0; i < table->columns; i++)
		table->cells[used + i] = plain_copy(cells[i]);
	table->rows++;
}

static void measure(size_t widths[TABLE_COLUMNS_MAX], const struct table *table)
{
	for (size_t i = 0; i < table->columns; i++)
		widths[i] = width_of(table->headings[i]);
	for (size_t i = 0; i < table->rows * table->columns; i++) {
		size_t width = width_of(table->cells[i]);

		if (width > widths[i % table->columns])
			widths[i % table->columns] = width;
	}
}

static void fit(size_t widths[TABLE_COLUMNS_MAX], size_t columns, size_t width)
{
	size_t before = 0;

	for (size_t i = 0; i + 1 < columns; i++)
		before += widths[i] + GAP;
	if (columns == 0 || width == 0 || before + widths[columns - 1] <= width)
		return;
	widths[columns - 1] = before + CELL_LEAST < width ? width - before : CELL_LEAST;
}

/* As much of the text as fits, the last cell being "…" when it does not. Returns its width. */
static size_t put_cut(FILE *out, const char *text, size_t width)
{
	size_t used = 0, cells;
	bool whole = width_of(text) <= width;

	while (*text) {
		size_t bytes = character(text, &cells);

		if (used + cells + !whole > width)
			break;
		fwrite(text, 1, bytes, out);
		text += bytes;
		used += cells;
	}
	if (!whole) {
		fputs("…", out);
		used++;
	}
	return used;
}

static const char *colour_of(const char *state)
{
	static const struct {
		const char *state, *colour;
	} colours[] = { { "active", "\033[32m" },    { "installed", "\033[2m" },
			{ "superseded", "\033[2m" }, { "drifted", "\033[33m" },
			{ "partial", "\033[33m" },   { "left out", "\033[31m" },
			{ "unusable", "\033[31m" } };

	for (size_t i = 0; i < sizeof(colours) / sizeof(colours[0]); i++) {
		if (!strcmp(state, colours[i].state))
			return colours[i].colour;
	}
	return NULL;
}

static void put_row(FILE *out, const struct table *table, const char *const *cells,
		    const size_t *widths, bool colour)
{
	size_t owed = 0; /* blanks before the next cell that has something in it */

	for (size_t i = 0; i < table->columns; i++) {
		const char *code = NULL;
		size_t used;

		if (colour && !strcmp(table->headings[i], "STATE"))
			code = colour_of(cells[i]);
		if (cells[i][0])
			fprintf(out, "%*s", (int)owed, "");
		fputs(code ? code : "", out);
		used = put_cut(out, cells[i], widths[i]);
		fputs(code ? "\033[0m" : "", out);
		owed = (cells[i][0] ? 0 : owed) + widths[i] - used + GAP;
	}
	putc('\n', out);
}

char *table_text(const struct table *table, size_t width, bool colour)
{
	size_t widths[TABLE_COLUMNS_MAX], size;
	char *text = NULL;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return mend_text_copy("");
	measure(widths, table);
	fit(widths, table->columns, width);
	put_row(out, table, table->headings, widths, false);
	for (size_t i = 0; i < table->rows; i++)
		put_row(out, table, (const char *const *)&table->cells[i * table->columns], widths,
			colour);
	fclose(out);
	return text;
}

static size_t terminal_width(void)
{
	struct winsize size;

	return isatty(1) && !ioctl(1, TIOCGWINSZ, &size) ? size.ws_col : 0;
}

void table_print(const struct table *table, const struct options *options)
{
	auto_free char *text = table_text(table, terminal_width(), say_is_fancy(options, 1));

	if (!options->quiet)
		fputs(text, stdout);
}
