/* SPDX-License-Identifier: MIT */
/* What packages of every kind have in common. */
#include "mend-publish/package.h"

#include <ctype.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <string.h>
#include <sys/stat.h>

#include "mend-publish/package_private.h"

void package_clear(struct package *package)
{
	mend_bytes_free(&package->changelog);
}

bool package_is_word(const char *text, const char *more)
{
	size_t size = strlen(text);

	for (size_t i = 0; i < size; i++) {
		if (!(isalnum((unsigned char)text[i]) && (unsigned char)text[i] < 128) &&
		    !strchr(more, text[i]))
			return false;
	}
	return size > 0 && size < PACKAGE_TEXT_MAX && text[0] != '-';
}

int package_set(char out[PACKAGE_TEXT_MAX], const char *what, struct mend_span value,
		struct mend_error *err)
{
	char text[PACKAGE_TEXT_MAX];

	if (value.size >= sizeof(text))
		return mend_fail(err, MEND_LIMIT, "its %s has %zu bytes", what, value.size);
	memcpy(text, value.data, value.size);
	text[value.size] = '\0';
	if (strlen(text) != value.size || !package_is_word(text, ".+-~:^_"))
		return mend_fail(err, MEND_FORMAT, "its %s '%s' is none", what, text);
	memcpy(out, text, value.size + 1);
	return 0;
}

bool package_field(struct mend_span *out, struct mend_span text, const char *key)
{
	size_t size = strlen(key);
	struct mend_span line;

	while (mend_span_line(&line, &text)) {
		if (line.size < size || memcmp(line.data, key, size) != 0)
			continue;
		*out = mend_span_of(line.data + size, line.size - size);
		while (out->size > 0 && isblank(out->data[0]))
			*out = mend_span_of(out->data + 1, out->size - 1);
		while (out->size > 0 && isspace(out->data[out->size - 1]))
			out->size--;
		return true;
	}
	return false;
}

/* Debian's, or else the only one that a package of Debian itself has. */
static bool is_changelog(const struct package *package, const struct unpack_entry *entry)
{
	if (entry->kind != UNPACK_FILE)
		return false;
	if (fnmatch("usr/share/doc/*/changelog.Debian*.gz", entry->path, FNM_PATHNAME) == 0)
		return true;
	return !package->changelog.data &&
	       fnmatch("usr/share/doc/*/changelog.gz", entry->path, FNM_PATHNAME) == 0;
}

static int read_changelog(struct package *package, struct unpack *unpack, struct mend_error *err)
{
	auto_call(unpack_free) struct unpack *within = NULL;
	auto_bytes text = { NULL, 0 };
	struct unpack_entry entry;
	bool end;

	if (unpack_within(&within, unpack, UNPACK_RAW, PACKAGE_DECODED_LEAST, err) < 0 ||
	    unpack_next(&entry, &end, within, err) < 0)
		return -1;
	if (!end && unpack_start_of(&text, within, PACKAGE_CHANGELOG_MAX, err) < 0)
		return -1;
	mend_bytes_free(&package->changelog);
	package->changelog = text;
	text = (struct mend_bytes){ NULL, 0 };
	return 0;
}

static int read_entry(struct package_reader *reader, const struct unpack_entry *entry,
		      struct unpack *unpack, struct mend_error *err)
{
	if (is_changelog(reader->package, entry))
		return read_changelog(reader->package, unpack, err);
	return reader->visit(reader->context, reader->package, entry, unpack, err);
}

int package_read_entries(struct package_reader *reader, struct unpack *unpack,
			 struct mend_error *err)
{
	struct unpack_entry entry;
	bool end;

	if (!reader->visit)
		return 0;
	for (;;) {
		if (unpack_next(&entry, &end, unpack, err) < 0)
			return -1;
		if (end)
			return 0;
		if (entry.path[0] && read_entry(reader, &entry, unpack, err) < 0)
			return mend_fail_at(err, "%.200s", entry.path);
	}
}

static int open_file(int *out, uint64_t *most, const char *file, struct mend_error *err)
{
	auto_fd fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return mend_fail_errno(err, "cannot open");
	if (!S_ISREG(st.st_mode))
		return mend_fail(err, MEND_FORMAT, "is not a regular file");
	if ((uint64_t)st.st_size > PACKAGE_FILE_MAX)
		return mend_fail(err, MEND_LIMIT, "has more than %llu bytes", PACKAGE_FILE_MAX);
	*most = PACKAGE_DECODED_LEAST + (uint64_t)st.st_size * PACKAGE_RATIO;
	if (*most > PACKAGE_DECODED_MAX)
		*most = PACKAGE_DECODED_MAX;
	*out = mend_take_fd(&fd);
	return 0;
}

static int read_kind(struct package_reader *reader, enum package_kind kind, struct mend_error *err)
{
	switch (kind) {
	case PACKAGE_DEB:
		return package_read_deb(reader, err);
	case PACKAGE_RPM:
		return package_read_rpm(reader, err);
	case PACKAGE_APK:
		return package_read_apk(reader, err);
	}
	return mend_fail(err, MEND_USAGE, "unknown kind of package");
}

int package_read(struct package *out, const char *file, enum package_kind kind,
		 package_visit *visit, void *context, struct mend_error *err)
{
	struct package_reader reader = {
		.package = out, .fd = -1, .visit = visit, .context = context
	};
	auto_fd fd = -1;

	if (open_file(&fd, &reader.most, file, err) < 0)
		return mend_fail_at(err, "%s", file);
	reader.fd = fd;
	if (read_kind(&reader, kind, err) < 0)
		return mend_fail_at(err, "%s", file);
	return 0;
}
