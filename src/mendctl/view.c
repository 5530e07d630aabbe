/* SPDX-License-Identifier: MIT */
/* What is to be active over one root, with its contents out of bundles and the store. */
#include "mendctl/view.h"

#include <string.h>
#include <sys/mman.h>

#include "mendfs/fs.h"

/* Where the contents of one release of the set are. */
struct source {
	const struct mend_bundle *bundle; /* NULL: in the store */
	struct fit *fit;		  /* of a bundle: where its deltas start from */
	int store_dir;
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

void view_close(struct view *view)
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

int view_open(struct view *view, const struct change *change, const struct candidate *candidates,
	      size_t count, const struct mend_manifest *manifest, struct mend_error *err)
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
