/* SPDX-License-Identifier: MIT */
/* Lists of findings: adding, sorting, and saying much in one line. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "abi_private.h"

const char *mend_verdict_name(enum mend_verdict verdict)
{
	switch (verdict) {
	case MEND_NOTE:
		return "note";
	case MEND_RISK:
		return "risk";
	case MEND_BREAKS:
		return "breaks";
	}
	return "unknown";
}

void mend_findings_add(struct mend_findings *findings, const char *name, enum mend_verdict verdict,
		       const char *path, const char *format, ...)
{
	auto_free char *text = NULL;
	struct mend_error plain;
	va_list args;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	va_end(args);
	/* An error's text is cut and made plain, which is what names out of a file need, too. */
	(void)mend_fail(&plain, MEND_FORMAT, "%s", text ? text : name);
	findings->items = mend_grow(findings->items, findings->count + 1, sizeof *findings->items);
	findings->items[findings->count++] = (struct mend_finding){
		.name = name,
		.verdict = verdict,
		.path = mend_text_copy(path),
		.text = mend_text_copy(plain.text),
	};
}

static int compare_findings(const void *a, const void *b)
{
	const struct mend_finding *one = a, *other = b;
	int order;

	if (one->is_waived != other->is_waived)
		return one->is_waived - other->is_waived;
	if (one->verdict != other->verdict)
		return (int)other->verdict - (int)one->verdict;
	order = strcmp(one->path, other->path);
	if (order == 0)
		order = strcmp(one->name, other->name);
	return order != 0 ? order : strcmp(one->text, other->text);
}

void mend_findings_sort(struct mend_findings *findings)
{
	if (findings->count > 0)
		qsort(findings->items, findings->count, sizeof *findings->items, compare_findings);
}

enum mend_verdict mend_findings_worst(const struct mend_findings *findings)
{
	enum mend_verdict worst = MEND_NOTE;

	for (size_t i = 0; i < findings->count; i++) {
		const struct mend_finding *finding = &findings->items[i];

		if (!finding->is_waived && finding->verdict > worst)
			worst = finding->verdict;
	}
	return worst;
}

void mend_findings_free(struct mend_findings *findings)
{
	for (size_t i = 0; i < findings->count; i++) {
		free(findings->items[i].path);
		free(findings->items[i].text);
	}
	free(findings->items);
	*findings = (struct mend_findings){ NULL, 0 };
}

void abi_names_add(struct abi_names *names, const char *format, ...)
{
	auto_free char *before = take(names->text), *name = NULL;
	va_list args;

	if (++names->count > ABI_NAMED_MAX) {
		names->text = take(before);
		return;
	}
	va_start(args, format);
	if (vasprintf(&name, format, args) < 0)
		name = NULL;
	va_end(args);
	names->text = mend_text_format("%s%s%.60s", before ? before : "", before ? ", " : "",
				       name ? name : "?");
}

void abi_names_report(struct abi_names *names, struct mend_findings *findings, const char *name,
		      enum mend_verdict verdict, const char *path, const char *what)
{
	auto_free char *text = take(names->text);
	size_t count = names->count, more;
	int singular = (int)strcspn(what, "|");

	names->count = 0;
	if (count == 0)
		return;
	more = count > ABI_NAMED_MAX ? count - ABI_NAMED_MAX : 0;
	if (count == 1)
		mend_findings_add(findings, name, verdict, path, "%.*s: %s", singular, what, text);
	else if (more == 0)
		mend_findings_add(findings, name, verdict, path, "%zu %s: %s", count,
				  what + singular + 1, text);
	else
		mend_findings_add(findings, name, verdict, path, "%zu %s: %s and %zu more", count,
				  what + singular + 1, text, more);
}
