/* SPDX-License-Identifier: MIT */
/* Any bytes as a control call; and as a mount's path, for its name. */
#include "mendfs/control.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_free char *path = mend_alloc(size + 2);
	char name[MEND_CONTROL_NAME_MAX];
	struct mend_control_call call;

	if (!mend_control_decode(&call, mend_span_of(data, size), NULL)) {
		if (!strchr(call.method, '.') || (call.more && call.oneway))
			__builtin_trap();
		mend_control_call_free(&call);
	}
	path[0] = '/';
	memcpy(path + 1, data, size);
	if (!mend_control_name(name, path, NULL) && strpbrk(name, "/ \n"))
		__builtin_trap();
	return 0;
}
