/* SPDX-License-Identifier: MIT */
/* Supervisor, worker and standby: who is alive, and who takes over. */
#include "mendfs/family.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <time.h>

#include "mendfs/auto.h"
#include "mendfs/confine.h"
#include "mendfs/flip.h"
#include "mendfs/inherit.h"
#include "mendfs/mount.h"
#include "mendfs/serve.h"
#include "mendfs/session.h"
#include "mendfs/status.h"
#include "mendfs/systemd.h"
#include "mendfs/watch.h"

#ifndef PIDFD_THREAD
#define PIDFD_THREAD O_EXCL /* Linux 6.9, as passthrough */
#endif

#define TICK_MS 1000
/* A worker that takes nothing for so many ticks while requests wait is killed. */
#define FROZEN_TICKS 5
/* ms: a family that has lived for so long is well. */
#define SETTLED_MS 1000
/* Workers that die over their first request, one after another. */
#define BARREN_MOST 8
/* ms that the supervisor gives the standby to take over. */
#define STANDBY_GRACE 300
#define READY_MS      30000
/* ms that open files get after an unmount before the worker ends. */
#define DETACH_GRACE 2000

static int listener = -1;
static int nudge = -1; /* the worker's own: its family thread has something to do */

static int open_process(pid_t pid)
{
	return pid > 0 ? (int)syscall(SYS_pidfd_open, pid, 0) : -1;
}

static void sleep_ms(long ms)
{
	struct timespec time = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };

	nanosleep(&time, NULL);
}

static bool is_readable(int fd)
{
	struct pollfd polled = { .fd = fd, .events = POLLIN };

	return poll(&polled, 1, 0) == 1 && polled.revents & POLLIN;
}

/* A process that is gone has no pidfd; one that we hold becomes readable. */
static bool is_dead(int pidfd)
{
	return pidfd < 0 || is_readable(pidfd);
}

/*
 * A killed worker may not be gone for long: a thread that was telling the kernel of a change waits
 * for a lock that a request holds, which only the next worker will answer. So its death is that of
 * the threads that take requests.
 */
struct threads {
	int fds[FAMILY_THREADS];
};

static void open_threads(struct threads *out, struct overlay *overlay, pid_t worker)
{
	bool are_known = atomic_load(&overlay->state->family.threads_of) == worker;

	/* A worker that is just beginning: its death is the process's. */
	if (!are_known)
		*out = (struct threads){ { open_process(worker), -1, -1, -1, -1, -1 } };
	if (!are_known)
		return;
	for (int i = 0; i < FAMILY_THREADS; i++) {
		pid_t thread = atomic_load(&overlay->state->family.threads[i]);

		out->fds[i] = thread > 0 ? (int)syscall(SYS_pidfd_open, thread, PIDFD_THREAD) : -1;
	}
}

static void close_threads(struct threads *threads)
{
	for (int i = 0; i < FAMILY_THREADS; i++)
		mend_auto_close(&threads->fds[i]);
}
#define auto_threads __attribute__((cleanup(close_threads))) struct threads

/* One that lives, to poll for; or -1. */
static int living_thread(const struct threads *threads)
{
	for (int i = 0; i < FAMILY_THREADS; i++)
		if (!is_dead(threads->fds[i]))
			return threads->fds[i];
	return -1;
}

static bool is_over(struct overlay *overlay)
{
	return atomic_load(&overlay->state->family.is_over);
}

/* --- the worker --- */

static void *watch_unmounted(void *context)
{
	struct overlay *overlay = context;

	sleep_ms(DETACH_GRACE);
	atomic_store(&overlay->state->family.is_over, true);
	_exit(0);
}

/* Detached: who has files open keeps them for a moment; what is mapped or passed through needs us
 * no more. */
void family_shutdown(struct overlay *overlay)
{
	pthread_t thread;

	atomic_store(&overlay->state->family.is_over, true);
	mount_detach(overlay->options);
	serve_unlink(overlay->options);
	status_remove(overlay);
	if (!pthread_create(&thread, NULL, watch_unmounted, overlay))
		pthread_detach(thread);
}

static void run_standby(struct overlay *overlay, pid_t worker);

