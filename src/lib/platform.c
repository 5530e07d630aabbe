/* SPDX-License-Identifier: MIT */
/* Which machine this is, and whether a manifest is made for it. */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "mendfs/fs.h"
#include "mendfs/manifest.h"

#define OS_RELEASE_MAX (64 * 1024)

/* Undoes a shell's quotes and backslashes, as os-release(5) has them; false when out is too small
 * or the quotes do not close. */
static bool unquote(char *out, size_t size, const char *value)
{
	char quote = '\0';
	size_t used = 0;

	for (; *value != '\0'; value++) {
		if (*value == quote && quote != '\0') {
			quote = '\0';
			continue;
		}
		if (quote == '\0' && (*value == '"' || *value == '\'')) {
			quote = *value;
			continue;
		}
		if (*value == '\\' && quote != '\'' && value[1] != '\0')
			value++;
		if (used + 1 >= size)
			return false;
		out[used++] = *value;
	}
	out[used] = '\0';
	return quote == '\0';
}

static void take_line(struct mend_platform *out, const char *line)
{
	char value[sizeof out->os_id];

	if (strncmp(line, "ID=", 3) == 0 && unquote(value, sizeof value, line + 3))
		memcpy(out->os_id, value, sizeof value);
	else if (strncmp(line, "VERSION_ID=", 11) == 0 && unquote(value, sizeof value, line + 11))
		memcpy(out->os_version, value, sizeof value);
}

/* 1 when there is no such file. It is often a symlink, into /usr/lib. */
static int read_os_release(struct mend_platform *out, const char *sysroot, const char *name,
			   struct mend_error *err)
{
	auto_free char *path = mend_text_format("%s%s", sysroot, name);
	auto_fd fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	auto_bytes raw = { 0 };
	char *rest, *line;

	if (fd < 0 && errno == ENOENT)
		return 1;
	if (fd < 0)
		return mend_fail_errno(err, "%s: cannot open", path);
	if (mend_fs_read_fd(&raw, fd, OS_RELEASE_MAX, err) < 0)
		return mend_fail_at(err, "%s", path);
	for (rest = (char *)raw.data; (line = strsep(&rest, "\n")) != NULL;) {
		size_t size = strlen(line);

		while (size > 0 && strchr(" \t\r", line[size - 1]) != NULL)
			line[--size] = '\0';
		take_line(out, line);
	}
	return 0;
}

static int read_platform(struct mend_platform *out, const char *sysroot, struct mend_error *err)
{
	struct mend_platform platform = { .os_id = "linux" };
	struct utsname machine;
	int missing;

	if (uname(&machine) < 0)
		return mend_fail_errno(err, "cannot ask for the machine's type");
	memcpy(platform.arch, machine.machine, strnlen(machine.machine, sizeof platform.arch - 1));
	missing = read_os_release(&platform, sysroot, "/etc/os-release", err);
	if (missing > 0)
		missing = read_os_release(&platform, sysroot, "/usr/lib/os-release", err);
	if (missing < 0)
		return -1;
	*out = platform;
	return 0;
}

int mend_platform_read(struct mend_platform *out, const char *sysroot, struct mend_error *err)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	static struct mend_platform kept; /* under lock; arch is "" before it is read */
	int result = 0;

	if (sysroot != NULL && sysroot[0] != '\0')
		return read_platform(out, sysroot, err);
	pthread_mutex_lock(&lock);
	if (kept.arch[0] == '\0')
		result = read_platform(&kept, "", err);
	if (result == 0)
		*out = kept;
	pthread_mutex_unlock(&lock);
	return result;
}

/* "debian 12, debian 13" as far as there is room. */
static void list_systems(char *out, size_t size, const struct mend_manifest *manifest)
{
	size_t used = 0;

	for (size_t i = 0; i < manifest->os_count && used < size; i++) {
		const struct mend_os *os = &manifest->os[i];

		used += (size_t)snprintf(out + used, size - used, "%s%s%s%s", i > 0 ? ", " : "",
					 os->id, os->version ? " " : "",
					 os->version ? os->version : "");
	}
}

static bool fits_system(const struct mend_manifest *manifest, const struct mend_platform *platform)
{
	for (size_t i = 0; i < manifest->os_count; i++) {
		const struct mend_os *os = &manifest->os[i];

		if (strcmp(os->id, platform->os_id) == 0 &&
		    (os->version == NULL || strcmp(os->version, platform->os_version) == 0))
			return true;
	}
	return manifest->os_count == 0;
}

int mend_manifest_fits(const struct mend_manifest *manifest, const struct mend_platform *platform,
		       struct mend_error *err)
{
	char systems[200];

	if (strcmp(manifest->arch, "any") != 0 && strcmp(manifest->arch, platform->arch) != 0)
		return mend_fail(err, MEND_PLATFORM, "made for %s, this machine is %s",
				 manifest->arch, platform->arch);
	if (fits_system(manifest, platform))
		return 0;
	list_systems(systems, sizeof systems, manifest);
	return mend_fail(err, MEND_PLATFORM, "made for %s, this system is %s%s%s", systems,
			 platform->os_id, platform->os_version[0] != '\0' ? " " : "",
			 platform->os_version);
}

int mend_manifest_fits_platform(const struct mend_manifest *manifest, const char *sysroot,
				struct mend_error *err)
{
	struct mend_platform platform;

	if (mend_platform_read(&platform, sysroot, err) < 0)
		return -1;
	return mend_manifest_fits(manifest, &platform, err);
}
