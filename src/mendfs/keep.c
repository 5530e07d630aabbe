/* SPDX-License-Identifier: MIT */
/*
 * A regular file is kept by its passthrough backing, which the kernel holds, also when a worker
 * dies. For others a descriptor in this table does it, as long as this worker lives.
 */
#include "mendfs/keep.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <string.h>

#include "mendfs/auto.h"

#define KEPT_MAX 4096 /* more removed directories in use at once lose their attributes, no data */
#define PROBES	 8

static struct kept {
	uint64_t id; /* 0: free */
	int fd;
} table[KEPT_MAX];
static pthread_mutex_t table_lock = PTHREAD_MUTEX_INITIALIZER;
static _Atomic unsigned table_count;

void keep_begin(struct keep *out, int dir, const char *name)
{
	out->fd = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
}

void keep_close(struct keep *keep)
{
	mend_auto_close(&keep->fd);
}

static struct kept *find(uint64_t id, uint64_t want)
{
	for (unsigned i = 0; i < PROBES; i++) {
		struct kept *kept = &table[(id + i) % KEPT_MAX];

		if (kept->id == want)
			return kept;
	}
	return NULL;
}

static void put(uint64_t id, struct keep *keep)
{
	struct kept *kept;

	pthread_mutex_lock(&table_lock);
	kept = find(id, id) ? NULL : find(id, 0);
	if (kept) {
		kept->id = id;
		kept->fd = mend_take_fd(&keep->fd);
		atomic_fetch_add(&table_count, 1);
	}
	pthread_mutex_unlock(&table_lock);
}

void keep_end(fuse_req_t req, struct keep *keep)
{
	struct overlay *overlay = overlay_of(req);
	struct node_handle handle;
	struct stat st;
	uint64_t id;

	if (keep->fd < 0 || fstat(keep->fd, &st) || (st.st_nlink && !S_ISDIR(st.st_mode)) ||
	    lower_handle(&overlay->lower, &handle, keep->fd) || lower_handle_needs_fd(&handle))
		return;
	id = state_find_base(overlay->state, &handle);
	if (!id)
		return;
	if (S_ISREG(st.st_mode))
		overlay_backing(req, state_node(overlay->state, id));
	else
		put(id, keep);
}

void keep_reset(void)
{
	memset(table, 0, sizeof table);
	atomic_store(&table_count, 0);
	pthread_mutex_init(&table_lock, NULL);
}

void keep_forget(uint64_t id)
{
	struct kept *kept;
	auto_fd fd = -1;

	if (!atomic_load(&table_count))
		return;
	pthread_mutex_lock(&table_lock);
	kept = find(id, id);
	if (kept) {
		kept->id = 0;
		fd = kept->fd;
		atomic_fetch_sub(&table_count, 1);
	}
	pthread_mutex_unlock(&table_lock);
}
