/* SPDX-License-Identifier: MIT */
/* Asking a mount for everything that it is made of. */
#include "mendfs/heir.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "mendfs/auto.h"
#include "mendfs/control.h"

#define PATIENCE 10 /* seconds */

/* One descriptor; the reply's parameters too where a place is given. */
static int ask(int *fd, json_t **told, struct mend_client *client, const char *what, int index,
	       struct mend_error *err)
{
	auto_json parameters = json_pack("{s:s, s:i}", "what", what, "index", index);
	json_t *reply = NULL;
	int got = -1;

	if (mend_client_call(&reply, &got, client, "io.mendfs.Control.Inherit", parameters, err))
		return -1;
	if (told)
		*told = reply;
	else
		json_decref(reply);
	if (got < 0)
		return mend_fail(err, MEND_MOUNT, "the mount gave no descriptor of its %s", what);
	*fd = got;
	return 0;
}

static int take_text(char **out, const json_t *told, const char *key, struct mend_error *err)
{
	const char *value;

	if (mend_json_string(&value, told, key, err))
		return -1;
	free(*out);
	*out = mend_text_copy(value);
	return 0;
}

static int take_options(struct options *out, const json_t *told, struct mend_error *err)
{
	out->read_only = json_is_true(json_object_get(told, "read_only"));
	return take_text(&out->base, told, "base", err) ||
	       take_text(&out->root, told, "root", err) ||
	       take_text(&out->store, told, "store", err) ||
	       take_text(&out->config, told, "config", err) ||
	       take_text(&out->source, told, "source", err);
}

static int take_lower(struct lower *out, const json_t *told, struct mend_client *client,
		      struct mend_error *err)
{
	json_t *ids;

	out->has_handles = true;
	out->is_stacked = json_is_true(json_object_get(told, "is_stacked"));
	if (mend_json_array(&ids, told, "mounts", LOWER_MOUNTS, err) ||
	    ask(&out->root, NULL, client, "root", 0, err))
		return -1;
	for (out->count = 0; out->count < json_array_size(ids); out->count++) {
		unsigned i = out->count;
		struct stat st;

		out->mounts[i].id = (int)json_integer_value(json_array_get(ids, i));
		if (ask(&out->mounts[i].fd, NULL, client, "mount", (int)i, err))
			return -1;
		if (fstat(out->mounts[i].fd, &st))
			return mend_fail_errno(err, "a mount of the base");
		out->mounts[i].dev = st.st_dev;
	}
	return 0;
}

int heir_ask(struct overlay *overlay, struct options *options, int *listener,
	     struct mend_error *err)
{
	auto_call(mend_client_close) struct mend_client *client = NULL;
	auto_json told = NULL;
	char name[MEND_CONTROL_NAME_MAX];

	if (mend_control_name(name, options->mount, err) ||
	    mend_client_open(&client, options->run, name, PATIENCE, err) ||
	    ask(&overlay->state_fd, &told, client, "state", 0, err))
		return -1;
	overlay->state = state_map(overlay->state_fd);
	if (!overlay->state)
		return mend_fail(err, MEND_PLATFORM,
				 "%s: is served by a mendfs that keeps its state in another way: "
				 "unmount and mount it",
				 options->mount);
	overlay->watch = -1;
	if (take_options(options, told, err) || take_lower(&overlay->lower, told, client, err) ||
	    ask(&overlay->device, NULL, client, "device", 0, err) ||
	    ask(listener, NULL, client, "listener", 0, err))
		return -1;
	if (json_is_true(json_object_get(told, "is_watched")))
		return ask(&overlay->watch, NULL, client, "watch", 0, err);
	return 0;
}
