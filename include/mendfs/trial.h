/* SPDX-License-Identifier: MIT */
/*
 * The load test: would every program of this machine that uses a file of the patch still start?
 * Nothing is installed for it. In a private mount namespace the patch is laid over its root; there
 * each program's own dynamic linker (ld.so(8)) loads it as it would for real, binds every symbol,
 * prints what is wrong, and ends before the program begins. What it says without the patch, too, is
 * not the patch's doing. The namespace ends with its processes, also when ours is killed.
 *
 * The dynamic linker maps and relocates the new files. glibc's calls nothing in them then, musl's
 * neither; but the bytes of the patch are in its hands, so as root it runs as nobody.
 */
#ifndef MENDFS_TRIAL_H
#define MENDFS_TRIAL_H

#include "mendfs/gate.h"
#include "mendfs/json.h"

#define MEND_TRIAL_PROGRAMS_MAX 20000
#define MEND_TRIAL_SECONDS	10 /* for one program */

struct mend_trial_complaint {
	char *program; /* its path */
	char *text;    /* the dynamic linker's line, plain */
};

struct mend_trial_result {
	struct mend_trial_complaint *complaints; /* new with the patch */
	size_t count;
	size_t tried;		   /* programs that use a file of the patch */
	size_t complained_already; /* of them: also without the patch */
	size_t untried;		   /* use one, but cannot be read or have an unknown linker */
};

struct mend_trial {
	const struct mend_gate_layer *layers; /* all that is to be active over the root */
	size_t layer_count;
	int base;	   /* the base directory */
	const char *where; /* the directory that programs load from: the root or its mount */
	/* May be NULL. Programs done, and programs in all. */
	void (*progress)(void *context, size_t done, size_t total);
	void *context;
};

/* Adds to the result. -1 only when it could not be done: MEND_SYSTEM, or MEND_LIMIT for too many
 * programs. For a process of one thread; it needs CAP_SYS_ADMIN or user namespaces. */
int mend_trial_run(struct mend_trial_result *result, const struct mend_trial *trial,
		   struct mend_error *err);
/* MEND_INCOMPATIBLE with a line that names the first program. */
int mend_trial_refuse(const struct mend_trial_result *result, struct mend_error *err);
/* {"tried", "complained_already", "untried", "complaints": [{"program", "text"}]}, a new reference.
 */
json_t *mend_trial_json(const struct mend_trial_result *result);
void mend_trial_free(struct mend_trial_result *result); /* not the struct */
#define auto_trial __attribute__((cleanup(mend_trial_free))) struct mend_trial_result

#endif
