/* SPDX-License-Identifier: MIT */
/* Making names: files, directories, links. Everything is made in the base, as the caller. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "mendfs/auto.h"
#include "mendfs/caller.h"
#include "mendfs/copy.h"
#include "mendfs/place.h"

/* Answers with what stands at the place now. */
static void reply_made(fuse_req_t req, struct overlay *overlay, const struct place *place)
{
	struct overlay_entry entry = { 0 };
	int error;

	place_changed(overlay, place);
	error = overlay_resolve(overlay, &entry, state_node(overlay->state, place->parent),
				place->name);
	if (!error && !entry.node)
		error = ENOENT;
	if (error)
		fuse_reply_err(req, error);
	else
		overlay_reply_entry(req, &entry);
}

/* What makes one kind of name: 0, or -1 and errno. */
struct making {
	mode_t mode;
	dev_t device;
	const char *to;
	int from; /* O_PATH of what is linked; -ENOENT: only a patch has it */
	const struct node *linked;
	int *opened; /* a file that is made is opened; owned by the caller */
};
typedef int make_it(const struct place *place, const struct making *making);

/* One name being made, for the journal. */
struct job {
	fuse_req_t req;
	const struct place *place;
	const struct making *making;
	make_it *make_one;
};

static int act(void *context)
{
	const struct job *job = context;
	int error;

	caller_begin(job->req);
	error = job->make_one(job->place, job->making) ? errno : 0;
	caller_end();
	return error;
}

static bool name_exists(const struct place *place)
{
	struct stat st;

	return !fstatat(place->dir, place->name, &st, AT_SYMLINK_NOFOLLOW);
}

static uint64_t look(void *context)
{
	const struct job *job = context;

	return name_exists(job->place);
}

static bool was_made(void *context, uint64_t existed)
{
	const struct job *job = context;

	return !existed && name_exists(job->place);
}

static const struct journal_work making_work = { .act = act, .look = look, .was_done = was_made };

static void make(fuse_req_t req, fuse_ino_t parent, const char *name, make_it *make_one,
		 const struct making *making)
{
	struct overlay *overlay = overlay_of(req);
	auto_place place = { .dir = -1 };
	int error;

	pthread_rwlock_rdlock(&overlay->flip);
	error = place_make(&place, overlay, parent, name);
	if (!error)
		error = place_clear_hidden(overlay, &place);
	if (!error)
		error = journal_once(&making_work, &(struct job){ req, &place, making, make_one });
	if (error)
		fuse_reply_err(req, error);
	else
		reply_made(req, overlay, &place);
	pthread_rwlock_unlock(&overlay->flip);
}

static int make_dir(const struct place *place, const struct making *making)
{
	return mkdirat(place->dir, place->name, making->mode);
}

void op_mkdir(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode)
{
	make(req, parent, name, make_dir, &(struct making){ .mode = mode });
}

static int make_node(const struct place *place, const struct making *making)
{
	return mknodat(place->dir, place->name, making->mode, making->device);
}

void op_mknod(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode, dev_t device)
{
	make(req, parent, name, make_node, &(struct making){ .mode = mode, .device = device });
}

static int make_symlink(const struct place *place, const struct making *making)
{
	return symlinkat(making->to, place->dir, place->name);
}

void op_symlink(fuse_req_t req, const char *to, fuse_ino_t parent, const char *name)
{
	make(req, parent, name, make_symlink, &(struct making){ .to = to });
}

/* What linking a node links: for a patched file the base's, since that is what a package manager
 * keeps aside. */
