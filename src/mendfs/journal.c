/* SPDX-License-Identifier: MIT */
/* The journal of requests in work, one per serving thread at a time. */
#include "mendfs/journal.h"

#include <stddef.h>

#define AGAIN (1ULL << 63)

static _Thread_local struct journal *journal;
static _Thread_local struct journal_slot *mine;
static _Thread_local uint64_t current;
static _Thread_local bool is_again;
static _Thread_local struct journal_slot *own;

void journal_thread_begin(struct journal *shared, unsigned slot)
{
	journal = shared;
	mine = &journal->slots[slot % JOURNAL_SLOTS];
}

void journal_request_begin(uint64_t unique)
{
	current = unique & ~AGAIN;
	is_again = unique & AGAIN;
	own = NULL;
}

void journal_request_end(void)
{
	if (own)
		atomic_store(&own->unique, 0);
	own = NULL;
}

static struct journal_slot *find(uint64_t unique)
{
	for (int i = 0; i < JOURNAL_SLOTS; i++)
		if (atomic_load(&journal->slots[i].unique) == unique)
			return &journal->slots[i];
	return NULL;
}

/* A phase never stands beside a number that it does not belong to. */
static struct journal_slot *take_slot(void)
{
	atomic_store(&mine->unique, 0);
	atomic_store(&mine->phase, JOURNAL_FREE);
	atomic_store(&mine->unique, current);
	return mine;
}

int journal_once(const struct journal_work *work, void *context)
{
	int error = 0;

	own = is_again ? find(current) : NULL;
	if (own && atomic_load(&own->phase) == JOURNAL_DONE)
		return own->error;
	if (!own || atomic_load(&own->phase) != JOURNAL_BEGUN ||
	    !work->was_done(context, own->evidence)) {
		if (!own)
			own = take_slot();
		own->evidence = work->look(context);
		atomic_store(&own->phase, JOURNAL_BEGUN);
		error = work->act(context);
	}
	own->error = error;
	atomic_store(&own->phase, JOURNAL_DONE);
	return error;
}
