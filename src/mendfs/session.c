/* SPDX-License-Identifier: MIT */
/* The libfuse session: capabilities, serving threads, taking over. */
#include "mendfs/session.h"

#include "mendfs/caller.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#define INIT_OPCODE	  26
#define NOTIFY_RESEND	  7
#define UNIQUE_NEVER_USED 0x7ffffffffffffff0ULL
#define REQUEST_SPACE	  ((size_t)16 << 20)  /* more than libfuse ever asks the kernel for */
#define REQUEST_USUAL	  ((size_t)192 << 10) /* a name and an extended attribute of 64 KiB */
#define STACK_SIZE	  ((size_t)512 * 1024)

/* struct fuse_in_header of the kernel's include/uapi/linux/fuse.h, as far as it is read here. */
struct request_head {
	uint32_t size;
	uint32_t opcode;
	uint64_t unique;
};

/* struct fuse_out_header of the same. */
struct reply_head {
	uint32_t size;
	int32_t error;
	uint64_t unique;
};

struct session_threads {
	struct overlay *overlay;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool may_begin;
	int waiting; /* threads that wait for may_begin, with their ids known */
	pid_t ids[FAMILY_THREADS];
	pthread_t threads[FAMILY_THREADS];
};

static struct session_threads serving;

static void op_init(void *context, struct fuse_conn_info *conn)
{
	struct overlay *overlay = context;

	fuse_set_feature_flag(conn, FUSE_CAP_PASSTHROUGH);
	fuse_set_feature_flag(conn, FUSE_CAP_CACHE_SYMLINKS);
	fuse_set_feature_flag(conn, FUSE_CAP_NO_OPENDIR_SUPPORT);
	fuse_set_feature_flag(conn, FUSE_CAP_PARALLEL_DIROPS);
	fuse_set_feature_flag(conn, FUSE_CAP_EXPLICIT_INVAL_DATA);
	fuse_set_feature_flag(conn, FUSE_CAP_POSIX_ACL);
	fuse_set_feature_flag(conn, FUSE_CAP_DONT_MASK);
	fuse_unset_feature_flag(conn, FUSE_CAP_AUTO_INVAL_DATA);
	/* The kernel asks for what else is to change then: set-id bits, the size. */
	fuse_unset_feature_flag(conn, FUSE_CAP_HANDLE_KILLPRIV);
	fuse_unset_feature_flag(conn, FUSE_CAP_HANDLE_KILLPRIV_V2);
	fuse_unset_feature_flag(conn, FUSE_CAP_ATOMIC_O_TRUNC);
	fuse_unset_feature_flag(conn, FUSE_CAP_READDIRPLUS);
	fuse_unset_feature_flag(conn, FUSE_CAP_READDIRPLUS_AUTO);
	fuse_unset_feature_flag(conn, FUSE_CAP_SPLICE_READ);
	fuse_unset_feature_flag(conn, FUSE_CAP_SPLICE_WRITE);
	fuse_unset_feature_flag(conn, FUSE_CAP_SPLICE_MOVE);
	fuse_set_feature_flag(conn, FUSE_CAP_IOCTL_DIR);
	conn->max_backing_stack_depth =
		overlay->lower.is_stacked ? FUSE_BACKING_STACKED_OVER : FUSE_BACKING_STACKED_UNDER;
	conn->time_gran = 1;
}

const struct fuse_lowlevel_ops overlay_ops = {
	.init = op_init,
	.lookup = op_lookup,
	.forget = op_forget,
	.forget_multi = op_forget_multi,
	.getattr = op_getattr,
	.readlink = op_readlink,
	.opendir = op_opendir,
	.readdir = op_readdir,
	.fsyncdir = op_fsyncdir,
	.statfs = op_statfs,
	.open = op_open,
	.release = op_release,
	.flush = op_flush,
	.fsync = op_fsync,
	.lseek = op_lseek,
	.getxattr = op_getxattr,
	.listxattr = op_listxattr,
	.mkdir = op_mkdir,
	.mknod = op_mknod,
	.symlink = op_symlink,
	.link = op_link,
	.create = op_create,
	.tmpfile = op_tmpfile,
	.unlink = op_unlink,
	.rmdir = op_rmdir,
	.rename = op_rename,
	.setattr = op_setattr,
	.setxattr = op_setxattr,
	.removexattr = op_removexattr,
	.fallocate = op_fallocate,
	.ioctl = op_ioctl,
};

/* Keeps the kernel's INIT for the sessions to come. */
static void keep_init(struct family *family, const struct fuse_buf *buf)
{
	struct request_head head;

	if (buf->size < sizeof head || buf->size > FAMILY_INIT_MAX)
		return;
	memcpy(&head, buf->mem, sizeof head);
	if (head.opcode != INIT_OPCODE)
		return;
	memcpy(family->init, buf->mem, buf->size);
	family->init_size = (uint32_t)buf->size;
}

static uint64_t unique_of(const struct fuse_buf *buf)
{
	struct request_head head = { 0 };

	if (buf->size >= sizeof head)
		memcpy(&head, buf->mem, sizeof head);
	return head.unique;
}

