/* SPDX-License-Identifier: MIT */
/*
 * mendctl sbom: what patches serve on this machine, for vulnerability scanners and auditors.
 * CycloneDX 1.5 (https://cyclonedx.org/docs/1.5/json/): a component per file, with its package URL
 * (https://github.com/package-url/purl-spec) where the manifest names the fixed package, and a VEX
 * statement per CVE and release that is served, or that the base has overtaken.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "mendctl/purl.h"
#include "mendctl/seen.h"
#include "mendfs/time.h"

struct sbom {
	const struct options *options;
	struct mend_store *store;
	struct mend_keyring *ring;
	struct seen_list *seen;
	json_t *components, *vulnerabilities;
};

static void close_sbom(struct sbom *sbom)
{
	json_decref(sbom->components);
	json_decref(sbom->vulnerabilities);
	seen_free(sbom->seen);
	mend_keyring_free(sbom->ring);
	mend_store_close(sbom->store);
}

static char *ref_of(const struct mend_manifest *manifest, const struct mend_target *target)
{
	return mend_text_format("%s/%u:%s", manifest->id, manifest->release, target->path);
}

static json_t *property(const char *name, const char *value)
{
	return json_pack("{s:s, s:s}", "name", name, "value", value);
}

static json_t *component_of(const struct mend_manifest *manifest, const struct mend_target *target,
			    const char *state)
{
	auto_free char *path = mend_text_format("%s/%s", manifest->root, target->path);
	auto_free char *ref = ref_of(manifest, target);
	auto_free char *purl = purl_of(manifest, target);
	char release[MEND_TITLE_OF_MAX];
	json_t *component =
		json_pack("{s:s, s:s, s:s}", "type", "file", "bom-ref", ref, "name", path);
	json_t *properties;

	mend_release_text(release, manifest->id, manifest->release);
	if (target->fixed_version)
		json_object_set_new(component, "version", json_string(target->fixed_version));
	if (purl)
		json_object_set_new(component, "purl", json_string(purl));
	if (target->op == MEND_OP_REPLACE || target->op == MEND_OP_ADD) {
		char hex[MEND_DIGEST_HEX];

		mend_digest_hex(hex, &target->object);
		json_object_set_new(
			component, "hashes",
			json_pack("[{s:s, s:s}]", "alg", "BLAKE2b-256", "content", hex));
	}
	properties = json_array();
	json_array_append_new(properties, property("mendfs:patch", release));
	json_array_append_new(properties, property("mendfs:operation", mend_op_name(target->op)));
	json_array_append_new(properties, property("mendfs:state", state));
	json_object_set_new(component, "properties", properties);
	return component;
}

static json_t *affects_of(const struct mend_manifest *manifest)
{
	json_t *affects = json_array();

	for (size_t i = 0; i < manifest->target_count; i++) {
		auto_free char *ref = ref_of(manifest, &manifest->targets[i]);

		json_array_append_new(affects, json_pack("{s:s}", "ref", ref));
	}
	return affects;
}

/* resolved, where it is served or the base has it; else nothing is known to be fixed: in_triage. */
static void add_vulnerabilities(struct sbom *sbom, const struct mend_manifest *manifest,
				const char *state)
{
	bool is_served = !strcmp(state, "active");
	bool is_resolved = is_served || !strcmp(state, "superseded");
	char release[MEND_TITLE_OF_MAX];
	auto_free char *detail = NULL;

	mend_release_text(release, manifest->id, manifest->release);
	detail = is_served ? mend_text_format("fixed by the hot patch %s", release)
			   : mend_text_format("the hot patch %s is %s", release, state);
	for (size_t i = 0; i < manifest->cve_count; i++)
		json_array_append_new(sbom->vulnerabilities,
				      json_pack("{s:s, s:{s:s, s:s}, s:o}", "id", manifest->cves[i],
						"analysis", "state",
						is_resolved ? "resolved" : "in_triage", "detail",
						detail, "affects", affects_of(manifest)));
}

/* As the running mounts have it: active only when all that serve it say so. */
static const char *state_of(const struct sbom *sbom, const struct mend_release_name *name)
{
	const char *worst = NULL;

	for (size_t i = 0; i < sbom->seen->count; i++) {
		const struct seen *seen = &sbom->seen->all[i];
		const char *state = seen->running ? seen_state(seen, name) : NULL;

		if (state && (!worst || strcmp(state, "active") != 0))
			worst = state;
	}
	return worst ? worst : "not served";
}

static int add_release(struct sbom *sbom, const struct mend_release_name *name,
		       struct mend_error *err)
{
	auto_call(mend_release_free) struct mend_release *release = NULL;
	const char *state = state_of(sbom, name);

	if (mend_store_release(&release, sbom->store->dir, sbom->ring, name->id, name->number, err))
		return -1;
	for (size_t i = 0; i < release->manifest->target_count; i++)
		json_array_append_new(
			sbom->components,
			component_of(release->manifest, &release->manifest->targets[i], state));
	add_vulnerabilities(sbom, release->manifest, state);
	return 0;
}

static int add_live(struct sbom *sbom, struct mend_error *err)
{
	auto_call(mend_generation_free) struct mend_generation *live = NULL;
	unsigned current;

	if (mend_store_current(&current, sbom->store->dir, err))
		return -1;
	if (current == 0)
		return 0;
	if (mend_store_generation(&live, sbom->store->dir, current, err))
		return -1;
	for (size_t i = 0; i < live->count; i++)
		if (add_release(sbom, &live->releases[i], err))
			return -1;
	return 0;
}

static int print_sbom(struct sbom *sbom, struct mend_error *err)
{
	char now[MEND_TIME_SIZE];

	if (open_store(&sbom->store, sbom->options, MEND_STORE_READ, err) ||
	    open_keyring(&sbom->ring, sbom->options, err) ||
	    seen_load(&sbom->seen, sbom->options, err) || add_live(sbom, err))
		return -1;
	mend_time_text(now, time(NULL));
	say_json(json_pack("{s:s, s:s, s:i, s:{s:s, s:{s:[{s:s, s:s, s:s}]}}, s:O, s:O}",
			   "bomFormat", "CycloneDX", "specVersion", "1.5", "version", 1, "metadata",
			   "timestamp", now, "tools", "components", "type", "application", "name",
			   "mendctl", "version", MENDFS_VERSION, "components", sbom->components,
			   "vulnerabilities", sbom->vulnerabilities));
	return 0;
}

int verb_sbom(const struct options *options, struct mend_error *err)
{
	struct sbom sbom = { .options = options,
			     .components = json_array(),
			     .vulnerabilities = json_array() };
	int result = print_sbom(&sbom, err);

	close_sbom(&sbom);
	return result;
}
