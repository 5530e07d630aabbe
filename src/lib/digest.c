/* SPDX-License-Identifier: MIT */
/* BLAKE2b-256 of bytes and files, its text, and XXH3 for scrubs and tables. */
#include "mendfs/digest.h"

#include <string.h>

#define XXH_STATIC_LINKING_ONLY /* to have the state on the stack */
#include <xxhash.h>

#define READ_SIZE  (32 * 1024)
#define SCRUB_SEED 0x6d656e646673ULL /* part of the store's format: never change it */

void mend_hasher_start(struct mend_hasher *hasher)
{
	/* Chooses the implementation that is fastest here; a failure leaves the portable one. */
	int chosen = sodium_init();

	(void)chosen;
	crypto_generichash_init(&hasher->state, NULL, 0, MEND_DIGEST_SIZE);
}

void mend_hasher_add(struct mend_hasher *hasher, const void *data, size_t size)
{
	crypto_generichash_update(&hasher->state, data, size);
}

void mend_hasher_end(struct mend_digest *out, struct mend_hasher *hasher)
{
	crypto_generichash_final(&hasher->state, out->bytes, sizeof out->bytes);
}

void mend_digest_of(struct mend_digest *out, struct mend_span data)
{
	struct mend_hasher hasher;

	mend_hasher_start(&hasher);
	mend_hasher_add(&hasher, data.data, data.size);
	mend_hasher_end(out, &hasher);
}

typedef void add_bytes(void *state, const void *data, size_t size);

static int each_block(int fd, add_bytes *add, void *state, struct mend_error *err)
{
	uint8_t block[READ_SIZE];
	off_t offset = 0;

	for (;;) {
		ssize_t got = pread(fd, block, sizeof block, offset);

		if (got == 0)
			return 0;
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return mend_fail_errno(err, "cannot read");
		add(state, block, (size_t)got);
		offset += got;
	}
}

static void add_to_hasher(void *state, const void *data, size_t size)
{
	mend_hasher_add(state, data, size);
}

int mend_digest_of_fd(struct mend_digest *out, int fd, struct mend_error *err)
{
	struct mend_hasher hasher;

	mend_hasher_start(&hasher);
	if (each_block(fd, add_to_hasher, &hasher, err) < 0)
		return -1;
	mend_hasher_end(out, &hasher);
	return 0;
}

void mend_digest_hex(char out[MEND_DIGEST_HEX], const struct mend_digest *digest)
{
	sodium_bin2hex(out, MEND_DIGEST_HEX, digest->bytes, sizeof digest->bytes);
}

static int hex_value(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	if (digit >= 'a' && digit <= 'f')
		return digit - 'a' + 10;
	return -1;
}

bool mend_digest_parse(struct mend_digest *out, const char *hex)
{
	struct mend_digest digest;

	for (size_t i = 0; i < MEND_DIGEST_SIZE; i++) {
		int high = hex_value(hex[2 * i]);
		int low = high < 0 ? -1 : hex_value(hex[2 * i + 1]);

		if (low < 0)
			return false;
		digest.bytes[i] = (uint8_t)(high << 4 | low);
	}
	if (hex[2 * MEND_DIGEST_SIZE] != '\0')
		return false;
	*out = digest;
	return true;
}

bool mend_digest_equal(const struct mend_digest *a, const struct mend_digest *b)
{
	return memcmp(a->bytes, b->bytes, MEND_DIGEST_SIZE) == 0;
}

static void add_to_scrub(void *state, const void *data, size_t size)
{
	XXH3_64bits_update(state, data, size);
}

int mend_scrub_of_fd(uint64_t *out, int fd, struct mend_error *err)
{
	XXH3_state_t state;

	XXH3_64bits_reset_withSeed(&state, SCRUB_SEED);
	if (each_block(fd, add_to_scrub, &state, err) < 0)
		return -1;
	*out = XXH3_64bits_digest(&state);
	return 0;
}
