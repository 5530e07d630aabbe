/* SPDX-License-Identifier: MIT */
/* Hashes of bytes and files, against values that other programs gave. */
#include "mendfs/digest.h"

#include <fcntl.h>
#include <string.h>
#include <xxhash.h>

#include "unit.h"

/* b2sum -l 256 */
static const char hash_of_nothing[] =
	"0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8";
static const char hash_of_hello[] =
	"324dcf027dd4a30a932c441f365a25e86b173defa4b8e58948253471b81b72cf";

static void is_hex(const struct mend_digest *digest, const char *want)
{
	char hex[MEND_DIGEST_HEX];

	mend_digest_hex(hex, digest);
	ck_assert_str_eq(hex, want);
}

START_TEST(as_b2sum_has_it)
{
	struct mend_digest digest;

	mend_digest_of(&digest, mend_span_of(NULL, 0));
	is_hex(&digest, hash_of_nothing);
	mend_digest_of(&digest, mend_span_text("hello"));
	is_hex(&digest, hash_of_hello);
}
END_TEST

/* More than one block, and not a whole number of them. */
static int big_file(int dir, struct mend_bytes *content)
{
	int fd;

	content->size = 100001;
	content->data = mend_alloc(content->size);
	for (size_t i = 0; i < content->size; i++)
		content->data[i] = (uint8_t)(i * i >> 3);
	fd = openat(dir, "big", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	ck_assert_int_eq(write(fd, content->data, content->size), content->size);
	return fd;
}

START_TEST(of_a_file)
{
	auto_bytes content = { 0 };
	auto_fd fd = big_file(unit_scratch(), &content);
	struct mend_digest of_file, of_bytes;
	struct mend_error err;
	uint64_t scrub;

	ck_assert_int_eq(lseek(fd, 7, SEEK_SET), 7);
	unit_works(mend_digest_of_fd(&of_file, fd, &err));
	mend_digest_of(&of_bytes, mend_bytes_span(&content));
	ck_assert(mend_digest_equal(&of_file, &of_bytes));
	unit_works(mend_scrub_of_fd(&scrub, fd, &err));
	ck_assert_uint_eq(scrub, XXH3_64bits_withSeed(content.data, content.size, 0x6d656e646673));
	ck_assert_int_eq(lseek(fd, 0, SEEK_CUR), 7);
	unit_scratch_end();
}
END_TEST

START_TEST(what_cannot_be_read)
{
	int dir = unit_scratch();
	struct mend_digest digest;
	struct mend_error err;
	uint64_t scrub;

	unit_fails(mend_digest_of_fd(&digest, dir, &err), MEND_SYSTEM,
		   "cannot read: Is a directory");
	unit_fails(mend_scrub_of_fd(&scrub, dir, &err), MEND_SYSTEM, "cannot read: Is a directory");
	unit_fails(mend_digest_of_fd(&digest, -1, &err), MEND_SYSTEM,
		   "cannot read: Bad file descriptor");
	unit_scratch_end();
}
END_TEST

START_TEST(one_way_to_write_it)
{
	struct mend_digest digest, same;
	char hex[80];

	ck_assert(mend_digest_parse(&digest, hash_of_hello));
	mend_digest_of(&same, mend_span_text("hello"));
	ck_assert(mend_digest_equal(&digest, &same));
	ck_assert(!mend_digest_parse(&digest, ""));
	strcpy(hex, hash_of_hello);
	hex[63] = '\0';
	ck_assert(!mend_digest_parse(&digest, hex));
	strcpy(hex, hash_of_hello);
	strcat(hex, "0");
	ck_assert(!mend_digest_parse(&digest, hex));
	for (const char *bad = "gG/:`@AF \n-"; *bad != '\0'; bad++) {
		strcpy(hex, hash_of_hello);
		hex[10] = *bad;
		ck_assert(!mend_digest_parse(&digest, hex));
	}
	ck_assert(mend_digest_equal(&digest, &same)); /* untouched */
	mend_digest_of(&same, mend_span_text("hellp"));
	ck_assert(!mend_digest_equal(&digest, &same));
}
END_TEST

int main(void)
{
	return unit_main("digest",
			 (const TTest *[]){ as_b2sum_has_it, of_a_file, what_cannot_be_read,
					    one_way_to_write_it, NULL });
}
