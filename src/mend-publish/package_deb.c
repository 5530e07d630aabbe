/* SPDX-License-Identifier: MIT */
/* deb(5): an ar of debian-binary, control.tar.* and data.tar.*, in this order. */
#include <string.h>

#include "mend-publish/package_private.h"

static bool begins(const char *text, const char *start)
{
	return strncmp(text, start, strlen(start)) == 0;
}

static int take_control(struct package *package, struct mend_span text, struct mend_error *err)
{
	struct mend_span name, version, source;
	const uint8_t *blank;

	if (!package_field(&name, text, "Package:") || !package_field(&version, text, "Version:"))
		return mend_fail(err, MEND_FORMAT, "its control file lacks a name or version");
	if (!package_field(&source, text, "Source:"))
		source = name;
	/* "Source: zlib (1:1.2)" where it has another version. */
	blank = memchr(source.data, ' ', source.size);
	if (blank)
		source.size = (size_t)(blank - source.data);
	if (package_set(package->name, "name", name, err) < 0 ||
	    package_set(package->version, "version", version, err) < 0)
		return -1;
	return package_set(package->source, "source", source, err);
}

static int read_control(struct package *package, struct unpack *outer, struct mend_error *err)
{
	auto_call(unpack_free) struct unpack *unpack = NULL;
	struct unpack_entry entry;
	bool end;

	if (unpack_within(&unpack, outer, UNPACK_TAR, PACKAGE_DECODED_LEAST, err) < 0)
		return -1;
	for (;;) {
		auto_bytes text = { NULL, 0 };

		if (unpack_next(&entry, &end, unpack, err) < 0)
			return -1;
		if (end)
			return mend_fail(err, MEND_FORMAT, "has no control file");
		if (entry.kind != UNPACK_FILE || strcmp(entry.path, "control") != 0)
			continue;
		if (unpack_content(&text, unpack, PACKAGE_CONTROL_MAX, err) < 0)
			return mend_fail_at(err, "control");
		return take_control(package, mend_bytes_span(&text), err);
	}
}

static int read_data(struct package_reader *reader, struct unpack *outer, struct mend_error *err)
{
	auto_call(unpack_free) struct unpack *unpack = NULL;

	if (!reader->package->name[0])
		return mend_fail(err, MEND_FORMAT, "not a package: data comes before control");
	if (unpack_within(&unpack, outer, UNPACK_TAR, reader->most, err) < 0)
		return -1;
	return package_read_entries(reader, unpack, err);
}

static int check_version(struct unpack *outer, struct mend_error *err)
{
	auto_bytes text = { NULL, 0 };
	struct unpack_entry entry;
	bool end;

	if (unpack_next(&entry, &end, outer, err) < 0)
		return -1;
	if (end || strcmp(entry.path, "debian-binary") != 0)
		return mend_fail(err, MEND_FORMAT, "not a package: debian-binary is not first");
	if (unpack_content(&text, outer, 64, err) < 0)
		return mend_fail_at(err, "debian-binary");
	if (!begins((char *)text.data, "2."))
		return mend_fail(err, MEND_FORMAT, "not a package of format 2");
	return 0;
}

int package_read_deb(struct package_reader *reader, struct mend_error *err)
{
	auto_call(unpack_free) struct unpack *outer = NULL;
	struct unpack_entry entry;
	bool end;

	/* Compressed contents do not count here: most is that of a file, at least. */
	if (unpack_fd(&outer, reader->fd, UNPACK_AR, PACKAGE_FILE_MAX, err) < 0 ||
	    check_version(outer, err) < 0)
		return -1;
	for (;;) {
		if (unpack_next(&entry, &end, outer, err) < 0)
			return -1;
		if (end)
			return mend_fail(err, MEND_FORMAT, "has no data");
		if (begins(entry.path, "data.tar"))
			return read_data(reader, outer, err);
		if (begins(entry.path, "control.tar") &&
		    read_control(reader->package, outer, err) < 0)
			return -1;
	}
}
