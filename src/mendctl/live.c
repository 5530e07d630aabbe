/* SPDX-License-Identifier: MIT */
/* The mounts that run now: who they are, and what they have below them. */
#include "mendctl/live.h"

#include <string.h>

#include "mendfs/fs.h"

#define ANSWER_SECONDS 10 /* for what a mount knows by heart */

static void forget(struct live_mount *mount)
{
	mend_client_close(mount->client);
	if (mount->base >= 0)
		close(mount->base);
	free(mount->name);
	free(mount->mount);
	free(mount->root);
}

static int introduce(struct live_mount *mount, struct mend_error *err)
{
	auto_json status = NULL;
	auto_json nothing = NULL;
	const char *directory, *root;
	int64_t generation;

	if (mend_client_call(&status, NULL, mount->client, "io.mendfs.Control.Status", NULL, err))
		return -1;
	if (mend_json_string(&directory, status, "mount", err) ||
	    mend_json_string(&root, status, "root", err) ||
	    mend_json_integer(&generation, status, "generation", 0, INT32_MAX, err))
		return mend_fail(err, MEND_MOUNT, "%s: bad reply: %s", mount->name, err->text);
	if (mend_client_call(&nothing, &mount->base, mount->client, "io.mendfs.Control.Base", NULL,
			     err))
		return -1;
	if (mount->base < 0)
		return mend_fail(err, MEND_MOUNT, "%s: bad reply: no base directory came along",
				 mount->name);
	mount->mount = mend_text_copy(directory);
	mount->root = mend_text_copy(root);
	mount->generation = (unsigned)generation;
	mount->leaves_out = json_array_size(json_object_get(status, "left_out")) > 0;
	return 0;
}

/* 1: met; 0: passed over. */
static int meet(struct live_mount *out, const struct options *options, const char *name,
		struct mend_error *err)
{
	struct live_mount mount = { .base = -1 };
	struct mend_error why;

	if (mend_client_open(&mount.client, options->run, name, ANSWER_SECONDS, &why)) {
		if (why.code != MEND_MOUNT) {
			*err = why;
			return -1;
		}
		say_note("%s", why.text);
		return 0;
	}
	mount.name = mend_text_copy(name);
	if (introduce(&mount, err)) {
		forget(&mount);
		return -1;
	}
	*out = mount;
	return 1;
}

int live_open(struct live **out, size_t *deaf, const struct options *options, bool lenient,
	      struct mend_error *err)
{
	auto_call(live_free) struct live *live = mend_alloc(sizeof(*live));
	struct mend_error why;
	size_t count, unheard = 0;
	char **names;
	int met = 0;

	if (mend_client_list(&names, &count, options->run, err))
		return -1;
	live->mounts = mend_alloc((count + 1) * sizeof(*live->mounts));
	for (size_t i = 0; i < count && met >= 0; i++) {
		met = meet(&live->mounts[live->count], options, names[i], &why);
		live->count += met == 1;
		if (met < 0 && lenient) {
			say_note("%s", why.text);
			unheard++;
			met = 0;
		}
	}
	mend_fs_list_free(names, count);
	if (met < 0) {
		*err = why;
		return -1;
	}
	*deaf = unheard;
	*out = take(live);
	return 0;
}

void live_free(struct live *live)
{
	if (!live)
		return;
	for (size_t i = 0; i < live->count; i++)
		forget(&live->mounts[i]);
	free(live->mounts);
	free(live);
}

char *live_mounts_of(const struct live *live, const char *root)
{
	char *text = NULL;

	for (size_t i = 0; i < live->count; i++) {
		auto_free char *before = text;

		if (root && strcmp(live->mounts[i].root, root) != 0)
			text = take(before);
		else
			text = mend_text_format("%s%s%s", before ? before : "", before ? ", " : "",
						live->mounts[i].mount);
	}
	return text;
}

int live_call(json_t **reply, struct mend_client *client, const char *method, unsigned generation,
	      struct mend_error *err)
{
	auto_json parameters = json_pack("{s:i}", "generation", (int)generation);

	return mend_client_call(reply, NULL, client, method, parameters, err);
}
