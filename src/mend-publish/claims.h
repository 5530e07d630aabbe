/* SPDX-License-Identifier: MIT */
/* What an unverified bundle claims, as JSON for programs and as text for people. */
#ifndef PUBLISH_CLAIMS_H
#define PUBLISH_CLAIMS_H

#include "mendfs/bundle.h"
#include "mendfs/json.h"

/* A new reference: {"format":1,"manifest":{…},"signatures":[{"key","comment"}],
 * "objects":[{"object","from","size","compressed"}]}; from is null of a whole object, size null
 * when the manifest does not tell. */
int claims_of(json_t **out, const struct mend_bundle *bundle, struct mend_error *err);
/* To stdout; lines as wide as the terminal at most. Whatever is not as it should be in the manifest
 * shows as "?". */
void claims_print(const json_t *claims);

#endif
