/* SPDX-License-Identifier: MIT */
/* The flip: prepare everywhere, commit once in the store, commit everywhere. See flip.h. */
#include "mendctl/flip.h"

#include <signal.h>
#include <string.h>
#include <time.h>

#define RETRY_SECONDS	 5 /* for a mount that crashed in the middle to be back */
#define RETRY_PAUSE_NS	 100000000L
#define PREPARE_SECONDS	 120 /* a mount hashes and copies what it is going to serve */
#define COMMIT_SECONDS	 10
#define ACTIVATE_SECONDS 30 /* both, by one that was told before */

static int64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}

/* --- what a mount says of a generation it prepared --- */

static const struct set_item *find_fresh(const struct flip *flip, const json_t *entry)
{
	const char *id = json_string_value(json_object_get(entry, "id"));
	const struct set_item *item = id ? set_find(flip->set, id) : NULL;

	return item && item->is_fresh ? item : NULL;
}

static const char *text_in(const json_t *entry, const char *key)
{
	const char *text = json_string_value(json_object_get(entry, key));

	return text ? text : "";
}

/* What goes back does so as it was; that some of it is not served is worth a line. */
static void note_old(const struct flip *flip, const struct live_mount *mount, const json_t *entry)
{
	const json_t *release = json_object_get(entry, "release");
	char title[MEND_TITLE_OF_MAX];

	if (!flip->existing)
		return;
	mend_release_text(title, text_in(entry, "id"), (unsigned)json_integer_value(release));
	say_note("%s: not served on %s: %s%s%s", title, mount->mount, text_in(entry, "path"),
		 text_in(entry, "path")[0] ? ": " : "", text_in(entry, "reason"));
}

static int check_left_out(const struct flip *flip, const struct live_mount *mount,
			  const json_t *reply, struct mend_error *err)
{
	json_t *entries = json_object_get(reply, "left_out"), *entry;
	size_t i;

	json_array_foreach(entries, i, entry)
	{
		const struct set_item *item = find_fresh(flip, entry);
		char title[MEND_TITLE_OF_MAX];

		if (!item) {
			note_old(flip, mount, entry);
			continue;
		}
		mend_release_text(title, item->name.id, item->name.number);
		return mend_fail(err, MEND_BASE, "%s: refused: %s does not take it: %s", title,
				 mount->mount, text_in(entry, "reason"));
	}
	return 0;
}

static int check_targets(const struct flip *flip, const struct live_mount *mount,
			 const json_t *reply, struct mend_error *err)
{
	json_t *entries, *entry;
	size_t i;

	if (mend_json_array(&entries, reply, "targets", SIZE_MAX, err))
		return mend_fail(err, MEND_MOUNT, "%s: bad reply: %s", mount->name, err->text);
	json_array_foreach(entries, i, entry)
	{
		const struct set_item *item = find_fresh(flip, entry);
		const char *state = text_in(entry, "state");
		char title[MEND_TITLE_OF_MAX];

		if (!strcmp(state, "active"))
			continue;
		if (!item) {
			note_old(flip, mount, entry);
			continue;
		}
		mend_release_text(title, item->name.id, item->name.number);
		return mend_fail(err, MEND_BASE, "%s: refused: %s/%s: %s (%s)", title, mount->mount,
				 text_in(entry, "path"),
				 !strcmp(state, "superseded")
					 ? "already fixed"
					 : "base is not what the patch was made for",
				 text_in(entry, "reason"));
	}
	return 0;
}

static size_t count_targets(const json_t *reply, const char *id)
{
	json_t *entries = json_object_get(reply, "targets"), *entry;
	size_t i, count = 0;

	json_array_foreach(entries, i, entry) count += !strcmp(text_in(entry, "id"), id);
	return count;
}

