/* SPDX-License-Identifier: MIT */
/* Finds the digests that a manifest's text has in it, without decoding it. */
#include <string.h>

#include "lib/store_private.h"

static bool is_hex(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

/*
 * One character of a JSON string at data[*at], which moves behind it: "a" may be written \u0061. A
 * digest written so would be missed, and its object be taken away.
 */
static uint8_t next_char(struct mend_span text, size_t *at)
{
	const uint8_t *c = text.data + *at;
	char digits[3] = { 0 };

	if (text.size - *at < 6 || memcmp(c, "\\u00", 4)) {
		*at += 1;
		return *c;
	}
	memcpy(digits, c + 4, 2);
	*at += 6;
	return (uint8_t)strtoul(digits, NULL, 16);
}

static void add(struct mend_store_digests *set, const char hex[MEND_DIGEST_HEX])
{
	set->digests = mend_grow(set->digests, set->count + 1, sizeof(*set->digests));
	if (mend_digest_parse(&set->digests[set->count], hex))
		set->count++;
}

void mend_store_digests_find(struct mend_store_digests *set, struct mend_span manifest)
{
	char hex[MEND_DIGEST_HEX] = { 0 };
	size_t at = 0, run = 0;

	while (at < manifest.size) {
		uint8_t c = next_char(manifest, &at);

		if (is_hex(c)) {
			if (run < MEND_DIGEST_HEX - 1)
				hex[run] = (char)c;
			run++;
			continue;
		}
		if (run == MEND_DIGEST_HEX - 1)
			add(set, hex);
		run = 0;
	}
}

static int compare(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct mend_digest));
}

void mend_store_digests_sort(struct mend_store_digests *set)
{
	if (set->count > 0)
		qsort(set->digests, set->count, sizeof(*set->digests), compare);
}

bool mend_store_digests_has(const struct mend_store_digests *set, const struct mend_digest *digest)
{
	return set->count > 0 &&
	       bsearch(digest, set->digests, set->count, sizeof(*set->digests), compare);
}
