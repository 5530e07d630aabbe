/* SPDX-License-Identifier: MIT */
/* Opening the store, and taking bundles apart. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "lab.h"
#include "mendfs/fs.h"

#define PATH "x86_64-linux-gnu/libssl.so.3"

static char *store_path(void)
{
	return mend_text_format("%s/store", lab.path);
}

START_TEST(missing_store_reads_as_empty)
{
	auto_free char *path = mend_text_format("%s/none", lab.path);
	auto_call(mend_store_close) struct mend_store *store = NULL;
	auto_free struct mend_release_name *names = NULL;
	auto_free unsigned *numbers = NULL;
	struct mend_digest digest = { { 0 } };
	struct mend_release *release;
	struct mend_error err;
	size_t count = 9;
	unsigned number = 9;
	int fd;

	unit_works(mend_store_open(&store, path, MEND_STORE_READ, &err));
	ck_assert_int_eq(store->dir, -1);
	unit_works(mend_store_releases(&names, &count, store->dir, &err));
	ck_assert_uint_eq(count, 0);
	unit_works(mend_store_generations(&numbers, &count, store->dir, &err));
	ck_assert_uint_eq(count, 0);
	unit_works(mend_store_current(&number, store->dir, &err));
	ck_assert_uint_eq(number, 0);
	unit_works(mend_store_floor(&number, store->dir, "openssl", &err));
	ck_assert_uint_eq(number, 0);
	unit_works(mend_store_history(store->dir, NULL, NULL, &err));
	unit_works(mend_store_verify(&count, store->dir, lab.ring, false, NULL, NULL, NULL, &err));
	ck_assert_uint_eq(count, 0);
	lab_fails(mend_store_object_open(&fd, store->dir, &digest, &err), MEND_ABSENT,
		  "0000 is not in the store");
	lab_fails(mend_store_release(&release, store->dir, lab.ring, "openssl", 2, &err),
		  MEND_ABSENT, "openssl (b) is not installed");
	ck_assert(!lab_exists("none"));
}
END_TEST

START_TEST(store_that_is_a_file)
{
	auto_free char *path = mend_text_format("%s/file", lab.path);
	struct mend_store *store;
	struct mend_error err;

	lab_write("file", "");
	lab_fails(mend_store_open(&store, path, MEND_STORE_READ, &err), MEND_SYSTEM,
		  "Not a directory");
	lab_fails(mend_store_open(&store, path, MEND_STORE_WRITE, &err), MEND_SYSTEM,
		  "Not a directory");
}
END_TEST

/* The lab holds the lock; a lock belongs to an open file, so a second opening is refused. */
START_TEST(lock_is_waited_for)
{
	auto_free char *path = store_path();
	struct mend_store *store;
	struct mend_error err;
	pid_t pid;
	int status;

	lab_fails(mend_store_open(&store, path, MEND_STORE_WRITE, &err), MEND_BUSY,
		  "another program is changing the store: try again when it is done");
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		close(lab.store->lock);
		_exit(mend_store_open(&store, path, MEND_STORE_WRITE, &err) == 0 ? 0 : 1);
	}
	mend_store_close(take(lab.store));
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}
END_TEST

START_TEST(readers_need_no_lock)
{
	auto_free char *path = store_path();
	auto_call(mend_store_close) struct mend_store *store = NULL;
	struct mend_error err;

	unit_works(mend_store_open(&store, path, MEND_STORE_READ, &err));
	ck_assert_int_ge(store->dir, 0);
	ck_assert_int_eq(store->lock, -1);
}
END_TEST

