/* SPDX-License-Identifier: MIT */
/*
 * mendfs(8): the boot order of a mount. Options, shared state, base, live set, socket, mount,
 * processes; each is given back when a later one fails.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "mendfs/auto.h"
#include "mendfs/confine.h"
#include "mendfs/family.h"
#include "mendfs/guard.h"
#include "mendfs/heir.h"
#include "mendfs/mount.h"
#include "mendfs/serve.h"
#include "mendfs/systemd.h"
#include "mendfs/watch.h"

#define STORE_PATIENCE 300 /* times 10 ms */

/* A store that cannot be read never stops a mount: the base shows, and the status tells why. */
static struct live *load_live(const struct options *options)
{
	struct live_source source = { .store = options->store,
				      .config = options->config,
				      .root = options->root };
	struct mend_error err = { 0 };
	struct live *live;

	if (!live_load(&live, &source, LIVE_CURRENT, NULL, &err))
		return live;
	fprintf(stderr, "mendfs: %s: the base is shown without patches\n", err.text);
	return live_empty(err.text);
}

/* os-release(5) lies in /usr/lib: it is read, and kept, while no mount of ours covers it. */
static void keep_platform(void)
{
	struct mend_platform platform;
	struct mend_error err = { 0 };

	if (mend_platform_read(&platform, "", &err))
		fprintf(stderr, "mendfs: %s\n", err.text);
}

static void raise_limits(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files))
		return;
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
}

/* The process that was called waits here until the mount is ready, and passes on how it went. */
static int wait_for_child(int ready)
{
	char status = 3;

	if (read(ready, &status, 1) != 1)
		status = 3;
	return status;
}

static void go_background(int *told)
{
	int ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC))
		return;
	pid = fork();
	if (pid > 0) {
		close(ends[1]);
		_exit(wait_for_child(ends[0]));
	}
	close(ends[0]);
	if (pid < 0) {
		close(ends[1]);
		return;
	}
	setsid();
	*told = ends[1];
}

static void let_caller_go(const struct options *options, int *told)
{
	char status = 0;
	auto_fd null = -1;
	auto_fd log = -1;

	/* Who mounts on the side of a service of its own is not its main process. */
	if (options->foreground || options->take_over)
		systemd_ready();
	else
		unsetenv("NOTIFY_SOCKET");
	if (options->foreground || *told < 0)
		return;
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	/* What goes wrong later is told in the kernel's log: it needs no daemon that needs
	 * /usr/lib. */
	log = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);
	if (null >= 0) {
		dup2(null, 0);
		dup2(null, 1);
		dup2(log >= 0 ? log : null, 2);
	}
	if (write(*told, &status, 1) == 1)
		close(*told);
	*told = -1;
}

/* The kernel knows the root as node 1 without looking it up. */
static int enter_root(struct overlay *overlay, struct mend_error *err)
{
	struct node_handle handle;
	struct stat st;
	int error = lower_handle(&overlay->lower, &handle, overlay->lower.root);

	if (error || fstat(overlay->lower.root, &st)) {
		errno = error ? error : errno;
		return mend_fail_errno(err, "%s", overlay->options->base);
	}
	state_enter_base(overlay->state, &handle,
			 lower_handle_needs_fd(&handle) ? overlay->lower.root : -1, st.st_ino, "",
			 true);
	return 0;
}

/*
 * Whoever changes the store holds its lock from asking which mounts there are until the change is
 * live. With a share of it while our socket appears and the live set is read, we are asked or we
 * read the new one. Nobody may hold up a boot with it: after a while we go on.
 */
static int share_store(const struct options *options)
{
	auto_fd dir = open(options->store, O_PATH | O_DIRECTORY | O_CLOEXEC);
	auto_fd fd = dir < 0 ? -1 : openat(dir, "lock", O_RDONLY | O_CLOEXEC);

	for (int waited = 0; fd >= 0 && waited < STORE_PATIENCE; waited++) {
		if (!flock(fd, LOCK_SH | LOCK_NB))
			return mend_take_fd(&fd);
		nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
	}
	return -1;
}

static int listen_and_load(int *listener, struct overlay *overlay, struct mend_error *err)
{
	auto_fd shared = share_store(overlay->options);

	if (serve_listen(listener, overlay->options, err))
		return -1;
	overlay->live = load_live(overlay->options);
	(void)shared; /* until here */
	return 0;
}

static int start(struct overlay *overlay, struct mend_error *err)
{
	const struct options *options = overlay->options;
	struct mend_error deaf = { 0 };
	int listener;

	if (lower_open(&overlay->lower, options->base, err) || enter_root(overlay, err) ||
	    listen_and_load(&listener, overlay, err))
		return -1;
	overlay->watch = watch_open(&overlay->lower, &deaf);
	if (overlay->watch < 0)
		fprintf(stderr, "mendfs: %s\n", deaf.text);
	if (mount_attach(&overlay->device, options, err)) {
		serve_unlink(options);
		return -1;
	}
	if (family_begin(overlay, listener, err)) {
		mount_detach(options);
		serve_unlink(options);
		return -1;
	}
	return 0;
}

static int told = -1; /* who waits for how it goes, in the background's parent */

static void tell_taken(void)
{
	static const struct options in_background = { .foreground = false };

	let_caller_go(&in_background, &told);
}

static int take_over(struct overlay *overlay, struct options *options, struct mend_error *err)
{
	struct live_source source;
	int listener;

	if (heir_ask(overlay, options, &listener, err))
		return -1;
	mount_adopt(options);
	source = (struct live_source){ options->store, options->config, options->root };
	if (live_load(&overlay->live, &source, atomic_load(&overlay->state->family.live), NULL,
		      err))
		return -1;
	return family_take_over(overlay, listener, tell_taken, err);
}

static int fail(const struct mend_error *err)
{
	char status = (char)mend_code_exit(err->code);

	fprintf(stderr, "mendfs: %s\n", err->text);
	if (told >= 0 && write(told, &status, 1) != 1)
		return 3;
	return status;
}

int main(int argc, char **argv)
{
	static struct options options;
	static struct overlay overlay = { .options = &options };
	struct mend_error err = { 0 };
	enum options_verdict verdict;

	if (options_parse(&verdict, &options, argc, argv, &err))
		return fail(&err);
	if (verdict == OPTIONS_DONE)
		return 0;
	if (verdict == OPTIONS_GUARD)
		return guard_run(&options);
	if (sodium_init() < 0)
		return 3;
	if (!options.foreground || options.take_over)
		go_background(&told);
	raise_limits();
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	umask(0);
	confine_protect();
	keep_platform();
	overlay_init_locks(&overlay);
	if (options.take_over)
		return take_over(&overlay, &options, &err) ? fail(&err) : 0;
	overlay.state = state_new(&overlay.state_fd);
	if (start(&overlay, &err))
		return fail(&err);
	let_caller_go(&options, &told);
	return family_supervise(&overlay);
}
