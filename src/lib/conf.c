/* SPDX-License-Identifier: MIT */
/* ini files: sections, `key = value` lines, comments. */
#include "mendfs/conf.h"

#include <string.h>

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* Cuts blanks off both ends of a NUL-terminated text, in place. */
static char *trim(char *text)
{
	size_t size;

	while (is_blank(*text))
		text++;
	size = strlen(text);
	while (size > 0 && is_blank(text[size - 1]))
		size--;
	text[size] = '\0';
	return text;
}

static bool is_word(const char *text)
{
	return text[0] != '\0' &&
	       strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			    "0123456789_.-") == strlen(text);
}

/* Tabs are blanks here, and "\r" ends the lines of some editors. */
static bool is_text(const char *text, size_t size)
{
	while (size > 0) {
		size_t bytes = mend_text_char(text, size);

		if (bytes == 0 || (mend_text_is_control(text) && !is_blank(*text)))
			return false;
		text += bytes;
		size -= bytes;
	}
	return true;
}

/* "[mount "/usr/lib"]" → "mount /usr/lib"; NULL when it is not a section line. Owned. */
static char *section_of(char *line)
{
	size_t size = strlen(line);
	char *name, *label;

	if (size < 2 || line[size - 1] != ']')
		return NULL;
	line[size - 1] = '\0';
	name = trim(line + 1);
	label = name + strcspn(name, " \t");
	if (*label != '\0')
		*label++ = '\0';
	label = trim(label);
	size = strlen(label);
	if (size >= 2 && label[0] == '"' && label[size - 1] == '"') {
		label[size - 1] = '\0';
		label = trim(label + 1);
		if (*label == '\0')
			return NULL;
	}
	if (!is_word(name) || strpbrk(label, "\"[]") != NULL)
		return NULL;
	return mend_text_format(*label != '\0' ? "%s %s" : "%s%s", name, label);
}

static void add_item(struct mend_conf *conf, const char *section, const char *key,
		     const char *value, unsigned line)
{
	conf->items = mend_grow(conf->items, conf->count + 1, sizeof *conf->items);
	conf->items[conf->count++] = (struct mend_conf_item){
		.section = mend_text_copy(section),
		.key = mend_text_copy(key),
		.value = mend_text_copy(value),
		.line = line,
	};
}

/* One line of the file, NUL-terminated; *section is the one that is open. */
static int parse_line(struct mend_conf *conf, char **section, char *line, unsigned number,
		      struct mend_error *err)
{
	char *text = trim(line);
	char *equals, *key;

	if (*text == '\0' || *text == '#' || *text == ';')
		return 0;
	if (*text == '[') {
		char *name = section_of(text);

		if (name == NULL)
			return mend_fail(err, MEND_FORMAT, "not a [section] or [section \"name\"]");
		free(*section);
		*section = name;
		return 0;
	}
	equals = strchr(text, '=');
	if (equals == NULL)
		return mend_fail(err, MEND_FORMAT, "no \"=\": write `key = value`");
	*equals = '\0';
	key = trim(text);
	if (!is_word(key))
		return mend_fail(err, MEND_FORMAT, "\"%.80s\": not a key", key);
	add_item(conf, *section, key, trim(equals + 1), number);
	return 0;
}

/* The last line need not have a "\n". */
static bool next_line(struct mend_span *line, struct mend_span *rest)
{
	if (mend_span_line(line, rest))
		return true;
	*line = *rest;
	*rest = mend_span_of(NULL, 0);
	return line->size > 0;
}

int mend_conf_parse(struct mend_conf **out, struct mend_span raw, const char *what,
		    struct mend_error *err)
{
	auto_call(mend_conf_free) struct mend_conf *conf = mend_alloc(sizeof *conf);
	auto_free char *section = mend_text_copy("");
	struct mend_span line;

	if (raw.size > MEND_CONF_MAX)
		return mend_fail(err, MEND_LIMIT, "%s: %zu bytes: more than the limit of %d", what,
				 raw.size, MEND_CONF_MAX);
	for (unsigned number = 1; next_line(&line, &raw); number++) {
		auto_free char *text = mend_alloc(line.size + 1);

		if (line.size > 0)
			memcpy(text, line.data, line.size);
		if (!is_text(text, line.size))
			return mend_fail(err, MEND_FORMAT,
					 "%s: line %u: control characters or not UTF-8", what,
					 number);
		if (parse_line(conf, &section, text, number, err) < 0)
			return mend_fail_at(err, "%s: line %u", what, number);
	}
	*out = take(conf);
	return 0;
}

void mend_conf_free(struct mend_conf *conf)
{
	if (conf == NULL)
		return;
	for (size_t i = 0; i < conf->count; i++) {
		free(conf->items[i].section);
		free(conf->items[i].key);
		free(conf->items[i].value);
	}
	free(conf->items);
	free(conf);
}

const char *mend_conf_get(const struct mend_conf *conf, const char *section, const char *key)
{
	const char *value = NULL;

	for (size_t i = 0; i < conf->count; i++)
		if (strcmp(conf->items[i].section, section) == 0 &&
		    strcmp(conf->items[i].key, key) == 0)
			value = conf->items[i].value;
	return value;
}
