/* SPDX-License-Identifier: MIT */
/* Which files belong together, as dpkg knows it: all of the packages that came from one source. */
#include <fcntl.h>
#include <string.h>

#include "gate_private.h"
#include "mendfs/fs.h"

#define STATUS_FILE "/var/lib/dpkg/status"
#define INFO_DIR    "/var/lib/dpkg/info"
#define STATUS_MAX  (256 * 1024 * 1024)
#define LIST_MAX    (64 * 1024 * 1024)

/* Nothing of dpkg, or nothing that can be read, is nothing known. */
static bool open_info(int *out, const char *sysroot)
{
	auto_free char *path = mend_text_format("%s" INFO_DIR, sysroot);

	return mend_fs_open_dir(out, AT_FDCWD, path, NULL) == 0;
}

static bool take_field(struct mend_span *out, struct mend_span line, const char *name)
{
	size_t size = strlen(name);

	if (line.size <= size || memcmp(line.data, name, size) != 0 || line.data[size] != ':')
		return false;
	*out = mend_span_of(line.data + size + 1, line.size - size - 1);
	while (out->size > 0 && out->data[0] == ' ')
		*out = mend_span_of(out->data + 1, out->size - 1);
	return true;
}

/* "openssl (3.0.1-1)" is openssl, at another version than its package has. */
static char *name_of(struct mend_span text)
{
	const uint8_t *blank = memchr(text.data, ' ', text.size);

	return mend_text_format("%.*s", (int)(blank ? blank - text.data : (long)text.size),
				(const char *)text.data);
}

/* The packages of the status file, each with its source. */
struct packages {
	char **names, **sources;
	size_t count;
};

static void packages_free(struct packages *packages)
{
	gate_names_free(packages->names, packages->count);
	gate_names_free(packages->sources, packages->count);
}

static void packages_add(struct packages *packages, struct mend_span name, struct mend_span source)
{
	size_t count = packages->count + 1;

	if (name.size == 0)
		return;
	packages->names = mend_grow(packages->names, count, sizeof *packages->names);
	packages->sources = mend_grow(packages->sources, count, sizeof *packages->sources);
	packages->names[packages->count] = name_of(name);
	packages->sources[packages->count] = name_of(source.size ? source : name);
	packages->count = count;
}

static int packages_read(struct packages *out, const char *sysroot, struct mend_error *err)
{
	auto_free char *path = mend_text_format("%s" STATUS_FILE, sysroot);
	struct mend_span name = { NULL, 0 }, source = { NULL, 0 }, line, rest;
	auto_bytes text = { NULL, 0 };
	struct mend_error why;

	if (mend_fs_read(&text, AT_FDCWD, path, STATUS_MAX, &why) < 0) {
		if (why.code == MEND_SYSTEM && why.sys_errno == ENOENT)
			return 0;
		*err = why;
		return -1;
	}
	rest = mend_bytes_span(&text);
	while (mend_span_line(&line, &rest)) {
		if (line.size == 0) {
			packages_add(out, name, source);
			name = source = (struct mend_span){ NULL, 0 };
		} else if (!take_field(&name, line, "Package")) {
			take_field(&source, line, "Source");
		}
	}
	packages_add(out, name, source);
	return 0;
}

static const char *source_of(const struct packages *packages, const char *name, size_t size)
{
	for (size_t i = 0; i < packages->count; i++) {
		if (strncmp(packages->names[i], name, size) == 0 &&
		    packages->names[i][size] == '\0')
			return packages->sources[i];
	}
	return NULL;
}

/* The package of "libssl3:amd64.list": bytes of its name; 0 for another kind of file. */
static size_t package_of(const char *list)
{
	size_t size = strlen(list);

	if (size <= 5 || strcmp(list + size - 5, ".list") != 0)
		return 0;
	return strcspn(list, ":") < size ? strcspn(list, ":") : size - 5;
}

/* Where /lib is a symlink, packages may have their files in either. */
static bool is_same_path(const char *path, struct mend_span line)
{
	size_t size = strlen(path);

	if (size == line.size && memcmp(path, line.data, size) == 0)
		return true;
	return strncmp(path, "/usr/lib", 8) == 0 && size == line.size + 4 &&
	       memcmp(path + 4, line.data, line.size) == 0;
}