/* Nothing of a release may go unmentioned. */
static int check_complete(const struct flip *flip, const struct live_mount *mount,
			  const json_t *reply, struct mend_error *err)
{
	for (size_t i = 0; i < flip->set->count; i++) {
		const struct set_item *item = &flip->set->items[i];

		if (item->is_fresh && !strcmp(item->manifest->root, mount->root) &&
		    count_targets(reply, item->name.id) != item->manifest->target_count)
			return mend_fail(err, MEND_MOUNT,
					 "%s: bad reply: does not tell of every target of %s",
					 mount->name, item->name.id);
	}
	return 0;
}

static int prepare_one(const struct flip *flip, const struct live_mount *mount, unsigned number,
		       struct mend_error *err)
{
	auto_json reply = NULL;

	if (mend_client_patience(mount->client, PREPARE_SECONDS, err) ||
	    live_call(&reply, mount->client, "io.mendfs.Control.Prepare", number, err) ||
	    mend_client_patience(mount->client, COMMIT_SECONDS, err))
		return -1;
	if (check_left_out(flip, mount, reply, err) || check_targets(flip, mount, reply, err))
		return -1;
	return check_complete(flip, mount, reply, err);
}

/* A mount that cannot be told keeps it until the next Prepare, and does not serve it. */
static void abort_all(const struct flip *flip, unsigned number)
{
	for (size_t i = 0; i < flip->live->count; i++) {
		auto_json reply = NULL;

		live_call(&reply, flip->live->mounts[i].client, "io.mendfs.Control.Abort", number,
			  NULL);
	}
}

static int prepare_all(const struct flip *flip, unsigned number, struct mend_error *err)
{
	struct mend_error why;

	for (size_t i = 0; i < flip->live->count; i++) {
		if (!prepare_one(flip, &flip->live->mounts[i], number, &why))
			continue;
		if (flip->stubborn) {
			say_note("%s", why.text);
			continue;
		}
		abort_all(flip, number);
		*err = why;
		return -1;
	}
	return 0;
}

/* --- after the commit point --- */

static int reconnect_and_activate(const struct live_mount *mount, const struct options *options,
				  unsigned number, struct mend_error *err)
{
	auto_call(mend_client_close) struct mend_client *client = NULL;
	auto_json reply = NULL;

	if (mend_client_open(&client, options->run, mount->name, ACTIVATE_SECONDS, err))
		return -1;
	return live_call(&reply, client, "io.mendfs.Control.Activate", number, err);
}

static int commit_one(const struct live_mount *mount, const struct options *options,
		      unsigned number, struct mend_error *err)
{
	const struct timespec pause = { .tv_nsec = RETRY_PAUSE_NS };
	auto_json reply = NULL;
	struct mend_error why;
	int64_t until;

	if (!live_call(&reply, mount->client, "io.mendfs.Control.Commit", number, &why))
		return 0;
	for (until = now_us() + RETRY_SECONDS * 1000000LL; now_us() < until;) {
		if (!reconnect_and_activate(mount, options, number, &why))
			return 0;
		nanosleep(&pause, NULL);
	}
	return mend_fail(err, MEND_MOUNT,
			 "%s: generation %u is live in the store, but this mount did not follow: "
			 "%s: start its mendfs again, or umount %s to have the base",
			 mount->mount, number, why.text, mount->mount);
}

/* Goes on to the others when one fails; the last failure is the one that is told. */
static int commit_all(int64_t *microseconds, const struct live *live, const struct options *options,
		      unsigned number, struct mend_error *err)
{
	int64_t start = now_us();
	struct mend_error why;
	int result = 0;

	for (size_t i = 0; i < live->count; i++) {
		if (!commit_one(&live->mounts[i], options, number, &why))
			continue;
		if (result)
			say_note("%s", err->text);
		*err = why;
		result = -1;
	}
	*microseconds = live->count > 0 ? now_us() - start : 0;
	return result;
}

/* --- the whole --- */

static int write_generation(unsigned *number, const struct flip *flip, struct mend_error *err)
{
	auto_free struct mend_release_name *names =
		mend_alloc((flip->set->count + 1) * sizeof(*names));
	auto_free char *reason =
		mend_text_format("%s%s%s", flip->event, flip->detail[0] ? " " : "", flip->detail);

	for (size_t i = 0; i < flip->set->count; i++)
		names[i] = flip->set->items[i].name;
	return mend_store_generation_add(number, flip->store, names, flip->set->count, flip->parent,
					 reason, err);
}

