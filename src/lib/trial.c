/* SPDX-License-Identifier: MIT */
/* The load test: with the patch, then, for what complains, without it. */
#include "mendfs/trial.h"

#include <string.h>

#include "trial_private.h"

#define LINES_MAX 16 /* of one program */

void mend_trial_free(struct mend_trial_result *result)
{
	for (size_t i = 0; i < result->count; i++) {
		free(result->complaints[i].program);
		free(result->complaints[i].text);
	}
	free(result->complaints);
	*result = (struct mend_trial_result){ .complaints = NULL };
}

/* Where a library was found is no complaint. Cuts the line's blanks off. */
static bool is_complaint(struct mend_span *line)
{
	const char *mapped;

	while (line->size > 0 && strchr(" \t\r", line->data[0])) {
		line->data++;
		line->size--;
	}
	mapped = memmem(line->data, line->size, " (0x", 4);
	return line->size > 0 && line->data[0] != TRIAL_UNSTARTED && !mapped &&
	       !mend_span_equal(*line, mend_span_text("statically linked"));
}

static bool has_complaints(const char *said)
{
	struct mend_span rest = mend_span_text(said), line;

	while (mend_span_line(&line, &rest)) {
		if (is_complaint(&line))
			return true;
	}
	return false;
}

static bool says(const char *said, struct mend_span wanted)
{
	struct mend_span rest = mend_span_text(said), line;

	while (mend_span_line(&line, &rest)) {
		if (is_complaint(&line) && mend_span_equal(line, wanted))
			return true;
	}
	return false;
}

/* Symbols' names are anybody's choice. The linker's own tabs become blanks. */
static char *plain_text(struct mend_span line)
{
	char *text = mend_text_format("%.*s", (int)line.size, (const char *)line.data);

	for (char *at = text; *at;) {
		size_t size = mend_text_char(at, strlen(at));

		if (*at == '\t')
			*at = ' ';
		else if (size == 0 || mend_text_is_control(at))
			memset(at, '?', size ? size : 1);
		at += size ? size : 1;
	}
	return text;
}

static void add(struct mend_trial_result *result, const char *program, struct mend_span line)
{
	struct mend_trial_complaint *complaint;

	result->complaints = mend_grow(result->complaints, result->count + 1, sizeof(*complaint));
	complaint = &result->complaints[result->count++];
	complaint->program = mend_text_copy(program);
	complaint->text = plain_text(line);
}

static void compare(struct mend_trial_result *result, const char *program, const char *with,
		    const char *without)
{
	struct mend_span rest = mend_span_text(with), line;
	size_t lines = 0;

	while (lines < LINES_MAX && mend_span_line(&line, &rest)) {
		if (is_complaint(&line) && !says(without, line)) {
			add(result, program, line);
			lines++;
		}
	}
	result->complained_already += has_complaints(without);
}

struct said {
	char **with, **without;
	size_t count;
};

static void free_said(struct said *said)
{
	for (size_t i = 0; i < said->count; i++) {
		free(said->with[i]);
		free(said->without[i]);
	}
	free(said->with);
	free(said->without);
}

static void conclude(struct mend_trial_result *result, const struct trial_programs *programs,
		     const struct said *said)
{
	result->untried += programs->untried;
	for (size_t i = 0; i < programs->count; i++) {
		if (said->with[i][0] == TRIAL_UNSTARTED) {
			result->untried++;
			continue;
		}
		result->tried++;
		if (said->without[i])
			compare(result, programs->items[i].path, said->with[i], said->without[i]);
	}
}

static int try(struct mend_trial_result *result, const struct mend_trial *trial,
	       const struct trial_programs *programs, struct mend_error *err)
{
	__attribute__((cleanup(free_said))) struct said said = { .count = programs->count };
	auto_free bool *complains = mend_alloc(programs->count * sizeof(*complains));

	said.with = mend_alloc(programs->count * sizeof(*said.with));
	said.without = mend_alloc(programs->count * sizeof(*said.without));
	if (trial_stage(said.with, programs, NULL, trial, true, err) < 0)
		return -1;
	for (size_t i = 0; i < programs->count; i++)
		complains[i] = has_complaints(said.with[i]);
	if (trial_stage(said.without, programs, complains, trial, false, err) < 0)
		return -1;
	conclude(result, programs, &said);
	return 0;
}

int mend_trial_run(struct mend_trial_result *result, const struct mend_trial *trial,
		   struct mend_error *err)
{
	struct trial_programs programs = { .items = NULL };
	int failed = trial_programs_find(&programs, trial, err);

	if (!failed && programs.count > 0)
		failed = try(result, trial, &programs, err);
	else
		result->untried += programs.untried;
	trial_programs_free(&programs);
	return failed ? mend_fail_at(err, "load test") : 0;
}

int mend_trial_refuse(const struct mend_trial_result *result, struct mend_error *err)
{
	const struct mend_trial_complaint *first = result->complaints;

	if (result->count == 0)
		return 0;
	if (result->count == 1)
		return mend_fail(err, MEND_INCOMPATIBLE, "would break programs: %s: %s",
				 first->program, first->text);
	return mend_fail(err, MEND_INCOMPATIBLE, "would break programs: %s: %s (and %zu more)",
			 first->program, first->text, result->count - 1);
}

json_t *mend_trial_json(const struct mend_trial_result *result)
{
	json_t *complaints = json_array();

	for (size_t i = 0; i < result->count; i++)
		json_array_append_new(complaints, json_pack("{s:s, s:s}", "program",
							    result->complaints[i].program, "text",
							    result->complaints[i].text));
	return json_pack("{s:I, s:I, s:I, s:o}", "tried", (json_int_t)result->tried,
			 "complained_already", (json_int_t)result->complained_already, "untried",
			 (json_int_t)result->untried, "complaints", complaints);
}
