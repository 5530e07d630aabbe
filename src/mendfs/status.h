/* SPDX-License-Identifier: MIT */
/* What a mount tells of itself: the reply of Status, and RUN/NAME.json for those who may not ask.
 */
#ifndef MENDFS_STATUS_H
#define MENDFS_STATUS_H

#include "mendfs/json.h"
#include "mendfs/overlay.h"

/* The documented object of mendfs(8), "STATUS"; a new reference. */
json_t *status_of(struct overlay *overlay);
/* The targets of a loaded generation with their states; a new reference to an array. */
json_t *status_targets(struct overlay *overlay, const struct live *live);
json_t *status_left_out(const struct live *live);
/* Replaces the status file; what goes wrong is told on stderr, it is not worth a mount. */
void status_write(struct overlay *overlay);
void status_remove(struct overlay *overlay);

#endif
