/* SPDX-License-Identifier: MIT */
/* What may be a target's path, a root, a patch's id; patterns of paths; labels of releases. */
#include "mendfs/path.h"

#include <fnmatch.h>
#include <string.h>

#include "mendfs/span.h"

static bool is_component(const char *name, size_t size)
{
	if (size == 0 || size > MEND_NAME_MAX)
		return false;
	return !(size == 1 && name[0] == '.') && !(size == 2 && name[0] == '.' && name[1] == '.');
}

bool mend_path_is_target(const char *path)
{
	size_t size = strlen(path);

	if (size >= MEND_PATH_MAX || !mend_text_is_plain(path, size))
		return false;
	for (;;) {
		size_t length = strcspn(path, "/");

		if (!is_component(path, length))
			return false;
		if (path[length] == '\0')
			return true;
		path += length + 1;
	}
}

bool mend_path_is_root(const char *path)
{
	return path[0] == '/' && strlen(path) < MEND_PATH_MAX && mend_path_is_target(path + 1);
}

bool mend_path_is_id(const char *id)
{
	size_t size = strlen(id);

	return size > 0 && size <= MEND_ID_MAX &&
	       strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789") > 0 &&
	       strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789+.-") == size;
}

struct components {
	char *text; /* owned; its slashes are NULs */
	char **names;
	size_t count;
};

static void components_of(struct components *out, const char *path)
{
	char *rest, *name;

	*out = (struct components){ .text = mend_text_copy(path) };
	for (rest = out->text; (name = strsep(&rest, "/")) != NULL;) {
		out->names = mend_grow(out->names, out->count + 1, sizeof *out->names);
		out->names[out->count++] = name;
	}
}

static void components_free(struct components *components)
{
	free(components->names);
	free(components->text);
}

/* A shell pattern over components instead of characters, where "**" is the star: going back to the
 * last star alone is enough, so the time is at most the product of the two lengths. */
static bool components_match(const struct components *pattern, const struct components *path)
{
	size_t p = 0, n = 0, star = SIZE_MAX, star_end = 0;

	while (n < path->count) {
		if (p < pattern->count && strcmp(pattern->names[p], "**") == 0) {
			star = p++;
			star_end = n;
			if (p == pattern->count)
				return true; /* at the end it takes one component or more */
		} else if (p < pattern->count &&
			   fnmatch(pattern->names[p], path->names[n], 0) == 0) {
			p++;
			n++;
		} else if (star != SIZE_MAX) {
			p = star + 1;
			n = ++star_end;
		} else {
			return false;
		}
	}
	return p == pattern->count;
}

bool mend_path_matches(const char *pattern, const char *path)
{
	struct components globs, names;
	bool matches;

	components_of(&globs, pattern);
	components_of(&names, path);
	matches = components_match(&globs, &names);
	components_free(&globs);
	components_free(&names);
	return matches;
}

void mend_label_of(char out[MEND_LABEL_MAX], unsigned release)
{
	char digits[MEND_LABEL_MAX];
	size_t count = 0;

	/* Base 26 without a zero. */
	for (; release > 0; release = (release - 1) / 26)
		digits[count++] = (char)('a' + (release - 1) % 26);
	for (size_t i = 0; i < count; i++)
		out[i] = digits[count - 1 - i];
	out[count] = '\0';
}
