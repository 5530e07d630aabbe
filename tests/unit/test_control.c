/* SPDX-License-Identifier: MIT */
/* Control calls and names: what is taken, what is refused, and in which words. */
#include "mendfs/control.h"

#include <stdio.h>
#include <string.h>

#include "unit.h"

static int decode(struct mend_control_call *out, const char *text, struct mend_error *err)
{
	return mend_control_decode(out, mend_span_text(text), err);
}

START_TEST(a_call_is_decoded)
{
	struct mend_control_call call;
	struct mend_error err;

	unit_works(decode(&call,
			  "{\"method\":\"io.mendfs.Control.Activate\","
			  "\"parameters\":{\"generation\":7},\"more\":true}",
			  &err));
	ck_assert_str_eq(call.method, "io.mendfs.Control.Activate");
	ck_assert_int_eq(json_integer_value(json_object_get(call.parameters, "generation")), 7);
	ck_assert(call.more);
	ck_assert(!call.oneway);
	mend_control_call_free(&call);
	ck_assert_ptr_null(call.message);
}
END_TEST

START_TEST(parameters_may_be_missing_or_null)
{
	struct mend_control_call call;
	struct mend_error err;

	unit_works(decode(&call, "{\"method\":\"a.b\",\"oneway\":true,\"upgrade\":false}", &err));
	ck_assert_ptr_null(call.parameters);
	ck_assert(call.oneway);
	mend_control_call_free(&call);
	unit_works(decode(&call, "{\"method\":\"a.b\",\"parameters\":null}", &err));
	ck_assert_ptr_null(call.parameters);
	mend_control_call_free(&call);
}
END_TEST

START_TEST(bad_calls_are_refused)
{
	static const struct {
		const char *raw, *text;
	} bad[] = {
		{ "[]", "call: not an object" },
		{ "{\"method\":\"a.b\",\"moer\":true}", "moer: unknown member" },
		{ "{}", "method: missing" },
		{ "{\"method\":7}", "method: not a string" },
		{ "{\"method\":\"Status\"}", "call: method names no interface" },
		{ "{\"method\":\"a.b\",\"more\":1}", "call: more is not a boolean" },
		{ "{\"method\":\"a.b\",\"upgrade\":true}",
		  "call: no other protocol to upgrade to" },
		{ "{\"method\":\"a.b\",\"more\":true,\"oneway\":true}",
		  "call: both more and oneway" },
		{ "{\"method\":\"a.b\",\"parameters\":[]}", "call: parameters is not an object" },
	};
	struct mend_control_call call = { .method = "untouched" };
	struct mend_error err;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		unit_fails(decode(&call, bad[i].raw, &err), MEND_FORMAT, bad[i].text);
	ck_assert_str_eq(call.method, "untouched");
}
END_TEST

START_TEST(a_call_has_a_limit)
{
	auto_free char *raw = mend_alloc(MEND_CONTROL_MAX + 1);
	struct mend_control_call call;
	struct mend_error err;

	memset(raw, ' ', MEND_CONTROL_MAX + 1);
	unit_fails(mend_control_decode(&call, mend_span_of(raw, MEND_CONTROL_MAX + 1), &err),
		   MEND_LIMIT, "call: more than 1048576 bytes");
}
END_TEST

/* As systemd-escape --path has them. */
START_TEST(names_are_those_of_systemd)
{
	static const struct {
		const char *mount, *name;
	} good[] = {
		{ "/", "-" },
		{ "/usr/lib", "usr-lib" },
		{ "//usr/./lib///", "usr-lib" },
		{ "/usr/lib64-x", "usr-lib64\\x2dx" },
		{ "/.hidden/.x", "\\x2ehidden-.x" },
		{ "/a b/\xc3\xa4", "a\\x20b-\\xc3\\xa4" },
		{ "/a:b_c.d/E", "a:b_c.d-E" },
	};
	char name[MEND_CONTROL_NAME_MAX];
	struct mend_error err;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		unit_works(mend_control_name(name, good[i].mount, &err));
		ck_assert_str_eq(name, good[i].name);
	}
}
END_TEST

START_TEST(bad_mounts_have_no_name)
{
	char name[MEND_CONTROL_NAME_MAX] = "untouched", mount[220];
	struct mend_error err;

	unit_fails(mend_control_name(name, "usr/lib", &err), MEND_USAGE,
		   "usr/lib: not an absolute path");
	unit_fails(mend_control_name(name, "/usr/../lib", &err), MEND_USAGE,
		   "/usr/../lib: has a \"..\" in it");
	memset(mount, '-', sizeof(mount));
	mount[0] = '/';
	mount[51] = '\0'; /* 50 characters of 4 bytes each */
	ck_assert_int_eq(mend_control_name(name, mount, &err), -1);
	ck_assert_int_eq(err.code, MEND_LIMIT);
	ck_assert_str_eq(name, "untouched");
	mount[50] = '\0';
	unit_works(mend_control_name(name, mount, &err));
}
END_TEST

/* Everything the daemon serves is told, in a form that has a chance to be parsed. */
START_TEST(the_interface_names_every_method)
{
	static const char *const methods[] = { "Status", "Activate",  "Prepare",  "Commit", "Abort",
					       "Base",	 "Subscribe", "Shutdown", NULL };

	ck_assert_ptr_nonnull(strstr(mend_control_interface, "\ninterface io.mendfs.Control\n"));
	for (size_t i = 0; methods[i]; i++) {
		char line[64];

		snprintf(line, sizeof(line), "\nmethod %s(", methods[i]);
		ck_assert_msg(strstr(mend_control_interface, line), "%s", methods[i]);
	}
}
END_TEST

int main(void)
{
	return unit_main("control",
			 (const TTest *[]){ a_call_is_decoded, parameters_may_be_missing_or_null,
					    bad_calls_are_refused, a_call_has_a_limit,
					    names_are_those_of_systemd, bad_mounts_have_no_name,
					    the_interface_names_every_method, NULL });
}
