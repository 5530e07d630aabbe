/* SPDX-License-Identifier: MIT */
/* The package URL of what a target is fixed in. */
#include "mendctl/purl.h"

#include <stdio.h>
#include <string.h>

/* Debian's name of a machine, as its packages have it. */
static const char *debian_machine(const char *machine)
{
	static const char *const names[][2] = { { "x86_64", "amd64" },	  { "aarch64", "arm64" },
						{ "i686", "i386" },	  { "armv7l", "armhf" },
						{ "ppc64le", "ppc64el" }, { NULL, NULL } };

	for (size_t i = 0; names[i][0]; i++)
		if (!strcmp(names[i][0], machine))
			return names[i][1];
	return machine;
}

/* Everything but what RFC 3986 calls unreserved is escaped. */
static char *escape(const char *text)
{
	char *out = mend_alloc(3 * strlen(text) + 1);
	char *to = out;

	for (; *text; text++) {
		bool is_plain = (*text >= 'a' && *text <= 'z') || (*text >= 'A' && *text <= 'Z') ||
				(*text >= '0' && *text <= '9') || strchr("-._~", *text);

		to += is_plain ? sprintf(to, "%c", *text)
			       : sprintf(to, "%%%02X", (unsigned char)*text);
	}
	return out;
}

char *purl_of(const struct mend_manifest *manifest, const struct mend_target *target)
{
	auto_free char *name = NULL;
	auto_free char *version = NULL;

	if (!target->fixed_package || !target->fixed_version || manifest->os_count == 0)
		return NULL;
	name = escape(target->fixed_package);
	version = escape(target->fixed_version);
	return mend_text_format("pkg:deb/%s/%s@%s?arch=%s", manifest->os[0].id, name, version,
				debian_machine(manifest->arch));
}

json_t *purls_of(const struct mend_manifest *manifest)
{
	json_t *array = json_array();

	for (size_t i = 0; i < manifest->target_count; i++) {
		auto_free char *purl = purl_of(manifest, &manifest->targets[i]);
		size_t at = 0;

		while (purl && at < json_array_size(array) &&
		       strcmp(json_string_value(json_array_get(array, at)), purl) != 0)
			at++;
		if (purl && at == json_array_size(array))
			json_array_append_new(array, json_string(purl));
	}
	return array;
}
