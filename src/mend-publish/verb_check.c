/* SPDX-License-Identifier: MIT */
/* mend-publish check: would a release, or one file in place of another, break programs? */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "mend-publish/base_file.h"
#include "mend-publish/check.h"
#include "mend-publish/gate.h"
#include "mend-publish/trial.h"
#include "mend-publish/verb.h"
#include "mendfs/fs.h"

struct request {
	const char *bundle; /* or old and new */
	const char *old, *new;
	const char *root;
	const char **base_dirs;
	int *base_fds;
	size_t base_dir_count;
	bool json, abidiff, trial;
};

static const char usage[] =
	"Usage: mend-publish check BUNDLE [--root DIR] [--base-dir DIR]...\n"
	"       mend-publish check --old FILE --new FILE\n"
	"Tell what programs that work now would miss; see mendfs-abi(7).\n"
	"Signatures are not looked at: see verify.\n\n"
	"  --root DIR      where the libraries of a machine are (the bundle's root)\n"
	"  --base-dir DIR  what the bundle is for, once per version (the root)\n"
	"  --old FILE      instead of a bundle: what is there now\n"
	"  --new FILE      what is to be in its place\n"
	"  --abidiff       ask libabigail's abidiff about types, too\n"
	"  --trial         try whether programs of this machine start with the bundle\n"
	"  --json          print one JSON object\n"
	"  --quiet         print errors only\n";

enum { ROOT = 256, BASE_DIR, OLD, NEW, ABIDIFF, TRIAL, JSON };

static const struct option options[] = {
	{ "root", required_argument, NULL, ROOT },
	{ "base-dir", required_argument, NULL, BASE_DIR },
	{ "old", required_argument, NULL, OLD },
	{ "new", required_argument, NULL, NEW },
	{ "abidiff", no_argument, NULL, ABIDIFF },
	{ "trial", no_argument, NULL, TRIAL },
	{ "json", no_argument, NULL, JSON },
	VERB_OPTIONS_END,
};

static void add_base_dir(struct request *request, const char *path)
{
	size_t count = request->base_dir_count + 1;

	request->base_dirs = mend_grow(request->base_dirs, count, sizeof(*request->base_dirs));
	request->base_fds = mend_grow(request->base_fds, count, sizeof(*request->base_fds));
	request->base_dirs[count - 1] = path;
	request->base_fds[count - 1] = -1;
	request->base_dir_count = count;
}

static int take_option(struct request *out, int option)
{
	switch (option) {
	case ROOT:
		out->root = optarg;
		return 0;
	case BASE_DIR:
		add_base_dir(out, optarg);
		return 0;
	case OLD:
		out->old = optarg;
		return 0;
	case NEW:
		out->new = optarg;
		return 0;
	case ABIDIFF:
		out->abidiff = true;
		return 0;
	case TRIAL:
		out->trial = true;
		return 0;
	case JSON:
		out->json = true;
		return 0;
	default:
		return -1; /* VERB_FAIL */
	}
}

static int parse(struct request *out, int argc, char **argv, struct mend_error *err)
{
	int option;

	while ((option = verb_option(argc, argv, ":", options, usage, err)) != VERB_END) {
		if (take_option(out, option) < 0)
			return -1;
	}
	if (!out->old && !out->new)
		return verb_argument(&out->bundle, argc, argv, "BUNDLE, or --old and --new,", err);
	if (optind < argc)
		return mend_fail(err, MEND_USAGE, "check: '%s' is one argument too many",
				 argv[optind]);
	if (out->root || out->base_dir_count || out->trial)
		return mend_fail(err, MEND_USAGE,
				 "check: --root, --base-dir and --trial are for a bundle");
	if (verb_needs(out->old, "--old FILE", err) < 0)
		return -1;
	return verb_needs(out->new, "--new FILE", err);
}

static int check_files(struct mend_findings *findings, const struct request *request,
		       struct mend_error *err)
{
	auto_bytes old = { NULL, 0 }, new = { NULL, 0 };
	const char *slash = strrchr(request->new, '/');
	const char *path = slash ? slash + 1 : request->new;

	if (!mend_text_is_plain(path, strlen(path)))
		path = "the new file";
	if (new_file_read(&old, NULL, request->old, err) < 0 ||
	    new_file_read(&new, NULL, request->new, err) < 0)
		return -1;
	mend_abi_compare_contents(findings, path, mend_bytes_span(&old), mend_bytes_span(&new));
	if (!request->abidiff)
		return 0;
	return abidiff_add(findings, path, mend_bytes_span(&old), mend_bytes_span(&new), err);
}

/* A bundle, and where its deltas start from. */
struct opened {
	const struct request *request;
	struct mend_bundle *bundle;
	struct mend_manifest *manifest;
};

