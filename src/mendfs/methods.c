/* SPDX-License-Identifier: MIT */
/* One function per method, one table. */
#include "mendfs/methods.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "mendfs/flip.h"
#include "mendfs/status.h"

void (*method_shutdown)(struct overlay *overlay);

/* Sends a message with its NUL and, when fd is not -1, a descriptor beside its first byte. Frees
 * the message. */
static bool send_message(struct caller *caller, json_t *message, int fd)
{
	auto_free char *dump = message ? json_dumps(message, JSON_COMPACT) : NULL;
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} extra = { 0 };
	size_t sent = 0;
	size_t size;

	json_decref(message);
	if (!dump)
		return false;
	size = strlen(dump) + 1;
	while (sent < size) {
		struct iovec part = { .iov_base = dump + sent, .iov_len = size - sent };
		struct msghdr packet = { .msg_iov = &part, .msg_iovlen = 1 };
		ssize_t got;

		if (fd >= 0 && !sent) {
			packet.msg_control = extra.room;
			packet.msg_controllen = sizeof extra.room;
			extra.head.cmsg_level = SOL_SOCKET;
			extra.head.cmsg_type = SCM_RIGHTS;
			extra.head.cmsg_len = CMSG_LEN(sizeof fd);
			memcpy(CMSG_DATA(&extra.head), &fd, sizeof fd);
		}
		got = sendmsg(caller->fd, &packet, MSG_NOSIGNAL);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		sent += (size_t)got;
	}
	return true;
}

/* Nothing for who said `oneway`. Frees the message. */
static bool answer(struct caller *caller, json_t *message, int fd)
{
	if (!caller->is_oneway)
		return send_message(caller, message, fd);
	json_decref(message);
	return true;
}

static bool reply(struct caller *caller, json_t *parameters)
{
	return answer(caller, json_pack("{s:o}", "parameters", parameters), -1);
}

static bool refuse(struct caller *caller, const char *error, const char *key, const char *value)
{
	return answer(caller, json_pack("{s:s, s:{s:s}}", "error", error, "parameters", key, value),
		      -1);
}

static bool refuse_for(struct caller *caller, const struct mend_error *err)
{
	return refuse(caller, "io.mendfs.Control.Refused", "reason", err->text);
}

static bool generation_of(unsigned *out, const struct mend_control_call *call)
{
	const json_t *value = json_object_get(call->parameters, "generation");

	if (!json_is_integer(value) || json_integer_value(value) < 0 ||
	    json_integer_value(value) > INT32_MAX)
		return false;
	*out = (unsigned)json_integer_value(value);
	return true;
}

static bool no_generation(struct caller *caller)
{
	return refuse(caller, "org.varlink.service.InvalidParameter", "parameter", "generation");
}

static bool method_status(struct overlay *overlay, struct caller *caller,
			  const struct mend_control_call *call)
{
	(void)call;
	status_write(overlay);
	return reply(caller, status_of(overlay));
}

static bool method_prepare(struct overlay *overlay, struct caller *caller,
			   const struct mend_control_call *call)
{
	struct mend_error err = { 0 };
	unsigned generation;

	if (!generation_of(&generation, call))
		return no_generation(caller);
	if (flip_prepare(overlay, generation, &err))
		return refuse_for(caller, &err);
	return reply(caller,
		     json_pack("{s:o, s:o}", "targets", status_targets(overlay, overlay->prepared),
			       "left_out", status_left_out(overlay->prepared)));
}

static bool commit(struct overlay *overlay, struct caller *caller)
{
	unsigned generation = overlay->prepared->gen->number;
	struct timespec start;
	struct timespec end;
	long long microseconds;

	clock_gettime(CLOCK_MONOTONIC, &start);
	flip_commit(overlay);
	clock_gettime(CLOCK_MONOTONIC, &end);
	microseconds =
		(end.tv_sec - start.tv_sec) * 1000000LL + (end.tv_nsec - start.tv_nsec) / 1000;
	if (!reply(caller, json_pack("{s:i, s:I}", "generation", (int)generation, "microseconds",
				     (json_int_t)microseconds)))
		return false;
	status_write(overlay);
	serve_event("flip", generation);
	return true;
}

