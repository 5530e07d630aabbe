/* SPDX-License-Identifier: MIT */
/* What the mounts say of themselves. */
#include "mendctl/seen.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>

#include "mendfs/fs.h"

#define ANSWER_SECONDS 5
#define FILE_SUFFIX    ".json"
#define SOCKET_SUFFIX  ".varlink"

static int ask(struct seen *seen, const struct options *options, struct mend_error *err)
{
	auto_call(mend_client_close) struct mend_client *client = NULL;

	if (mend_client_open(&client, options->run, seen->name, ANSWER_SECONDS, err))
		return -1;
	return mend_client_call(&seen->status, NULL, client, "io.mendfs.Control.Status", NULL, err);
}

static int read_file(struct seen *seen, int run, struct mend_error *err)
{
	auto_free char *name = mend_text_format("%s" FILE_SUFFIX, seen->name);
	auto_bytes raw = { 0 };

	if (mend_fs_read(&raw, run, name, MEND_CONTROL_MAX, err) ||
	    mend_json_parse(&seen->status, mend_bytes_span(&raw), name, err))
		return -1;
	return mend_json_is_object(seen->status, name, err);
}

/* For those who may not ask: the status file is left behind by a daemon that was killed. */
static bool is_alive(const struct seen *seen)
{
	int64_t pid = seen_number(seen, "pid");

	return pid > 0 && pid <= INT32_MAX && (!kill((pid_t)pid, 0) || errno == EPERM);
}

/* The mount is named beside it anyway. */
static const char *without_name(const char *text, const char *name)
{
	size_t length = strlen(name);

	return !strncmp(text, name, length) && !strncmp(text + length, ": ", 2) ? text + length + 2
										: text;
}

static void look(struct seen *seen, int run, const struct options *options)
{
	struct mend_error why, file_why;

	if (!ask(seen, options, &why)) {
		seen->running = true;
		return;
	}
	json_decref(take(seen->status));
	if (read_file(seen, run, &file_why)) {
		json_decref(take(seen->status));
		seen->why = mend_text_copy(without_name(why.text, seen->name));
		return;
	}
	if (why.sys_errno == EACCES || why.sys_errno == EPERM)
		seen->running = is_alive(seen);
	if (!seen->running)
		seen->why = mend_text_copy("not running");
}

/* The name without the suffix, or NULL. */
static char *stem(const char *file, const char *suffix)
{
	size_t length = strlen(file), cut = strlen(suffix);

	if (file[0] == '.' || length <= cut || strcmp(file + length - cut, suffix) != 0)
		return NULL;
	return mend_text_format("%.*s", (int)(length - cut), file);
}

static bool is_known(const struct seen_list *list, const char *name)
{
	for (size_t i = 0; i < list->count; i++) {
		if (!strcmp(list->all[i].name, name))
			return true;
	}
	return false;
}

static void add_names(struct seen_list *list, char **files, size_t count)
{
	list->all = mend_alloc((count + 1) * sizeof(*list->all));
	for (size_t i = 0; i < count; i++) {
		auto_free char *name = stem(files[i], FILE_SUFFIX);

		if (!name)
			name = stem(files[i], SOCKET_SUFFIX);
		if (name && !is_known(list, name))
			list->all[list->count++].name = take(name);
	}
}

int seen_load(struct seen_list **out, const struct options *options, struct mend_error *err)
{
	auto_call(seen_free) struct seen_list *list = mend_alloc(sizeof(*list));
	auto_fd run = open(options->run, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char **files;
	size_t count;

	if (run < 0 && errno != ENOENT)
		return mend_fail_errno(err, "%s", options->run);
	if (run >= 0) {
		if (mend_fs_list(&files, &count, run, err))
			return mend_fail_at(err, "%s", options->run);
		add_names(list, files, count);
		mend_fs_list_free(files, count);
	}
	for (size_t i = 0; i < list->count; i++)
		look(&list->all[i], run, options);
	*out = take(list);
	return 0;
}

void seen_free(struct seen_list *list)
{
	if (!list)
		return;
	for (size_t i = 0; i < list->count; i++) {
		free(list->all[i].name);
		free(list->all[i].why);
		json_decref(list->all[i].status);
	}
	free(list->all);
	free(list);
}

const char *seen_text(const struct seen *seen, const char *key)
{
	const char *text = json_string_value(json_object_get(seen->status, key));

	return text ? text : "";
}

int64_t seen_number(const struct seen *seen, const char *key)
{
	const json_t *value = json_object_get(seen->status, key);

	return json_is_integer(value) ? json_integer_value(value) : -1;
}

const char *seen_mount(const struct seen *seen)
{
	const char *mount = seen_text(seen, "mount");

	return mount[0] ? mount : seen->name;
}

static const json_t *find(const struct seen *seen, const char *list,
			  const struct mend_release_name *release)
{
	json_t *entries = json_object_get(seen->status, list), *entry;
	size_t i;

	json_array_foreach(entries, i, entry)
	{
		const char *id = json_string_value(json_object_get(entry, "id"));

		if (id && !strcmp(id, release->id) &&
		    json_integer_value(json_object_get(entry, "release")) ==
			    (json_int_t)release->number)
			return entry;
	}
	return NULL;
}

const char *seen_state(const struct seen *seen, const struct mend_release_name *release)
{
	const json_t *entry = find(seen, "releases", release);

	if (entry)
		return json_string_value(json_object_get(entry, "state"));
	return find(seen, "left_out", release) ? "left out" : NULL;
}
