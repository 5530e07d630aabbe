/* SPDX-License-Identifier: MIT */
/* Mounting by mount(2) itself: no helper program, nothing of /usr/lib is needed. */
#include "mendfs/mount.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "mendfs/auto.h"
#include "mendfs/span.h"

static unsigned long base_flags(const char *dir)
{
	struct statvfs fs;
	unsigned long flags = 0;

	if (statvfs(dir, &fs))
		return MS_NOSUID | MS_NODEV;
	flags |= fs.f_flag & ST_NOSUID ? MS_NOSUID : 0;
	flags |= fs.f_flag & ST_NODEV ? MS_NODEV : 0;
	flags |= fs.f_flag & ST_NOEXEC ? MS_NOEXEC : 0;
	flags |= fs.f_flag & ST_RDONLY ? MS_RDONLY : 0;
	flags |= fs.f_flag & ST_NOATIME ? MS_NOATIME : 0;
	flags |= fs.f_flag & ST_NODIRATIME ? MS_NODIRATIME : 0;
	flags |= fs.f_flag & ST_RELATIME ? MS_RELATIME : 0;
	return flags;
}

/* The file system's own device number, which no other has while it is there. */
static struct {
	unsigned major, minor;
} attached;

/* What is mounted there, uppermost; asks no daemon. */
static bool device_at(unsigned *major, unsigned *minor, const char *dir)
{
	struct statx st;

	if (statx(AT_FDCWD, dir, AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT, STATX_TYPE, &st))
		return false;
	*major = st.stx_dev_major;
	*minor = st.stx_dev_minor;
	return true;
}

int mount_attach(int *device, const struct options *options, struct mend_error *err)
{
	unsigned long flags = base_flags(options->base);
	auto_free char *data = NULL;
	auto_fd fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return mend_fail_errno(err, "/dev/fuse");
	flags = (flags & ~options->clear_flags) | options->set_flags;
	data = mend_text_format(
		"fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other,default_permissions", fd);
	if (mount(options->source, options->mount, "fuse.mendfs", flags, data))
		return mend_fail_errno(err, "%s: cannot mount", options->mount);
	mount_adopt(options);
	*device = mend_take_fd(&fd);
	return 0;
}

void mount_adopt(const struct options *options)
{
	device_at(&attached.major, &attached.minor, options->mount);
}

bool mount_is_attached(void)
{
	FILE *file = fopen("/proc/self/mountinfo", "re");
	auto_free char *line = NULL;
	size_t room = 0;
	bool is_found = false;
	unsigned major;
	unsigned minor;

	if (!file)
		return true;
	while (!is_found && getline(&line, &room, file) > 0)
		is_found = sscanf(line, "%*u %*u %u:%u", &major, &minor) == 2 &&
			   major == attached.major && minor == attached.minor;
	fclose(file);
	return is_found;
}

void mount_detach(const struct options *options)
{
	unsigned major;
	unsigned minor;

	if (device_at(&major, &minor, options->mount) && major == attached.major &&
	    minor == attached.minor)
		umount2(options->mount, MNT_DETACH | UMOUNT_NOFOLLOW);
}
