/* SPDX-License-Identifier: MIT */
/* What the texts of a manifest may be. */
#include "manifest_rules.h"

#include <string.h>

#define DIGITS	"0123456789"
#define LOWER	"abcdefghijklmnopqrstuvwxyz"
#define LETTERS LOWER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

/* All of the text is of these characters, and not longer than most bytes. */
static bool is_of(const char *text, const char *characters, size_t most)
{
	size_t size = strlen(text);

	return size > 0 && size <= most && strspn(text, characters) == size;
}

static bool is_plain(const char *text, size_t most)
{
	size_t size = strlen(text);

	return size > 0 && size <= most && mend_text_is_plain(text, size);
}

bool mend_rule_line(const char *text)
{
	return is_plain(text, MEND_TITLE_MAX);
}

bool mend_rule_link(const char *text)
{
	return is_plain(text, MEND_PATH_MAX - 1);
}

bool mend_rule_cve(const char *text)
{
	if (strlen(text) > 32 || strncmp(text, "CVE-", 4) != 0 || strspn(text + 4, DIGITS) != 4)
		return false;
	text += 8;
	return text[0] == '-' && strlen(text + 1) >= 4 && is_of(text + 1, DIGITS, 32);
}

bool mend_rule_unit(const char *text)
{
	static const char *const kinds[] = { "service", "socket", "target", "timer",
					     "path",	"mount",  "slice",  "scope" };
	const char *dot = strrchr(text, '.');

	/* Not '-' at the start: it is on somebody's command line one day. */
	if (!is_of(text, LETTERS DIGITS ":_.@\\-", 255) || dot == text || text[0] == '-')
		return false;
	for (size_t i = 0; dot != NULL && i < sizeof kinds / sizeof *kinds; i++)
		if (strcmp(dot + 1, kinds[i]) == 0)
			return true;
	return false;
}

bool mend_rule_arch(const char *text)
{
	return is_of(text, LETTERS DIGITS "_-", 64);
}

bool mend_rule_os(const char *text)
{
	return is_of(text, LETTERS DIGITS "._~+-", 64);
}

bool mend_rule_severity(const char *text)
{
	static const char *const names[] = { "", "low", "medium", "high", "critical" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(text, names[i]) == 0)
			return true;
	return false;
}

bool mend_rule_build_id(const char *text)
{
	return is_of(text, DIGITS "abcdef", 128);
}

int mend_rule_take(char **out, const json_t *object, const char *key, mend_rule *rule,
		   const char *why, struct mend_error *err)
{
	const char *text;

	if (mend_json_string(&text, object, key, err) < 0)
		return -1;
	if (!rule(text))
		return mend_fail(err, MEND_FORMAT, "%s: \"%.120s\": %s", key, text, why);
	*out = mend_text_copy(text);
	return 0;
}

int mend_rule_take_optional(char **out, const json_t *object, const char *key, mend_rule *rule,
			    const char *why, struct mend_error *err)
{
	const json_t *member = json_object_get(object, key);

	if (member != NULL && !json_is_null(member))
		return mend_rule_take(out, object, key, rule, why, err);
	*out = NULL;
	return 0;
}

static bool has_long_name(const char *path)
{
	size_t size;

	while ((size = strcspn(path, "/")) <= MEND_NAME_MAX) {
		path += size;
		if (*path++ == '\0')
			return false;
	}
	return true;
}

static bool has_empty_name(const char *path)
{
	size_t size = strlen(path);

	return size == 0 || path[size - 1] == '/' || strstr(path, "//") != NULL;
}

int mend_rule_take_path(char **out, const json_t *object, const char *key, mend_rule *rule,
			const char *kind, struct mend_error *err)
{
	const char *path;

	if (mend_json_string(&path, object, key, err) < 0)
		return -1;
	if (strlen(path) >= MEND_PATH_MAX)
		return mend_fail(err, MEND_LIMIT, "%s: %zu bytes: more than the limit of %d", key,
				 strlen(path), MEND_PATH_MAX - 1);
	if (has_long_name(path))
		return mend_fail(err, MEND_LIMIT, "%s: a name of more than %d bytes in it", key,
				 MEND_NAME_MAX);
	if (!mend_text_is_plain(path, strlen(path)))
		return mend_fail(err, MEND_FORMAT, "%s: \"%.120s\": has control characters", key,
				 path);
	if (has_empty_name(path))
		return mend_fail(err, MEND_FORMAT, "%s: \"%.120s\": has an empty name in it", key,
				 path);
	if (!rule(path))
		return mend_fail(err, MEND_FORMAT,
				 "%s: \"%.120s\": not %s path without \".\" or \"..\"", key, path,
				 kind);
	*out = mend_text_copy(path);
	return 0;
}

int mend_rule_below(struct mend_error *err, const char *what)
{
	return mend_fail(err, err->code, "%s.%s", what, err->text);
}
