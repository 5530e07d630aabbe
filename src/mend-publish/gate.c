/* SPDX-License-Identifier: MIT */
/* Runs the compatibility gate over every base that a release is for. */
#include "mend-publish/gate.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "mend-publish/base_file.h"
#include "mend-publish/trial.h"
#include "mend-publish/verb.h"

static bool is_known(const struct mend_findings *findings, const struct mend_finding *finding)
{
	for (size_t i = 0; i < findings->count; i++) {
		const struct mend_finding *other = &findings->items[i];

		if (strcmp(other->name, finding->name) == 0 &&
		    strcmp(other->path, finding->path) == 0 &&
		    strcmp(other->text, finding->text) == 0)
			return true;
	}
	return false;
}

static void merge(struct mend_findings *findings, const struct mend_findings *more)
{
	for (size_t i = 0; i < more->count; i++) {
		const struct mend_finding *finding = &more->items[i];

		if (!is_known(findings, finding))
			mend_findings_add(findings, finding->name, finding->verdict, finding->path,
					  "%s", finding->text);
	}
}

static bool is_same_dir(int a, int b)
{
	struct stat one, other;

	return fstat(a, &one) == 0 && fstat(b, &other) == 0 && one.st_dev == other.st_dev &&
	       one.st_ino == other.st_ino;
}

/* The system whose dpkg knows of the files in a base: "/srv/old" for /srv/old/usr/lib, the root
 * being /usr/lib. To be freed; NULL when it is none. */
static char *sysroot_of(const char *dir, const char *root)
{
	auto_free char *whole = realpath(dir, NULL), *status = NULL, *sysroot = NULL;
	size_t size = whole ? strlen(whole) : 0, tail = strlen(root);

	if (!whole || size < tail || strcmp(whole + size - tail, root) != 0)
		return NULL;
	sysroot = mend_text_format("%.*s", (int)(size - tail), whole);
	status = mend_text_format("%s/var/lib/dpkg/status", sysroot);
	return access(status, R_OK) == 0 ? take(sysroot) : NULL;
}

int gate_over_bases(struct mend_findings *findings, const struct mend_gate_layer *layer,
		    const struct gate_bases *bases, struct mend_error *err)
{
	auto_fd root = open(bases->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	auto_fd top = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	/* The root before the rest of the machine. */
	const int places[] = { root, top };

	if (top < 0)
		return mend_fail_errno(err, "/: cannot open");
	for (size_t i = 0; i < bases->count; i++) {
		bool is_live = is_same_dir(bases->fds[i], root);
		bool is_alone = is_live || root < 0;
		auto_free char *sysroot = sysroot_of(bases->dirs[i], layer->manifest->root);
		struct mend_gate gate = { .layers = layer,
					  .layer_count = 1,
					  .base = bases->fds[i],
					  .places = is_alone ? places + 1 : places,
					  .place_count = is_alone ? 1 : 2,
					  .sysroot = sysroot };
		auto_findings found = { NULL, 0 };

		if (mend_gate_check(&found, &gate, err) < 0)
			return -1;
		merge(findings, &found);
	}
	mend_gate_waive(findings, layer->manifest);
	mend_findings_sort(findings);
	return 0;
}

static int read_change(struct mend_bytes *out, void *context, const struct mend_target *target,
		       struct mend_error *err)
{
	const struct recipe *recipe = context;

	for (size_t i = 0; i < recipe->change_count; i++) {
		const struct change *change = &recipe->changes[i];

		if (change->file && strcmp(change->target.path, target->path) == 0)
			return new_file_read(out, NULL, change->file, err);
	}
	return mend_fail(err, MEND_ABSENT, "has no content");
}

static void warn(const struct mend_findings *findings, const struct mend_manifest *manifest)
{
	for (size_t i = 0; i < findings->count; i++) {
		const struct mend_finding *finding = &findings->items[i];

		if (finding->is_waived)
			verb_warn("%s: %s: waived: %s", finding->path, finding->name,
				  finding->text);
		else if (finding->verdict == MEND_RISK)
			verb_warn("%s: %s: %s", finding->path, finding->name, finding->text);
	}
	for (size_t i = 0; i < manifest->waiver_count; i++) {
		const struct mend_waiver *waiver = &manifest->waivers[i];
		bool is_used = false;

		for (size_t k = 0; k < findings->count && !is_used; k++)
			is_used = strcmp(findings->items[k].name, waiver->finding) == 0 &&
				  strcmp(findings->items[k].path, waiver->path) == 0;
		if (!is_used)
			verb_warn("%s: %s: was not found here, and is waived all the same",
				  waiver->path, waiver->finding);
	}
}

static int try_recipe(const struct recipe *recipe, const struct mend_gate_layer *layer,
		      struct mend_error *err)
{
	auto_trial trial = { .complaints = NULL };

	if (trial_root(&trial, layer, recipe->manifest->root, err) < 0)
		return -1;
	if (!verb_is_quiet())
		trial_print(&trial);
	return mend_trial_refuse(&trial, err);
}

int gate_recipe(const struct recipe *recipe, struct mend_error *err)
{
	const struct mend_manifest *manifest = recipe->manifest;
	struct mend_gate_layer layer = { manifest, read_change, (void *)recipe };
	struct gate_bases bases = { manifest->root, recipe->base_dirs, recipe->base_fds,
				    recipe->base_dir_count };
	auto_findings findings = { NULL, 0 };

	if (gate_over_bases(&findings, &layer, &bases, err) < 0)
		return -1;
	warn(&findings, manifest);
	if (mend_gate_refuse(&findings, err) < 0) {
		char title[MEND_TITLE_OF_MAX];

		mend_release_text(title, manifest->id, manifest->release);
		return mend_fail_at(err, "%s: not signed (see --waive)", title);
	}
	if (recipe->trial && try_recipe(recipe, &layer, err) < 0)
		return mend_fail_at(err, "not signed");
	return 0;
}

int gate_take_waiver(struct mend_manifest *manifest, char *text, struct mend_error *err)
{
	char *path = strchr(text, ':'), *reason = path ? strchr(path, '=') : NULL;
	struct mend_waiver *waiver;

	if (!reason || path == text || reason == path + 1 || !reason[1])
		return mend_fail(err, MEND_USAGE, "--waive %s: has to be FINDING:PATH=REASON",
				 text);
	manifest->waivers =
		mend_grow(manifest->waivers, manifest->waiver_count + 1, sizeof(*waiver));
	waiver = &manifest->waivers[manifest->waiver_count++];
	waiver->finding = mend_text_format("%.*s", (int)(path - text), text);
	waiver->path = mend_text_format("%.*s", (int)(reason - path - 1), path + 1);
	waiver->reason = mend_text_copy(reason + 1);
	return 0;
}
