/* SPDX-License-Identifier: MIT */
/* The laboratory's scratch directory, files, releases and generations. */
#include "lab.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "mendfs/fs.h"

struct lab lab;

static void open_lab(void)
{
	const char *tmp = getenv("TMPDIR");

	snprintf(lab.path, sizeof(lab.path), "%s/mendfs-lab.XXXXXX", tmp ? tmp : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(lab.path));
	lab.dir = open(lab.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(lab.dir, 0);
	ck_assert_int_eq(mkdirat(lab.dir, "base", 0755), 0);
	lab.ring = mend_alloc(sizeof(*lab.ring));
	unit_signer_make(&lab.publisher, 1);
	lab_trust(lab.ring, &lab.publisher, "lab");
	lab_reopen(MEND_STORE_WRITE);
}

static void close_lab(void)
{
	struct mend_error err;

	mend_store_close(lab.store);
	mend_keyring_free(lab.ring);
	close(lab.dir);
	unit_works(mend_fs_remove_tree(AT_FDCWD, lab.path, &err));
}

int lab_main(const char *name, const TTest *const *tests)
{
	Suite *suite = suite_create(name);
	TCase *tcase = tcase_create(name);
	SRunner *runner;
	int failed;

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, open_lab, close_lab);
	for (; *tests; tests++)
		tcase_add_test(tcase, *tests);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}

void lab_reopen(enum mend_store_mode mode)
{
	auto_free char *path = mend_text_format("%s/store", lab.path);
	struct mend_error err;

	mend_store_close(lab.store);
	lab.store = NULL;
	unit_works(mend_store_open(&lab.store, path, mode, &err));
}

void lab_trust(struct mend_keyring *ring, const struct unit_signer *publisher, const char *name)
{
	ring->keys = mend_grow(ring->keys, ring->count + 1, sizeof(*ring->keys));
	ring->keys[ring->count++] = (struct mend_trusted_key){
		.name = mend_text_copy(name),
		.key = publisher->key,
		.threshold = 1,
	};
}

void lab_write(const char *path, const char *content)
{
	struct mend_error err;
	auto_free char *parent = mend_text_copy(path);
	auto_fd dir = -1;
	char *slash = strrchr(parent, '/');

	if (slash) {
		*slash = '\0';
		unit_works(mend_fs_make_dirs(&dir, lab.dir, parent, 0755, &err));
	}
	unit_works(mend_fs_write(lab.dir, path, mend_span_text(content), 0644, &err));
}

char *lab_read(const char *path)
{
	struct mend_bytes content = { 0 };

	if (mend_fs_read(&content, lab.dir, path, 1 << 24, NULL) < 0)
		return mend_text_copy("");
	return (char *)content.data;
}

void lab_flip(const char *path)
{
	auto_fd fd = -1;
	struct stat st;
	char c;

	ck_assert_int_eq(fchmodat(lab.dir, path, 0644, 0), 0);
	fd = openat(lab.dir, path, O_RDWR | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(fstat(fd, &st), 0);
	ck_assert_int_eq(pread(fd, &c, 1, st.st_size / 2), 1);
	c ^= 1;
	ck_assert_int_eq(pwrite(fd, &c, 1, st.st_size / 2), 1);
}

bool lab_exists(const char *path)
{
	return faccessat(lab.dir, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

char *lab_object_path(const char *content)
{
	struct mend_digest digest;
	char hex[MEND_DIGEST_HEX];

	mend_digest_of(&digest, mend_span_text(content));
	mend_digest_hex(hex, &digest);
	return mend_text_format("store/objects/%.2s/%s", hex, hex + 2);
}

int lab_add(struct mend_bundle *bundle, struct mend_error *err)
{
	auto_call(mend_release_free) struct mend_release *release = lab_verify(lab.ring, bundle);

	return mend_store_add(lab.store, bundle, release->manifest, NULL, NULL, err);
}

char *lab_fix_of(const char *id, unsigned release, const char *path)
{
	return mend_text_format("%s %u of %s", id, release, path);
}

void lab_install(const char *id, unsigned release, const char *path)
{
	struct mend_error err;
	auto_free char *base = mend_text_format("base of %s", path);
	auto_free char *fix = lab_fix_of(id, release, path);
	auto_free char *target = lab_replace(path, base, fix);
	auto_free char *manifest = lab_manifest(id, release, "/usr/lib", target, "");
	const char *const contents[] = { fix, NULL };
	auto_call(mend_bundle_free) struct mend_bundle *bundle =
		lab_bundle(&lab.publisher, manifest, contents);

	unit_works(lab_add(bundle, &err));
}

unsigned lab_generation(const char *releases, bool live)
{
	struct mend_error err;
	struct mend_release_name names[16];
	auto_free char *copy = mend_text_copy(releases);
	char *rest = copy, *word;
	size_t count = 0;
	unsigned number, parent;

	while ((word = strsep(&rest, " "))) {
		char *equals = strchr(word, '=');

		if (!equals)
			continue;
		*equals = '\0';
		snprintf(names[count].id, sizeof(names[count].id), "%s", word);
		names[count++].number = (unsigned)atoi(equals + 1);
	}
	unit_works(mend_store_current(&parent, lab.store->dir, &err));
	unit_works(mend_store_generation_add(&number, lab.store, names, count, parent, "a test",
					     &err));
	if (live)
		unit_works(mend_store_set_current(lab.store, number, &err));
	return number;
}
