/* SPDX-License-Identifier: MIT */
/* libarchive with a budget and checked names. */
#include "mend-publish/unpack.h"

#include <archive.h>
#include <archive_entry.h>
#include <string.h>
#include <sys/stat.h>

#define BLOCK (64 * 1024)

struct unpack {
	struct archive *archive;
	struct archive *outer; /* NULL: of a file or of memory */
	uint64_t most, given;  /* bytes: that may come out, and of contents that did */
};

static int fail(struct unpack *unpack, struct mend_error *err)
{
	const char *why = archive_error_string(unpack->archive);

	return mend_fail(err, MEND_FORMAT, "damaged: %s", why ? why : "not such an archive");
}

static int fail_budget(const struct unpack *unpack, struct mend_error *err)
{
	return mend_fail(err, MEND_LIMIT, "unpacks to more than %llu bytes",
			 (unsigned long long)unpack->most);
}

/* What was decoded so far: holes of sparse files count in `given` alone, headers in the other. */
static int check_budget(const struct unpack *unpack, uint64_t more, struct mend_error *err)
{
	int64_t decoded = archive_filter_bytes(unpack->archive, 0);
	uint64_t used = decoded > 0 && (uint64_t)decoded > unpack->given ? (uint64_t)decoded
									 : unpack->given;

	return used > unpack->most || more > unpack->most - used ? fail_budget(unpack, err) : 0;
}

/* libarchive returns something else than ARCHIVE_OK where it would start a program. */
static bool support_filters(struct archive *archive)
{
	return archive_read_support_filter_gzip(archive) == ARCHIVE_OK &&
	       archive_read_support_filter_bzip2(archive) == ARCHIVE_OK &&
	       archive_read_support_filter_xz(archive) == ARCHIVE_OK &&
	       archive_read_support_filter_lzma(archive) == ARCHIVE_OK &&
	       archive_read_support_filter_zstd(archive) == ARCHIVE_OK;
}

static bool support(struct archive *archive, enum unpack_format format)
{
	switch (format) {
	case UNPACK_AR:
		return archive_read_support_format_ar(archive) == ARCHIVE_OK;
	case UNPACK_TAR:
		return support_filters(archive) &&
		       archive_read_support_format_tar(archive) == ARCHIVE_OK;
	case UNPACK_RPM:
		return support_filters(archive) &&
		       archive_read_support_filter_rpm(archive) == ARCHIVE_OK &&
		       archive_read_support_format_cpio(archive) == ARCHIVE_OK;
	case UNPACK_RAW:
		return support_filters(archive) &&
		       archive_read_support_format_raw(archive) == ARCHIVE_OK;
	}
	return false;
}

/* libarchive would unpack what is packed many times, and only what comes out in the end counts. */
static int check_filters(struct unpack *unpack, enum unpack_format format, struct mend_error *err)
{
	/* The file itself is one, and so is RPM's header. */
	int most = format == UNPACK_RPM ? 3 : 2;

	if (archive_filter_count(unpack->archive) > most)
		return mend_fail(err, MEND_FORMAT, "damaged: is compressed more than once");
	return 0;
}

static int make(struct unpack **out, enum unpack_format format, uint64_t most,
		struct mend_error *err)
{
	struct unpack *unpack = mend_alloc(sizeof(*unpack));

	unpack->most = most;
	unpack->archive = archive_read_new();
	if (!unpack->archive || !support(unpack->archive, format)) {
		unpack_free(unpack);
		return mend_fail(err, MEND_SYSTEM, "libarchive lacks what is needed");
	}
	*out = unpack;
	return 0;
}

void unpack_free(struct unpack *unpack)
{
	if (!unpack)
		return;
	archive_read_free(unpack->archive);
	free(unpack);
}

int unpack_fd(struct unpack **out, int fd, enum unpack_format format, uint64_t most,
	      struct mend_error *err)
{
	auto_call(unpack_free) struct unpack *unpack = NULL;

	if (make(&unpack, format, most, err) < 0)
		return -1;
	if (archive_read_open_fd(unpack->archive, fd, BLOCK) != ARCHIVE_OK)
		return fail(unpack, err);
	if (check_filters(unpack, format, err) < 0)
		return -1;
	*out = take(unpack);
	return 0;
}

int unpack_memory(struct unpack **out, struct mend_span content, enum unpack_format format,
		  uint64_t most, struct mend_error *err)
{
	auto_call(unpack_free) struct unpack *unpack = NULL;

	if (make(&unpack, format, most, err) < 0)
		return -1;
	if (archive_read_open_memory(unpack->archive, content.data, content.size) != ARCHIVE_OK)
		return fail(unpack, err);
	if (check_filters(unpack, format, err) < 0)
		return -1;
	*out = take(unpack);
	return 0;
}

static la_ssize_t read_outer(struct archive *archive, void *context, const void **data)
{
	struct unpack *unpack = context;
	la_int64_t offset;
	size_t size = 0;

	switch (archive_read_data_block(unpack->outer, data, &size, &offset)) {
	case ARCHIVE_EOF:
		return 0;
	case ARCHIVE_OK:
		return (la_ssize_t)size;
	default:
		archive_set_error(archive, archive_errno(unpack->outer), "%s",
				  archive_error_string(unpack->outer));
		return -1;
	}
}

int unpack_within(struct unpack **out, struct unpack *outer, enum unpack_format format,
		  uint64_t most, struct mend_error *err)
{
	auto_call(unpack_free) struct unpack *unpack = NULL;

	if (make(&unpack, format, most, err) < 0)
		return -1;
	unpack->outer = outer->archive;
	if (archive_read_open(unpack->archive, unpack, NULL, read_outer, NULL) != ARCHIVE_OK)
		return fail(unpack, err);
	if (check_filters(unpack, format, err) < 0)
		return -1;
	*out = take(unpack);
	return 0;
}

