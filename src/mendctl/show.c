/* SPDX-License-Identifier: MIT */
/* mendctl show: one installed release, as it was signed, by whom, and where it is active. */
#include <stdio.h>
#include <string.h>

#include "mendctl/patch_name.h"
#include "mendctl/purl.h"
#include "mendctl/seen.h"

struct subject {
	const struct options *options;
	struct mend_store *store;
	struct mend_keyring *ring;
	struct mend_release *release;
	struct mend_release_name name;
	struct seen_list *seen;
	bool is_live;
};

static void close_subject(struct subject *subject)
{
	seen_free(subject->seen);
	mend_release_free(subject->release);
	mend_keyring_free(subject->ring);
	mend_store_close(subject->store);
}

/* The release that is live of the patch; number 0: none. */
static int live_release(unsigned *out, const struct subject *subject, struct mend_error *err)
{
	auto_call(mend_generation_free) struct mend_generation *live = NULL;
	unsigned current;

	*out = 0;
	if (mend_store_current(&current, subject->store->dir, err))
		return -1;
	if (current == 0)
		return 0;
	if (mend_store_generation(&live, subject->store->dir, current, err))
		return -1;
	for (size_t i = 0; i < live->count; i++) {
		if (!strcmp(live->releases[i].id, subject->name.id))
			*out = live->releases[i].number;
	}
	return 0;
}

static int open_subject(struct subject *subject, struct mend_error *err)
{
	const struct options *options = subject->options;
	unsigned live;

	if (patch_name_read(&subject->name, options->args[0], err) ||
	    open_store(&subject->store, options, MEND_STORE_READ, err) ||
	    open_keyring(&subject->ring, options, err) || live_release(&live, subject, err))
		return -1;
	if (subject->name.number == 0)
		subject->name.number = live;
	if (patch_name_installed(&subject->name, subject->store->dir, err) ||
	    mend_store_release(&subject->release, subject->store->dir, subject->ring,
			       subject->name.id, subject->name.number, err))
		return -1;
	subject->is_live = live == subject->name.number;
	return seen_load(&subject->seen, options, err);
}

static json_t *signers_json(const struct mend_verified *verified)
{
	size_t count;
	const struct mend_signer *signers = mend_verified_signers(verified, &count);
	json_t *array = json_array();

	for (size_t i = 0; i < count; i++) {
		char hex[MEND_KEY_ID_HEX];

		mend_key_id_hex(hex, signers[i].id);
		json_array_append_new(array,
				      json_pack("{s:s, s:s}", "name", signers[i].name, "key", hex));
	}
	return array;
}

static json_t *mounts_json(const struct subject *subject)
{
	json_t *array = json_array();

	for (size_t i = 0; i < subject->seen->count; i++) {
		const struct seen *seen = &subject->seen->all[i];
		const char *state = seen_state(seen, &subject->name);

		if (state && seen->running)
			json_array_append_new(array, json_pack("{s:s, s:s}", "mount",
							       seen_mount(seen), "state", state));
	}
	return array;
}

static json_t *cves_json(const struct mend_manifest *manifest)
{
	json_t *array = json_array();

	for (size_t i = 0; i < manifest->cve_count; i++)
		json_array_append_new(array, json_string(manifest->cves[i]));
	return array;
}

static int show_json(const struct subject *subject, struct mend_error *err)
{
	json_t *manifest;

	if (mend_json_parse(&manifest, mend_verified_bytes(subject->release->verified),
			    "manifest.json", err))
		return -1;
	say_json(json_pack("{s:i, s:s, s:o, s:o, s:o, s:o, s:o}", "format", 1, "state",
			   subject->is_live ? "active" : "installed", "mounts",
			   mounts_json(subject), "signers",
			   signers_json(subject->release->verified), "purls",
			   purls_of(subject->release->manifest), "cves",
			   cves_json(subject->release->manifest), "manifest", manifest));
	return 0;
}

static void line(const char *name, const char *value)
{
	if (value && value[0])
		printf("%-12s %s\n", name, value);
}

static void lines(const char *name, char *const *values, size_t count)
{
	for (size_t i = 0; i < count; i++)
		line(i == 0 ? name : "", values[i]);
}

