/* SPDX-License-Identifier: MIT */
/* The everyday program: linked with the library, it gets the fix the next time it is started. */
#include <stdio.h>

#include "libgreet.h"

int main(int argc, char **argv)
{
	char line[128];

	greet(line, sizeof(line), argc > 1 ? argv[1] : "world");
	printf("libgreet %s says: %s\n", greet_version(), line);
	return 0;
}
