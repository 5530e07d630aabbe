/* SPDX-License-Identifier: MIT */
/*
 * A program that runs for long: it answers each line of its standard input with the library it was
 * started with. What it has mapped stays mapped, so it keeps the old bytes until it is started
 * again.
 */
#include <stdio.h>
#include <string.h>

#include "libgreet.h"

int main(void)
{
	char name[64], line[128];

	while (fgets(name, sizeof(name), stdin) != NULL) {
		name[strcspn(name, "\n")] = '\0';
		greet(line, sizeof(line), name);
		printf("libgreet %s says: %s\n", greet_version(), line);
		fflush(stdout);
	}
	return 0;
}