START_TEST(added_release_is_there)
{
	auto_free char *fix = lab_fix_of("openssl", 2, PATH);
	auto_free char *object = lab_object_path(fix);
	auto_free char *content = NULL;
	auto_call(mend_release_free) struct mend_release *release = NULL;
	auto_free struct mend_release_name *names = NULL;
	struct mend_error err;
	struct stat st;
	size_t count;

	lab_install("openssl", 10, PATH);
	lab_install("openssl", 2, PATH);
	lab_install("curl", 1, PATH);
	unit_works(mend_store_release(&release, lab.store->dir, lab.ring, "openssl", 2, &err));
	ck_assert_str_eq(release->manifest->id, "openssl");
	ck_assert_uint_eq(release->manifest->release, 2);
	content = lab_read(object);
	ck_assert_str_eq(content, fix);
	ck_assert_int_eq(fstatat(lab.dir, object, &st, 0), 0);
	ck_assert_int_eq(st.st_mode, S_IFREG | 0444);
	unit_works(mend_store_object_check(lab.store->dir, &release->manifest->targets[0].object,
					   true, &err));
	unit_works(mend_store_releases(&names, &count, lab.store->dir, &err));
	ck_assert_uint_eq(count, 3);
	ck_assert_str_eq(names[0].id, "curl");
	ck_assert_uint_eq(names[1].number, 2);
	ck_assert_uint_eq(names[2].number, 10);
}
END_TEST

static struct mend_bundle *bundle_of(const struct unit_signer *publisher, const char *fix,
				     const char *more)
{
	auto_free char *target = lab_replace(PATH, "old", fix);
	auto_free char *manifest = lab_manifest("openssl", 2, "/usr/lib", target, more);

	return lab_bundle(publisher, manifest, (const char *const[]){ fix, NULL });
}

START_TEST(same_release_again)
{
	auto_call(mend_bundle_free) struct mend_bundle *bundle =
		bundle_of(&lab.publisher, "new", "");
	struct mend_error err;

	unit_works(lab_add(bundle, &err));
	unit_works(lab_add(bundle, &err));
}
END_TEST

START_TEST(another_manifest_under_the_number)
{
	auto_call(mend_bundle_free) struct mend_bundle *one = bundle_of(&lab.publisher, "new", "");
	auto_call(mend_bundle_free) struct mend_bundle *two =
		bundle_of(&lab.publisher, "newer", "");
	auto_free char *object = lab_object_path("newer");
	struct mend_error err;

	unit_works(lab_add(one, &err));
	lab_fails(lab_add(two, &err), MEND_EXISTS,
		  "openssl (b): another manifest is installed under this number");
	ck_assert(!lab_exists(object));
}
END_TEST

START_TEST(signatures_are_merged)
{
	auto_call(mend_bundle_free) struct mend_bundle *one = bundle_of(&lab.publisher, "new", "");
	auto_call(mend_bundle_free) struct mend_bundle *two = NULL;
	auto_call(mend_release_free) struct mend_release *release = NULL;
	struct unit_signer other;
	struct mend_error err;
	size_t count;

	unit_signer_make(&other, 2);
	lab_trust(lab.ring, &other, "other");
	two = bundle_of(&other, "new", "");
	unit_works(lab_add(one, &err));
	unit_works(lab_add(two, &err));
	unit_works(mend_store_release(&release, lab.store->dir, lab.ring, "openssl", 2, &err));
	mend_verified_signers(release->verified, &count);
	ck_assert_uint_eq(count, 2);
}
END_TEST

START_TEST(no_more_signatures_than_are_read)
{
	struct mend_error err;
	uint8_t i;

	for (i = 2; i <= MEND_SIGS_MAX + 2; i++) {
		auto_call(mend_bundle_free) struct mend_bundle *bundle = NULL;
		struct unit_signer other;

		unit_signer_make(&other, i);
		lab_trust(lab.ring, &other, "other");
		bundle = bundle_of(&other, "new", "");
		if (i < MEND_SIGS_MAX + 2)
			unit_works(lab_add(bundle, &err));
		else
			lab_fails(lab_add(bundle, &err), MEND_LIMIT,
				  "more than 16 signatures with those that are there");
	}
}
END_TEST

START_TEST(adding_again_mends)
{
	auto_call(mend_bundle_free) struct mend_bundle *bundle =
		bundle_of(&lab.publisher, "new", "");
	auto_call(mend_release_free) struct mend_release *release = NULL;
	auto_free char *object = lab_object_path("new");
	struct mend_error err;

	unit_works(lab_add(bundle, &err));
	lab_flip(object);
	lab_flip("store/patches/openssl/2/manifest.json");
	lab_fails(mend_store_release(&release, lab.store->dir, lab.ring, "openssl", 2, &err),
		  MEND_SIGNATURE, "openssl (b): ");
	unit_works(lab_add(bundle, &err));
	unit_works(mend_store_release(&release, lab.store->dir, lab.ring, "openssl", 2, &err));
	unit_works(mend_store_object_check(lab.store->dir, &release->manifest->targets[0].object,
					   false, &err));
}
END_TEST

