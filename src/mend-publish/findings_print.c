/* SPDX-License-Identifier: MIT */
/* Shows findings to a person as a table, and to a program as JSON. */
#include <stdio.h>
#include <string.h>

#include "mend-publish/gate.h"
#include "mend-publish/line.h"
#include "mendfs/json.h"

static const char *verdict_of(const struct mend_finding *finding)
{
	return finding->is_waived ? "waived" : mend_verdict_name(finding->verdict);
}

static int widest(const struct mend_findings *findings, bool of_path)
{
	size_t most = of_path ? strlen("PATH") : strlen("FINDING");

	for (size_t i = 0; i < findings->count; i++) {
		const struct mend_finding *finding = &findings->items[i];
		size_t size = strlen(of_path ? finding->path : finding->name);

		most = size > most ? size : most;
	}
	return most > 200 ? 200 : (int)most;
}

void findings_print(const struct mend_findings *findings, const char *what)
{
	int name = widest(findings, false), path = widest(findings, true);
	unsigned width = line_width();

	if (findings->count == 0) {
		line_print(width, "%s: nothing found", what);
		return;
	}
	line_print(width, "%-7s  %-*s  %-*s  %s", "VERDICT", name, "FINDING", path, "PATH", "WHAT");
	for (size_t i = 0; i < findings->count; i++) {
		const struct mend_finding *finding = &findings->items[i];

		line_print(width, "%-7s  %-*s  %-*s  %s", verdict_of(finding), name, finding->name,
			   path, finding->path, finding->text);
	}
}

/* The gravest, or "none". */
static const char *overall(const struct mend_findings *findings)
{
	for (size_t i = 0; i < findings->count; i++) {
		if (!findings->items[i].is_waived)
			return mend_verdict_name(mend_findings_worst(findings));
	}
	return "none";
}

void findings_print_json(const struct mend_findings *findings,
			 const struct mend_trial_result *trial)
{
	auto_json array = json_array();
	auto_json object = NULL;

	for (size_t i = 0; i < findings->count; i++) {
		const struct mend_finding *finding = &findings->items[i];

		json_array_append_new(array,
				      json_pack("{s:s, s:s, s:s, s:s, s:b}", "name", finding->name,
						"verdict", mend_verdict_name(finding->verdict),
						"path", finding->path, "text", finding->text,
						"waived", (int)finding->is_waived));
	}
	object = json_pack("{s:i, s:O, s:s}", "format", 1, "findings", array, "verdict",
			   overall(findings));
	if (trial)
		json_object_set_new(object, "trial", mend_trial_json(trial));
	json_dumpf(object, stdout, JSON_COMPACT);
	putchar('\n');
}