static int open_linked(struct overlay *overlay, const struct node *node)
{
	char path[STATE_PATH];
	int fd;

	if (node->kind == NODE_BASE)
		return lower_open_node(&overlay->lower, node, O_PATH | O_NOFOLLOW);
	if (node->kind == NODE_DIR || !state_path(overlay->state, node, path, sizeof path))
		return -EPERM;
	fd = openat(overlay->lower.root, path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* As ourselves: linking by descriptor wants CAP_DAC_READ_SEARCH, and changes no owner. */
static int link_one(void *context)
{
	const struct job *job = context;
	const struct making *making = job->making;

	if (making->from == -ENOENT)
		return copy_patched(overlay_of(job->req), making->linked, job->place->dir,
				    job->place->name);
	return linkat(making->from, "", job->place->dir, job->place->name, AT_EMPTY_PATH) ? errno
											  : 0;
}

static const struct journal_work linking_work = { .act = link_one,
						  .look = look,
						  .was_done = was_made };

void op_link(fuse_req_t req, fuse_ino_t ino, fuse_ino_t parent, const char *name)
{
	struct overlay *overlay = overlay_of(req);
	const struct node *node = state_node(overlay->state, ino);
	auto_fd from = open_linked(overlay, node);
	struct making making = { .from = from, .linked = node };
	auto_place place = { .dir = -1 };
	int error = from < 0 && from != -ENOENT ? -from : 0;

	pthread_rwlock_rdlock(&overlay->flip);
	if (!error)
		error = place_make(&place, overlay, parent, name);
	if (!error)
		error = place_clear_hidden(overlay, &place);
	if (!error)
		error = journal_once(&linking_work, &(struct job){ req, &place, &making, NULL });
	if (error)
		fuse_reply_err(req, error);
	else
		reply_made(req, overlay, &place);
	pthread_rwlock_unlock(&overlay->flip);
}

/* Enters a file that is open already, and gives the kernel its backing in the same answer. */
static void reply_created(fuse_req_t req, struct overlay *overlay, int fd,
			  struct fuse_file_info *file)
{
	struct fuse_entry_param param = { .entry_timeout = OVERLAY_FOREVER };
	struct node_handle handle;
	struct node *node;
	int id;
	int error = lower_stat(&overlay->lower, &param.attr, fd)
			    ? errno
			    : lower_handle(&overlay->lower, &handle, fd);
	int kept = -1;

	if (error) {
		fuse_reply_err(req, error);
		return;
	}
	if (lower_handle_needs_fd(&handle))
		kept = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	node = state_enter_base(overlay->state, &handle, kept, param.attr.st_ino, NULL, false);
	if (!node || node->fd != kept)
		mend_auto_close(&kept);
	if (!node) {
		fuse_reply_err(req, ENFILE);
		return;
	}
	id = overlay_backing(req, node);
	if (id < 0) {
		fuse_reply_err(req, -id);
		overlay_drop(overlay, node);
		return;
	}
	if ((file->flags & O_ACCMODE) == O_RDWR)
		node->was_writable = true;
	param.attr_timeout = overlay_attr_timeout(node);
	param.ino = state_id(overlay->state, node);
	file->backing_id = id;
	file->fh = 0;
	if (fuse_reply_create(req, &param, file))
		overlay_drop(overlay, node);
}

static int make_file(const struct place *place, const struct making *making)
{
	*making->opened = openat(place->dir, place->name,
				 O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, making->mode);
	return *making->opened < 0 ? -1 : 0;
}

void op_create(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode,
	       struct fuse_file_info *file)
{
	struct overlay *overlay = overlay_of(req);
	auto_place place = { .dir = -1 };
	auto_fd fd = -1;
	struct making making = { .mode = mode & 07777, .opened = &fd };
	int error;

	pthread_rwlock_rdlock(&overlay->flip);
	error = place_make(&place, overlay, parent, name);
	if (!error)
		error = place_clear_hidden(overlay, &place);
	if (!error && place_is_patch_only(&place))
		place_step_aside(overlay, &place);
	if (!error)
		error = journal_once(&making_work,
				     &(struct job){ req, &place, &making, make_file });
	/* It was made before our time. */
	if (!error && fd < 0) {
		fd = openat(place.dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
		error = fd < 0 ? errno : 0;
	}
	/* Somebody was faster: the kernel looks again, and checks who may open what is there. */
	if (error == EEXIST && !(file->flags & O_EXCL)) {
		notifier_entry(overlay->notifier, parent, name);
		error = ESTALE;
	}
	if (error) {
		fuse_reply_err(req, error);
	} else {
		place_changed(overlay, &place);
		reply_created(req, overlay, fd, file);
	}
	pthread_rwlock_unlock(&overlay->flip);
}

void op_tmpfile(fuse_req_t req, fuse_ino_t parent, mode_t mode, struct fuse_file_info *file)
{
	struct overlay *overlay = overlay_of(req);
	auto_fd dir = place_directory(overlay, parent, true);
	auto_fd fd = -1;
	int error = 0;

	if (dir < 0) {
		fuse_reply_err(req, -dir);
		return;
	}
	caller_begin(req);
	fd = openat(dir, ".", O_TMPFILE | O_RDWR | O_CLOEXEC | (file->flags & O_EXCL),
		    mode & 07777);
	error = fd < 0 ? errno : 0;
	caller_end();
	if (error)
		fuse_reply_err(req, error);
	else
		reply_created(req, overlay, fd, file);
}