START_TEST(adding_again_brings_a_manifest_back)
{
	auto_call(mend_bundle_free) struct mend_bundle *bundle =
		bundle_of(&lab.publisher, "new", "");
	auto_call(mend_release_free) struct mend_release *release = NULL;
	struct mend_error err;

	unit_works(lab_add(bundle, &err));
	ck_assert_int_eq(unlinkat(lab.store->dir, "patches/openssl/2/manifest.json", 0), 0);
	unit_works(lab_add(bundle, &err));
	unit_works(mend_store_release(&release, lab.store->dir, lab.ring, "openssl", 2, &err));
}
END_TEST

START_TEST(release_without_content)
{
	auto_free char *manifest =
		lab_manifest("links", 1, "/usr/lib",
			     "{\"path\": \"a\", \"op\": \"symlink\", \"to\": \"b\"}, "
			     "{\"path\": \"c\", \"op\": \"remove\", \"base\": [{\"link\": \"d\"}]}",
			     "");
	auto_call(mend_bundle_free) struct mend_bundle *bundle =
		lab_bundle(&lab.publisher, manifest, (const char *const[]){ NULL });
	auto_call(mend_release_free) struct mend_release *release = NULL;
	struct mend_error err;
	size_t problems;

	unit_works(lab_add(bundle, &err));
	unit_works(mend_store_release(&release, lab.store->dir, lab.ring, "links", 1, &err));
	ck_assert_uint_eq(release->manifest->target_count, 2);
	ck_assert(!lab_exists("store/objects"));
	unit_works(mend_store_verify(&problems, lab.store->dir, lab.ring, false, NULL, NULL, NULL,
				     &err));
	ck_assert_uint_eq(problems, 0);
}
END_TEST

START_TEST(more_signatures_than_are_read)
{
	struct mend_release *release;
	struct mend_error err;
	int i;

	lab_install("openssl", 2, PATH);
	for (i = 0; i < MEND_SIGS_MAX; i++) {
		auto_free char *path = mend_text_format(
			"store/patches/openssl/2/signatures/%016X.minisig", (unsigned)i);

		lab_write(path, "");
	}
	lab_fails(mend_store_release(&release, lab.store->dir, lab.ring, "openssl", 2, &err),
		  MEND_LIMIT, "openssl (b): more than 16 signatures");
}
END_TEST

/* Nothing of it stays. */
START_TEST(object_that_does_not_fit_its_name)
{
	auto_free char *target = lab_replace(PATH, "old", "new");
	auto_free char *manifest = lab_manifest("openssl", 2, "/usr/lib", target, "");
	auto_call(mend_bundle_free) struct mend_bundle *bundle =
		lab_bundle(&lab.publisher, manifest, (const char *const[]){ "wen", NULL });
	auto_free struct mend_release_name *names = NULL;
	struct mend_error err;
	struct mend_gc gc;
	size_t count;

	mend_digest_of(&bundle->objects[0].digest, mend_span_text("new"));
	lab_fails(lab_add(bundle, &err), MEND_HASH, "openssl (b): " PATH ": ");
	unit_works(mend_store_releases(&names, &count, lab.store->dir, &err));
	ck_assert_uint_eq(count, 0);
	unit_works(mend_store_gc(&gc, lab.store, 0, false, &err));
	ck_assert_uint_eq(gc.temporaries + gc.objects, 0);
}
END_TEST

START_TEST(bundle_without_its_object)
{
	auto_free char *target = lab_replace(PATH, "old", "new");
	auto_free char *manifest = lab_manifest("openssl", 2, "/usr/lib", target, "");
	auto_call(mend_bundle_free) struct mend_bundle *bundle =
		lab_bundle(&lab.publisher, manifest, (const char *const[]){ NULL });
	struct mend_error err;

	lab_fails(lab_add(bundle, &err), MEND_FORMAT, "openssl (b): bundle lacks the content of");
}
END_TEST

