/* SPDX-License-Identifier: MIT */
/*
 * The base: a detached, private clone of the directory and what is mounted below it, taken before
 * our own mount covers it. An inode of it is named by its file handle, so that a node needs no
 * descriptor; a base that has no handles (overlayfs) costs one O_PATH descriptor per node.
 */
#ifndef MENDFS_LOWER_H
#define MENDFS_LOWER_H

#include "mendfs/error.h"
#include "mendfs/state.h"

#define LOWER_MOUNTS 64

struct lower {
	int root; /* O_RDONLY|O_DIRECTORY */
	bool has_handles;
	bool is_stacked; /* overlayfs or FUSE: nothing can be stacked on top of us then */
	unsigned count;
	struct {
		int id; /* as name_to_handle_at(2) tells */
		int fd; /* O_RDONLY on it, for open_by_handle_at(2) */
	} mounts[LOWER_MOUNTS];
};

int lower_open(struct lower *out, const char *dir, struct mend_error *err);
void lower_close(struct lower *lower);

/* The handle of what an O_PATH descriptor names. Returns 0 or an errno. Where there are no handles
 * it is made of device and inode number, and the node has to keep the descriptor. */
int lower_handle(const struct lower *lower, struct node_handle *out, int fd);
bool lower_handle_needs_fd(const struct node_handle *handle);

/* Opens a node's inode: a descriptor, or -errno. O_CLOEXEC is added. */
int lower_open_node(const struct lower *lower, const struct node *node, int flags);

#endif
