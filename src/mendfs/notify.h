/* SPDX-License-Identifier: MIT */
/*
 * Telling the kernel that something it has cached is no longer so. A notification takes locks that
 * a request may hold, so it is never sent from inside one: requests queue here, one thread sends.
 */
#ifndef MENDFS_NOTIFY_H
#define MENDFS_NOTIFY_H

#include <stdint.h>

struct fuse_session;
struct notifier;

/* Starts the thread. */
struct notifier *notifier_new(struct fuse_session *session);
/* Sends what is queued, ends the thread, frees. */
void notifier_free(struct notifier *notifier);

/* Forget what is known of a name (also that it does not exist) and what its directory lists. */
void notifier_entry(struct notifier *notifier, uint64_t parent, const char *name);
/* Forget the attributes of an inode. */
void notifier_inode(struct notifier *notifier, uint64_t ino);

/* The same at once, for threads that serve no request. */
void notify_entry_now(struct fuse_session *session, uint64_t parent, const char *name);
void notify_inode_now(struct fuse_session *session, uint64_t ino);

#endif
