/* SPDX-License-Identifier: MIT */
/* mendctl boot status, healthy and clear: what the boot counter knows, and that the machine is up.
 */
#include "mendctl/boot.h"

#include <stdio.h>
#include <string.h>

#include "mendctl/table.h"

bool boot_has_store(const struct options *options)
{
	auto_call(mend_store_close) struct mend_store *store = NULL;

	return mend_store_open(&store, options->store, MEND_STORE_READ, NULL) || store->dir >= 0;
}

struct mend_boot *boot_load(int store_dir)
{
	struct mend_boot *boot;
	struct mend_error why;

	if (!mend_boot_read(&boot, store_dir, &why))
		return boot;
	say_note("%s: boots are counted anew", why.text);
	return mend_boot_new();
}

static bool is_live(const struct mend_generation *live, const struct mend_release_name *name)
{
	for (size_t i = 0; live && i < live->count; i++) {
		if (live->releases[i].number == name->number &&
		    !strcmp(live->releases[i].id, name->id))
			return true;
	}
	return false;
}

json_t *boot_off_json(const struct mend_boot *boot, const struct mend_generation *live)
{
	json_t *all = json_array();

	for (size_t i = 0; i < boot->off_count; i++) {
		const struct mend_boot_off *off = &boot->off[i];
		json_t *release;

		if (is_live(live, &off->name))
			continue;
		release = say_release(off->name.id, off->name.number);
		json_object_set_new(release, "since", json_string(off->since));
		json_array_append_new(all, release);
	}
	return all;
}

void boot_say_off(const struct options *options, const struct mend_boot *boot,
		  const struct mend_generation *live)
{
	for (size_t i = 0; i < boot->off_count; i++) {
		const struct mend_boot_off *off = &boot->off[i];
		char title[MEND_TITLE_OF_MAX];

		if (is_live(live, &off->name))
			continue;
		mend_release_text(title, off->name.id, off->name.number);
		say(options,
		    "%s: switched off %s after %d boots that never became healthy: mendctl "
		    "activate tries it again, mendctl boot clear forgets this",
		    title, off->since, MEND_BOOT_TRIES);
	}
}

/* NULL for generation 0, and for one that cannot be read: nothing of it is served. */
static struct mend_generation *load_live(int store_dir)
{
	struct mend_generation *live = NULL;
	struct mend_error why;
	unsigned number;

	if (!mend_store_current(&number, store_dir, &why) &&
	    (number == 0 || !mend_store_generation(&live, store_dir, number, &why)))
		return live;
	say_note("%s", why.text);
	return NULL;
}

/* --- status --- */

static bool is_this_boot(const struct mend_boot *boot)
{
	char id[MEND_BOOT_ID_SIZE];

	return !mend_boot_id(id, NULL) && !strcmp(id, boot->id);
}

static json_t *active_json(const struct mend_boot *boot)
{
	json_t *all = json_array();

	for (size_t i = 0; i < boot->active_count; i++) {
		json_t *release = say_release(boot->active[i].name.id, boot->active[i].name.number);

		json_object_set_new(release, "unhealthy", json_integer(boot->active[i].unhealthy));
		json_array_append_new(all, release);
	}
	return all;
}

static json_t *good_json(const struct mend_boot *boot)
{
	json_t *all = json_array();

	for (size_t i = 0; i < boot->good_count; i++)
		json_array_append_new(all, say_release(boot->good[i].id, boot->good[i].number));
	return all;
}

static void print_active(const struct options *options, const struct mend_boot *boot)
{
	auto_call(table_free) struct table *table =
		table_new((const char *[]){ "PATCH", "BOOTS", NULL });

	for (size_t i = 0; i < boot->active_count; i++) {
		const struct mend_boot_active *active = &boot->active[i];
		char title[MEND_TITLE_OF_MAX];
		auto_free char *boots = NULL;

		mend_release_text(title, active->name.id, active->name.number);
		if (mend_boot_good(boot, active->name.id) == active->name.number)
			boots = mend_text_copy("was active in a healthy one");
		else
			boots = mend_text_format("%u of %d before this one never became healthy",
						 active->unhealthy, MEND_BOOT_TRIES);
		table_add(table, (const char *[]){ title, boots, NULL });
	}
	if (table->rows > 0)
		table_print(table, options);
}

static void print_status(const struct options *options, const struct mend_boot *boot,
			 const struct mend_generation *live)
{
	if (!boot->id[0]) {
		say(options, "no boot was counted yet: is mendfs-boot.service enabled?");
		return;
	}
	say(options, "%s boot began %s and %s", is_this_boot(boot) ? "this" : "an earlier",
	    boot->begun, boot->is_healthy ? "is healthy" : "is not healthy yet");
	print_active(options, boot);
	boot_say_off(options, boot, live);
}

int verb_boot_status(const struct options *options, struct mend_error *err)
{
	auto_call(mend_store_close) struct mend_store *store = NULL;
	auto_call(mend_generation_free) struct mend_generation *live = NULL;
	auto_call(mend_boot_free) struct mend_boot *boot = NULL;

	if (open_store(&store, options, MEND_STORE_READ, err) ||
	    mend_boot_read(&boot, store->dir, err))
		return -1;
	live = load_live(store->dir);
	if (options->json)
		say_json(json_pack("{s:i, s:s, s:s, s:b, s:b, s:o, s:o, s:o}", "format", 1, "boot",
				   boot->id, "begun", boot->begun, "this_boot", is_this_boot(boot),
				   "healthy", boot->is_healthy, "active", active_json(boot), "good",
				   good_json(boot), "off", boot_off_json(boot, live)));
	else
		print_status(options, boot, live);
	return 0;
}

/* --- healthy, clear --- */

static void say_event(const struct options *options, const char *event, const char *text)
{
	if (options->json)
		say_json(json_pack("{s:i, s:s}", "format", 1, "event", event));
	say(options, "%s", text);
}

int verb_boot_healthy(const struct options *options, struct mend_error *err)
{
	auto_call(mend_store_close) struct mend_store *store = NULL;
	auto_call(mend_generation_free) struct mend_generation *live = NULL;
	auto_call(mend_boot_free) struct mend_boot *boot = NULL;
	char id[MEND_BOOT_ID_SIZE];

	if (!boot_has_store(options)) {
		say_event(options, "boot healthy", "there is no store: nothing to count");
		return 0;
	}
	if (mend_boot_id(id, err) || open_store(&store, options, MEND_STORE_WRITE, err))
		return -1;
	boot = boot_load(store->dir);
	live = load_live(store->dir);
	mend_boot_healthy(boot, id, live ? live->releases : NULL, live ? live->count : 0);
	if (mend_boot_write(boot, store, err))
		return -1;
	say_event(options, "boot healthy", "this boot is healthy: what is active stays");
	return 0;
}

int verb_boot_clear(const struct options *options, struct mend_error *err)
{
	auto_call(mend_store_close) struct mend_store *store = NULL;

	if (!boot_has_store(options)) {
		say_event(options, "boot clear", "there is no store: nothing to forget");
		return 0;
	}
	if (open_store(&store, options, MEND_STORE_WRITE, err) || mend_boot_clear(store, err))
		return -1;
	say_event(options, "boot clear", "boots are counted anew");
	return 0;
}