/*
 * The memory that requests are read into is there before the first is: the kernel gives EIO to a
 * caller whose request it cannot copy, and it cannot when the reader is being killed and the page
 * would have to be made. More than requests without data take is only address space.
 */
static void *request_memory(void)
{
	void *memory = mmap(NULL, REQUEST_SPACE, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (memory == MAP_FAILED)
		return NULL;
	/* A fork would make it copy-on-write, and the next request of a dying worker unreadable
	 * again. */
	madvise(memory, REQUEST_SPACE, MADV_DONTFORK);
	memset(memory, 0, REQUEST_USUAL);
	mlock(memory, REQUEST_USUAL);
	return memory;
}

static void serve_requests(struct overlay *overlay, void *memory)
{
	struct fuse_buf buf = { .mem = memory };
	struct family *family = &overlay->state->family;

	while (!fuse_session_exited(overlay->session)) {
		int got = fuse_session_receive_buf(overlay->session, &buf);

		if (got == -EINTR || got == -EAGAIN || got == -ENOENT)
			continue;
		if (got <= 0)
			break;
		atomic_fetch_add(&family->begun, 1);
		if (!atomic_load(&family->is_ready))
			keep_init(family, &buf);
		journal_request_begin(unique_of(&buf));
		fuse_session_process_buf(overlay->session, &buf);
		journal_request_end();
		atomic_fetch_add(&family->answered, 1);
		atomic_store(&family->is_ready, true);
	}
}

static void *serving_thread(void *context)
{
	unsigned number = (unsigned)(uintptr_t)context;
	void *memory = request_memory();

	pthread_mutex_lock(&serving.lock);
	serving.ids[number] = gettid();
	serving.waiting++;
	pthread_cond_broadcast(&serving.changed);
	while (!serving.may_begin)
		pthread_cond_wait(&serving.changed, &serving.lock);
	pthread_mutex_unlock(&serving.lock);
	caller_thread_begin();
	journal_thread_begin(&serving.overlay->state->journal,
			     atomic_load(&serving.overlay->state->family.deaths) * FAMILY_THREADS +
				     number);
	serve_requests(serving.overlay, memory);
	return NULL;
}

static int start_threads(struct overlay *overlay, struct mend_error *err)
{
	pthread_attr_t attr;

	serving = (struct session_threads){ .overlay = overlay };
	pthread_mutex_init(&serving.lock, NULL);
	pthread_cond_init(&serving.changed, NULL);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_SIZE);
	for (int i = 0; i < FAMILY_THREADS; i++) {
		int error = pthread_create(&serving.threads[i], &attr, serving_thread,
					   (void *)(uintptr_t)i);

		if (error) {
			errno = error;
			return mend_fail_errno(err, "a serving thread");
		}
	}
	pthread_attr_destroy(&attr);
	return 0;
}

int session_prepare(struct overlay *overlay, struct mend_error *err)
{
	char name[] = "mendfs";
	char *argv[] = { name, NULL };
	struct fuse_args args = FUSE_ARGS_INIT(1, argv);
	char point[32];

	overlay->session = fuse_session_new(&args, &overlay_ops, sizeof overlay_ops, overlay);
	fuse_opt_free_args(&args);
	if (!overlay->session)
		return mend_fail(err, MEND_SYSTEM, "libfuse makes no session");
	snprintf(point, sizeof point, "/dev/fd/%d", overlay->device);
	if (fuse_session_mount(overlay->session, point))
		return mend_fail(err, MEND_SYSTEM, "libfuse does not take the connection");
	return start_threads(overlay, err);
}

/* Our session has to believe that it was initialised, just as the first one was. */
static void play_init(struct overlay *overlay)
{
	struct family *family = &overlay->state->family;
	uint8_t room[FAMILY_INIT_MAX] __attribute__((aligned(8)));
	uint64_t unique = UNIQUE_NEVER_USED;
	struct fuse_buf buf = { .mem = room, .size = family->init_size };

	memcpy(room, family->init, family->init_size);
	memcpy(room + offsetof(struct request_head, unique), &unique, sizeof unique);
	fuse_session_process_buf(overlay->session, &buf);
}

static void ask_again(int device)
{
	struct reply_head resend = { .size = sizeof resend, .error = NOTIFY_RESEND };

	if (write(device, &resend, sizeof resend) < 0)
		fprintf(stderr, "mendfs: the kernel does not send requests again: %m\n");
}

void session_begin(struct overlay *overlay, bool is_first)
{
	if (!is_first) {
		play_init(overlay);
		ask_again(overlay->device);
	}
	pthread_mutex_lock(&serving.lock);
	while (serving.waiting < FAMILY_THREADS)
		pthread_cond_wait(&serving.changed, &serving.lock);
	for (int i = 0; i < FAMILY_THREADS; i++)
		atomic_store(&overlay->state->family.threads[i], serving.ids[i]);
	atomic_store(&overlay->state->family.threads_of, getpid());
	serving.may_begin = true;
	pthread_cond_broadcast(&serving.changed);
	pthread_mutex_unlock(&serving.lock);
}

void session_wait(struct overlay *overlay)
{
	(void)overlay;
	for (int i = 0; i < FAMILY_THREADS; i++)
		pthread_join(serving.threads[i], NULL);
}
