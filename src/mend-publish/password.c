/* SPDX-License-Identifier: MIT */
/* Reads passwords, and wipes every copy it makes. */
#include "mend-publish/password.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>

#include <sodium.h>

#include "mendfs/auto.h"

static volatile sig_atomic_t stopped; /* the signal that came while asking */

void password_wipe(struct password *password)
{
	int saved = errno;

	sodium_memzero(password, sizeof(*password));
	errno = saved;
}

/* read(2) of one byte, during which alone the signals of `asking` come through: one that came just
 * before would otherwise wait for a line that may never be typed. */
static ssize_t read_byte(int fd, char *byte, const sigset_t *asking)
{
	struct pollfd poll = { .fd = fd, .events = POLLIN };

	if (asking && ppoll(&poll, 1, NULL, asking) < 0)
		return -1;
	return read(fd, byte, 1);
}

/* One line, without its end; byte by byte, so that nothing lies in a stream's buffer. */
static int read_line(struct password *out, int fd, const sigset_t *asking, const char *what,
		     struct mend_error *err)
{
	size_t size = 0;
	char byte;

	for (;;) {
		ssize_t got = read_byte(fd, &byte, asking);

		if (got < 0 && errno == EINTR && !stopped)
			continue;
		if (got < 0)
			return mend_fail_errno(err, "%s: cannot read a password", what);
		if (got == 0 || byte == '\n' || byte == '\0')
			break;
		if (size == PASSWORD_MAX - 1)
			return mend_fail(err, MEND_LIMIT, "%s: password is longer than %d bytes",
					 what, PASSWORD_MAX - 1);
		out->text[size++] = byte;
	}
	out->text[size] = '\0';
	if (size == 0)
		return mend_fail(err, MEND_USAGE, "%s: password is empty", what);
	return 0;
}

static int read_file(struct password *out, const char *file, struct mend_error *err)
{
	auto_fd fd = open(file, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return mend_fail_errno(err, "%s: cannot open the password file", file);
	return read_line(out, fd, NULL, file, err);
}

static const int stops[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
#define STOPS (sizeof(stops) / sizeof(*stops))

static void on_stop(int number)
{
	stopped = number;
}

/* A stop while the echo is off must not leave the terminal so: it ends read(2), and is raised again
 * once the terminal is as it was. */
static int ask(struct password *out, int tty, const char *question, const char *key,
	       struct mend_error *err)
{
	struct sigaction action = { .sa_handler = on_stop }, before[STOPS];
	struct termios old, silent;
	sigset_t blocked, asking;
	int result;

	if (tcgetattr(tty, &old) < 0)
		return mend_fail_errno(err, "cannot turn the terminal's echo off");
	sigemptyset(&blocked);
	for (size_t i = 0; i < STOPS; i++)
		sigaddset(&blocked, stops[i]);
	sigprocmask(SIG_BLOCK, &blocked, &asking);
	for (size_t i = 0; i < STOPS; i++)
		sigaction(stops[i], &action, &before[i]);
	silent = old;
	silent.c_lflag &= ~(tcflag_t)ECHO;
	silent.c_lflag |= ECHONL;
	tcsetattr(tty, TCSAFLUSH, &silent);
	dprintf(tty, "%s %s: ", question, key);
	result = read_line(out, tty, &asking, key, err);
	tcsetattr(tty, TCSAFLUSH, &old);
	for (size_t i = 0; i < STOPS; i++)
		sigaction(stops[i], &before[i], NULL);
	sigprocmask(SIG_SETMASK, &asking, NULL);
	if (stopped) {
		dprintf(tty, "\n");
		raise(stopped);
	}
	return result;
}

static int open_terminal(struct mend_error *err)
{
	int tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);

	if (tty < 0)
		mend_fail(err, MEND_USAGE,
			  "no terminal to ask for a password on: give --password-file");
	return tty;
}

int password_read(struct password *out, const char *file, const char *key, struct mend_error *err)
{
	auto_fd tty = -1;

	if (file)
		return read_file(out, file, err);
	tty = open_terminal(err);
	if (tty < 0)
		return -1;
	return ask(out, tty, "Password of", key, err);
}

int password_choose(struct password *out, const char *file, const char *key, struct mend_error *err)
{
	auto_password again = { "" };
	auto_fd tty = -1;

	if (file)
		return read_file(out, file, err);
	tty = open_terminal(err);
	if (tty < 0)
		return -1;
	if (ask(out, tty, "New password of", key, err) < 0 ||
	    ask(&again, tty, "Once more, the password of", key, err) < 0)
		return -1;
	if (strcmp(out->text, again.text) != 0)
		return mend_fail(err, MEND_USAGE, "%s: the two passwords differ", key);
	return 0;
}
