/* SPDX-License-Identifier: MIT */
/* What dpkg has installed, from its own files, and Debian's order of versions. */
#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "mendfs/base.h"
#include "mendfs/fs.h"

#define STATUS_FILE "/var/lib/dpkg/status"
/* Where a running dpkg notes what it has changed since it last wrote the status file. */
#define UPDATES_DIR "/var/lib/dpkg/updates"
#define STATUS_MAX  (256 * 1024 * 1024)
#define ARCHS_MAX   8

/* One architecture's state of the package asked for. */
struct installed {
	char arch[32];
	char version[256]; /* "" when its files are not there */
};

struct search {
	const char *package;
	struct installed archs[ARCHS_MAX];
	size_t count;
};

/* The fields of a paragraph that matter. */
struct paragraph {
	struct mend_span package, status, arch, version;
};

static bool take_field(struct mend_span *out, struct mend_span line, const char *name)
{
	size_t size = strlen(name);

	if (line.size <= size || memcmp(line.data, name, size) || line.data[size] != ':')
		return false;
	*out = mend_span_of(line.data + size + 1, line.size - size - 1);
	while (out->size > 0 && isblank(out->data[0]))
		*out = mend_span_of(out->data + 1, out->size - 1);
	while (out->size > 0 && isblank(out->data[out->size - 1]))
		out->size--;
	return true;
}

/* From "unpacked" on, the files on disk are those of Version (dpkg(1), package states). */
static bool has_files(struct mend_span status)
{
	static const char *const states[] = { " installed", " unpacked", " half-configured",
					      " triggers-awaited", " triggers-pending" };
	size_t i;

	for (i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		size_t size = strlen(states[i]);

		if (status.size >= size &&
		    !memcmp(status.data + status.size - size, states[i], size))
			return true;
	}
	return false;
}

static void copy(char *out, size_t size, struct mend_span text)
{
	snprintf(out, size, "%.*s", (int)text.size, text.size > 0 ? (const char *)text.data : "");
}

/* A later paragraph of the same package and architecture stands for an earlier one. */
static void note(struct search *search, const struct paragraph *paragraph)
{
	struct installed found = { .version = "" };
	size_t i;

	if (!mend_span_equal(paragraph->package, mend_span_text(search->package)))
		return;
	copy(found.arch, sizeof(found.arch), paragraph->arch);
	if (has_files(paragraph->status))
		copy(found.version, sizeof(found.version), paragraph->version);
	for (i = 0; i < search->count; i++)
		if (!strcmp(search->archs[i].arch, found.arch))
			break;
	if (i == ARCHS_MAX)
		return;
	search->archs[i] = found;
	search->count += i == search->count;
}

static void search_text(struct search *search, struct mend_span text)
{
	struct paragraph paragraph = { .package = { .size = 0 } };
	struct mend_span line;

	while (mend_span_line(&line, &text)) {
		if (line.size == 0) {
			note(search, &paragraph);
			paragraph = (struct paragraph){ .package = { .size = 0 } };
		} else if (!take_field(&paragraph.package, line, "Package") &&
			   !take_field(&paragraph.status, line, "Status") &&
			   !take_field(&paragraph.arch, line, "Architecture")) {
			take_field(&paragraph.version, line, "Version");
		}
	}
	note(search, &paragraph);
}

static bool is_missing(const struct mend_error *why)
{
	return why->code == MEND_SYSTEM && (why->sys_errno == ENOENT || why->sys_errno == ENOTDIR);
}

static int pass_on(struct mend_error *err, const struct mend_error *why)
{
	if (err)
		*err = *why;
	return -1;
}

static int search_file(struct search *search, int dir, const char *name, struct mend_error *err)
{
	auto_bytes text = { 0 };
	struct mend_error why;

	if (mend_fs_read(&text, dir, name, STATUS_MAX, &why) < 0)
		return is_missing(&why) ? 0 : pass_on(err, &why);
	search_text(search, mend_bytes_span(&text));
	return 0;
}

static int search_updates(struct search *search, const char *path, struct mend_error *err)
{
	auto_fd dir = -1;
	struct mend_error why;
	char **names;
	size_t count, i;
	int result = 0;

	if (mend_fs_open_dir(&dir, AT_FDCWD, path, &why) < 0)
		return is_missing(&why) ? 0 : pass_on(err, &why);
	if (mend_fs_list(&names, &count, dir, err) < 0)
		return -1;
	for (i = 0; i < count && result == 0; i++)
		if (strspn(names[i], "0123456789") == strlen(names[i]))
			result = search_file(search, dir, names[i], err);
	mend_fs_list_free(names, count);
	return result;
}

int mend_package_version(char out[256], const char *sysroot, const char *package,
			 struct mend_error *err)
{
	auto_free char *status = mend_text_format("%s" STATUS_FILE, sysroot);
	auto_free char *updates = mend_text_format("%s" UPDATES_DIR, sysroot);
	struct search search = { .package = package };
	const char *lowest = "";
	size_t i;

	if (search_file(&search, AT_FDCWD, status, err) < 0 ||
	    search_updates(&search, updates, err) < 0)
		return -1;
	/* Of several architectures the oldest counts: the target may belong to any of them. */
	for (i = 0; i < search.count; i++) {
		const char *version = search.archs[i].version;

		if (*version && (!*lowest || mend_version_compare(version, lowest) < 0))
			lowest = version;
	}
	snprintf(out, 256, "%s", lowest);
	return 0;
}

enum mend_target_state mend_target_overtaken(enum mend_target_state state,
					     const struct mend_target *target, const char *sysroot)
{
	char version[256];

	if (state != MEND_TARGET_DRIFTED || !target->fixed_package || !target->fixed_version)
		return state;
	/* dpkg's files that cannot be read prove nothing. */
	if (mend_package_version(version, sysroot, target->fixed_package, NULL) < 0 || !*version)
		return state;
	return mend_version_compare(version, target->fixed_version) >= 0 ? MEND_TARGET_SUPERSEDED
									 : state;
}
