/* SPDX-License-Identifier: MIT */
/* What `build` would publish, as a table. */
#ifndef PUBLISH_PLAN_H
#define PUBLISH_PLAN_H

#include "mend-publish/recipe.h"

/* Of a recipe that recipe_gather() has completed. */
void plan_print(const struct recipe *recipe);

#endif
