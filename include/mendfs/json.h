/* SPDX-License-Identifier: MIT */
/*
 * Strict JSON: jansson with duplicates refused; then no reals, nesting at most 32 deep, no NUL in
 * strings, nothing after the value. The getters say which member of what is wrong.
 */
#ifndef MENDFS_JSON_H
#define MENDFS_JSON_H

#include <jansson.h>

#include "mendfs/error.h"
#include "mendfs/span.h"

#define MEND_JSON_DEPTH 32

/* A new reference, to be given back with json_decref(). `what` names the input in messages. */
int mend_json_parse(json_t **out, struct mend_span raw, const char *what, struct mend_error *err);

static inline void mend_json_auto(json_t **value)
{
	json_decref(*value);
}
#define auto_json __attribute__((cleanup(mend_json_auto))) json_t *

/* Borrowed members of an object. A missing or mistyped one is MEND_FORMAT; "optional" ones give
 * NULL when they are missing or null. */
int mend_json_string(const char **out, const json_t *object, const char *key,
		     struct mend_error *err);
int mend_json_optional(const char **out, const json_t *object, const char *key,
		       struct mend_error *err);
int mend_json_integer(int64_t *out, const json_t *object, const char *key, int64_t least,
		      int64_t most, struct mend_error *err);
int mend_json_array(json_t **out, const json_t *object, const char *key, size_t most,
		    struct mend_error *err);
/* Refuses members that are not in the NULL-terminated list. */
int mend_json_only(const json_t *object, const char *const *keys, struct mend_error *err);
/* Fails unless value is an object; `what` names it. */
int mend_json_is_object(const json_t *value, const char *what, struct mend_error *err);

#endif
