/* SPDX-License-Identifier: MIT */
/* The queue of notifications, and the one thread that sends them. */
#include "mendfs/notify.h"

#define FUSE_USE_VERSION 317
#include <fuse_lowlevel.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>

#include "mendfs/span.h"

struct notice {
	struct notice *next;
	uint64_t ino;
	char name[]; /* "": the inode itself */
};

struct notifier {
	struct fuse_session *session;
	pthread_t thread;
	pthread_mutex_t lock; /* the rest */
	pthread_cond_t changed;
	struct notice *first, **last;
	bool ends;
};

/* ENOENT says that the kernel had nothing cached. */
void notify_entry_now(struct fuse_session *session, uint64_t parent, const char *name)
{
	fuse_lowlevel_notify_inval_entry(session, parent, name, strlen(name));
	fuse_lowlevel_notify_inval_inode(session, parent, 0, 0);
}

void notify_inode_now(struct fuse_session *session, uint64_t ino)
{
	fuse_lowlevel_notify_inval_inode(session, ino, -1, 0);
}

static struct notice *next_notice(struct notifier *notifier)
{
	struct notice *notice;

	pthread_mutex_lock(&notifier->lock);
	while (!notifier->first && !notifier->ends)
		pthread_cond_wait(&notifier->changed, &notifier->lock);
	notice = notifier->first;
	if (notice) {
		notifier->first = notice->next;
		if (!notifier->first)
			notifier->last = &notifier->first;
	}
	pthread_mutex_unlock(&notifier->lock);
	return notice;
}

static void *send_all(void *context)
{
	struct notifier *notifier = context;
	struct notice *notice;

	while ((notice = next_notice(notifier))) {
		if (notice->name[0])
			notify_entry_now(notifier->session, notice->ino, notice->name);
		else
			notify_inode_now(notifier->session, notice->ino);
		free(notice);
	}
	return NULL;
}

struct notifier *notifier_new(struct fuse_session *session)
{
	struct notifier *notifier = mend_alloc(sizeof *notifier);

	notifier->session = session;
	notifier->last = &notifier->first;
	pthread_mutex_init(&notifier->lock, NULL);
	pthread_cond_init(&notifier->changed, NULL);
	pthread_create(&notifier->thread, NULL, send_all, notifier);
	return notifier;
}

void notifier_free(struct notifier *notifier)
{
	pthread_mutex_lock(&notifier->lock);
	notifier->ends = true;
	pthread_cond_signal(&notifier->changed);
	pthread_mutex_unlock(&notifier->lock);
	pthread_join(notifier->thread, NULL);
	pthread_cond_destroy(&notifier->changed);
	pthread_mutex_destroy(&notifier->lock);
	free(notifier);
}

static void queue(struct notifier *notifier, uint64_t ino, const char *name)
{
	struct notice *notice = mend_alloc(sizeof *notice + strlen(name) + 1);

	notice->ino = ino;
	strcpy(notice->name, name);
	pthread_mutex_lock(&notifier->lock);
	*notifier->last = notice;
	notifier->last = &notice->next;
	pthread_cond_signal(&notifier->changed);
	pthread_mutex_unlock(&notifier->lock);
}

void notifier_entry(struct notifier *notifier, uint64_t parent, const char *name)
{
	queue(notifier, parent, name);
}

void notifier_inode(struct notifier *notifier, uint64_t ino)
{
	queue(notifier, ino, "");
}