static void fork_standby(struct overlay *overlay)
{
	struct family *family = &overlay->state->family;
	pid_t old = atomic_load(&family->standby);
	pid_t worker = getpid();
	pid_t pid;

	if (!overlay->lower.has_handles)
		return;
	pthread_mutex_lock(&overlay->fork_lock);
	pid = fork();
	if (pid == 0)
		run_standby(overlay, worker);
	pthread_mutex_unlock(&overlay->fork_lock);
	if (pid < 0) {
		fprintf(stderr, "mendfs: cannot fork a standby: %m\n");
		return;
	}
	atomic_store(&family->standby, pid);
	if (old > 0)
		kill(old, SIGKILL);
}

static void fork_supervisor(struct overlay *overlay)
{
	pid_t pid;

	pthread_mutex_lock(&overlay->fork_lock);
	pid = fork();
	if (pid == 0) {
		inherit_clean(overlay, listener);
		atomic_store(&overlay->state->family.supervisor, getpid());
		systemd_main_process();
		_exit(family_supervise(overlay));
	}
	pthread_mutex_unlock(&overlay->fork_lock);
	if (pid > 0)
		atomic_store(&overlay->state->family.supervisor, pid);
}

/* A machine without memory or processes to spare is not asked faster and faster. */
static long longer(long pause)
{
	return pause ? pause < 500 ? 2 * pause : 1000 : 1;
}

static void *keep_family(void *context)
{
	struct overlay *overlay = context;
	struct family *family = &overlay->state->family;
	long pause = 0; /* ms; grows while one after another dies at once */

	while (!is_over(overlay)) {
		auto_fd standby = open_process(atomic_load(&family->standby));
		auto_fd supervisor = open_process(atomic_load(&family->supervisor));
		struct pollfd polled[] = { { .fd = nudge, .events = POLLIN },
					   { .fd = standby, .events = POLLIN },
					   { .fd = supervisor, .events = POLLIN } };
		uint64_t count;

		if (is_dead(supervisor)) {
			fork_supervisor(overlay);
			continue;
		}
		if (is_dead(standby) && overlay->lower.has_handles) {
			atomic_store(&family->standby, 0);
			sleep_ms(pause);
			pause = longer(pause);
			fork_standby(overlay);
			continue;
		}
		if (poll(polled, 3, pause ? SETTLED_MS : -1) == 0)
			pause = 0;
		if (polled[0].revents && read(nudge, &count, sizeof count) > 0)
			fork_standby(overlay);
	}
	return NULL;
}

void family_live_changed(void)
{
	uint64_t one = 1;

	if (nudge >= 0 && write(nudge, &one, sizeof one) < 0)
		fprintf(stderr, "mendfs: the family thread does not hear: %m\n");
}

/* A worker's life after it holds the post. */
static void __attribute__((noreturn)) run_worker(struct overlay *overlay, bool is_first)
{
	struct family *family = &overlay->state->family;
	struct mend_error err = { 0 };
	pthread_t thread;

	prctl(PR_SET_NAME, "mendfs-worker");
	confine_memory();
	nudge = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	overlay->notifier = notifier_new(overlay->session);
	atomic_store(&family->answered_before, atomic_load(&family->answered));
	session_begin(overlay, is_first);
	if (!is_first)
		flip_resume(overlay);
	if (serve_start(overlay, listener, family_shutdown, &err))
		fprintf(stderr, "mendfs: %s\n", err.text);
	if (watch_start(overlay, &err))
		fprintf(stderr, "mendfs: %s\n", err.text);
	if (!pthread_create(&thread, NULL, keep_family, overlay))
		pthread_detach(thread);
	status_write(overlay);
	session_wait(overlay);
	atomic_store(&family->is_over, true);
	_exit(0);
}

/* A new process image from the supervisor's: the live set it began with may be old. */
static void run_forked_worker(struct overlay *overlay, bool is_first)
{
	struct mend_error err = { 0 };

	inherit_clean(overlay, listener);
	if (confine_worker(&err) || session_prepare(overlay, &err)) {
		fprintf(stderr, "mendfs: %s\n", err.text);
		_exit(3);
	}
	run_worker(overlay, is_first);
}

/* --- the standby --- */

/* The worker is dead, or was replaced by the supervisor: true when this process has got the post.
 */