START_TEST(release_refusals)
{
	struct mend_release *release;
	struct mend_error err;
	int dir = lab.store->dir;

	lab_install("openssl", 2, PATH);
	lab_fails(mend_store_release(&release, dir, lab.ring, "openssl", 1, &err), MEND_ABSENT,
		  "openssl (a) is not installed");
	lab_fails(mend_store_release(&release, dir, lab.ring, "../x", 1, &err), MEND_USAGE,
		  "no release is called so");
	lab_fails(mend_store_release(&release, dir, lab.ring, "openssl", 0, &err), MEND_USAGE,
		  "no release is called so");
	/* Another release's files in its place. */
	ck_assert_int_eq(renameat(dir, "patches/openssl/2", dir, "patches/openssl/3"), 0);
	lab_fails(mend_store_release(&release, dir, lab.ring, "openssl", 3, &err), MEND_FORMAT,
		  "openssl (c): its manifest is that of openssl (b)");
	/* Nobody's signature any more. */
	lab.ring->keys[0].key.id[0] ^= 1;
	lab_fails(mend_store_release(&release, dir, lab.ring, "openssl", 3, &err), MEND_UNTRUSTED,
		  "openssl (c): signed by key 0101010101010101, which is not trusted");
	lab.ring->keys[0].key.id[0] ^= 1;
	lab.ring->keys[0].paths = (char *[]){ (char *)"/opt/**" };
	lab.ring->keys[0].path_count = 1;
	lab_fails(mend_store_release(&release, dir, lab.ring, "openssl", 3, &err), MEND_FORMAT,
		  "its manifest is that of");
	ck_assert_int_eq(renameat(dir, "patches/openssl/3", dir, "patches/openssl/2"), 0);
	lab_fails(mend_store_release(&release, dir, lab.ring, "openssl", 2, &err), MEND_KEY_SCOPE,
		  "openssl (b): /usr/lib/" PATH);
	lab.ring->keys[0].paths = NULL;
	lab.ring->keys[0].path_count = 0;
	ck_assert_int_eq(unlinkat(dir, "patches/openssl/2/manifest.json", 0), 0);
	lab_fails(mend_store_release(&release, dir, lab.ring, "openssl", 2, &err), MEND_SYSTEM,
		  "openssl (b): manifest.json: cannot open: No such file");
}
END_TEST

START_TEST(remove_release)
{
	struct mend_release *release;
	struct mend_error err;

	lab_install("openssl", 1, PATH);
	lab_install("openssl", 2, PATH);
	lab_generation("openssl=2", true);
	lab_fails(mend_store_remove(lab.store, "openssl", 2, &err), MEND_CONFLICT,
		  "openssl (b): is active: deactivate it first");
	unit_works(mend_store_remove(lab.store, "openssl", 1, &err));
	lab_fails(mend_store_remove(lab.store, "openssl", 1, &err), MEND_ABSENT,
		  "openssl (a): is not installed");
	lab_fails(mend_store_remove(lab.store, "curl", 1, &err), MEND_ABSENT,
		  "curl (a): is not installed");
	lab_fails(mend_store_remove(lab.store, "..", 1, &err), MEND_USAGE,
		  "no release is called so");
	unit_works(mend_store_release(&release, lab.store->dir, lab.ring, "openssl", 2, &err));
	mend_release_free(release);
	lab_generation("", true);
	unit_works(mend_store_remove(lab.store, "openssl", 2, &err));
	ck_assert(!lab_exists("store/patches/openssl"));
}
END_TEST

int main(void)
{
	return lab_main(
		"store",
		(const TTest *[]){ missing_store_reads_as_empty, store_that_is_a_file,
				   lock_is_waited_for, readers_need_no_lock, added_release_is_there,
				   same_release_again, another_manifest_under_the_number,
				   signatures_are_merged, no_more_signatures_than_are_read,
				   adding_again_mends, adding_again_brings_a_manifest_back,
				   release_without_content, more_signatures_than_are_read,
				   object_that_does_not_fit_its_name, bundle_without_its_object,
				   release_refusals, remove_release, NULL });
}
