/* SPDX-License-Identifier: MIT */
/* The password of a secret key: from a file's first line, or from the terminal without echo. */
#ifndef PUBLISH_PASSWORD_H
#define PUBLISH_PASSWORD_H

#include "mendfs/error.h"

#define PASSWORD_MAX 1024 /* bytes with the NUL, as minisign(1) takes */

struct password {
	char text[PASSWORD_MAX]; /* never empty once read */
};

/* From `file`, or from the terminal when that is NULL. `key` names the secret key in the question.
 */
int password_read(struct password *out, const char *file, const char *key, struct mend_error *err);
/* The same for a new key: the terminal asks twice. */
int password_choose(struct password *out, const char *file, const char *key,
		    struct mend_error *err);
void password_wipe(struct password *password);
#define auto_password __attribute__((cleanup(password_wipe))) struct password

#endif
