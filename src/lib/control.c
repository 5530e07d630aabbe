/* SPDX-License-Identifier: MIT */
/* The words of the control socket: its interface, a call decoded, and what a mount's files are
 * called. */
#include "mendfs/control.h"

#include <stdio.h>
#include <string.h>

/* Varlink's interface definition language (https://varlink.org/Interface-Definition). */
const char mend_control_interface[] =
	"# One mendfs mount. Only root may call it.\n"
	"interface io.mendfs.Control\n"
	"\n"
	"type Target (\n"
	"  path: string,\n"
	"  op: (replace, add, remove, symlink),\n"
	"  state: (active, superseded, drifted),\n"
	"  reason: string\n"
	")\n"
	"\n"
	"type Release (\n"
	"  id: string,\n"
	"  release: int,\n"
	"  label: string,\n"
	"  title: string,\n"
	"  state: (active, superseded, drifted, partial),\n"
	"  targets: []Target\n"
	")\n"
	"\n"
	"# A release of the generation that is not served at all, such as one whose key is gone.\n"
	"type LeftOut (id: string, release: int, reason: string)\n"
	"\n"
	"type PreparedTarget (\n"
	"  id: string,\n"
	"  release: int,\n"
	"  path: string,\n"
	"  state: (active, superseded, drifted),\n"
	"  reason: string\n"
	")\n"
	"\n"
	"method Status() -> (\n"
	"  format: int,\n"
	"  version: string,\n"
	"  mount: string,\n"
	"  root: string,\n"
	"  pid: int,\n"
	"  generation: int,\n"
	"  reason: string,\n"
	"  since: string,\n"
	"  read_only: bool,\n"
	"  releases: []Release,\n"
	"  left_out: []LeftOut,\n"
	"  bad_keys: []string\n"
	")\n"
	"\n"
	"# Prepare and Commit in one.\n"
	"method Activate(generation: int) -> (generation: int, microseconds: int)\n"
	"\n"
	"# Loads a generation of the store beside the live one, and says what would be served.\n"
	"method Prepare(generation: int) -> (targets: []PreparedTarget, left_out: []LeftOut)\n"
	"\n"
	"# Makes the prepared generation the live one.\n"
	"method Commit(generation: int) -> (generation: int, microseconds: int)\n"
	"\n"
	"# Forgets the prepared generation.\n"
	"method Abort(generation: int) -> ()\n"
	"\n"
	"# The reply carries a descriptor of the base directory (SCM_RIGHTS).\n"
	"method Base() -> ()\n"
	"\n"
	"# Another mendfs goes on with this mount: the reply carries one descriptor of what it is "
	"made\n"
	"# of (state, device, listener, watch, root, mount), and with `state` how it was mounted.\n"
	"method Inherit(what: string, index: int) -> (\n"
	"  base: ?string,\n"
	"  root: ?string,\n"
	"  store: ?string,\n"
	"  config: ?string,\n"
	"  source: ?string,\n"
	"  read_only: ?bool,\n"
	"  is_stacked: ?bool,\n"
	"  is_watched: ?bool,\n"
	"  mounts: ?[]int\n"
	")\n"
	"\n"
	"# With `more`: a reply for each event from now on.\n"
	"method Subscribe() -> (event: string, generation: int)\n"
	"\n"
	"# Unmounts and ends.\n"
	"method Shutdown() -> ()\n"
	"\n"
	"error Refused (reason: string)\n";

static int flag(bool *out, const json_t *message, const char *key, struct mend_error *err)
{
	const json_t *value = json_object_get(message, key);

	if (value && !json_is_boolean(value))
		return mend_fail(err, MEND_FORMAT, "call: %s is not a boolean", key);
	*out = json_is_true(value);
	return 0;
}

static int decode(struct mend_control_call *call, struct mend_error *err)
{
	static const char *const keys[] = { "method", "parameters", "more",
					    "oneway", "upgrade",    NULL };
	bool upgrade = false;

	if (mend_json_is_object(call->message, "call", err) ||
	    mend_json_only(call->message, keys, err) ||
	    mend_json_string(&call->method, call->message, "method", err) ||
	    flag(&call->more, call->message, "more", err) ||
	    flag(&call->oneway, call->message, "oneway", err) ||
	    flag(&upgrade, call->message, "upgrade", err))
		return -1;
	if (!strchr(call->method, '.'))
		return mend_fail(err, MEND_FORMAT, "call: method names no interface");
	if (upgrade)
		return mend_fail(err, MEND_FORMAT, "call: no other protocol to upgrade to");
	if (call->more && call->oneway)
		return mend_fail(err, MEND_FORMAT, "call: both more and oneway");
	call->parameters = json_object_get(call->message, "parameters");
	if (json_is_null(call->parameters))
		call->parameters = NULL;
	if (call->parameters && !json_is_object(call->parameters))
		return mend_fail(err, MEND_FORMAT, "call: parameters is not an object");
	return 0;
}

int mend_control_decode(struct mend_control_call *out, struct mend_span raw, struct mend_error *err)
{
	struct mend_control_call call = { 0 };

	if (raw.size > MEND_CONTROL_MAX)
		return mend_fail(err, MEND_LIMIT, "call: more than %d bytes", MEND_CONTROL_MAX);
	if (mend_json_parse(&call.message, raw, "call", err))
		return -1;
	if (decode(&call, err)) {
		mend_control_call_free(&call);
		return -1;
	}
	*out = call;
	return 0;
}

void mend_control_call_free(struct mend_control_call *call)
{
	json_decref(call->message);
	*call = (struct mend_control_call){ 0 };
}

/* systemd's set; '-' stands for the slash and is therefore escaped itself. */
static bool is_plain(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == ':' || c == '_' || c == '.';
}

/* Puts the next component of *path at *part; its length, 0 at the end. "." components are passed
 * over, as are doubled slashes. */
static size_t component(const char **part, const char **path)
{
	size_t length;

	do {
		*part = *path + strspn(*path, "/");
		length = strcspn(*part, "/");
		*path = *part + length;
	} while (length == 1 && **part == '.');
	return length;
}

static size_t escape(char *out, const char *part, size_t length, bool is_first)
{
	size_t used = 0;

	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)part[i];

		if (is_plain(c) && !(c == '.' && is_first && i == 0))
			out[used++] = (char)c;
		else
			used += (size_t)sprintf(out + used, "\\x%02x", c);
	}
	return used;
}

int mend_control_name(char out[MEND_CONTROL_NAME_MAX], const char *mount, struct mend_error *err)
{
	char name[MEND_CONTROL_NAME_MAX];
	const char *part, *rest = mount;
	size_t used = 0, length;

	if (mount[0] != '/')
		return mend_fail(err, MEND_USAGE, "%s: not an absolute path", mount);
	while ((length = component(&part, &rest)) > 0) {
		if (length == 2 && !memcmp(part, "..", 2))
			return mend_fail(err, MEND_USAGE, "%s: has a \"..\" in it", mount);
		if (used + 2 + 4 * length > sizeof(name))
			return mend_fail(err, MEND_LIMIT,
					 "%s: too long a path for a control socket", mount);
		if (used > 0)
			name[used++] = '-';
		used += escape(name + used, part, length, used == 0);
	}
	if (used == 0)
		name[used++] = '-';
	memcpy(out, name, used);
	out[used] = '\0';
	return 0;
}
