/* SPDX-License-Identifier: MIT */
/*
 * ustar, POSIX.1-2017 pax(1) "ustar Interchange Format". There is one way to write a header here,
 * and the reader takes no other: it writes the header of the name, size and time it has read, and
 * compares.
 */
#include "lib/tar.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

struct field {
	const char *name;
	unsigned offset, size;
};

enum {
	NAME,
	MODE,
	UID,
	GID,
	SIZE,
	MTIME,
	CHECKSUM,
	TYPE,
	MAGIC,
	UNAME,
	GNAME,
	MAJOR,
	MINOR,
	PREFIX
};

static const struct field fields[] = {
	[NAME] = { "name", 0, 100 },
	[MODE] = { "mode", 100, 8 },
	[UID] = { "owner", 108, 8 },
	[GID] = { "group", 116, 8 },
	[SIZE] = { "size", 124, 12 },
	[MTIME] = { "time", 136, 12 },
	[CHECKSUM] = { "checksum", 148, 8 },
	[TYPE] = { "type", 156, 101 }, /* and the link's name */
	[MAGIC] = { "magic", 257, 8 },
	[UNAME] = { "owner's name", 265, 32 },
	[GNAME] = { "group's name", 297, 32 },
	[MAJOR] = { "device", 329, 8 },
	[MINOR] = { "device", 337, 8 },
	[PREFIX] = { "prefix", 345, 167 }, /* and the padding */
};

static void put_octal(uint8_t *block, int field, uint64_t value)
{
	unsigned digits = fields[field].size - 1;

	for (unsigned i = digits; i > 0; i--, value >>= 3)
		block[fields[field].offset + i - 1] = (uint8_t)('0' + (value & 7));
}

static void put_text(uint8_t *block, int field, const char *text, size_t size)
{
	memcpy(block + fields[field].offset, text, size);
}

/* The sum of all bytes, with the checksum's own field taken as spaces. */
static unsigned checksum_of(const uint8_t *block)
{
	unsigned sum = 0;

	for (unsigned i = 0; i < MEND_TAR_BLOCK; i++) {
		bool own = i >= fields[CHECKSUM].offset && i < fields[TYPE].offset;

		sum += own ? ' ' : block[i];
	}
	return sum;
}

void mend_tar_header(uint8_t block[MEND_TAR_BLOCK], const char *name, uint64_t size, int64_t mtime)
{
	size_t length = strlen(name);
	const char *cut = length > fields[NAME].size ? strrchr(name, '/') : NULL;
	const char *last = cut ? cut + 1 : name;
	char sum[8];

	memset(block, 0, MEND_TAR_BLOCK);
	if (cut)
		put_text(block, PREFIX, name, cut - name < 155 ? (size_t)(cut - name) : 155);
	put_text(block, NAME, last, strnlen(last, fields[NAME].size));
	put_octal(block, MODE, 0644);
	put_octal(block, UID, 0);
	put_octal(block, GID, 0);
	put_octal(block, SIZE, size);
	put_octal(block, MTIME, (uint64_t)mtime);
	put_text(block, TYPE, "0", 1);
	put_text(block, MAGIC, "ustar\00000", 8);
	put_text(block, UNAME, "root", 4);
	put_text(block, GNAME, "root", 4);
	put_octal(block, MAJOR, 0);
	put_octal(block, MINOR, 0);
	snprintf(sum, sizeof(sum), "%06o", checksum_of(block));
	put_text(block, CHECKSUM, sum, 7);
	block[fields[TYPE].offset - 1] = ' ';
}

int mend_tar_read(void *out, int fd, uint64_t offset, size_t size, struct mend_error *err)
{
	for (size_t done = 0; done < size;) {
		ssize_t got = pread(fd, (char *)out + done, size - done, (off_t)(offset + done));

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return mend_fail_errno(err, "cannot read the bundle");
		if (got == 0)
			return mend_fail(err, MEND_FORMAT,
					 "bundle became shorter while it was read");
		done += (size_t)got;
	}
	return 0;
}

int mend_tar_open(struct mend_tar *out, int fd, struct mend_error *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return mend_fail_errno(err, "cannot look at the bundle");
	if (!S_ISREG(st.st_mode))
		return mend_fail(err, MEND_FORMAT, "not a bundle: not a regular file");
	if (st.st_size == 0)
		return mend_fail(err, MEND_FORMAT, "not a bundle: the file is empty");
	*out = (struct mend_tar){ .fd = fd, .size = (uint64_t)st.st_size };
	return 0;
}

