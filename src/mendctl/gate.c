/* SPDX-License-Identifier: MIT */
/* Would what is about to be active break programs of this very machine? */
#include "mendctl/gate.h"

#include <fcntl.h>

#include "mendctl/view.h"

static void tell_waivers(const struct mend_manifest *manifest, const char *title)
{
	for (size_t i = 0; i < manifest->waiver_count; i++) {
		const struct mend_waiver *waiver = &manifest->waivers[i];

		say_note("%s: waived by its publisher: %s: %s: %s", title, waiver->path,
			 waiver->finding, waiver->reason);
	}
}

static void tell_risks(const struct mend_findings *findings, const char *title)
{
	for (size_t i = 0; i < findings->count; i++) {
		const struct mend_finding *finding = &findings->items[i];

		if (finding->verdict == MEND_RISK && !finding->is_waived)
			say_note("%s: risk: %s: %s: %s", title, finding->path, finding->name,
				 finding->text);
	}
}

static int check_bases(const struct view *view, const struct fit *fit, const char *title,
		       struct mend_error *err)
{
	auto_fd top = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (top < 0)
		return mend_fail_errno(err, "/: cannot open");
	for (size_t i = 0; i < fit->count; i++) {
		struct mend_gate gate = { .layers = view->layers,
					  .layer_count = view->count,
					  .base = fit->bases[i].dir,
					  .places = &top,
					  .place_count = 1,
					  .sysroot = "" };
		auto_findings findings = { NULL, 0 };

		if (mend_gate_check(&findings, &gate, err))
			return -1;
		tell_risks(&findings, title);
		if (mend_gate_refuse(&findings, err))
			return -1;
	}
	return 0;
}

static int check_release(const struct change *change, const struct candidate *candidates,
			 size_t count, const struct mend_manifest *manifest, struct mend_error *err)
{
	auto_view view = { .count = 0 };
	auto_call(fit_free) struct fit *fit = NULL;
	char title[MEND_TITLE_OF_MAX];

	mend_release_text(title, manifest->id, manifest->release);
	tell_waivers(manifest, title);
	if (view_open(&view, change, candidates, count, manifest, err) ||
	    fit_open(&fit, manifest, change->live, change->store->dir, change->options, err) ||
	    check_bases(&view, fit, title, err))
		return err->code == MEND_INCOMPATIBLE ? refuse(err, title)
						      : mend_fail_at(err, "%s", title);
	return 0;
}

int gate_check(const struct change *change, const struct candidate *candidates, size_t count,
	       struct mend_error *err)
{
	for (size_t i = 0; i < change->set->count; i++) {
		const struct set_item *item = &change->set->items[i];

		if (item->is_fresh && item->manifest &&
		    check_release(change, candidates, count, item->manifest, err))
			return -1;
	}
	return 0;
}
