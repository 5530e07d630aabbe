/* SPDX-License-Identifier: MIT */
/* A set of releases, and whether they go together. */
#include "mendctl/set.h"

#include <stdio.h>
#include <string.h>

static void load_one(struct set_item *item, int store_dir, const struct mend_keyring *ring,
		     const struct mend_release_name *name)
{
	char title[MEND_TITLE_OF_MAX];
	struct mend_error why;

	item->name = *name;
	if (!mend_store_release(&item->release, store_dir, ring, name->id, name->number, &why)) {
		item->manifest = item->release->manifest;
		return;
	}
	mend_release_text(title, name->id, name->number);
	say_note("%s: is left out: %s", title, why.text);
}

int set_load(struct set **out, int store_dir, const struct mend_keyring *ring, unsigned generation,
	     struct mend_error *err)
{
	auto_call(mend_generation_free) struct mend_generation *active = NULL;
	struct set *set;

	if (generation > 0 && mend_store_generation(&active, store_dir, generation, err))
		return -1;
	set = mend_alloc(sizeof(*set));
	set->count = active ? active->count : 0;
	set->items = mend_alloc((set->count + 1) * sizeof(*set->items));
	for (size_t i = 0; i < set->count; i++)
		load_one(&set->items[i], store_dir, ring, &active->releases[i]);
	*out = set;
	return 0;
}

void set_free(struct set *set)
{
	if (!set)
		return;
	for (size_t i = 0; i < set->count; i++)
		mend_release_free(set->items[i].release);
	for (size_t i = 0; i < set->dropped_count; i++)
		mend_release_free(set->dropped[i].release);
	free(set->items);
	free(set->dropped);
	free(set);
}

struct set_item *set_find(const struct set *set, const char *id)
{
	for (size_t i = 0; i < set->count; i++) {
		if (!strcmp(set->items[i].name.id, id))
			return &set->items[i];
	}
	return NULL;
}

static struct set_item *make_room(struct set *set, const char *id)
{
	size_t at = 0;

	while (at < set->count && strcmp(set->items[at].name.id, id) < 0)
		at++;
	set->items = mend_grow(set->items, set->count + 1, sizeof(*set->items));
	memmove(&set->items[at + 1], &set->items[at], (set->count - at) * sizeof(*set->items));
	set->count++;
	set->items[at] = (struct set_item){ 0 };
	return &set->items[at];
}

static void keep_dropped(struct set *set, const struct set_item *item)
{
	set->dropped = mend_grow(set->dropped, set->dropped_count + 1, sizeof(*set->dropped));
	set->dropped[set->dropped_count++] = *item;
}

int set_put(struct set *set, const struct mend_manifest *manifest, struct mend_release *release,
	    struct mend_error *err)
{
	struct set_item *item = set_find(set, manifest->id);
	char one[MEND_TITLE_OF_MAX], other[MEND_TITLE_OF_MAX];

	mend_release_text(one, manifest->id, manifest->release);
	if (item && item->is_fresh) {
		mend_release_text(other, item->name.id, item->name.number);
		return mend_fail(err, MEND_CONFLICT,
				 "%s: refused: together with %s: one release of a patch at a time",
				 one, other);
	}
	if (!item && set->count == MEND_RELEASES_MAX)
		return mend_fail(err, MEND_LIMIT, "%s: refused: %d patches are active already", one,
				 MEND_RELEASES_MAX);
	if (item)
		keep_dropped(set, item);
	else
		item = make_room(set, manifest->id);
	snprintf(item->name.id, sizeof(item->name.id), "%s", manifest->id);
	item->name.number = manifest->release;
	item->release = release;
	item->manifest = manifest;
	item->is_fresh = true;
	return 0;
}

void set_drop(struct set *set, const char *id)
{
	struct set_item *item = set_find(set, id);

	if (!item)
		return;
	keep_dropped(set, item);
	set->count--;
	memmove(item, item + 1, (size_t)(set->items + set->count - item) * sizeof(*item));
}

static void title_of(char out[MEND_TITLE_OF_MAX], const struct set_item *item)
{
	mend_release_text(out, item->name.id, item->name.number);
}

/* Of two that do not go together, the message is about the fresh one. */
static int refuse_pair(const struct set_item *a, const struct set_item *b, const char *how,
		       struct mend_error *err)
{
	const struct set_item *one = a->is_fresh ? a : b, *other = a->is_fresh ? b : a;
	char title[MEND_TITLE_OF_MAX], other_title[MEND_TITLE_OF_MAX];