static bool take_post(struct overlay *overlay, pid_t worker)
{
	struct family *family = &overlay->state->family;
	auto_fd supervisor = -1;
	pid_t none = 0;

	if (atomic_compare_exchange_strong(&family->worker, &worker, getpid()))
		return true;
	/* The supervisor was quicker, and will kill us, unless it died over it. */
	supervisor = open_process(atomic_load(&family->supervisor));
	while (!is_dead(supervisor) && !is_over(overlay))
		sleep_ms(1);
	return atomic_compare_exchange_strong(&family->worker, &none, getpid());
}

/* No mount is better than one that does not answer. */
static void give_up(struct overlay *overlay, const char *why)
{
	fprintf(stderr, "mendfs: %s: %s: the base shows from now on\n", overlay->options->mount,
		why);
	atomic_store(&overlay->state->family.is_over, true);
	mount_detach(overlay->options);
	serve_unlink(overlay->options);
	status_remove(overlay);
	_exit(1);
}

static void count_death(struct overlay *overlay)
{
	struct family *family = &overlay->state->family;
	bool is_barren = atomic_load(&family->begun) > atomic_load(&family->answered) &&
			 atomic_load(&family->answered) == atomic_load(&family->answered_before);

	atomic_fetch_add(&family->deaths, 1);
	atomic_store(&family->begun, atomic_load(&family->answered));
	if (!is_barren) {
		atomic_store(&family->barren, 0);
		return;
	}
	if (atomic_fetch_add(&family->barren, 1) + 1 < BARREN_MOST)
		return;
	fprintf(stderr,
		"mendfs: %s: %d workers died over one request: the base shows from now on\n",
		overlay->options->mount, BARREN_MOST);
	atomic_store(&family->is_over, true);
	mount_detach(overlay->options);
	_exit(1);
}

static void run_standby(struct overlay *overlay, pid_t worker)
{
	struct mend_error err = { 0 };
	struct threads threads;
	struct pollfd polled = { .events = POLLIN };

	prctl(PR_SET_NAME, "mendfs-standby");
	confine_memory();
	inherit_clean(overlay, listener);
	open_threads(&threads, overlay, worker);
	if (session_prepare(overlay, &err))
		_exit(3);
	while ((polled.fd = living_thread(&threads)) >= 0)
		poll(&polled, 1, -1);
	close_threads(&threads);
	if (is_over(overlay) || !take_post(overlay, worker))
		_exit(0);
	count_death(overlay);
	atomic_store(&overlay->state->family.standby, 0);
	run_worker(overlay, false);
}

/* --- the supervisor --- */

static void fork_worker(struct overlay *overlay, bool is_first)
{
	struct family *family = &overlay->state->family;
	pid_t pid = fork();

	if (pid == 0) {
		atomic_store(&family->worker, getpid());
		run_forked_worker(overlay, is_first);
	}
	if (pid < 0)
		fprintf(stderr, "mendfs: cannot fork a worker: %m\n");
	else
		atomic_store(&family->worker, pid);
}

static void replace_worker(struct overlay *overlay, pid_t dead)
{
	struct family *family = &overlay->state->family;
	pid_t standby;

	for (int waited = 0; waited < STANDBY_GRACE; waited += 5) {
		if (is_over(overlay) || atomic_load(&family->worker) != dead)
			return;
		sleep_ms(5);
	}
	if (!atomic_compare_exchange_strong(&family->worker, &dead, 0))
		return;
	if (dead > 0)
		kill(dead, SIGKILL);
	standby = atomic_exchange(&family->standby, 0);
	if (standby > 0)
		kill(standby, SIGKILL);
	count_death(overlay);
	/* The descriptors that its nodes are made of died with the worker. */
	if (!overlay->lower.has_handles)
		give_up(overlay, "the worker is dead, and this base has no file handles");
	fprintf(stderr, "mendfs: worker and standby are dead, starting a new worker\n");
	fork_worker(overlay, !atomic_load(&family->is_ready));
}

/* Requests wait and the worker takes none: it is stopped, or stuck. */
static void kill_frozen(struct overlay *overlay)
{
	static uint64_t before;
	static int ticks;
	struct family *family = &overlay->state->family;
	uint64_t begun = atomic_load(&family->begun);
	pid_t worker = atomic_load(&family->worker);

	if (begun != before || !is_readable(overlay->device) || worker <= 0) {
		before = begun;
		ticks = 0;
		return;
	}
	if (++ticks < FROZEN_TICKS)
		return;
	ticks = 0;
	fprintf(stderr, "mendfs: worker %d takes no requests, replacing it\n", (int)worker);
	kill(worker, SIGKILL);
}

