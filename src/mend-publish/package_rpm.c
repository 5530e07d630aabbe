/* SPDX-License-Identifier: MIT */
/*
 * RPM packages of version 3 and 4: a lead, a signature, a header with the name in it, and a
 * compressed cpio, which libarchive reads. The header's layout is in the Linux Standard Base,
 * chapter "Package File Format".
 */
#include <stdio.h>
#include <string.h>

#include "mend-publish/package_private.h"
#include "mendfs/fs.h"

#define LEAD_SIZE   96
#define HEADER_SIZE 16 /* magic, reserved, count of entries, size of the store */
#define ENTRY_SIZE  16 /* tag, type, offset, count */
#define STORE_MAX   (32U << 20)
#define ENTRIES_MAX 65536

enum { NAME = 1000, VERSION = 1001, RELEASE = 1002, EPOCH = 1003, SOURCE_RPM = 1044 };
enum { INT32 = 4, STRING = 6 };

/* One of the two headers, in memory. */
struct header {
	struct mend_bytes bytes;
	const uint8_t *entries, *store;
	uint32_t entry_count, store_size;
};

static uint32_t number(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static int read_at(void *out, int fd, uint64_t offset, size_t size, struct mend_error *err)
{
	for (size_t done = 0; done < size;) {
		ssize_t got = pread(fd, (char *)out + done, size - done, (off_t)(offset + done));

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return mend_fail_errno(err, "cannot read");
		if (got == 0)
			return mend_fail(err, MEND_FORMAT, "is cut off in its header");
		done += (size_t)got;
	}
	return 0;
}

static int read_header(struct header *out, int fd, uint64_t offset, struct mend_error *err)
{
	static const uint8_t magic[4] = { 0x8e, 0xad, 0xe8, 0x01 };
	uint8_t start[HEADER_SIZE];
	size_t size;

	if (read_at(start, fd, offset, sizeof(start), err) < 0)
		return -1;
	if (memcmp(start, magic, sizeof(magic)) != 0)
		return mend_fail(err, MEND_FORMAT, "not a package: no header at byte %llu",
				 (unsigned long long)offset);
	out->entry_count = number(start + 8);
	out->store_size = number(start + 12);
	if (out->entry_count > ENTRIES_MAX || out->store_size > STORE_MAX)
		return mend_fail(err, MEND_LIMIT, "has a header of absurd size");
	size = (size_t)out->entry_count * ENTRY_SIZE + out->store_size;
	out->bytes = (struct mend_bytes){ mend_alloc(size + 1), size };
	out->entries = out->bytes.data;
	out->store = out->bytes.data + (size_t)out->entry_count * ENTRY_SIZE;
	return read_at(out->bytes.data, fd, offset + HEADER_SIZE, size, err);
}

/* Where a tag's value is in the store; NULL when it is not there or of another type. */
static const uint8_t *find(uint32_t *left, const struct header *header, uint32_t tag, uint32_t type)
{
	for (uint32_t i = 0; i < header->entry_count; i++) {
		const uint8_t *entry = header->entries + (size_t)i * ENTRY_SIZE;
		uint32_t offset = number(entry + 8);

		if (number(entry) != tag || number(entry + 4) != type ||
		    offset >= header->store_size)
			continue;
		*left = header->store_size - offset;
		return header->store + offset;
	}
	return NULL;
}

static struct mend_span text_of(const struct header *header, uint32_t tag)
{
	uint32_t left = 0;
	const uint8_t *text = find(&left, header, tag, STRING);

	return text ? mend_span_of(text, strnlen((const char *)text, left)) : mend_span_of("", 0);
}

/* "expat" of "expat-2.5.0-1.fc38.src.rpm" */
static struct mend_span source_of(const struct header *header)
{
	struct mend_span text = text_of(header, SOURCE_RPM);
	unsigned dashes = 0;

	while (text.size > 0 && dashes < 2)
		dashes += text.data[--text.size] == '-';
	return text;
}

/* "1:2.5.0-1.fc38", as rpm(8) shows it. */
static int take_version(struct package *package, const struct header *header,
			struct mend_error *err)
{
	struct mend_span version = text_of(header, VERSION), release = text_of(header, RELEASE);
	uint32_t left = 0;
	const uint8_t *epoch = find(&left, header, EPOCH, INT32);
	auto_free char *text = NULL;
	char start[16] = "";

	if (version.size == 0 || release.size == 0 ||
	    version.size + release.size >= PACKAGE_TEXT_MAX)
		return mend_fail(err, MEND_FORMAT, "its header lacks a version");
	if (epoch && left >= 4)
		snprintf(start, sizeof(start), "%u:", number(epoch));
	text = mend_text_format("%s%.*s-%.*s", start, (int)version.size, (char *)version.data,
				(int)release.size, (char *)release.data);
	return package_set(package->version, "version", mend_span_text(text), err);
}

static int take_header(struct package *package, const struct header *header, struct mend_error *err)
{
	struct mend_span source = source_of(header);

	if (package_set(package->name, "name", text_of(header, NAME), err) < 0 ||
	    take_version(package, header, err) < 0)
		return -1;
	if (source.size == 0)
		source = mend_span_text(package->name);
	return package_set(package->source, "source", source, err);
}

static int read_headers(struct package *package, int fd, struct mend_error *err)
{
	struct header signature = { .entry_count = 0 }, header = { .entry_count = 0 };
	uint64_t after;
	int result = read_header(&signature, fd, LEAD_SIZE, err);

	if (result == 0) {
		/* The signature is filled up to a multiple of 8. */
		after = LEAD_SIZE + HEADER_SIZE + signature.bytes.size;
		result = read_header(&header, fd, (after + 7) / 8 * 8, err);
	}
	if (result == 0)
		result = take_header(package, &header, err);
	mend_bytes_free(&signature.bytes);
	mend_bytes_free(&header.bytes);
	return result;
}

int package_read_rpm(struct package_reader *reader, struct mend_error *err)
{
	auto_call(unpack_free) struct unpack *unpack = NULL;

	if (read_headers(reader->package, reader->fd, err) < 0 ||
	    unpack_fd(&unpack, reader->fd, UNPACK_RPM, reader->most, err) < 0)
		return -1;
	return package_read_entries(reader, unpack, err);
}
