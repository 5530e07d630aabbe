/* SPDX-License-Identifier: MIT */
/* The steps of `build`, for one release and for one after the other. */
#ifndef PUBLISH_BUILD_H
#define PUBLISH_BUILD_H

#include "mend-publish/recipe.h"
#include "mend-publish/seckey.h"

/* Completes the recipe, before a key is asked for. */
int build_gather(struct recipe *recipe, struct mend_error *err);
/* Writes the bundle and tells so; in a dry run, without a key, shows the plan. */
int build_finish(const struct recipe *recipe, const struct seckey *key, struct mend_error *err);
/* --apt-security: a bundle for each source package, made with the same arguments. What is refused
 * is told, and the others are made. */
int build_security(const struct recipe *recipe, int argc, char **argv, struct mend_error *err);

#endif
