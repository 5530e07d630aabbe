/* SPDX-License-Identifier: MIT */
/*
 * Requests that must not be done twice. When a worker dies, the kernel sends again what it had read
 * and not answered; what of that was done already is answered from here. A worker can die between
 * two lines, but not within a system call that changes a name: it has happened or it has not, and
 * what the names look like tells which.
 */
#ifndef MENDFS_JOURNAL_H
#define MENDFS_JOURNAL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define JOURNAL_SLOTS 64

enum journal_phase { JOURNAL_FREE, JOURNAL_BEGUN, JOURNAL_DONE };

/* In the shared state. */
struct journal {
	struct journal_slot {
		_Atomic uint64_t unique; /* the kernel's number of the request, 0: free */
		_Atomic uint32_t phase;
		int32_t error;	   /* of what is done */
		uint64_t evidence; /* how the names looked before */
	} slots[JOURNAL_SLOTS];
};

/* Once per serving thread; slot: other than those of the threads of the last lives, whose entries
 * may still be asked for. */
void journal_thread_begin(struct journal *journal, unsigned slot);
/* Before and after a thread handles a request; unique as in its header, bit 63 set when it comes
 * again. */
void journal_request_begin(uint64_t unique);
void journal_request_end(void);

/* How to do one thing once. */
struct journal_work {
	int (*act)(void *context);	 /* does it: 0 or an errno */
	uint64_t (*look)(void *context); /* how the names look, before it is done */
	bool (*was_done)(void *context, uint64_t evidence); /* by the look before and now */
};
/* The errno that act() gave, in this life or in the one before. */
int journal_once(const struct journal_work *work, void *context);

#endif