	title_of(title, one);
	title_of(other_title, other);
	return mend_fail(err, MEND_CONFLICT, "%s: refused: %s %s, which is %s", title, how,
			 other_title, other->is_fresh ? "to be activated with it" : "active");
}

static int check_declared(const struct set *set, const struct set_item *item,
			  struct mend_error *err)
{
	for (size_t i = 0; i < item->manifest->conflict_count; i++) {
		const struct set_item *other = set_find(set, item->manifest->conflicts[i]);

		if (other && other != item && other->manifest)
			return refuse_pair(item, other, "conflicts with", err);
	}
	return 0;
}

static int check_required(const struct set *set, const struct set_item *item,
			  struct mend_error *err)
{
	char title[MEND_TITLE_OF_MAX];

	title_of(title, item);
	for (size_t i = 0; item->manifest && i < item->manifest->require_count; i++) {
		const char *id = item->manifest->requires[i];
		const struct set_item *other = set_find(set, id);

		if (!other || !other->manifest)
			return mend_fail(err, MEND_REQUIRES,
					 "%s: refused: requires %s, which is not active", title,
					 id);
	}
	return 0;
}

int set_check_unneeded(const struct set *set, const char *id, struct mend_error *err)
{
	char title[MEND_TITLE_OF_MAX];

	for (size_t i = 0; i < set->count; i++) {
		const struct mend_manifest *manifest = set->items[i].manifest;

		for (size_t j = 0; manifest && j < manifest->require_count; j++) {
			if (strcmp(manifest->requires[j], id) != 0)
				continue;
			title_of(title, &set->items[i]);
			return mend_fail(err, MEND_REQUIRES,
					 "%s: refused: %s, which is active, requires it", id,
					 title);
		}
	}
	return 0;
}

/* --- targets of different patches in one place --- */

struct place {
	char *path; /* absolute */
	const struct set_item *item;
};

static int compare_places(const void *a, const void *b)
{
	return strcmp(((const struct place *)a)->path, ((const struct place *)b)->path);
}

static size_t list_places(struct place **out, const struct set *set)
{
	struct place *places = NULL;
	size_t count = 0, total = 0;

	for (size_t i = 0; i < set->count; i++)
		total += set->items[i].manifest ? set->items[i].manifest->target_count : 0;
	places = mend_alloc((total + 1) * sizeof(*places));
	for (size_t i = 0; i < set->count; i++) {
		const struct mend_manifest *manifest = set->items[i].manifest;

		for (size_t j = 0; manifest && j < manifest->target_count; j++) {
			places[count].item = &set->items[i];
			places[count++].path = mend_text_format("%s/%s", manifest->root,
								manifest->targets[j].path);
		}
	}
	qsort(places, count, sizeof(*places), compare_places);
	*out = places;
	return count;
}

static int refuse_place(const struct place *a, const struct place *b, struct mend_error *err)
{
	auto_free char *how = mend_text_format("changes %s, as does", b->path);

	return refuse_pair(a->item, b->item, how, err);
}

/* Somebody else's target at a directory above this one? */
static int check_above(const struct place *places, size_t count, const struct place *place,
		       struct mend_error *err)
{
	auto_free char *above = mend_text_copy(place->path);
	char *slash;

	while ((slash = strrchr(above, '/')) && slash > above) {
		struct place key = { .path = above }, *found;

		*slash = '\0';
		found = bsearch(&key, places, count, sizeof(*places), compare_places);
		if (found && found->item != place->item)
			return refuse_place(place, found, err);
	}
	return 0;
}

static int check_places(const struct set *set, struct mend_error *err)
{
	struct place *places;
	size_t count = list_places(&places, set);
	int result = 0;

	for (size_t i = 0; i < count && !result; i++) {
		if (i > 0 && !strcmp(places[i - 1].path, places[i].path))
			result = refuse_place(&places[i - 1], &places[i], err);
		else
			result = check_above(places, count, &places[i], err);
	}
	for (size_t i = 0; i < count; i++)
		free(places[i].path);
	free(places);
	return result;
}

int set_check(const struct set *set, struct mend_error *err)
{
	for (size_t i = 0; i < set->count; i++) {
		if (set->items[i].manifest && check_declared(set, &set->items[i], err))
			return -1;
	}
	if (check_places(set, err))
		return -1;
	for (size_t i = 0; i < set->count; i++) {
		if (set->items[i].is_fresh && check_required(set, &set->items[i], err))
			return -1;
	}
	return 0;
}
