/* SPDX-License-Identifier: MIT */
/* Reading fanotify events, and what each of them makes stale. */
#include "mendfs/watch.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/fanotify.h>
#include <sys/stat.h>

#include "mendfs/auto.h"
#include "mendfs/status.h"

#define NAMES	(FAN_CREATE | FAN_DELETE | FAN_MOVED_FROM | FAN_MOVED_TO)
#define CONTENT (FAN_MODIFY | FAN_ATTRIB | FAN_CLOSE_WRITE)
#define ROOM	((size_t)64 * 1024)

int watch_open(const struct lower *lower, struct mend_error *err)
{
	auto_fd fd =
		fanotify_init(FAN_CLASS_NOTIF | FAN_CLOEXEC | FAN_NONBLOCK | FAN_UNLIMITED_QUEUE |
				      FAN_REPORT_DFID_NAME | FAN_REPORT_FID,
			      O_RDONLY);

	if (fd < 0)
		return mend_fail_errno(err, "changes from outside the mount are not seen");
	for (unsigned i = 0; i < lower->count; i++)
		if (fanotify_mark(fd, FAN_MARK_ADD | FAN_MARK_FILESYSTEM,
				  NAMES | CONTENT | FAN_ONDIR, lower->mounts[i].fd, NULL))
			return mend_fail_errno(err, "changes from outside the mount are not seen");
	return mend_take_fd(&fd);
}

/* A node may be known by each of the base's mounts that show its file system. */
static uint64_t find_node(struct overlay *overlay, const struct fanotify_event_info_fid *info,
			  unsigned mount)
{
	const struct file_handle *from = (const void *)info->handle;
	struct node_handle handle = { .mount = (uint16_t)mount,
				      .type = from->handle_type,
				      .size = (uint16_t)from->handle_bytes };

	if (from->handle_bytes > NODE_HANDLE_MAX)
		return 0;
	memcpy(handle.bytes, from->f_handle, from->handle_bytes);
	return state_find_base(overlay->state, &handle);
}

static bool is_dir_now(struct overlay *overlay, const char *path)
{
	struct stat st;

	return !fstatat(overlay->lower.root, path, &st, AT_SYMLINK_NOFOLLOW) && S_ISDIR(st.st_mode);
}

/* A name of a known directory changed, or what it names did. A directory's own name is only
 * expired: dropping it would take the working directory of whoever is in it. */
static void name_changed(struct overlay *overlay, uint64_t parent, const char *name,
			 bool names_changed, bool is_own)
{
	char dir[STATE_PATH];
	char path[STATE_PATH];
	int index;

	if (!state_path(overlay->state, state_node(overlay->state, parent), dir, sizeof dir) ||
	    !overlay_join(path, dir, name))
		return;
	pthread_rwlock_rdlock(&overlay->flip);
	index = live_find(overlay->live, path);
	/* What we did ourselves has been seen to; a patch that stepped aside for it stays there. */
	if (index >= 0 && !is_own)
		live_doubt(overlay->live, index);
	pthread_rwlock_unlock(&overlay->flip);
	if (index >= 0)
		status_write(overlay);
	if (index < 0 && (is_own || !names_changed))
		return;
	if (is_dir_now(overlay, path))
		fuse_lowlevel_notify_expire_entry(overlay->session, parent, name, strlen(name));
	else
		fuse_lowlevel_notify_inval_entry(overlay->session, parent, name, strlen(name));
	fuse_lowlevel_notify_inval_inode(overlay->session, parent, 0, 0);
}

static const char *name_of(const struct fanotify_event_info_fid *info)
{
	const struct file_handle *handle = (const void *)info->handle;

	return (const char *)handle->f_handle + handle->handle_bytes;
}

static void take_info(struct overlay *overlay, const struct fanotify_event_metadata *event,
		      const struct fanotify_event_info_fid *info)
{
	bool is_own = event->pid == getpid();
	bool names_changed = event->mask & NAMES;

	for (unsigned i = 0; i < overlay->lower.count; i++) {
		uint64_t id = find_node(overlay, info, i);

		if (!id)
			continue;
		switch (info->hdr.info_type) {
		case FAN_EVENT_INFO_TYPE_FID:
			notify_inode_now(overlay->session, id);
			break;
		case FAN_EVENT_INFO_TYPE_DFID_NAME:
			if (strcmp(name_of(info), "."))
				name_changed(overlay, id, name_of(info), names_changed, is_own);
			else
				notify_inode_now(overlay->session, id);
			break;
		default:
			break;
		}
	}
}

static void take_event(struct overlay *overlay, const struct fanotify_event_metadata *event,
		       const char *raw)
{
	size_t at = event->metadata_len;

	while (at + sizeof(struct fanotify_event_info_header) <= event->event_len) {
		const struct fanotify_event_info_fid *info = (const void *)(raw + at);

		if (!info->hdr.len)
			break;
		take_info(overlay, event, info);
		at += info->hdr.len;
	}
}

/* Events lie at multiples of four bytes, their numbers want eight: each head is copied. */
static void take_events(struct overlay *overlay, const char *room, size_t got)
{
	struct fanotify_event_metadata event;

	for (size_t at = 0; at + sizeof event <= got; at += event.event_len) {
		memcpy(&event, room + at, sizeof event);
		if (event.event_len < sizeof event || event.event_len > got - at)
			break;
		take_event(overlay, &event, room + at);
	}
}

static void *read_events(void *context)
{
	struct overlay *overlay = context;
	auto_free char *room = mend_alloc(ROOM);
	struct pollfd polled = { .fd = overlay->watch, .events = POLLIN };

	for (;;) {
		ssize_t got;

		if (poll(&polled, 1, -1) < 0)
			continue;
		got = read(overlay->watch, room, ROOM);
		if (got > 0)
			take_events(overlay, room, (size_t)got);
	}
	return NULL;
}

int watch_start(struct overlay *overlay, struct mend_error *err)
{
	pthread_t thread;
	int error;

	if (overlay->watch < 0)
		return 0;
	error = pthread_create(&thread, NULL, read_events, overlay);
	if (error) {
		errno = error;
		return mend_fail_errno(err, "the watching thread");
	}
	pthread_detach(thread);
	return 0;
}
