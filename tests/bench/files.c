/* SPDX-License-Identifier: MIT */
/*
 * files DIR: times what programs do with libraries below DIR, where DIR/f0 … f99 are files of 64
 * KiB, DIR/prog is a program and DIR/lib.so a library. Prints "NAME MICROSECONDS" per line: the
 * median of several rounds, for one operation.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define FILES  100
#define ROUNDS 9

static char dir[3000];
static char paths[FILES][4096];
extern char **environ;

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void must(int ok, const char *what)
{
	if (!ok) {
		perror(what);
		exit(1);
	}
}

static void do_stat(const char *path)
{
	struct stat st;

	must(!stat(path, &st), path);
}

static void do_missing(const char *path)
{
	char other[4200];
	struct stat st;

	snprintf(other, sizeof other, "%s.missing", path);
	must(stat(other, &st) < 0, other);
}

static void do_open(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	must(fd >= 0, path);
	close(fd);
}

static void do_read(const char *path)
{
	static char room[65536];
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	must(fd >= 0 && read(fd, room, sizeof room) == sizeof room, path);
	close(fd);
}

static void do_map(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	volatile const char *at;
	char sum = 0;

	must(fd >= 0, path);
	at = mmap(NULL, 65536, PROT_READ, MAP_PRIVATE, fd, 0);
	must(at != MAP_FAILED, path);
	for (int i = 0; i < 65536; i += 4096)
		sum ^= at[i];
	munmap((void *)at, 65536);
	close(fd);
	(void)sum;
}

static void do_list(const char *path)
{
	DIR *opened = opendir(dir);
	int count = 0;

	(void)path;
	must(opened != NULL, dir);
	while (readdir(opened))
		count++;
	closedir(opened);
	must(count > FILES, "readdir");
}

static void do_exec(const char *path)
{
	char prog[4096];
	char *argv[] = { prog, NULL };
	pid_t pid;
	int status;

	(void)path;
	snprintf(prog, sizeof prog, "%s/prog", dir);
	must(!posix_spawn(&pid, prog, NULL, NULL, argv, environ), prog);
	must(waitpid(pid, &status, 0) == pid && !status, prog);
}

static void do_dlopen(const char *path)
{
	char library[4096];
	void *handle;

	(void)path;
	snprintf(library, sizeof library, "%s/lib.so", dir);
	handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
	must(handle != NULL, library);
	dlclose(handle);
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;

	return (x > y) - (x < y);
}

static void measure(const char *name, void (*one)(const char *), int count)
{
	double times[ROUNDS];

	for (int i = 0; i < FILES; i++)
		one(paths[i]);
	for (int round = 0; round < ROUNDS; round++) {
		double start = now();

		for (int i = 0; i < count; i++)
			one(paths[i % FILES]);
		times[round] = (now() - start) / count;
	}
	qsort(times, ROUNDS, sizeof times[0], by_size);
	printf("%s %.3f\n", name, times[ROUNDS / 2]);
}

int main(int argc, char **argv)
{
	must(argc == 2 && strlen(argv[1]) < sizeof dir, "files DIR");
	strcpy(dir, argv[1]);
	for (int i = 0; i < FILES; i++)
		snprintf(paths[i], sizeof paths[i], "%s/f%d", dir, i);
	measure("stat", do_stat, 2000);
	measure("missing", do_missing, 2000);
	measure("open+close", do_open, 1000);
	measure("read-64k", do_read, 1000);
	measure("mmap-64k", do_map, 500);
	measure("readdir", do_list, 100);
	measure("dlopen", do_dlopen, 50);
	measure("exec", do_exec, 20);
	return 0;
}
