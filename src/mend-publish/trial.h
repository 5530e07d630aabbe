/* SPDX-License-Identifier: MIT */
/* The load test on the publisher's machine. */
#ifndef PUBLISH_TRIAL_H
#define PUBLISH_TRIAL_H

#include "mendfs/trial.h"

/* The release over the root of this machine; a bar on a terminal shows how far it is. */
int trial_root(struct mend_trial_result *result, const struct mend_gate_layer *layer,
	       const char *root, struct mend_error *err);
/* To stdout: a table of what would not start, or a line that says that all do. */
void trial_print(const struct mend_trial_result *result);

#endif
