/* SPDX-License-Identifier: MIT */
/* A table in plain text: columns as wide as they have to be, the last one cut to fit. */
#ifndef MENDCTL_TABLE_H
#define MENDCTL_TABLE_H

#include "mendctl/mendctl.h"

#define TABLE_COLUMNS_MAX 8

struct table {
	const char *headings[TABLE_COLUMNS_MAX]; /* the one called STATE may be coloured */
	size_t columns;
	char **cells; /* row by row */
	size_t rows;
};

/* Headings and cells are NULL-terminated lists; as many cells as headings. */
struct table *table_new(const char *const *headings);
void table_free(struct table *table);
MEND_AUTO(struct table, table_free)
/* Copies the cells. What could move a terminal's cursor becomes '?'. */
void table_add(struct table *table, const char *const *cells);

/* The whole table, to be freed. width 0: nothing is cut. */
char *table_text(const struct table *table, size_t width, bool colour);
/* On standard output, cut when that is a terminal. Nothing with --quiet. */
void table_print(const struct table *table, const struct options *options);

#endif
