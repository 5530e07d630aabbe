/* SPDX-License-Identifier: MIT */
/* mendctl gc: deletes what no generation that may still be wanted needs. */
#include <stdio.h>

#include "mendctl/mendctl.h"

static void size_text(char out[32], uint64_t bytes)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB" };
	double amount = (double)bytes;
	size_t unit = 0;

	while (amount >= 1024 && unit < 4) {
		amount /= 1024;
		unit++;
	}
	snprintf(out, 32, "%.*f %s", unit > 0 ? 1 : 0, amount, units[unit]);
}

static void report(const struct options *options, const struct mend_gc *gone)
{
	char size[32];

	if (options->json) {
		say_json(json_pack("{s:i, s:b, s:i, s:i, s:i, s:i, s:I}", "format", 1, "dry_run",
				   options->dry_run, "generations", (int)gone->generations,
				   "releases", (int)gone->releases, "objects", (int)gone->objects,
				   "temporaries", (int)gone->temporaries, "bytes",
				   (json_int_t)gone->bytes));
		return;
	}
	size_text(size, gone->bytes);
	say(options, "%s: %u generations, %u releases, %u objects, %u temporary files: %s",
	    options->dry_run ? "would be deleted" : "deleted", gone->generations, gone->releases,
	    gone->objects, gone->temporaries, size);
}

int verb_gc(const struct options *options, struct mend_error *err)
{
	auto_call(mend_store_close) struct mend_store *store = NULL;
	struct mend_gc gone = { 0 };

	/* The lock for a dry run, too: half of an install would count as left over. */
	if (open_store(&store, options, MEND_STORE_WRITE, err) ||
	    mend_store_gc(&gone, store, options->keep, options->dry_run, err))
		return -1;
	report(options, &gone);
	return 0;
}
