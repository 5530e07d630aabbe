/* SPDX-License-Identifier: MIT */
/* Public keys and signature files: the first byte says which of the two follows. */
#include "mendfs/minisign.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mend_error err = { 0 };
	struct mend_pubkey key = { 0 };
	struct mend_sig sig;
	struct mend_span raw;

	if (size == 0)
		return 0;
	raw = mend_span_of(data + 1, size - 1);
	if (data[0] == 'k') {
		mend_pubkey_parse(&key, raw, &err);
		return 0;
	}
	if (mend_sig_parse(&sig, raw, &err) < 0)
		return 0;
	if (strlen(sig.comment) >= sizeof sig.comment)
		__builtin_trap();
	/* The key of all zeros signs nothing. */
	memcpy(key.id, sig.id, sizeof key.id);
	if (mend_sig_check(&sig, &key, raw, &err) == 0)
		__builtin_trap();
	return 0;
}
