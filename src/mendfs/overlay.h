/* SPDX-License-Identifier: MIT */
/*
 * One mount, as its operations see it. The only mutable pointer is `live`, under `flip`: an
 * operation that reads it keeps the read side until its reply is written, so that after a flip no
 * answer of the old generation is on its way.
 */
#ifndef MENDFS_OVERLAY_H
#define MENDFS_OVERLAY_H

#define FUSE_USE_VERSION 317
#include <fuse_lowlevel.h>

#include "mendfs/live.h"
#include "mendfs/lower.h"
#include "mendfs/notify.h"
#include "mendfs/options.h"
#include "mendfs/state.h"

struct overlay {
	const struct options *options;
	struct state *state;
	int state_fd; /* its memory */
	struct lower lower;
	int device; /* /dev/fuse */
	int watch;  /* fanotify, or -1 */
	struct fuse_session *session;
	struct notifier *notifier;
	pthread_mutex_t
		fork_lock; /* held while live is loaded or swapped, and while a child is forked */
	pthread_rwlock_t flip;
	struct live *live;     /* under flip */
	struct live *prepared; /* the control thread's alone */
};

/* In every process anew. A flip goes before the readers that come after it; so nobody may take it
 * twice. */
void overlay_init_locks(struct overlay *overlay);

static inline struct overlay *overlay_of(fuse_req_t req)
{
	return fuse_req_userdata(req);
}

/* Everything is cached for ever and invalidated explicitly. */
#define OVERLAY_FOREVER 1e9

static inline double overlay_attr_timeout(const struct node *node)
{
	return node->was_writable ? 0 : OVERLAY_FOREVER;
}

/* What stands at a name: a node with one lookup counted, or nothing. */
struct overlay_entry {
	struct node *node; /* NULL: no such name */
	struct stat attr;
};

/* Looks a name up in a directory node; 0 or an errno. The caller holds flip for reading. */
int overlay_resolve(struct overlay *overlay, struct overlay_entry *out, const struct node *parent,
		    const char *name);
/* Attributes of a node as they are shown; 0 or an errno. */
int overlay_attr(struct overlay *overlay, struct stat *out, const struct node *node);
/* st_ino of what a patch brings: recognisable and the same at every mount. */
uint64_t overlay_patched_ino(const char *path, const struct mend_digest *digest);
/* "dir/name" or "name"; false when it is too long. */
bool overlay_join(char out[STATE_PATH], const char *dir, const char *name);
/* Takes one lookup off a node that no reply told the kernel about. */
void overlay_drop(struct overlay *overlay, const struct node *node);
void overlay_reply_entry(fuse_req_t req, const struct overlay_entry *entry);

extern const struct fuse_lowlevel_ops overlay_ops;

/* The operations, by file: op_lookup.c, op_dir.c, op_file.c, op_xattr.c, op_make.c, op_take.c,
 * op_setattr.c, op_ioctl.c. */
void op_lookup(fuse_req_t req, fuse_ino_t parent, const char *name);
void op_forget(fuse_req_t req, fuse_ino_t ino, uint64_t lookups);
void op_forget_multi(fuse_req_t req, size_t count, struct fuse_forget_data *forgets);
void op_getattr(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *file);
void op_readlink(fuse_req_t req, fuse_ino_t ino);
void op_opendir(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *file);
void op_readdir(fuse_req_t req, fuse_ino_t ino, size_t size, off_t offset,
		struct fuse_file_info *file);
void op_fsyncdir(fuse_req_t req, fuse_ino_t ino, int datasync, struct fuse_file_info *file);
void op_statfs(fuse_req_t req, fuse_ino_t ino);
void op_open(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *file);
void op_release(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *file);
void op_flush(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *file);
void op_fsync(fuse_req_t req, fuse_ino_t ino, int datasync, struct fuse_file_info *file);
void op_lseek(fuse_req_t req, fuse_ino_t ino, off_t offset, int whence,
	      struct fuse_file_info *file);
void op_getxattr(fuse_req_t req, fuse_ino_t ino, const char *name, size_t size);
void op_listxattr(fuse_req_t req, fuse_ino_t ino, size_t size);

void op_mkdir(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode);
void op_mknod(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode, dev_t device);
void op_symlink(fuse_req_t req, const char *to, fuse_ino_t parent, const char *name);
void op_link(fuse_req_t req, fuse_ino_t ino, fuse_ino_t parent, const char *name);
void op_create(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode,
	       struct fuse_file_info *file);
void op_tmpfile(fuse_req_t req, fuse_ino_t parent, mode_t mode, struct fuse_file_info *file);
void op_unlink(fuse_req_t req, fuse_ino_t parent, const char *name);
void op_rmdir(fuse_req_t req, fuse_ino_t parent, const char *name);
void op_rename(fuse_req_t req, fuse_ino_t parent, const char *name, fuse_ino_t new_parent,
	       const char *new_name, unsigned flags);
void op_setattr(fuse_req_t req, fuse_ino_t ino, struct stat *attr, int to_set,
		struct fuse_file_info *file);
void op_setxattr(fuse_req_t req, fuse_ino_t ino, const char *name, const char *value, size_t size,
		 int flags);
void op_removexattr(fuse_req_t req, fuse_ino_t ino, const char *name);
void op_fallocate(fuse_req_t req, fuse_ino_t ino, int mode, off_t offset, off_t length,
		  struct fuse_file_info *file);

void op_ioctl(fuse_req_t req, fuse_ino_t ino, unsigned command, void *arg,
	      struct fuse_file_info *file, unsigned flags, const void *in, size_t in_size,
	      size_t out_size);

/* fsync(2) or fdatasync(2) of the base's inode, and the reply; flags of open(2). */
void overlay_sync(fuse_req_t req, fuse_ino_t ino, int flags, int datasync);
/* A node's passthrough id, made when there is none; or -errno. */
int overlay_backing(fuse_req_t req, struct node *node);
/* Opens what a node's content is: a descriptor or -errno. */
int overlay_open_object(struct overlay *overlay, const struct node *node); /* flip is held */
int overlay_open_content(struct overlay *overlay, const struct node *node, int flags);

#endif
