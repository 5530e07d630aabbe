/* SPDX-License-Identifier: MIT */
/* ini files. */
#include "mendfs/conf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_call(mend_conf_free) struct mend_conf *conf = NULL;
	struct mend_error err = { 0 };

	if (mend_conf_parse(&conf, mend_span_of(data, size), "fuzz", &err) < 0)
		return 0;
	for (size_t i = 0; i < conf->count; i++)
		if (mend_conf_get(conf, conf->items[i].section, conf->items[i].key) == NULL)
			__builtin_trap();
	return 0;
}
