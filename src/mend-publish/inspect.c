/* SPDX-License-Identifier: MIT */
/* mend-publish inspect: what a bundle claims. Nothing here is verified, and the output says so. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "mend-publish/claims.h"
#include "mend-publish/verb.h"
#include "mendfs/bundle.h"
#include "mendfs/json.h"

static const char usage[] =
	"Usage: mend-publish inspect BUNDLE [--json]\n"
	"Show what a bundle claims. No signature is checked: see 'mend-publish verify'.\n\n"
	"      --json  one object: format, manifest, signatures [{key, comment}] and\n"
	"              objects [{object, from, size, compressed}]\n";

static const struct option options[] = {
	{ "json", no_argument, NULL, 'j' },
	VERB_OPTIONS_END,
};

static int parse(const char **bundle, bool *json, int argc, char **argv, struct mend_error *err)
{
	int option;

	while ((option = verb_option(argc, argv, ":", options, usage, err)) != VERB_END) {
		if (option != 'j')
			return -1;
		*json = true;
	}
	return verb_argument(bundle, argc, argv, "BUNDLE", err);
}

int verb_inspect(int argc, char **argv, struct mend_error *err)
{
	auto_call(mend_bundle_free) struct mend_bundle *bundle = NULL;
	auto_json claims = NULL;
	const char *path;
	bool json = false;
	auto_fd fd = -1;

	if (parse(&path, &json, argc, argv, err) < 0)
		return -1;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return mend_fail_errno(err, "%s: cannot open", path);
	if (mend_bundle_open(&bundle, fd, err) < 0)
		return mend_fail_at(err, "%s", path);
	mend_take_fd(&fd);
	if (claims_of(&claims, bundle, err) < 0)
		return mend_fail_at(err, "%s", path);
	if (json) {
		json_dumpf(claims, stdout, JSON_INDENT(2));
		putchar('\n');
	} else {
		claims_print(claims);
	}
	return 0;
}
