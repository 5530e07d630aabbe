/* SPDX-License-Identifier: MIT */
/*
 * The boot counter: which releases were active in boots that never became healthy. One file of the
 * store, `boot` in mendfs-store(5); whoever writes it holds the store's lock.
 *
 *	struct mend_boot *boot;			mend_boot_read(&boot, …)
 *	early at boot				mend_boot_begin(boot, id, live releases)
 *	for each mend_boot_is_suspect()		mend_boot_switch_off(), when it is no longer live
 *	when the machine is up			mend_boot_healthy(boot, id, live releases)
 *	after either				mend_boot_write(boot, …)
 *
 * The live generation changes before the file does: a power cut in between counts a boot once more,
 * and forgets nothing.
 */
#ifndef MENDFS_BOOT_H
#define MENDFS_BOOT_H

#include "mendfs/store.h"
#include "mendfs/time.h"

#define MEND_BOOT_ID_SIZE 37 /* as in /proc/sys/kernel/random/boot_id, with the NUL */
#define MEND_BOOT_TRIES	  2 /* boots in a row that a release may be active in without one healthy */
#define MEND_BOOT_MAX	  (1024 * 1024)

struct mend_boot_active {
	struct mend_release_name name;
	unsigned unhealthy; /* boots in a row before this one that it was active in */
};

struct mend_boot_off {
	struct mend_release_name name;
	char since[MEND_TIME_SIZE];
};

struct mend_boot {
	char id[MEND_BOOT_ID_SIZE]; /* of the boot that began last; "": none did */
	char begun[MEND_TIME_SIZE];
	bool is_healthy;
	struct mend_boot_active *active; /* when it began */
	size_t active_count;
	struct mend_release_name *good; /* active in the last boot that became healthy */
	size_t good_count;
	struct mend_boot_off *off; /* switched off by the counter, the latest last */
	size_t off_count;
};

/* A missing file, or a missing store (-1), is one where no boot began. MEND_FORMAT, MEND_LIMIT when
 * it is damaged. */
int mend_boot_read(struct mend_boot **out, int store_dir, struct mend_error *err);
int mend_boot_write(const struct mend_boot *boot, struct mend_store *store, struct mend_error *err);
/* Forgets everything: takes the file away, also a damaged one. */
int mend_boot_clear(struct mend_store *store, struct mend_error *err);
struct mend_boot *mend_boot_new(void); /* no boot began */
void mend_boot_free(struct mend_boot *boot);
MEND_AUTO(struct mend_boot, mend_boot_free)

/* What the kernel calls this boot. */
int mend_boot_id(char out[MEND_BOOT_ID_SIZE], struct mend_error *err);

/* Counts what is live for a boot that begins. False when this boot had begun already: nothing is
 * counted twice. */
bool mend_boot_begin(struct mend_boot *boot, const char *id, const struct mend_release_name *live,
		     size_t count);
/* Was it active in MEND_BOOT_TRIES unhealthy boots in a row, and in no healthy one since? */
bool mend_boot_is_suspect(const struct mend_boot *boot, const struct mend_release_name *name);
/* The release of a patch that was active in the last healthy boot, or 0. */
unsigned mend_boot_good(const struct mend_boot *boot, const char *id);
/* Moves a release from the active ones to those that are off. */
void mend_boot_switch_off(struct mend_boot *boot, const struct mend_release_name *name);
/* Notes a release that was made live in place of one that was switched off. */
void mend_boot_put_back(struct mend_boot *boot, const struct mend_release_name *name);
/* The machine is up. What was active when the boot began, and is live still, is good; what became
 * live since has not been booted with. A boot that never began: what is live now is good. */
void mend_boot_healthy(struct mend_boot *boot, const char *id, const struct mend_release_name *live,
		       size_t count);

#endif
