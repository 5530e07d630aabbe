/* SPDX-License-Identifier: MIT */
/*
 * The control socket, RUN/NAME.varlink: Varlink (https://varlink.org), JSON objects ended by a NUL
 * byte. The interface is io.mendfs.Control; its text is mend_control_interface. mendfs(8) serves
 * it, mendctl(8) calls it.
 */
#ifndef MENDFS_CONTROL_H
#define MENDFS_CONTROL_H

#include "mendfs/json.h"

#define MEND_RUN_DEFAULT      "/run/mendfs"
#define MEND_CONTROL_MAX      (1024 * 1024) /* bytes of one message */
#define MEND_CONTROL_NAME_MAX 200

extern const char mend_control_interface[];

/* A call, decoded: method is borrowed from the message. `raw` is without the NUL that ended it. */
struct mend_control_call {
	json_t *message; /* owned */
	const char *method;
	json_t *parameters; /* an object, or NULL; borrowed */
	bool more, oneway;
};
int mend_control_decode(struct mend_control_call *out, struct mend_span raw,
			struct mend_error *err);
void mend_control_call_free(struct mend_control_call *call);

/* "/usr/lib" → "usr-lib", as systemd-escape --path does: what a mount's socket and status file are
 * called. */
int mend_control_name(char out[MEND_CONTROL_NAME_MAX], const char *mount, struct mend_error *err);

/* One mount's socket, from the caller's side. */
struct mend_client {
	int fd;
	char *name;
};
/* Names of the mounts that have a socket in run_path, sorted; mend_fs_list_free() them. Missing
 * directory: none. */
int mend_client_list(char ***names, size_t *count, const char *run_path, struct mend_error *err);
/* MEND_MOUNT when nobody listens (a socket left behind): the text says so. Receive timeout
 * `seconds`. */
int mend_client_open(struct mend_client **out, const char *run_path, const char *name, int seconds,
		     struct mend_error *err);
/* Another timeout from now on. */
int mend_client_patience(const struct mend_client *client, int seconds, struct mend_error *err);
void mend_client_close(struct mend_client *client);
MEND_AUTO(struct mend_client, mend_client_close)
/* One call, one reply. parameters (or NULL) is borrowed; *reply is the reply's parameters, owned by
 * the caller. When fd is not NULL it gets a descriptor that came along (SCM_RIGHTS), or -1. An
 * error reply is MEND_MOUNT with its reason. */
int mend_client_call(json_t **reply, int *fd, struct mend_client *client, const char *method,
		     json_t *parameters, struct mend_error *err);

#endif
