/* SPDX-License-Identifier: MIT */
/*
 * pause FILE STATUS KILLS: opens FILE without end while the worker that STATUS names is killed
 * KILLS times, and prints, in microseconds, the median and the worst of the longest waits after
 * each kill, and the same for stretches of the same length without a kill.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define STRETCH 200000.0 /* microseconds */

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static pid_t worker_of(const char *status)
{
	char room[4096];
	FILE *file = fopen(status, "r");
	size_t got;
	const char *at;

	if (!file)
		return 0;
	got = fread(room, 1, sizeof room - 1, file);
	fclose(file);
	room[got] = 0;
	at = strstr(room, "\"pid\": ");
	return at ? (pid_t)atoi(at + 7) : 0;
}

/* The longest open(2) of a stretch. */
static double longest(const char *path)
{
	double end = now() + STRETCH;
	double most = 0;

	for (double start = now(); start < end; start = now()) {
		int fd = open(path, O_RDONLY | O_CLOEXEC);

		if (fd < 0) {
			perror(path);
			exit(1);
		}
		close(fd);
		if (now() - start > most)
			most = now() - start;
	}
	return most;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;

	return (x > y) - (x < y);
}

static void print(const char *name, double *all, int count)
{
	qsort(all, (size_t)count, sizeof *all, by_size);
	printf("%s median %.0f worst %.0f\n", name, all[count / 2], all[count - 1]);
}

int main(int argc, char **argv)
{
	int kills = argc == 4 ? atoi(argv[3]) : 0;
	double *all = calloc((size_t)kills + 1, sizeof *all);

	if (kills < 1 || !all) {
		fputs("pause FILE STATUS KILLS\n", stderr);
		return 2;
	}
	for (int i = 0; i < kills; i++)
		all[i] = longest(argv[1]);
	print("without", all, kills);
	for (int i = 0; i < kills; i++) {
		pid_t worker = worker_of(argv[2]);

		if (worker <= 0 || kill(worker, SIGKILL)) {
			perror("the worker");
			return 1;
		}
		all[i] = longest(argv[1]);
	}
	print("killed", all, kills);
	return 0;
}
