/* SPDX-License-Identifier: MIT */
/* The journal of what must not be done twice: lives that end before, between and after. */
#include <string.h>

#include "mendfs/journal.h"
#include "unit.h"

#define AGAIN (1ULL << 63)

static struct journal journal;

/* A thing that can be done, and looked at. */
struct thing {
	uint64_t value;
	int done; /* times */
	int answer;
};

static int act(void *context)
{
	struct thing *thing = context;

	thing->done++;
	thing->value++;
	return thing->answer;
}

static uint64_t look(void *context)
{
	const struct thing *thing = context;

	return thing->value;
}

static bool was_done(void *context, uint64_t before)
{
	const struct thing *thing = context;

	return thing->value != before;
}

static const struct journal_work work = { .act = act, .look = look, .was_done = was_done };

static void begin(void)
{
	memset(&journal, 0, sizeof journal);
}

START_TEST(once_each)
{
	struct thing thing = { 0 };

	begin();
	journal_thread_begin(&journal, 0);
	for (uint64_t unique = 2; unique < 20; unique += 2) {
		journal_request_begin(unique);
		ck_assert_int_eq(journal_once(&work, &thing), 0);
		journal_request_end();
	}
	ck_assert_int_eq(thing.done, 9);
	for (int i = 0; i < JOURNAL_SLOTS; i++)
		ck_assert_uint_eq(journal.slots[i].unique, 0);
}
END_TEST

/* The worker dies with the answer unsent. */
START_TEST(done_and_not_answered)
{
	struct thing thing = { .answer = EEXIST };

	begin();
	journal_thread_begin(&journal, 0);
	journal_request_begin(42);
	ck_assert_int_eq(journal_once(&work, &thing), EEXIST);

	journal_thread_begin(&journal, 6);
	journal_request_begin(42 | AGAIN);
	thing.answer = 0;
	ck_assert_int_eq(journal_once(&work, &thing), EEXIST);
	journal_request_end();
	ck_assert_int_eq(thing.done, 1);

	/* The number is not used again; if it were, it would be another request. */
	journal_request_begin(42 | AGAIN);
	ck_assert_int_eq(journal_once(&work, &thing), 0);
	ck_assert_int_eq(thing.done, 2);
}
END_TEST

/* The worker dies between the system call and the note of it: how things look decides. */
START_TEST(begun_only)
{
	struct thing thing = { .value = 7 };

	begin();
	journal.slots[3].evidence = 6;
	journal.slots[3].phase = JOURNAL_BEGUN;
	journal.slots[3].unique = 42;
	journal_thread_begin(&journal, 6);
	journal_request_begin(42 | AGAIN);
	ck_assert_int_eq(journal_once(&work, &thing), 0);
	journal_request_end();
	ck_assert_int_eq(thing.done, 0);

	journal.slots[3].evidence = 7;
	journal.slots[3].phase = JOURNAL_BEGUN;
	journal.slots[3].unique = 44;
	journal_request_begin(44 | AGAIN);
	ck_assert_int_eq(journal_once(&work, &thing), 0);
	journal_request_end();
	ck_assert_int_eq(thing.done, 1);
}
END_TEST

/* It comes again, but the dead worker had not begun. */
START_TEST(never_begun)
{
	struct thing thing = { 0 };

	begin();
	journal.slots[1].unique = 40;
	journal.slots[1].phase = JOURNAL_DONE;
	journal.slots[2].unique = 42;
	journal.slots[2].phase = JOURNAL_FREE;
	journal_thread_begin(&journal, 6);
	journal_request_begin(42 | AGAIN);
	ck_assert_int_eq(journal_once(&work, &thing), 0);
	ck_assert_int_eq(thing.done, 1);
	journal_request_end();
	ck_assert_uint_eq(journal.slots[1].unique, 40);
}
END_TEST

/* Two lives end over the same request. */
START_TEST(two_deaths)
{
	struct thing thing = { 0 };

	begin();
	journal_thread_begin(&journal, 0);
	journal_request_begin(42);
	ck_assert_int_eq(journal_once(&work, &thing), 0);
	journal_thread_begin(&journal, 6);
	journal_request_begin(42 | AGAIN);
	ck_assert_int_eq(journal_once(&work, &thing), 0);
	journal_thread_begin(&journal, 12);
	journal_request_begin(42 | AGAIN);
	ck_assert_int_eq(journal_once(&work, &thing), 0);
	ck_assert_int_eq(thing.done, 1);
}
END_TEST

int main(void)
{
	return unit_main("daemon_journal",
			 (const TTest *[]){ once_each, done_and_not_answered, begun_only,
					    never_begun, two_deaths, NULL });
}