static void end_by_signal(struct overlay *overlay, int signals)
{
	struct signalfd_siginfo info;

	if (read(signals, &info, sizeof info) != sizeof info || info.ssi_signo == SIGHUP)
		return;
	atomic_store(&overlay->state->family.is_over, true);
	mount_detach(overlay->options);
}

/* Everything ends: the worker when the kernel says so, or after a grace. */
static int end_family(struct overlay *overlay)
{
	struct family *family = &overlay->state->family;
	auto_fd worker = open_process(atomic_load(&family->worker));
	struct pollfd polled = { .fd = worker, .events = POLLIN };
	pid_t standby = atomic_load(&family->standby);

	if (standby > 0)
		kill(standby, SIGKILL);
	if (worker >= 0 && poll(&polled, 1, DETACH_GRACE) == 0)
		kill(atomic_load(&family->worker), SIGKILL);
	serve_unlink(overlay->options);
	status_remove(overlay);
	return atomic_load(&family->barren) >= BARREN_MOST;
}

static int take_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

int family_supervise(struct overlay *overlay)
{
	struct family *family = &overlay->state->family;
	auto_fd signals = take_signals();

	prctl(PR_SET_NAME, "mendfs");
	while (!is_over(overlay)) {
		pid_t pid = atomic_load(&family->worker);
		auto_threads threads;
		struct pollfd polled[] = { { .fd = -1, .events = POLLIN },
					   { .fd = signals, .events = POLLIN } };

		open_threads(&threads, overlay, pid);
		polled[0].fd = living_thread(&threads);
		if (polled[0].fd < 0) {
			replace_worker(overlay, pid);
			continue;
		}
		if (poll(polled, 2, TICK_MS) == 0)
			kill_frozen(overlay);
		if (polled[1].revents)
			end_by_signal(overlay, signals);
	}
	return end_family(overlay);
}

int family_begin(struct overlay *overlay, int socket, struct mend_error *err)
{
	struct family *family = &overlay->state->family;
	auto_fd worker = -1;

	listener = socket;
	signal(SIGCHLD, SIG_IGN);
	close(take_signals());
	atomic_store(&family->supervisor, getpid());
	atomic_store(&family->live, overlay->live->gen->number);
	fork_worker(overlay, true);
	worker = open_process(atomic_load(&family->worker));
	for (int waited = 0; waited < READY_MS; waited += 1) {
		if (atomic_load(&family->is_ready))
			return 0;
		if (is_dead(worker))
			break;
		sleep_ms(1);
	}
	return mend_fail(err, MEND_SYSTEM, "%s: the worker did not start", overlay->options->mount);
}

/* The new worker forks a supervisor of its own program when it finds this one dead. */
static void end_supervisor(struct overlay *overlay)
{
	pid_t supervisor = atomic_load(&overlay->state->family.supervisor);

	if (supervisor > 0)
		kill(supervisor, SIGKILL);
}

int family_take_over(struct overlay *overlay, int socket, void (*on_post)(void),
		     struct mend_error *err)
{
	struct family *family = &overlay->state->family;
	pid_t old = atomic_load(&family->worker);
	pid_t standby;
	struct threads threads;
	struct pollfd polled = { .events = POLLIN };

	listener = socket;
	signal(SIGCHLD, SIG_IGN);
	close(take_signals());
	if (confine_worker(err) || session_prepare(overlay, err))
		return -1;
	open_threads(&threads, overlay, old);
	standby = atomic_exchange(&family->standby, getpid());
	if (standby > 0)
		kill(standby, SIGKILL);
	if (old > 0)
		kill(old, SIGKILL);
	while ((polled.fd = living_thread(&threads)) >= 0)
		poll(&polled, 1, -1);
	close_threads(&threads);
	if (is_over(overlay) || !take_post(overlay, old))
		return mend_fail(err, MEND_MOUNT, "%s: somebody else has taken it over",
				 overlay->options->mount);
	count_death(overlay);
	atomic_store(&family->standby, 0);
	end_supervisor(overlay);
	on_post();
	run_worker(overlay, false);
}