/* Going back to the base needs no file: generation 0 is empty by itself, so that a full disk is no
 * obstacle. */
static int choose_generation(unsigned *number, const struct flip *flip, struct mend_error *err)
{
	struct mend_error why;

	*number = flip->existing;
	if (*number > 0 || !write_generation(number, flip, &why))
		return 0;
	if (!flip->stubborn) {
		*err = why;
		return -1;
	}
	say_note("going back to generation 0: %s", why.text);
	return 0;
}

static void take_back(const struct flip *flip, unsigned number)
{
	struct mend_error why;

	if (!flip->existing && number > 0 && mend_store_generation_drop(flip->store, number, &why))
		say_note("generation %u is left behind until mendctl gc: %s", number, why.text);
}

/* The rename may have been done although what came after it failed: what `current` says, counts. */
static int commit_in_store(const struct flip *flip, unsigned number, struct mend_error *err)
{
	struct mend_error why;
	unsigned current;

	if (!mend_store_set_current(flip->store, number, &why))
		return 0;
	if (!mend_store_current(&current, flip->store->dir, NULL) && current == number) {
		say_note("generation %u is live, but may not survive a power cut: %s", number,
			 why.text);
		return 0;
	}
	*err = why;
	return -1;
}

static int run_blocked(struct flip_outcome *out, const struct flip *flip, struct mend_error *err)
{
	unsigned number;
	struct mend_error why;
	int64_t microseconds;
	int result;

	if (choose_generation(&number, flip, err))
		return -1;
	if (prepare_all(flip, number, err)) {
		take_back(flip, number);
		return -1;
	}
	if (commit_in_store(flip, number, err)) {
		abort_all(flip, number);
		take_back(flip, number);
		return -1;
	}
	result = commit_all(&microseconds, flip->live, flip->options, number, err);
	if (mend_store_history_add(flip->store, flip->event, flip->detail, number, &why))
		say_note("done, but not in the history: %s", why.text);
	if (result)
		return -1;
	*out = (struct flip_outcome){ .generation = number, .microseconds = microseconds };
	return 0;
}

/* Nobody's Ctrl-C or closed terminal comes between the commit point and the mounts, nor keeps how
 * it went from being told: they stay blocked until the program ends. */
int flip_run(struct flip_outcome *out, const struct flip *flip, struct mend_error *err)
{
	sigset_t mask;

	sigemptyset(&mask);
	sigaddset(&mask, SIGINT);
	sigaddset(&mask, SIGTERM);
	sigaddset(&mask, SIGHUP);
	sigaddset(&mask, SIGQUIT);
	sigaddset(&mask, SIGTSTP);
	sigprocmask(SIG_BLOCK, &mask, NULL);
	return run_blocked(out, flip, err);
}

bool flip_is_needless(const struct set *set, int store_dir, unsigned generation)
{
	auto_call(mend_generation_free) struct mend_generation *live = NULL;

	if (generation == 0)
		return set->count == 0;
	if (mend_store_generation(&live, store_dir, generation, NULL) || live->count != set->count)
		return false;
	for (size_t i = 0; i < set->count; i++) {
		if (strcmp(live->releases[i].id, set->items[i].name.id) != 0 ||
		    live->releases[i].number != set->items[i].name.number)
			return false;
	}
	return true;
}

int flip_catch_up(const struct live *live, const struct options *options, unsigned generation,
		  struct mend_error *err)
{
	for (size_t i = 0; i < live->count; i++) {
		const struct live_mount *mount = &live->mounts[i];

		if (mount->generation == generation && !mount->leaves_out)
			continue;
		if (reconnect_and_activate(mount, options, generation, err))
			return -1;
		say_note("%s: %s, and has loaded generation %u now", mount->mount,
			 mount->leaves_out ? "left something out" : "was behind", generation);
	}
	return 0;
}
