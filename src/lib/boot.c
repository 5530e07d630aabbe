/* SPDX-License-Identifier: MIT */
/* Counting boots: what each of them means for the releases that are live. Files are boot_file.c's.
 */
#include "mendfs/boot.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

/* Of those that were switched off, as many are remembered; the oldest go. */
#define OFF_MOST 64

struct mend_boot *mend_boot_new(void)
{
	return mend_alloc(sizeof(struct mend_boot));
}

void mend_boot_free(struct mend_boot *boot)
{
	if (!boot)
		return;
	free(boot->active);
	free(boot->good);
	free(boot->off);
	free(boot);
}

static bool is_same(const struct mend_release_name *a, const struct mend_release_name *b)
{
	return a->number == b->number && !strcmp(a->id, b->id);
}

static bool holds(const struct mend_release_name *names, size_t count,
		  const struct mend_release_name *name)
{
	for (size_t i = 0; i < count; i++) {
		if (is_same(&names[i], name))
			return true;
	}
	return false;
}

static const struct mend_boot_active *find_active(const struct mend_boot *boot,
						  const struct mend_release_name *name)
{
	for (size_t i = 0; i < boot->active_count; i++) {
		if (is_same(&boot->active[i].name, name))
			return &boot->active[i];
	}
	return NULL;
}

static void drop_off(struct mend_boot *boot, size_t i)
{
	boot->off_count--;
	memmove(&boot->off[i], &boot->off[i + 1], (boot->off_count - i) * sizeof(boot->off[0]));
}

/* What the administrator made live again is no longer off. */
static void forget_off(struct mend_boot *boot, const struct mend_release_name *live, size_t count)
{
	for (size_t i = boot->off_count; i-- > 0;) {
		if (holds(live, count, &boot->off[i].name))
			drop_off(boot, i);
	}
}

static void start(struct mend_boot *boot, const char *id)
{
	snprintf(boot->id, sizeof(boot->id), "%s", id);
	mend_time_text(boot->begun, time(NULL));
	boot->is_healthy = false;
}

bool mend_boot_begin(struct mend_boot *boot, const char *id, const struct mend_release_name *live,
		     size_t count)
{
	struct mend_boot_active *active;

	if (!strcmp(boot->id, id))
		return false;
	active = mend_alloc((count + 1) * sizeof(*active));
	for (size_t i = 0; i < count; i++) {
		const struct mend_boot_active *before = find_active(boot, &live[i]);

		active[i].name = live[i];
		if (before && !boot->is_healthy)
			active[i].unhealthy = before->unhealthy < MEND_BOOT_TRIES
						      ? before->unhealthy + 1
						      : MEND_BOOT_TRIES;
	}
	free(boot->active);
	boot->active = active;
	boot->active_count = count;
	forget_off(boot, live, count);
	start(boot, id);
	return true;
}

bool mend_boot_is_suspect(const struct mend_boot *boot, const struct mend_release_name *name)
{
	const struct mend_boot_active *active = find_active(boot, name);

	return active && active->unhealthy >= MEND_BOOT_TRIES &&
	       !holds(boot->good, boot->good_count, name);
}

unsigned mend_boot_good(const struct mend_boot *boot, const char *id)
{
	for (size_t i = 0; i < boot->good_count; i++) {
		if (!strcmp(boot->good[i].id, id))
			return boot->good[i].number;
	}
	return 0;
}

static void drop_active(struct mend_boot *boot, const struct mend_release_name *name)
{
	size_t kept = 0;

	for (size_t i = 0; i < boot->active_count; i++) {
		if (!is_same(&boot->active[i].name, name))
			boot->active[kept++] = boot->active[i];
	}
	boot->active_count = kept;
}

void mend_boot_switch_off(struct mend_boot *boot, const struct mend_release_name *name)
{
	struct mend_boot_off *off;

	drop_active(boot, name);
	forget_off(boot, name, 1);
	if (boot->off_count == OFF_MOST)
		drop_off(boot, 0);
	boot->off = mend_grow(boot->off, boot->off_count + 1, sizeof(boot->off[0]));
	off = &boot->off[boot->off_count++];
	off->name = *name;
	mend_time_text(off->since, time(NULL));
}

void mend_boot_put_back(struct mend_boot *boot, const struct mend_release_name *name)
{
	boot->active = mend_grow(boot->active, boot->active_count + 1, sizeof(boot->active[0]));
	boot->active[boot->active_count++] = (struct mend_boot_active){ .name = *name };
}

void mend_boot_healthy(struct mend_boot *boot, const char *id, const struct mend_release_name *live,
		       size_t count)
{
	struct mend_release_name *good = mend_alloc((count + 1) * sizeof(*good));
	size_t kept = 0;

	if (strcmp(boot->id, id) != 0)
		mend_boot_begin(boot, id, live, count);
	for (size_t i = 0; i < count; i++) {
		if (find_active(boot, &live[i]) || holds(boot->good, boot->good_count, &live[i]))
			good[kept++] = live[i];
	}
	free(boot->good);
	boot->good = good;
	boot->good_count = kept;
	boot->is_healthy = true;
	for (size_t i = 0; i < boot->active_count; i++)
		boot->active[i].unhealthy = 0;
}