/* Whoever asked hashes what it gets, so this is a guess: any file of a target that has a base. */
static int find_base(void *context, const struct mend_digest *digest)
{
	const struct opened *opened = context;

	for (size_t i = 0; i < opened->manifest->target_count; i++) {
		for (size_t k = 0; k < opened->request->base_dir_count; k++) {
			const char *path = opened->manifest->targets[i].path;
			auto_fd fd = openat(opened->request->base_fds[k], path,
					    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
			struct mend_digest found;

			if (fd >= 0 && mend_digest_of_fd(&found, fd, NULL) == 0 &&
			    mend_digest_equal(&found, digest))
				return mend_take_fd(&fd);
		}
	}
	return -1;
}

static int read_object(struct mend_bytes *out, void *context, const struct mend_target *target,
		       struct mend_error *err)
{
	struct opened *opened = context;
	auto_fd fd = memfd_create("mend-publish", MFD_CLOEXEC);

	if (fd < 0)
		return mend_fail_errno(err, "memfd_create");
	if (mend_bundle_extract(opened->bundle, &target->object, target->size, find_base, opened,
				fd, err) < 0)
		return -1;
	return mend_fs_read_fd(out, fd, MEND_OBJECT_MAX, err);
}

/* The decoder takes signed bytes only; a key that is made for this and thrown away signs them. */
static int open_bundle(struct opened *out, struct mend_error *err)
{
	const char *path = out->request->bundle;
	auto_fd fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	auto_seckey key = { .id = { 0 } };

	if (fd < 0)
		return mend_fail_errno(err, "%s: cannot open", path);
	if (mend_bundle_open(&out->bundle, fd, err) < 0)
		return mend_fail_at(err, "%s", path);
	mend_take_fd(&fd);
	seckey_make(&key);
	if (check_manifest(&out->manifest, mend_bytes_span(&out->bundle->manifest), &key, err) <
		    0 ||
	    mend_bundle_matches(out->bundle, out->manifest, err) < 0)
		return mend_fail_at(err, "%s", path);
	return 0;
}

static int open_base_dirs(struct request *request, struct mend_error *err)
{
	if (request->base_dir_count == 0)
		add_base_dir(request, request->root);
	for (size_t i = 0; i < request->base_dir_count; i++) {
		request->base_fds[i] =
			open(request->base_dirs[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (request->base_fds[i] < 0)
			return mend_fail_errno(err, "%s: cannot open the base directory",
					       request->base_dirs[i]);
	}
	return 0;
}

/* For each target that replaces an ELF file, against the first base that has one. */
static int ask_abidiff(struct mend_findings *findings, struct opened *opened,
		       struct mend_error *err)
{
	const struct request *request = opened->request;

	for (size_t i = 0; i < opened->manifest->target_count; i++) {
		const struct mend_target *target = &opened->manifest->targets[i];
		auto_base_file old = { .link = NULL };
		auto_bytes new = { NULL, 0 };

		if (target->op != MEND_OP_REPLACE)
			continue;
		for (size_t k = 0; k < request->base_dir_count && !old.content.data; k++) {
			base_file_free(&old);
			if (base_file_read(&old, request->base_fds[k], target->path,
					   request->base_dirs[k], err) < 0)
				return -1;
		}
		if (!old.content.data || !mend_elf_is(mend_bytes_span(&old.content)))
			continue;
		if (read_object(&new, opened, target, err) < 0 ||
		    abidiff_add(findings, target->path, mend_bytes_span(&old.content),
				mend_bytes_span(&new), err) < 0)
			return -1;
	}
	return 0;
}

static int check_opened(struct mend_findings *findings, struct mend_trial_result *trial,
			struct request *request, struct opened *opened, struct mend_error *err)
{
	struct mend_gate_layer layer = { .content = read_object, .context = opened };
	struct gate_bases bases;

	if (open_bundle(opened, err) < 0)
		return -1;
	if (!request->root)
		request->root = opened->manifest->root;
	if (open_base_dirs(request, err) < 0)
		return -1;
	layer.manifest = opened->manifest;
	bases = (struct gate_bases){ request->root, request->base_dirs, request->base_fds,
				     request->base_dir_count };
	if (gate_over_bases(findings, &layer, &bases, err) < 0)
		return mend_fail_at(err, "%s", request->bundle);
	if (request->abidiff && ask_abidiff(findings, opened, err) < 0)
		return -1;
	return request->trial ? trial_root(trial, &layer, request->root, err) : 0;
}

static int report(struct mend_findings *findings, const struct mend_trial_result *trial,
		  const struct request *request, struct mend_error *err)
{
	const char *what = request->bundle ? request->bundle : request->new;

	mend_findings_sort(findings);
	if (request->json)
		findings_print_json(findings, request->trial ? trial : NULL);
	else if (!verb_is_quiet())
		findings_print(findings, what);
	if (request->trial && !request->json && !verb_is_quiet())
		trial_print(trial);
	if (mend_gate_refuse(findings, err) < 0 || mend_trial_refuse(trial, err) < 0)
		return mend_fail_at(err, "%s", what);
	return 0;
}

static void close_all(struct request *request)
{
	for (size_t i = 0; i < request->base_dir_count; i++)
		mend_auto_close(&request->base_fds[i]);
	free(request->base_fds);
	free(request->base_dirs);
}

int verb_check(int argc, char **argv, struct mend_error *err)
{
	struct request request = { .bundle = NULL };
	struct opened opened = { .request = &request };
	auto_findings findings = { NULL, 0 };
	auto_trial trial = { .complaints = NULL };
	int result = parse(&request, argc, argv, err);

	if (result == 0)
		result = request.bundle ? check_opened(&findings, &trial, &request, &opened, err)
					: check_files(&findings, &request, err);
	if (result == 0)
		result = report(&findings, &trial, &request, err);
	mend_manifest_free(opened.manifest);
	mend_bundle_free(opened.bundle);
	close_all(&request);
	return result;
}
