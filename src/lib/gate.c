/* SPDX-License-Identifier: MIT */
/* The gate: every target of a release by its kind, then the release as a whole, then its waivers.
 */
#include "mendfs/gate.h"

#include <string.h>

#include "gate_private.h"

static struct mend_span content_of(const struct gate_file *file)
{
	return file ? mend_bytes_span(&file->content) : mend_span_of("", 0);
}

/* Holds what a path leads to against what it led to. */
static int check_file(struct gate_run *run, const char *path, const struct gate_file *old,
		      const struct gate_file *new, struct mend_error *err)
{
	const struct mend_elf *before = old ? old->elf : NULL;

	/* An empty text in place of a missing base: then only damage of the new one shows. */
	mend_abi_compare_contents(run->findings, path, content_of(old), content_of(new));
	if (new->elf == NULL || !new->elf->is_dynamic)
		return 0;
	if (before == NULL)
		mend_abi_added(run->findings, path, new->elf);
	return gate_check_needs(run, path, before, new->elf, err);
}

static int check_content(struct gate_run *run, const struct mend_target *target,
			 struct mend_error *err)
{
	const struct gate_file *old = NULL, *new;

	if (gate_target_file(&new, run, &run->gate->layers[0], target, err) < 0 ||
	    gate_base_file(&old, run, target->path, err) < 0)
		return -1;
	return check_file(run, target->path, old, new, err);
}

/* What a symlink replaces is what its name led to. */
static int check_symlink(struct gate_run *run, const struct mend_target *target,
			 struct mend_error *err)
{
	const struct gate_file *old, *new;
	enum gate_end before, after;

	if (gate_follow(&before, &old, run, GATE_BASE, target->path, err) < 0 ||
	    gate_follow(&after, &new, run, GATE_PATCHED, target->path, err) < 0)
		return -1;
	if (after == GATE_NOTHING)
		mend_findings_add(run->findings, "symlink-dangling",
				  before == GATE_NOTHING ? MEND_RISK : MEND_BREAKS, target->path,
				  "leads to %s, which is not there", target->to);
	if (new != NULL)
		mend_abi_compare_contents(run->findings, target->path, content_of(old),
					  content_of(new));
	return 0;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Is there, with the release over the base, a library of this SONAME beside the path? */
static int is_succeeded(bool *out, struct gate_run *run, const char *path, const char *soname,
			struct mend_error *err)
{
	auto_free char *name = gate_join(path, soname);
	const struct gate_file *file = NULL;
	enum gate_end end;

	if (name != NULL && gate_follow(&end, &file, run, GATE_PATCHED, name, err) < 0)
		return -1;
	*out = file != NULL && file->elf != NULL && file->elf->soname != NULL &&
	       strcmp(file->elf->soname, soname) == 0;
	return 0;
}

/* Programs find a library by its SONAME; other names are for linking, or for dlopen(3). That a file
 * with a version in its name goes is well when its SONAME leads to another one. */
static int check_removal(struct gate_run *run, const struct mend_target *target,
			 struct mend_error *err)
{
	const struct gate_file *old;
	bool is_there = false;
	enum gate_end end;

	if (gate_follow(&end, &old, run, GATE_BASE, target->path, err) < 0)
		return -1;
	if (old == NULL || old->elf == NULL || !old->elf->is_dynamic)
		return 0;
	if (old->elf->soname != NULL &&
	    is_succeeded(&is_there, run, target->path, old->elf->soname, err) < 0)
		return -1;
	if (is_there)
		return 0;
	if (old->elf->soname != NULL && strcmp(old->elf->soname, base_name(target->path)) == 0)
		mend_findings_add(run->findings, "library-removed", MEND_BREAKS, target->path,
				  "programs find the library by this name");
	else
		mend_findings_add(run->findings, "library-removed", MEND_RISK, target->path,
				  "somebody may load the file by this name");
	return 0;
}

static int check_target(struct gate_run *run, const struct mend_target *target,
			struct mend_error *err)
{
	switch (target->op) {
	case MEND_OP_REPLACE:
	case MEND_OP_ADD:
		return check_content(run, target, err);
	case MEND_OP_SYMLINK:
		return check_symlink(run, target, err);
	case MEND_OP_REMOVE:
		return check_removal(run, target, err);
	}
	return 0;
}

static int check_all(struct gate_run *run, struct mend_error *err)
{
	for (size_t i = 0; i < run->manifest->target_count; i++) {
		if (check_target(run, &run->manifest->targets[i], err) < 0)
			return -1;
	}
	return gate_check_sets(run, err);
}

int mend_gate_check(struct mend_findings *findings, const struct mend_gate *gate,
		    struct mend_error *err)
{
	struct gate_run run = {
		.gate = gate,
		.manifest = gate->layers[0].manifest,
		.findings = findings,
	};
	int result = check_all(&run, err);

	gate_files_free(&run);
	mend_gate_waive(findings, run.manifest);
	mend_findings_sort(findings);
	return result;
}

void mend_gate_waive(struct mend_findings *findings, const struct mend_manifest *manifest)
{
	for (size_t i = 0; i < findings->count; i++) {
		struct mend_finding *finding = &findings->items[i];

		for (size_t k = 0; k < manifest->waiver_count; k++) {
			const struct mend_waiver *waiver = &manifest->waivers[k];

			if (strcmp(waiver->finding, finding->name) == 0 &&
			    strcmp(waiver->path, finding->path) == 0)
				finding->is_waived = true;
		}
	}
}

int mend_gate_refuse(const struct mend_findings *findings, struct mend_error *err)
{
	const struct mend_finding *first = NULL;
	size_t more = 0;

	for (size_t i = 0; i < findings->count; i++) {
		const struct mend_finding *finding = &findings->items[i];

		if (finding->verdict != MEND_BREAKS || finding->is_waived)
			continue;
		if (first == NULL)
			first = finding;
		else
			more++;
	}
	if (first == NULL)
		return 0;
	if (more == 0)
		return mend_fail(err, MEND_INCOMPATIBLE, "would break programs: %s: %s: %s",
				 first->path, first->name, first->text);
	return mend_fail(err, MEND_INCOMPATIBLE, "would break programs: %s: %s: %s (and %zu more)",
			 first->path, first->name, first->text, more);
}
