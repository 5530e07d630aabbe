/* SPDX-License-Identifier: MIT */
/* What a power cut would lose, noted as it happens; powercut.c puts itself before the calls. */
#ifndef MENDFS_TESTS_POWERCUT_H
#define MENDFS_TESTS_POWERCUT_H

#include <fcntl.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>

/* A change of names that a power cut would undo. */
struct change {
	enum { SYNCED, MADE, MOVED, REMOVED, REMOVED_DIR } kind;
	dev_t dev;
	ino_t ino; /* of the directory */
	int dir;
	char name[256], old[256];
	char grave[32]; /* what was there before, or "" */
};

/* A file with content that a power cut would cut off. */
struct file {
	dev_t dev;
	ino_t ino;
	int fd;
	off_t synced;
};

/* Ends the process with status 99: the box itself does not work. */
void give_up(const char *why);
/* Below POWERCUT_DIR? */
bool is_watched_fd(int fd);
bool is_watched(int dir, const char *path);

/* Counts a call; true when it is the one before which the power goes. */
bool is_last_call(void);
/* Comes back only when the call is meant to fail: with -1 and errno. */
int cut(void);
/* Both in one; 0 while it is not the last call. */
int step(void);

/* Opens the directory of a path and copies its last component. */
int open_parent(char name[256], int dir, const char *path);
/* Notes a change that the next call makes; forget_if() takes that back when the call fails. */
struct change *note(int kind, int dir, const char *path);
long forget_if(long result);
/* Gives what a change takes away a second name in POWERCUT_GRAVE, so that it can come back. */
void keep(struct change *change);
/* The entry of a watched file; NULL for any other. */
struct file *file_of(int fd);
/* What fsync(2) of a file or directory makes safe. */
void make_safe(int fd);

#endif
