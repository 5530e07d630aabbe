/* SPDX-License-Identifier: MIT */
/* Inside the load test: finding programs, laying the patch over its root, starting linkers. */
#ifndef LIB_TRIAL_PRIVATE_H
#define LIB_TRIAL_PRIVATE_H

#include "mendfs/trial.h"

struct trial_program {
	char *path;
	char *interpreter;
	bool takes_list; /* its linker has --list where glibc's looks into the environment */
};

struct trial_programs {
	struct trial_program *items;
	size_t count;
	size_t untried;
};

/* --- trial_programs.c --- */

/* Those that load a target of the trial, whichever libraries are between. */
int trial_programs_find(struct trial_programs *out, const struct mend_trial *trial,
			struct mend_error *err);
void trial_programs_free(struct trial_programs *programs);

/* --- trial_walk.c --- */

/* Files and symlinks below a directory, in no order. Directories that cannot be read are empty. */
typedef void trial_visit(void *context, const char *path, const char *name);
void trial_walk(const char *path, trial_visit *visit, void *context);

/* --- trial_overlay.c --- */

/* Into a private mount namespace, which the calling process stays in. */
int trial_enter(struct mend_error *err);
/* Covers trial->where, in the namespace that was entered. */
int trial_lay(const struct mend_trial *trial, struct mend_error *err);

/* --- trial_stage.c --- */

/* What the linkers said, in a process of its own: said[i] (to be freed) for each program, NULL
 * where is_wanted (NULL: all) says no. With `lay` the patch is over its root. */
int trial_stage(char **said, const struct trial_programs *programs, const bool *is_wanted,
		const struct mend_trial *trial, bool lay, struct mend_error *err);

/* --- trial_loader.c --- */

#define TRIAL_UNSTARTED '\1' /* what is said begins with it: the linker could not be started */

/* Starts linkers, two at a time, and calls back with what each said: as nobody where as_nobody. */
typedef int trial_said(void *context, size_t index, const char *text);
int trial_loaders_run(const struct trial_programs *programs, const bool *is_wanted, bool as_nobody,
		      trial_said *said, void *context, struct mend_error *err);

#endif
