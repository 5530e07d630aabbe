/* SPDX-License-Identifier: MIT */
/* libgreet: the library of the examples. It answers in a polite voice, and has a bug. */
#ifndef LIBGREET_H
#define LIBGREET_H

#include <stddef.h>

/* Writes "hello, NAME" to out, cut to size bytes with the NUL; returns how many letters were left
 * out. */
size_t greet(char *out, size_t size, const char *name);
/* The version it was built as. */
const char *greet_version(void);

#endif
