/* SPDX-License-Identifier: MIT */
/*
 * Alpine's packages of version 2: three gzip streams one after the other, which are one tar
 * together: a signature, .PKGINFO with more that begins with a dot, and the files.
 */
#include <string.h>

#include "mend-publish/package_private.h"

static int take_info(struct package *package, struct unpack *unpack, struct mend_error *err)
{
	struct mend_span name, version, source;
	auto_bytes text = { NULL, 0 };

	if (unpack_content(&text, unpack, PACKAGE_CONTROL_MAX, err) < 0)
		return mend_fail_at(err, ".PKGINFO");
	if (!package_field(&name, mend_bytes_span(&text), "pkgname =") ||
	    !package_field(&version, mend_bytes_span(&text), "pkgver ="))
		return mend_fail(err, MEND_FORMAT, ".PKGINFO lacks a name or version");
	if (!package_field(&source, mend_bytes_span(&text), "origin ="))
		source = name;
	if (package_set(package->name, "name", name, err) < 0 ||
	    package_set(package->version, "version", version, err) < 0)
		return -1;
	return package_set(package->source, "source", source, err);
}

int package_read_apk(struct package_reader *reader, struct mend_error *err)
{
	auto_call(unpack_free) struct unpack *unpack = NULL;
	struct unpack_entry entry;
	bool end;

	if (unpack_fd(&unpack, reader->fd, UNPACK_TAR, reader->most, err) < 0)
		return -1;
	do {
		if (unpack_next(&entry, &end, unpack, err) < 0)
			return -1;
		if (end || entry.path[0] != '.')
			return mend_fail(err, MEND_FORMAT, "not a package: .PKGINFO is not first");
	} while (strcmp(entry.path, ".PKGINFO") != 0);
	if (take_info(reader->package, unpack, err) < 0)
		return -1;
	return package_read_entries(reader, unpack, err);
}
