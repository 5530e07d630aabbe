/* SPDX-License-Identifier: MIT */
/*
 * The one error convention. A fallible function returns 0, or -1 having filled the caller's struct
 * mend_error exactly once; success leaves it untouched. Out-parameters come first and are written
 * only on success; err comes last. Nobody below main() prints.
 */
#ifndef MENDFS_ERROR_H
#define MENDFS_ERROR_H

/* What went wrong, as far as a caller or a test may want to tell cases apart. */
enum mend_code {
	MEND_OK = 0,
	MEND_USAGE,  /* wrong arguments */
	MEND_SYSTEM, /* the system could not do it; sys_errno says why */
	MEND_FORMAT, /* bytes that are not what the format says: corrupt, truncated, not canonical
		      */
	MEND_LIMIT,  /* over a limit of the format */
	MEND_SIGNATURE,	   /* a signature that does not fit the signed bytes */
	MEND_UNTRUSTED,	   /* no trusted key signed */
	MEND_THRESHOLD,	   /* trusted keys signed, but not enough of them */
	MEND_KEY_SCOPE,	   /* the signers may not patch this path */
	MEND_HASH,	   /* content does not have the hash it is named by */
	MEND_BASE,	   /* the base is not what the patch was made for */
	MEND_ROLLBACK,	   /* a release below the floor */
	MEND_PLATFORM,	   /* another architecture or operating system */
	MEND_CONFLICT,	   /* with another active release */
	MEND_REQUIRES,	   /* a required patch is not active */
	MEND_EXPIRED,	   /* the manifest's time is over */
	MEND_ABSENT,	   /* no such patch, release, generation, key */
	MEND_EXISTS,	   /* is there already, with other content */
	MEND_BUSY,	   /* somebody else holds the store's lock, or a mount cannot take it now */
	MEND_MOUNT,	   /* a running mount said no or did not answer */
	MEND_INCOMPATIBLE, /* would break programs */
	MEND_CODES,
};

struct mend_error {
	enum mend_code code;
	int sys_errno;	/* errno(3) for MEND_SYSTEM, else 0 */
	char text[512]; /* one line fit to be shown to a person, without the program's name */
};

/* Fills err and returns -1. err may be NULL. Control characters in the text, and what is not valid
 * UTF-8, become '?'. The arguments may be parts of *err. */
int mend_fail(struct mend_error *err, enum mend_code code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Like mend_fail with MEND_SYSTEM and errno, whose description is appended after ": ". */
int mend_fail_errno(struct mend_error *err, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Puts "what: " before the text of a filled error and returns -1. */
int mend_fail_at(struct mend_error *err, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* So that a compiler sees, in every caller, that nothing goes on after a failure. */
static inline int mend_failed(void)
{
	return -1;
}
#define mend_fail(...)	     (mend_fail(__VA_ARGS__), mend_failed())
#define mend_fail_errno(...) (mend_fail_errno(__VA_ARGS__), mend_failed())
#define mend_fail_at(...)    (mend_fail_at(__VA_ARGS__), mend_failed())

/* The stable lower-case name of a code, such as "key-scope"; for JSON and tests. */
const char *mend_code_name(enum mend_code code);

/* The exit status that stands for a code: 0 done, 1 the answer is no, 2 usage, 3 system. */
int mend_code_exit(enum mend_code code);

#endif
