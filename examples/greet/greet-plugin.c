/* SPDX-License-Identifier: MIT */
/*
 * A program that loads the library when it needs it and lets go of it afterwards, as a host of
 * plug-ins does: for each name on its standard input it loads anew. It gets the fix without being
 * started again.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include "libgreet.h"

static int answer(const char *library, const char *name)
{
	void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
	__typeof__(greet) *say;
	__typeof__(greet_version) *version;
	char line[128];

	if (handle == NULL) {
		fprintf(stderr, "greet-plugin: %s\n", dlerror());
		return 3;
	}
	say = (__typeof__(say))dlsym(handle, "greet");
	version = (__typeof__(version))dlsym(handle, "greet_version");
	if (say == NULL || version == NULL) {
		fprintf(stderr, "greet-plugin: %s is no libgreet\n", library);
		dlclose(handle);
		return 3;
	}
	say(line, sizeof(line), name);
	printf("libgreet %s says: %s\n", version(), line);
	fflush(stdout);
	dlclose(handle);
	return 0;
}

int main(int argc, char **argv)
{
	const char *library = argc > 1 ? argv[1] : "libgreet.so.1";
	char name[64];

	while (fgets(name, sizeof(name), stdin) != NULL) {
		int status;

		name[strcspn(name, "\n")] = '\0';
		status = answer(library, name);
		if (status != 0)
			return status;
	}
	return 0;
}