static bool is_zero(const uint8_t *data, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (data[i])
			return false;
	}
	return true;
}

/* All digits, then a NUL. What is not octal gives a number that does not compare equal later. */
static uint64_t get_octal(const uint8_t *block, int field)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < fields[field].size - 1; i++)
		value = value << 3 | ((uint64_t)(block[fields[field].offset + i] - '0') & 7);
	return value;
}

static void get_name(char out[MEND_MEMBER_NAME_MAX + 1], const uint8_t *block)
{
	const char *prefix = (const char *)block + fields[PREFIX].offset;
	const char *name = (const char *)block + fields[NAME].offset;

	snprintf(out, MEND_MEMBER_NAME_MAX + 1, "%.155s%s%.100s", prefix, *prefix ? "/" : "", name);
}

static int check_header(const struct mend_tar_member *member, const uint8_t *block,
			struct mend_error *err)
{
	uint8_t canonical[MEND_TAR_BLOCK];
	const char *wrong = NULL;

	mend_tar_header(canonical, member->name, member->size, member->mtime);
	if (memcmp(canonical, block, MEND_TAR_BLOCK) == 0)
		return 0;
	if (memcmp(block + fields[MAGIC].offset, "ustar", 5) != 0)
		return mend_fail(err, MEND_FORMAT, "not a bundle: no tar header at byte %llu",
				 (unsigned long long)(member->offset - MEND_TAR_BLOCK));
	for (unsigned i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
		const struct field *field = &fields[i];

		/* The checksum follows from the others: name it only when it alone is wrong. */
		if (memcmp(canonical + field->offset, block + field->offset, field->size) != 0 &&
		    (!wrong || wrong == fields[CHECKSUM].name))
			wrong = field->name;
	}
	return mend_fail(err, MEND_FORMAT, "member '%s': %s is not written the canonical way",
			 member->name, wrong);
}

/* From the first of the two zero blocks. */
static int check_end(struct mend_tar *tar, struct mend_error *err)
{
	uint8_t blocks[2 * MEND_TAR_BLOCK];

	if (tar->size - tar->next < sizeof(blocks))
		return mend_fail(err, MEND_FORMAT, "bundle is cut off in its end mark");
	if (tar->size - tar->next > sizeof(blocks))
		return mend_fail(err, MEND_FORMAT,
				 "bundle goes on after its end mark, at byte %llu",
				 (unsigned long long)(tar->next + sizeof(blocks)));
	if (mend_tar_read(blocks, tar->fd, tar->next, sizeof(blocks), err) < 0)
		return -1;
	if (!is_zero(blocks, sizeof(blocks)))
		return mend_fail(err, MEND_FORMAT, "bundle has only one block as its end mark");
	return 0;
}

int mend_tar_next(struct mend_tar_member *out, bool *end, struct mend_tar *tar,
		  struct mend_error *err)
{
	uint8_t block[MEND_TAR_BLOCK];
	struct mend_tar_member member;
	uint64_t left = tar->size - tar->next;
	size_t padding;

	if (left < MEND_TAR_BLOCK)
		return mend_fail(err, MEND_FORMAT, "bundle is cut off at byte %llu",
				 (unsigned long long)tar->size);
	if (mend_tar_read(block, tar->fd, tar->next, sizeof(block), err) < 0)
		return -1;
	if (is_zero(block, sizeof(block))) {
		if (check_end(tar, err) < 0)
			return -1;
		*end = true;
		return 0;
	}
	get_name(member.name, block);
	member.size = get_octal(block, SIZE);
	member.mtime = (int64_t)get_octal(block, MTIME);
	member.offset = tar->next + MEND_TAR_BLOCK;
	if (check_header(&member, block, err) < 0)
		return -1;
	padding = (size_t)(-member.size % MEND_TAR_BLOCK);
	if (member.size + padding > tar->size - member.offset)
		return mend_fail(err, MEND_FORMAT, "bundle is cut off in member '%s'", member.name);
	if (mend_tar_read(block, tar->fd, member.offset + member.size, padding, err) < 0)
		return -1;
	if (!is_zero(block, padding))
		return mend_fail(err, MEND_FORMAT,
				 "member '%s': bytes after its content are not zero", member.name);
	tar->next = member.offset + member.size + padding;
	*out = member;
	*end = false;
	return 0;
}