static void print_signers(const struct mend_verified *verified)
{
	size_t count;
	const struct mend_signer *signers = mend_verified_signers(verified, &count);

	for (size_t i = 0; i < count; i++) {
		char hex[MEND_KEY_ID_HEX];
		auto_free char *text = NULL;

		mend_key_id_hex(hex, signers[i].id);
		text = mend_text_format("%s (%s)", signers[i].name, hex);
		line(i == 0 ? "signed by" : "", text);
	}
}

static void print_platform(const struct mend_manifest *manifest)
{
	line("machine", manifest->arch);
	for (size_t i = 0; i < manifest->os_count; i++) {
		auto_free char *text =
			mend_text_format("%s %s", manifest->os[i].id,
					 manifest->os[i].version ? manifest->os[i].version : "");

		line(i == 0 ? "system" : "", text);
	}
}

static void print_target(const struct mend_target *target)
{
	printf("  %-8s %s", mend_op_name(target->op), target->path);
	if (target->op == MEND_OP_SYMLINK)
		printf(" -> %s", target->to);
	if (target->op == MEND_OP_REPLACE || target->op == MEND_OP_ADD)
		printf(", %llu bytes", (unsigned long long)target->size);
	putchar('\n');
	for (size_t i = 0; i < target->base_count; i++) {
		const struct mend_base *base = &target->bases[i];

		if (base->package && base->version)
			printf("           made for %s %s\n", base->package, base->version);
	}
	if (target->fixed_package)
		printf("           fixed in %s %s\n", target->fixed_package, target->fixed_version);
}

/* The description may have more than one line; nothing else of it moves the cursor. */
static void print_description(const char *text)
{
	if (text[0])
		putchar('\n');
	for (const char *c = text; *c; c++) {
		size_t bytes = mend_text_char(c, strlen(c));

		if (*c != '\n' && (bytes == 0 || mend_text_is_control(c)))
			putchar('?');
		else
			printf("%.*s", (int)bytes, c);
		c += bytes > 0 ? bytes - 1 : 0;
	}
	if (text[0])
		putchar('\n');
}

static void print_states(const struct subject *subject)
{
	line("state", subject->is_live ? "active" : "installed");
	for (size_t i = 0; i < subject->seen->count; i++) {
		const struct seen *seen = &subject->seen->all[i];
		const char *state = seen_state(seen, &subject->name);
		auto_free char *text =
			mend_text_format("%s on %s", state ? state : "", seen_mount(seen));

		if (state && seen->running)
			line("", text);
	}
}

static void print_waivers(const struct mend_manifest *manifest)
{
	for (size_t i = 0; i < manifest->waiver_count; i++) {
		const struct mend_waiver *waiver = &manifest->waivers[i];
		auto_free char *text = mend_text_format("%s of %s: %s", waiver->finding,
							waiver->path, waiver->reason);

		line(i == 0 ? "waived" : "", text);
	}
}

static void show_text(const struct subject *subject)
{
	const struct mend_manifest *manifest = subject->release->manifest;
	char title[MEND_TITLE_OF_MAX];

	mend_release_text(title, manifest->id, manifest->release);
	printf("%s: %s\n\n", title, manifest->title);
	print_states(subject);
	line("severity", manifest->severity);
	lines("fixes", manifest->cves, manifest->cve_count);
	line("issued", manifest->issued);
	line("expires", manifest->expires);
	print_signers(subject->release->verified);
	print_platform(manifest);
	lines("requires", manifest->requires, manifest->require_count);
	lines("conflicts", manifest->conflicts, manifest->conflict_count);
	lines("restart", manifest->restart, manifest->restart_count);
	print_waivers(manifest);
	printf("\nbelow %s:\n", manifest->root);
	for (size_t i = 0; i < manifest->target_count; i++)
		print_target(&manifest->targets[i]);
	print_description(manifest->description);
}

int verb_show(const struct options *options, struct mend_error *err)
{
	__attribute__((cleanup(close_subject))) struct subject subject = { .options = options };

	if (open_subject(&subject, err))
		return -1;
	if (options->json)
		return show_json(&subject, err);
	if (!options->quiet)
		show_text(&subject);
	return 0;
}
