/* SPDX-License-Identifier: MIT */
/*
 * Ownership written in the declaration: what is declared auto_fd or auto_free is given back at the
 * end of its scope, unless take() moved it away. errno survives the clean-up.
 */
#ifndef MENDFS_AUTO_H
#define MENDFS_AUTO_H

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

static inline void mend_auto_close(const int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		close(*fd);
	errno = saved;
}

static inline void mend_auto_free(void *pointer)
{
	int saved = errno;

	free(*(void **)pointer);
	errno = saved;
}

/* Moves a descriptor out of an auto_fd variable, which is left holding none. */
static inline int mend_take_fd(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

/* A descriptor; -1 is none. */
#define auto_fd __attribute__((cleanup(mend_auto_close))) int
/* Before a pointer from malloc(3); NULL is none. */
#define auto_free __attribute__((cleanup(mend_auto_free)))
/* Before any other owned object: auto_call(mend_x_free) struct mend_x *x = NULL; needs MEND_AUTO.
 */
#define auto_call(free_function) __attribute__((cleanup(free_function##_auto)))
/* Defines what auto_call(free_function) needs, for a free function that accepts NULL. */
#define MEND_AUTO(type, free_function)                                                             \
	static inline void free_function##_auto(type **object)                                     \
	{                                                                                          \
		int saved = errno;                                                                 \
		free_function(*object);                                                            \
		errno = saved;                                                                     \
	}
/* Moves a pointer out of an owning variable, on the line where ownership leaves. */
#define take(pointer)                                                                              \
	__extension__({                                                                            \
		__typeof__(pointer) taken_ = (pointer);                                            \
		(pointer) = NULL;                                                                  \
		taken_;                                                                            \
	})

#endif
