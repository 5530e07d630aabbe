/* SPDX-License-Identifier: MIT */
/* Would what is about to be active break programs of this very machine? */
#include "mendctl/gate.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

#include "mendfs/fs.h"
#include "mendfs/gate.h"

/* Where the contents of one release of the set are. */
struct source {
	const struct mend_bundle *bundle; /* NULL: in the store */
	struct fit *fit;		  /* of a bundle: where its deltas start from */
	int store_dir;
};

/* The set as layers over one root, the one that is looked at first. */
struct view {
	struct mend_gate_layer *layers;
	struct source *sources;
	size_t count;
};

static int read_content(struct mend_bytes *out, void *context, const struct mend_target *target,
			struct mend_error *err)
{
	const struct source *source = context;
	auto_fd fd = -1;

	if (source->bundle) {
		fd = memfd_create("mendctl", MFD_CLOEXEC);
		if (fd < 0)
			return mend_fail_errno(err, "memfd_create");
		if (mend_bundle_extract(source->bundle, &target->object, target->size, fit_find,
					source->fit, fd, err))
			return -1;
	} else if (mend_store_object_open(&fd, source->store_dir, &target->object, err)) {
		return -1;
	}
	return mend_fs_read_fd(out, fd, MEND_OBJECT_MAX, err);
}

static const struct mend_bundle *bundle_of(const struct candidate *candidates, size_t count,
					   const struct mend_manifest *manifest)
{
	for (size_t i = 0; i < count; i++) {
		if (candidates[i].manifest == manifest)
			return candidates[i].bundle;
	}
	return NULL;
}

static void close_view(struct view *view)
{
	for (size_t i = 0; i < view->count; i++)
		fit_free(view->sources[i].fit);
	free(view->sources);
	free(view->layers);
}

static int add_layer(struct view *view, const struct change *change,
		     const struct candidate *candidates, size_t count,
		     const struct mend_manifest *manifest, struct mend_error *err)
{
	struct source *source = &view->sources[view->count];

	source->bundle = bundle_of(candidates, count, manifest);
	source->store_dir = change->store->dir;
	view->layers[view->count] = (struct mend_gate_layer){ manifest, read_content, source };
	view->count++;
	if (!source->bundle)
		return 0;
	return fit_open(&source->fit, manifest, change->live, change->store->dir, change->options,
			err);
}

/* The release itself, and then whatever else is to be active below its root. */
static int open_view(struct view *view, const struct change *change,
		     const struct candidate *candidates, size_t count,
		     const struct mend_manifest *manifest, struct mend_error *err)
{
	const struct set *set = change->set;

	view->layers = mend_alloc(set->count * sizeof(*view->layers));
	view->sources = mend_alloc(set->count * sizeof(*view->sources));
	if (add_layer(view, change, candidates, count, manifest, err))
		return -1;
	for (size_t i = 0; i < set->count; i++) {
		const struct mend_manifest *other = set->items[i].manifest;

		if (other && other != manifest && !strcmp(other->root, manifest->root) &&
		    add_layer(view, change, candidates, count, other, err))
			return -1;
	}
	return 0;
}

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
	__attribute__((cleanup(close_view))) struct view view = { .count = 0 };
	auto_call(fit_free) struct fit *fit = NULL;
	char title[MEND_TITLE_OF_MAX];

	mend_release_text(title, manifest->id, manifest->release);
	tell_waivers(manifest, title);
	if (open_view(&view, change, candidates, count, manifest, err) ||
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