static bool method_commit(struct overlay *overlay, struct caller *caller,
			  const struct mend_control_call *call)
{
	unsigned generation;

	if (!generation_of(&generation, call))
		return no_generation(caller);
	if (!overlay->prepared || overlay->prepared->gen->number != generation)
		return refuse(caller, "io.mendfs.Control.Refused", "reason",
			      "this generation was not prepared");
	return commit(overlay, caller);
}

static bool method_abort(struct overlay *overlay, struct caller *caller,
			 const struct mend_control_call *call)
{
	(void)call;
	flip_abort(overlay);
	return reply(caller, json_object());
}

static bool method_activate(struct overlay *overlay, struct caller *caller,
			    const struct mend_control_call *call)
{
	struct mend_error err = { 0 };
	unsigned generation;

	if (!generation_of(&generation, call))
		return no_generation(caller);
	if (flip_prepare(overlay, generation, &err))
		return refuse_for(caller, &err);
	return commit(overlay, caller);
}

static bool method_base(struct overlay *overlay, struct caller *caller,
			const struct mend_control_call *call)
{
	(void)call;
	return answer(caller, json_pack("{s:{}}", "parameters"), overlay->lower.root);
}

void method_event(struct caller *caller, const char *event, unsigned generation)
{
	send_message(caller,
		     json_pack("{s:{s:s, s:i}, s:b}", "parameters", "event", event, "generation",
			       (int)generation, "continues", 1),
		     -1);
}

/* What an heir is told beside the shared state. */
static json_t *inheritance(const struct overlay *overlay)
{
	const struct options *options = overlay->options;
	json_t *mounts = json_array();

	for (unsigned i = 0; i < overlay->lower.count; i++)
		json_array_append_new(mounts, json_integer(overlay->lower.mounts[i].id));
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:b, s:b, s:b, s:o}", "base", options->base,
			 "root", options->root, "store", options->store, "config", options->config,
			 "source", options->source, "read_only", options->read_only, "is_stacked",
			 overlay->lower.is_stacked, "is_watched", overlay->watch >= 0, "mounts",
			 mounts);
}

static int inherited(const struct overlay *overlay, const char *what, json_int_t index)
{
	if (!strcmp(what, "state"))
		return overlay->state_fd;
	if (!strcmp(what, "device"))
		return overlay->device;
	if (!strcmp(what, "listener"))
		return serve_listener();
	if (!strcmp(what, "watch"))
		return overlay->watch;
	if (!strcmp(what, "root"))
		return overlay->lower.root;
	if (!strcmp(what, "mount") && index >= 0 && index < overlay->lower.count)
		return overlay->lower.mounts[index].fd;
	return -1;
}

static bool method_inherit(struct overlay *overlay, struct caller *caller,
			   const struct mend_control_call *call)
{
	const char *what = json_string_value(json_object_get(call->parameters, "what"));
	int fd = what ? inherited(overlay, what,
				  json_integer_value(json_object_get(call->parameters, "index")))
		      : -1;

	if (!overlay->lower.has_handles)
		return refuse(caller, "io.mendfs.Control.Refused", "reason",
			      "this base has no file handles, nobody can go on with it");
	if (fd < 0)
		return refuse(caller, "org.varlink.service.InvalidParameter", "parameter", "what");
	return answer(caller,
		      json_pack("{s:o}", "parameters",
				strcmp(what, "state") ? json_object() : inheritance(overlay)),
		      fd);
}

static bool method_subscribe(struct overlay *overlay, struct caller *caller,
			     const struct mend_control_call *call)
{
	if (!call->more)
		return answer(caller,
			      json_pack("{s:s, s:{}}", "error", "org.varlink.service.ExpectedMore",
					"parameters"),
			      -1);
	caller->is_subscribed = true;
	method_event(caller, "subscribed", overlay->live->gen->number);
	return true;
}

