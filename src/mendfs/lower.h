/* SPDX-License-Identifier: MIT */
/*
 * The base: a detached, private clone of the directory and what is mounted below it, taken before
 * our own mount covers it. An inode of it is named by its file handle, so that a node needs no
 * descriptor; a base that has no handles (overlayfs) costs one O_PATH descriptor per node.
 */
#ifndef MENDFS_LOWER_H
#define MENDFS_LOWER_H

#include <sys/stat.h>

#include "mendfs/error.h"
#include "mendfs/state.h"

#define LOWER_MOUNTS 64

struct lower {
	int root; /* O_RDONLY|O_DIRECTORY */
	bool has_handles;
	bool is_stacked; /* overlayfs or FUSE: nothing can be stacked on top of us then */
	unsigned count;
	struct {
		int id;	   /* as name_to_handle_at(2) tells */
		dev_t dev; /* of its file system */
		int fd;	   /* O_RDONLY on it, for open_by_handle_at(2) */
	} mounts[LOWER_MOUNTS];
};

int lower_open(struct lower *out, const char *dir, struct mend_error *err);
void lower_close(struct lower *lower);

/* The handle of what an O_PATH descriptor names. Returns 0 or an errno. Where there are no handles
 * it is made of device and inode number, and the node has to keep the descriptor. */
int lower_handle(const struct lower *lower, struct node_handle *out, int fd);
bool lower_handle_needs_fd(const struct node_handle *handle);

/*
 * fstat(2) as it is to be shown. Our files are all of one device, so an inode number of a file
 * system that is mounted below the base is made different from those of the base: who sees two
 * files with one device and number takes them for one.
 */
int lower_stat(const struct lower *lower, struct stat *out, int fd);
uint64_t lower_ino(const struct lower *lower, dev_t dev, uint64_t ino);

/* Opens a node's inode: a descriptor, or -errno. O_CLOEXEC is added. */
int lower_open_node(const struct lower *lower, const struct node *node, int flags);

#endif