/* Looks for the paths in one package's list of files. */
static int find_in_list(char **sources, const struct packages *packages, int info, const char *list,
			char *const *paths, size_t count, struct mend_error *err)
{
	const char *source = source_of(packages, list, package_of(list));
	struct mend_span line, rest;
	auto_bytes text = { NULL, 0 };

	if (source == NULL)
		return 0;
	if (mend_fs_read(&text, info, list, LIST_MAX, err) < 0)
		return -1;
	rest = mend_bytes_span(&text);
	while (mend_span_line(&line, &rest)) {
		/* Most lines are no library's. */
		if (memmem(line.data, line.size, ".so", 3) == NULL)
			continue;
		for (size_t i = 0; i < count; i++) {
			if (sources[i] == NULL && is_same_path(paths[i], line))
				sources[i] = mend_text_copy(source);
		}
	}
	return 0;
}

static int find_sources(char **sources, const struct packages *packages, int info,
			char *const *paths, size_t count, struct mend_error *err)
{
	char **lists;
	size_t list_count;
	int result = 0;

	if (mend_fs_list(&lists, &list_count, info, err) < 0)
		return -1;
	for (size_t i = 0; i < list_count && result == 0; i++) {
		if (package_of(lists[i]) > 0)
			result = find_in_list(sources, packages, info, lists[i], paths, count, err);
	}
	mend_fs_list_free(lists, list_count);
	return result;
}

int gate_dpkg_sources(char ***out, const char *sysroot, char *const *paths, size_t count,
		      struct mend_error *err)
{
	__attribute__((cleanup(packages_free))) struct packages packages = { NULL, NULL, 0 };
	char **sources = mend_alloc(count * sizeof *sources);
	auto_fd info = -1;

	if (open_info(&info, sysroot) &&
	    (packages_read(&packages, sysroot, err) < 0 ||
	     find_sources(sources, &packages, info, paths, count, err) < 0)) {
		gate_names_free(sources, count);
		return -1;
	}
	*out = sources;
	return 0;
}

static int add_libraries(char ***out, size_t *count, int info, const char *list,
			 struct mend_error *err)
{
	struct mend_span line, rest;
	auto_bytes text = { NULL, 0 };

	if (mend_fs_read(&text, info, list, LIST_MAX, err) < 0)
		return -1;
	rest = mend_bytes_span(&text);
	while (mend_span_line(&line, &rest)) {
		bool is_short = strncmp((const char *)line.data, "/lib", 4) == 0;

		if (memmem(line.data, line.size, ".so", 3) == NULL)
			continue;
		*out = mend_grow(*out, *count + 1, sizeof **out);
		(*out)[(*count)++] = mend_text_format("%s%.*s", is_short ? "/usr" : "",
						      (int)line.size, (const char *)line.data);
	}
	return 0;
}

static int add_all(char ***out, size_t *count, const struct packages *packages, int info,
		   const char *source, struct mend_error *err)
{
	char **lists;
	size_t list_count;
	int result = 0;

	if (mend_fs_list(&lists, &list_count, info, err) < 0)
		return -1;
	for (size_t i = 0; i < list_count && result == 0; i++) {
		size_t size = package_of(lists[i]);
		const char *of = size > 0 ? source_of(packages, lists[i], size) : NULL;

		if (of != NULL && strcmp(of, source) == 0)
			result = add_libraries(out, count, info, lists[i], err);
	}
	mend_fs_list_free(lists, list_count);
	return result;
}

int gate_dpkg_libraries(char ***out, size_t *count, const char *sysroot, const char *source,
			struct mend_error *err)
{
	__attribute__((cleanup(packages_free))) struct packages packages = { NULL, NULL, 0 };
	char **found = NULL;
	size_t found_count = 0;
	auto_fd info = -1;

	if (open_info(&info, sysroot) &&
	    (packages_read(&packages, sysroot, err) < 0 ||
	     add_all(&found, &found_count, &packages, info, source, err) < 0)) {
		gate_names_free(found, found_count);
		return -1;
	}
	*out = found;
	*count = found_count;
	return 0;
}

void gate_names_free(char **names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(names[i]);
	free(names);
}
