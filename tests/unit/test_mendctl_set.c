/* SPDX-License-Identifier: MIT */
/* Which releases go together, and how a person names one. */
#include "mendctl/set.h"

#include "mendctl/patch_name.h"
#include "unit.h"

static struct set *set;
static const struct mend_keyring nobody;

static void begin(void)
{
	struct mend_error err;

	unit_works(set_load(&set, -1, &nobody, 0, &err));
	ck_assert_uint_eq(set->count, 0);
}

/* A manifest with one target, of static storage as far as the set is concerned. */
struct sample {
	struct mend_manifest manifest;
	struct mend_target target;
};

static const struct mend_manifest *sample(struct sample *out, const char *id, unsigned release,
					  const char *root, const char *path)
{
	*out = (struct sample){ .target = { .path = (char *)path } };
	out->manifest = (struct mend_manifest){ .id = (char *)id,
						.release = release,
						.root = (char *)root,
						.targets = &out->target,
						.target_count = 1 };
	return &out->manifest;
}

/* As it is once it was active before. */
static void settle(void)
{
	for (size_t i = 0; i < set->count; i++)
		set->items[i].is_fresh = false;
}

START_TEST(sorted_and_one_per_id)
{
	struct sample samples[4];
	struct mend_error err;

	begin();
	unit_works(set_put(set, sample(&samples[0], "m", 1, "/r", "m"), NULL, &err));
	unit_works(set_put(set, sample(&samples[1], "z", 1, "/r", "z"), NULL, &err));
	unit_works(set_put(set, sample(&samples[2], "a", 3, "/r", "a"), NULL, &err));
	unit_fails(set_put(set, sample(&samples[3], "m", 2, "/r", "m"), NULL, &err), MEND_CONFLICT,
		   "m (b): refused: together with m (a): one release of a patch at a time");
	settle();
	unit_works(set_put(set, &samples[3].manifest, NULL, &err));
	ck_assert_uint_eq(set->count, 3);
	ck_assert_str_eq(set->items[0].name.id, "a");
	ck_assert_uint_eq(set_find(set, "m")->name.number, 2);
	ck_assert_uint_eq(set->dropped_count, 1);
	set_drop(set, "a");
	set_drop(set, "nothing");
	ck_assert_uint_eq(set->count, 2);
	ck_assert_ptr_null(set_find(set, "a"));
	ck_assert_str_eq(set->dropped[1].manifest->id, "a");
	set_free(set);
}
END_TEST

START_TEST(places_are_taken_once)
{
	struct sample samples[3];
	struct mend_error err;

	begin();
	unit_works(set_put(set, sample(&samples[0], "a", 1, "/usr/lib", "x/f"), NULL, &err));
	settle();
	unit_works(set_put(set, sample(&samples[1], "b", 2, "/usr/lib", "x-y"), NULL, &err));
	unit_works(set_check(set, &err));
	set_drop(set, "b");
	/* Another root, the same file. */
	unit_works(set_put(set, sample(&samples[1], "b", 2, "/usr/lib/x", "f"), NULL, &err));
	unit_fails(set_check(set, &err), MEND_CONFLICT,
		   "b (b): refused: changes /usr/lib/x/f, as does a (a), which is active");
	set_drop(set, "b");
	unit_works(set_put(set, sample(&samples[1], "b", 2, "/usr/lib", "x"), NULL, &err));
	unit_works(set_put(set, sample(&samples[2], "c", 1, "/usr/lib", "x-"), NULL, &err));
	unit_fails(set_check(set, &err), MEND_CONFLICT,
		   "b (b): refused: changes /usr/lib/x, as does a (a), which is active");
	set_free(set);
}
END_TEST

START_TEST(conflicts_go_both_ways)
{
	char *no_b[] = { (char *)"b" }, *no_a[] = { (char *)"a" };
	struct sample samples[2];
	struct mend_error err;

	begin();
	unit_works(set_put(set, sample(&samples[0], "a", 1, "/r", "a"), NULL, &err));
	settle();
	unit_works(set_put(set, sample(&samples[1], "b", 1, "/r", "b"), NULL, &err));
	samples[0].manifest.conflicts = no_b;
	samples[0].manifest.conflict_count = 1;
	unit_fails(set_check(set, &err), MEND_CONFLICT,
		   "b (a): refused: conflicts with a (a), which is active");
	samples[0].manifest.conflict_count = 0;
	samples[1].manifest.conflicts = no_a;
	samples[1].manifest.conflict_count = 1;
	unit_fails(set_check(set, &err), MEND_CONFLICT,
		   "b (a): refused: conflicts with a (a), which is active");
	/* What is left out by the mounts is in nobody's way, and of no use to anybody. */
	set_find(set, "a")->manifest = NULL;
	unit_works(set_check(set, &err));
	samples[1].manifest.requires = no_a;
	samples[1].manifest.require_count = 1;
	unit_fails(set_check(set, &err), MEND_REQUIRES,
		   "b (a): refused: requires a, which is not active");
	unit_fails(set_check_unneeded(set, "a", &err), MEND_REQUIRES,
		   "a: refused: b (a), which is active, requires it");
	/* One that was active already is not held up by others' changes. */
	settle();
	unit_works(set_check(set, &err));
	set_free(set);
}
END_TEST

START_TEST(names_people_use)
{
	static const struct {
		const char *text, *id;
		unsigned number;
	} good[] = {
		{ "openssl", "openssl", 0 },	    { "openssl=b", "openssl", 2 },
		{ "openssl=2", "openssl", 2 },	    { "openssl@aa", "openssl", 27 },
		{ "lib+c-1.2=z", "lib+c-1.2", 26 }, { "a=1000000", "a", 1000000 },
	};
	static const char *const bad[] = { "",	      "=b",   "A",    "a=",   "a=B",
					   "a=0",     "a=-1", "a=b2", "a=1x", "a=1000001",
					   "a=zzzzz", "a b",  "../a", "a=b=c" };
	struct mend_release_name name;
	struct mend_error err;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		unit_works(patch_name_read(&name, good[i].text, &err));
		ck_assert_str_eq(name.id, good[i].id);
		ck_assert_uint_eq(name.number, good[i].number);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ck_assert_msg(patch_name_read(&name, bad[i], &err) == -1, "%s", bad[i]);
		ck_assert_int_eq(err.code, MEND_USAGE);
	}
}
END_TEST

int main(void)
{
	return unit_main("mendctl_set",
			 (const TTest *[]){ sorted_and_one_per_id, places_are_taken_once,
					    conflicts_go_both_ways, names_people_use, NULL });
}