/* "./usr/lib/x" and "usr/lib/x/" are usr/lib/x; everything else is refused that is not so. */
static int take_path(char out[MEND_PATH_MAX], const char *raw, struct mend_error *err)
{
	size_t size;

	if (!raw)
		return mend_fail(err, MEND_FORMAT, "has an entry without a name");
	if (strncmp(raw, "./", 2) == 0)
		raw += 2;
	size = strlen(raw);
	if (size > 0 && raw[size - 1] == '/')
		size--;
	if (size >= MEND_PATH_MAX)
		return mend_fail(err, MEND_LIMIT, "has a path of %zu bytes", size);
	memcpy(out, raw, size);
	out[size] = '\0';
	if (strcmp(out, ".") == 0)
		out[0] = '\0';
	if (out[0] && !mend_path_is_target(out))
		return mend_fail(err, MEND_FORMAT,
				 "'%.200s': is absolute, or has '.', '..', '//' or control "
				 "characters in it",
				 raw);
	return 0;
}

/* In a locale that cannot hold a name, there is only its UTF-8. */
static const char *first(const char *text, const char *utf8)
{
	return text ? text : utf8;
}

static int take_symlink(struct unpack_entry *out, struct archive_entry *entry,
			struct mend_error *err)
{
	const char *to = first(archive_entry_symlink(entry), archive_entry_symlink_utf8(entry));
	size_t size = to ? strlen(to) : 0;

	if (size == 0 || size >= MEND_PATH_MAX || !mend_text_is_plain(to, size))
		return mend_fail(err, MEND_FORMAT, "'%s': is a symlink to nowhere", out->path);
	memcpy(out->to, to, size + 1);
	return 0;
}

static int take_entry(struct unpack_entry *out, struct archive_entry *entry, struct mend_error *err)
{
	const char *linked =
		first(archive_entry_hardlink(entry), archive_entry_hardlink_utf8(entry));
	mode_t mode = archive_entry_mode(entry);
	la_int64_t size = archive_entry_size_is_set(entry) ? archive_entry_size(entry) : 0;

	*out = (struct unpack_entry){ .kind = UNPACK_OTHER, .mode = mode & 07777 };
	if (take_path(out->path,
		      first(archive_entry_pathname(entry), archive_entry_pathname_utf8(entry)),
		      err) < 0)
		return -1;
	if (size < 0)
		return mend_fail(err, MEND_FORMAT, "'%s': has a size below zero", out->path);
	out->size = (uint64_t)size;
	if (linked) {
		out->kind = UNPACK_HARD_LINK;
		return take_path(out->to, linked, err);
	}
	if (S_ISLNK(mode)) {
		out->kind = UNPACK_SYMLINK;
		return take_symlink(out, entry, err);
	}
	if (S_ISREG(mode))
		out->kind = UNPACK_FILE;
	else if (S_ISDIR(mode))
		out->kind = UNPACK_DIRECTORY;
	return 0;
}

int unpack_next(struct unpack_entry *out, bool *end, struct unpack *unpack, struct mend_error *err)
{
	struct archive_entry *entry;
	int result = archive_read_next_header(unpack->archive, &entry);

	if (result == ARCHIVE_EOF) {
		*end = true;
		return 0;
	}
	if (result != ARCHIVE_OK && result != ARCHIVE_WARN)
		return fail(unpack, err);
	if (take_entry(out, entry, err) < 0)
		return -1;
	/* What is told is more than there may be: no use to decode it. */
	if (check_budget(unpack, out->size, err) < 0)
		return -1;
	*end = false;
	return 0;
}

/* At most limit + 1 bytes. */
static int read_some(struct mend_bytes *out, struct unpack *unpack, size_t limit,
		     struct mend_error *err)
{
	auto_bytes bytes = { NULL, 0 };
	size_t room = 0;

	for (;;) {
		size_t left = limit + 1 - bytes.size;
		la_ssize_t got;

		if (room - bytes.size <= BLOCK) {
			room = room ? 2 * room : 4 * BLOCK;
			bytes.data = mend_grow(bytes.data, room + 1, 1);
		}
		got = archive_read_data(unpack->archive, bytes.data + bytes.size,
					left < BLOCK ? left : BLOCK);
		if (got < 0)
			return fail(unpack, err);
		if (got == 0)
			break;
		bytes.size += (size_t)got;
		unpack->given += (size_t)got;
		if (check_budget(unpack, 0, err) < 0)
			return -1;
	}
	bytes.data[bytes.size] = '\0';
	*out = bytes;
	bytes = (struct mend_bytes){ NULL, 0 };
	return 0;
}

int unpack_content(struct mend_bytes *out, struct unpack *unpack, size_t limit,
		   struct mend_error *err)
{
	auto_bytes bytes = { NULL, 0 };

	if (read_some(&bytes, unpack, limit, err) < 0)
		return -1;
	if (bytes.size > limit)
		return mend_fail(err, MEND_LIMIT, "has more than %zu bytes", limit);
	*out = bytes;
	bytes = (struct mend_bytes){ NULL, 0 };
	return 0;
}

int unpack_start_of(struct mend_bytes *out, struct unpack *unpack, size_t limit,
		    struct mend_error *err)
{
	if (read_some(out, unpack, limit, err) < 0)
		return -1;
	if (out->size > limit)
		out->data[out->size = limit] = '\0';
	return 0;
}
