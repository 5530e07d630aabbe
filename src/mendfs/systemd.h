/* SPDX-License-Identifier: MIT */
/* Telling the service manager; without one, nothing happens. */
#ifndef MENDFS_SYSTEMD_H
#define MENDFS_SYSTEMD_H

/* That this process is the one to send signals to, and that what it is for is there. */
void systemd_ready(void);
/* That this process took the place of the one to send signals to. */
void systemd_main_process(void);

#endif
