/* SPDX-License-Identifier: MIT */
/* The state of a mount as JSON, and the file that anybody may read. */
#include "mendfs/status.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "mendfs/control.h"
#include "mendfs/fs.h"
#include "mendfs/manifest.h"
#include "mendfs/mount.h"
#include "mendfs/serve.h"
#include "mendfs/time.h"

static json_t *text(const char *value)
{
	json_t *string = json_string(value ? value : "");

	return string ? string : json_string("?");
}

static json_t *left_out_entry(const struct mend_gen_left_out *entry)
{
	return json_pack("{s:s, s:i, s:o}", "id", entry->name.id, "release",
			 (int)entry->name.number, "reason", text(entry->reason));
}

json_t *status_left_out(const struct live *live)
{
	json_t *list = json_array();

	for (size_t i = 0; i < live->gen->left_out_count; i++)
		json_array_append_new(list, left_out_entry(&live->gen->left_out[i]));
	for (size_t i = 0; i < live->left_out_count; i++)
		json_array_append_new(list, left_out_entry(&live->left_out[i]));
	return list;
}

static enum mend_target_state state_of(struct overlay *overlay, const struct live *live, size_t i,
				       char reason[MEND_REASON_MAX])
{
	enum mend_target_state state = live_state(live, (int)i, overlay->lower.root, reason);

	return mend_target_overtaken(state, live->gen->targets[i].target, "");
}

json_t *status_targets(struct overlay *overlay, const struct live *live)
{
	json_t *list = json_array();

	for (size_t i = 0; i < live->gen->target_count; i++) {
		const struct mend_gen_target *entry = &live->gen->targets[i];
		char reason[MEND_REASON_MAX];
		enum mend_target_state state;

		if (live->targets[i].is_broken)
			continue;
		state = state_of(overlay, live, i, reason);
		json_array_append_new(list, json_pack("{s:s, s:i, s:o, s:s, s:o}", "id",
						      entry->release->manifest->id, "release",
						      (int)entry->release->manifest->release,
						      "path", text(entry->target->path), "state",
						      mend_target_state_name(state), "reason",
						      text(reason)));
	}
	return list;
}

static bool is_broken(const struct live *live, const struct mend_release *release)
{
	for (size_t i = 0; i < live->gen->target_count; i++)
		if (live->gen->targets[i].release == release && live->targets[i].is_broken)
			return true;
	return false;
}

static json_t *release_entry(struct overlay *overlay, const struct mend_release *release)
{
	const struct live *live = overlay->live;
	json_t *targets = json_array();
	char label[MEND_LABEL_MAX];
	unsigned total = 0;
	unsigned active = 0;
	unsigned superseded = 0;
	const char *word;

	for (size_t i = 0; i < live->gen->target_count; i++) {
		const struct mend_gen_target *entry = &live->gen->targets[i];
		char reason[MEND_REASON_MAX];
		enum mend_target_state state;

		if (entry->release != release)
			continue;
		state = state_of(overlay, live, i, reason);
		total++;
		active += state == MEND_TARGET_ACTIVE;
		superseded += state == MEND_TARGET_SUPERSEDED;
		json_array_append_new(targets, json_pack("{s:o, s:s, s:s, s:o}", "path",
							 text(entry->target->path), "op",
							 mend_op_name(entry->target->op), "state",
							 mend_target_state_name(state), "reason",
							 text(reason)));
	}
	word = active == total ? "active" : active ? "partial" : NULL;
	if (!word)
		word = superseded == total ? "superseded" : "drifted";
	mend_label_of(label, release->manifest->release);
	return json_pack("{s:s, s:i, s:s, s:o, s:s, s:o}", "id", release->manifest->id, "release",
			 (int)release->manifest->release, "label", label, "title",
			 text(release->manifest->title), "state", word, "targets", targets);
}

static json_t *release_list(struct overlay *overlay)
{
	const struct mend_gen *gen = overlay->live->gen;
	json_t *list = json_array();

	for (size_t i = 0; i < gen->release_count; i++)
		if (!is_broken(overlay->live, gen->releases[i]))
			json_array_append_new(list, release_entry(overlay, gen->releases[i]));
	return list;
}

json_t *status_of(struct overlay *overlay)
{
	const struct live *live = overlay->live;
	json_t *bad_keys = json_array();
	char since[MEND_TIME_SIZE];

	mend_time_text(since, live->since);
	for (size_t i = 0; i < live->bad_key_count; i++)
		json_array_append_new(bad_keys, text(live->bad_keys[i]));
	return json_pack("{s:i, s:s, s:o, s:o, s:i, s:i, s:o, s:s, s:b, s:o, s:o, s:o}", "format",
			 1, "version", MENDFS_VERSION, "mount", text(overlay->options->mount),
			 "root", text(overlay->options->root), "pid", (int)getpid(), "generation",
			 (int)live->gen->number, "reason", text(live->gen->reason), "since", since,
			 "read_only", overlay->options->read_only, "releases",
			 release_list(overlay), "left_out", status_left_out(live), "bad_keys",
			 bad_keys);
}

static int open_run(struct overlay *overlay, char name[MEND_CONTROL_NAME_MAX + 8])
{
	char plain[MEND_CONTROL_NAME_MAX];

	if (mend_control_name(plain, overlay->options->mount, NULL))
		return -1;
	snprintf(name, MEND_CONTROL_NAME_MAX + 8, "%s.json", plain);
	return open(overlay->options->run, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* Under one temporary name, so that a writer who is killed leaves nothing that the next does not
 * take. The lock is gone with its holder. */
static int replace(int dir, const char *name, struct mend_span content, struct mend_error *err)
{
	char temporary[MEND_CONTROL_NAME_MAX + 16];
	auto_fd fd = -1;

	snprintf(temporary, sizeof temporary, ".%s.new", name);
	if (flock(dir, LOCK_EX))
		return mend_fail_errno(err, "%s", name);
	fd = openat(dir, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0 || fchmod(fd, 0644))
		return mend_fail_errno(err, "%s", temporary);
	if (mend_fs_write_all(fd, content, err))
		return -1;
	if (renameat(dir, temporary, dir, name))
		return mend_fail_errno(err, "%s", name);
	return 0;
}

void status_write(struct overlay *overlay)
{
	char name[MEND_CONTROL_NAME_MAX + 8];
	auto_fd dir = open_run(overlay, name);
	auto_json status = NULL;
	auto_free char *dump = NULL;
	auto_free char *line = NULL;
	struct mend_error err = { 0 };

	pthread_rwlock_rdlock(&overlay->flip);
	status = status_of(overlay);
	pthread_rwlock_unlock(&overlay->flip);
	dump = status ? json_dumps(status, JSON_INDENT(1)) : NULL;
	line = dump ? mend_text_format("%s\n", dump) : NULL;
	if (dir < 0 || !line || !mount_is_attached())
		return;
	if (replace(dir, name, mend_span_text(line), &err))
		fprintf(stderr, "mendfs: %s\n", err.text);
}

void status_remove(struct overlay *overlay)
{
	char name[MEND_CONTROL_NAME_MAX + 8];
	char temporary[MEND_CONTROL_NAME_MAX + 16];
	auto_fd dir = open_run(overlay, name);

	if (dir < 0 || serve_is_anothers(overlay->options))
		return;
	unlinkat(dir, name, 0);
	snprintf(temporary, sizeof temporary, ".%s.new", name);
	unlinkat(dir, temporary, 0);
}
