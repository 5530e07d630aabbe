/* SPDX-License-Identifier: MIT */
/* Damaged packages: each is refused with a reason or gives paths below its top, and never more than
 * it may. */
#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

#include "mend-publish/package.h"
#include "mendfs/fs.h"
#include "unit.h"

#define MUTATIONS 1500
#define ROOM	  (64 * 1024)

static const char control[] = "Package: hole\nSource: hole-src (1.1)\nVersion: 1:1.2-3~x\n";
static const char changes[] = "hole-src (1:1.2-3~x) x; urgency=low\n\n  * y\n";

static void put(struct archive *archive, const char *path, struct mend_span content)
{
	struct archive_entry *entry = archive_entry_new();

	archive_entry_set_pathname(entry, path);
	archive_entry_set_size(entry, (la_int64_t)content.size);
	archive_entry_set_filetype(entry, AE_IFREG);
	archive_entry_set_perm(entry, 0644);
	ck_assert_int_eq(archive_write_header(archive, entry), ARCHIVE_OK);
	ck_assert_int_eq(archive_write_data(archive, content.data, content.size),
			 (la_ssize_t)content.size);
	archive_entry_free(entry);
}

/* An ar or a tar, compressed when told so, into `room`. */
static struct archive *begin(void *room, size_t *used, bool is_ar, bool gzip)
{
	struct archive *archive = archive_write_new();

	if (is_ar)
		archive_write_set_format_ar_svr4(archive);
	else
		archive_write_set_format_ustar(archive);
	if (gzip)
		archive_write_add_filter_gzip(archive);
	archive_write_set_bytes_in_last_block(archive, 1);
	ck_assert_int_eq(archive_write_open_memory(archive, room, ROOM, used), ARCHIVE_OK);
	return archive;
}

static void end(struct archive *archive)
{
	ck_assert_int_eq(archive_write_close(archive), ARCHIVE_OK);
	archive_write_free(archive);
}

static struct mend_bytes make_changes(void)
{
	struct mend_bytes out = { .data = mend_alloc(ROOM) };
	struct archive *archive = archive_write_new();
	struct archive_entry *entry = archive_entry_new();

	archive_write_set_format_raw(archive);
	archive_write_add_filter_gzip(archive);
	archive_write_set_bytes_in_last_block(archive, 1);
	archive_entry_set_filetype(entry, AE_IFREG);
	ck_assert_int_eq(archive_write_open_memory(archive, out.data, ROOM, &out.size), ARCHIVE_OK);
	archive_write_header(archive, entry);
	archive_write_data(archive, changes, sizeof(changes) - 1);
	archive_entry_free(entry);
	end(archive);
	return out;
}

/* A package with two files and a changelog. */
static struct mend_bytes make_deb(bool gzip)
{
	struct mend_bytes out = { .data = mend_alloc(ROOM) };
	auto_bytes inner = { .data = mend_alloc(ROOM) }, log = make_changes();
	struct archive *deb = begin(out.data, &out.size, true, false), *tar;

	put(deb, "debian-binary", mend_span_text("2.0\n"));
	tar = begin(inner.data, &inner.size, false, gzip);
	put(tar, "./control", mend_span_text(control));
	end(tar);
	put(deb, "control.tar", mend_bytes_span(&inner));
	tar = begin(inner.data, &inner.size, false, gzip);
	put(tar, "./usr/lib/a", mend_span_text("content of a\n"));
	put(tar, "./usr/share/doc/hole/changelog.Debian.gz", mend_bytes_span(&log));
	put(tar, "./usr/lib/b/c", mend_span_text("content of c\n"));
	end(tar);
	put(deb, "data.tar", mend_bytes_span(&inner));
	end(deb);
	return out;
}

struct seen {
	size_t entries, bytes;
};

static int see(void *context, const struct package *package, const struct unpack_entry *entry,
	       struct unpack *unpack, struct mend_error *err)
{
	struct seen *seen = context;
	auto_bytes content = { NULL, 0 };

	ck_assert(package->name[0] && package->version[0]);
	ck_assert(mend_path_is_target(entry->path));
	seen->entries++;
	if (unpack_content(&content, unpack, ROOM, err) < 0)
		return -1;
	seen->bytes += content.size;
	return 0;
}

static int read_from(struct package *package, struct seen *seen, struct mend_span bytes,
		     enum package_kind kind, struct mend_error *err)
{
	auto_fd fd = memfd_create("package", MFD_CLOEXEC);
	auto_free char *path = mend_text_format("/proc/self/fd/%d", fd);

	ck_assert_int_eq(mend_fs_write_all(fd, bytes, err), 0);
	*seen = (struct seen){ 0 };
	*package = (struct package){ .changelog = { NULL, 0 } };
	return package_read(package, path, kind, see, seen, err);
}

START_TEST(a_good_one)
{
	for (int gzip = 0; gzip < 2; gzip++) {
		auto_bytes deb = make_deb(gzip);
		struct package package;
		struct mend_error err;
		struct seen seen;

		ck_assert_int_eq(
			read_from(&package, &seen, mend_bytes_span(&deb), PACKAGE_DEB, &err), 0);
		ck_assert_str_eq(package.name, "hole");
		ck_assert_str_eq(package.source, "hole-src");
		ck_assert_str_eq(package.version, "1:1.2-3~x");
		ck_assert_str_eq((char *)package.changelog.data, changes);
		ck_assert_uint_eq(seen.entries, 2);
		ck_assert_uint_eq(seen.bytes, 26);
		package_clear(&package);
	}
}
END_TEST

static void try(struct mend_span bytes)
{
	for (enum package_kind kind = PACKAGE_DEB; kind <= PACKAGE_APK; kind++) {
		struct mend_error err = { 0 };
		struct package package;
		struct seen seen;

		if (read_from(&package, &seen, bytes, kind, &err) < 0) {
			ck_assert_str_ne(err.text, "");
			ck_assert_int_eq(mend_code_exit(err.code), 1);
		}
		package_clear(&package);
	}
}

START_TEST(cuts)
{
	auto_bytes deb = make_deb(true);

	for (size_t size = 0; size < deb.size; size += 7)
		try(mend_span_of(deb.data, size));
}
END_TEST

START_TEST(mutations)
{
	unsigned state = 1;

	for (int gzip = 0; gzip < 2; gzip++) {
		auto_bytes deb = make_deb(gzip);
		auto_free uint8_t *copy = mend_alloc(deb.size);

		for (unsigned i = 0; i < MUTATIONS; i++) {
			memcpy(copy, deb.data, deb.size);
			for (unsigned k = 0; k < 1 + i % 4; k++) {
				state = state * 1664525 + 1013904223;
				copy[state / 7 % deb.size] = (uint8_t)(state >> 24);
			}
			try(mend_span_of(copy, deb.size));
		}
	}
}
END_TEST

int main(void)
{
	return unit_main("publish_packages",
			 (const TTest *[]){ a_good_one, cuts, mutations, NULL });
}
