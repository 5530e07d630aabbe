/* SPDX-License-Identifier: MIT */
/* Mounting by mount(2) itself: no helper program, nothing of /usr/lib is needed. */
#include "mendfs/mount.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
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
	*device = mend_take_fd(&fd);
	return 0;
}

void mount_detach(const struct options *options)
{
	umount2(options->mount, MNT_DETACH | UMOUNT_NOFOLLOW);
}
