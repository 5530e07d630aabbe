/* SPDX-License-Identifier: MIT */
/* mendctl verify: is everything in the store what it is said to be? */
#include <stdio.h>

#include "mendctl/progress.h"

struct scrub {
	const struct options *options;
	struct progress progress;
	json_t *problems;
	uint64_t bytes;
};

static void found(void *context, const char *what, const char *mend)
{
	struct scrub *scrub = context;

	progress_clear(&scrub->progress);
	json_array_append_new(scrub->problems, json_pack("{s:s, s:s}", "what", what, "mend", mend));
	if (!scrub->options->json)
		printf("%s: %s\n", what, mend);
}

static void advanced(void *context, uint64_t done, uint64_t total)
{
	struct scrub *scrub = context;

	scrub->bytes = done;
	progress_show(&scrub->progress, done, total);
}

int verb_verify(const struct options *options, struct mend_error *err)
{
	auto_call(mend_store_close) struct mend_store *store = NULL;
	auto_call(mend_keyring_free) struct mend_keyring *ring = NULL;
	auto_json problems = json_array();
	struct scrub scrub = { .options = options, .problems = problems };
	size_t count;
	int result;

	if (open_store(&store, options, MEND_STORE_READ, err) || open_keyring(&ring, options, err))
		return -1;
	progress_start(&scrub.progress, options, "verify");
	result = mend_store_verify(&count, store->dir, ring, options->quick, found, advanced,
				   &scrub, err);
	progress_clear(&scrub.progress);
	if (result)
		return -1;
	if (options->json)
		say_json(json_pack("{s:i, s:b, s:I, s:O}", "format", 1, "quick", options->quick,
				   "bytes", (json_int_t)scrub.bytes, "problems", problems));
	if (count > 0)
		return mend_fail(err, MEND_HASH, "%zu problem%s in the store", count,
				 count > 1 ? "s" : "");
	say(options, "all is well: %llu bytes checked", (unsigned long long)scrub.bytes);
	return 0;
}
