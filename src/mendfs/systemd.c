/* SPDX-License-Identifier: MIT */
/* sd_notify(3) without its library: opens nothing, allocates nothing that stays. */
#include "mendfs/systemd.h"

#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "mendfs/auto.h"
#include "mendfs/span.h"

static void tell(const char *text)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	auto_fd fd = -1;
	size_t length;

	if (!path || strlen(path) >= sizeof address.sun_path)
		return;
	length = strlen(path);
	memcpy(address.sun_path, path, length);
	if (address.sun_path[0] == '@')
		address.sun_path[0] = 0;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd >= 0)
		sendto(fd, text, strlen(text), MSG_NOSIGNAL, (const struct sockaddr *)&address,
		       (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length));
}

void systemd_ready(void)
{
	auto_free char *text = mend_text_format("MAINPID=%d\nREADY=1", (int)getpid());

	tell(text);
}

void systemd_main_process(void)
{
	auto_free char *text = mend_text_format("MAINPID=%d", (int)getpid());

	tell(text);
}
