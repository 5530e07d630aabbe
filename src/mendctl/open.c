/* SPDX-License-Identifier: MIT */
/* What most verbs begin with: the store, and who is trusted. */
#include <fcntl.h>

#include "mendctl/mendctl.h"

int open_store(struct mend_store **out, const struct options *options, enum mend_store_mode mode,
	       struct mend_error *err)
{
	return mend_store_open(out, options->store, mode, err);
}

int open_keyring(struct mend_keyring **out, const struct options *options, struct mend_error *err)
{
	auto_fd config = open(options->config, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct mend_keyring *ring;

	if (config < 0 && errno != ENOENT)
		return mend_fail_errno(err, "%s", options->config);
	if (mend_keyring_load(&ring, config, err))
		return -1;
	for (size_t i = 0; i < ring->bad_count; i++)
		say_note("%s", ring->bad[i]);
	*out = ring;
	return 0;
}