static bool method_stop(struct overlay *overlay, struct caller *caller,
			const struct mend_control_call *call)
{
	(void)call;
	reply(caller, json_object());
	method_shutdown(overlay);
	return false;
}

static bool method_info(struct overlay *overlay, struct caller *caller,
			const struct mend_control_call *call)
{
	(void)overlay;
	(void)call;
	return reply(caller,
		     json_pack("{s:s, s:s, s:s, s:s, s:[s,s]}", "vendor", "mendfs", "product",
			       "mendfs", "version", MENDFS_VERSION, "url", "https://varlink.org/",
			       "interfaces", "io.mendfs.Control", "org.varlink.service"));
}

static const char service_interface[] =
	"interface org.varlink.service\n\n"
	"method GetInfo() -> (vendor: string, product: string, version: string, url: string,\n"
	"  interfaces: []string)\n\n"
	"method GetInterfaceDescription(interface: string) -> (description: string)\n\n"
	"error InterfaceNotFound (interface: string)\n\n"
	"error MethodNotFound (method: string)\n\n"
	"error MethodNotImplemented (method: string)\n\n"
	"error InvalidParameter (parameter: string)\n\n"
	"error PermissionDenied ()\n\n"
	"error ExpectedMore ()\n";

static bool method_describe(struct overlay *overlay, struct caller *caller,
			    const struct mend_control_call *call)
{
	const char *name = json_string_value(json_object_get(call->parameters, "interface"));
	const char *description = NULL;

	(void)overlay;
	if (!name)
		return refuse(caller, "org.varlink.service.InvalidParameter", "parameter",
			      "interface");
	if (!strcmp(name, "io.mendfs.Control"))
		description = mend_control_interface;
	if (!strcmp(name, "org.varlink.service"))
		description = service_interface;
	if (!description)
		return refuse(caller, "org.varlink.service.InterfaceNotFound", "interface", name);
	return reply(caller, json_pack("{s:s}", "description", description));
}

typedef bool method(struct overlay *overlay, struct caller *caller,
		    const struct mend_control_call *call);

static const struct {
	const char *name;
	method *run;
} methods[] = {
	{ "io.mendfs.Control.Status", method_status },
	{ "io.mendfs.Control.Prepare", method_prepare },
	{ "io.mendfs.Control.Commit", method_commit },
	{ "io.mendfs.Control.Abort", method_abort },
	{ "io.mendfs.Control.Activate", method_activate },
	{ "io.mendfs.Control.Base", method_base },
	{ "io.mendfs.Control.Inherit", method_inherit },
	{ "io.mendfs.Control.Subscribe", method_subscribe },
	{ "io.mendfs.Control.Shutdown", method_stop },
	{ "org.varlink.service.GetInfo", method_info },
	{ "org.varlink.service.GetInterfaceDescription", method_describe },
};

static bool refuse_unknown(struct caller *caller, const char *name)
{
	const char *dot = strrchr(name, '.');
	auto_free char *interface = mend_text_format("%.*s", dot ? (int)(dot - name) : 0, name);

	if (strcmp(interface, "io.mendfs.Control") && strcmp(interface, "org.varlink.service"))
		return refuse(caller, "org.varlink.service.InterfaceNotFound", "interface",
			      interface);
	return refuse(caller, "org.varlink.service.MethodNotFound", "method", name);
}

bool method_call(struct overlay *overlay, struct caller *caller, struct mend_span raw)
{
	struct mend_control_call call;
	struct mend_error err = { 0 };
	method *run = NULL;
	bool keep;

	if (mend_control_decode(&call, raw, &err))
		return false;
	for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++)
		if (!strcmp(methods[i].name, call.method))
			run = methods[i].run;
	caller->is_oneway = call.oneway;
	if (run)
		keep = run(overlay, caller, &call);
	else
		keep = refuse_unknown(caller, call.method);
	mend_control_call_free(&call);
	return keep;
}
