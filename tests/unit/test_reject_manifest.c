/* SPDX-License-Identifier: MIT */
/*
 * Bad manifests, tests/reject/manifest/NAME.json, each signed by a trusted key: the signature must
 * not save them. The table EXPECT pins the code and the text of every one.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "mendfs/fs.h"
#include "mendfs/manifest.h"
#include "unit.h"

#define CORPUS	    "tests/reject/manifest"
#define CORPUS_SIZE 207
#define MUTATIONS   2000

static int decode(struct mend_manifest **out, struct mend_span raw, struct mend_error *err)
{
	auto_call(mend_verified_free) struct mend_verified *verified = unit_verified(raw);

	return mend_manifest_decode(out, verified, err);
}

static struct mend_bytes read_file(const char *name)
{
	auto_free char *path = mend_text_format("%s/%s", CORPUS, name);
	struct mend_bytes content = { 0 };
	struct mend_error err;

	unit_works(mend_fs_read(&content, AT_FDCWD, path, 4 << 20, &err));
	return content;
}

/* "NAME <tab> CODE <tab> TEXT"; false for a comment. */
static bool split_line(char *line, char **name, char **code, char **text)
{
	if (line[0] == '#' || line[0] == '\0')
		return false;
	*name = strsep(&line, "\t");
	*code = strsep(&line, "\t");
	*text = line;
	ck_assert_msg(*text != NULL, "EXPECT: %s: not three columns", *name);
	return true;
}

static void check_case(const char *name, const char *code, const char *text)
{
	auto_free char *file = mend_text_format("%s.json", name);
	auto_call(mend_manifest_free) struct mend_manifest *manifest = NULL;
	auto_bytes raw = read_file(file);
	char title[MEND_TITLE_OF_MAX];
	struct mend_error err = { 0 };

	if (decode(&manifest, mend_bytes_span(&raw), &err) == 0)
		mend_release_text(title, manifest->id, manifest->release);
	ck_assert_msg(strcmp(mend_code_name(err.code), code) == 0, "%s: %s, not %s: %s", name,
		      mend_code_name(err.code), code, err.text);
	ck_assert_msg(strcmp(manifest ? title : err.text, text) == 0, "%s: \"%s\", not \"%s\"",
		      name, manifest ? title : err.text, text);
}

START_TEST(each_is_refused_for_its_own_reason)
{
	auto_bytes table = read_file("EXPECT");
	char *rest = (char *)table.data, *line, *name, *code, *text;
	size_t count = 0;

	while ((line = strsep(&rest, "\n")) != NULL) {
		if (!split_line(line, &name, &code, &text))
			continue;
		check_case(name, code, text);
		count++;
	}
	ck_assert_uint_eq(count, CORPUS_SIZE);
}
END_TEST

START_TEST(each_file_is_expected_something_of)
{
	struct mend_error err;
	auto_fd dir = -1;
	char **names;
	size_t count;

	unit_works(mend_fs_open_dir(&dir, AT_FDCWD, CORPUS, &err));
	unit_works(mend_fs_list(&names, &count, dir, &err));
	mend_fs_list_free(names, count);
	ck_assert_uint_eq(count, CORPUS_SIZE + 1);
}
END_TEST

/* --- what would be too large to keep as a file --- */

#define HEAD                                                                                       \
	"{\"format\":1,\"id\":\"x\",\"release\":1,\"title\":\"t\",\"arch\":\"any\",\"root\":"      \
	"\"/usr/lib\",\"issued\":\"2026-11-22T00:00:00Z\",\"targets\":["

static char *with_targets(size_t count)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	fputs(HEAD, out);
	for (size_t i = 0; i < count; i++)
		fprintf(out, "%s{\"path\":\"%05zu\",\"op\":\"symlink\",\"to\":\"x\"}",
			i > 0 ? "," : "", i);
	fputs("]}", out);
	fclose(out);
	return text;
}

START_TEST(targets_have_a_limit)
{
	auto_free char *most = with_targets(MEND_TARGETS_MAX);
	auto_free char *more = with_targets(MEND_TARGETS_MAX + 1);
	auto_call(mend_manifest_free) struct mend_manifest *manifest = NULL;
	struct mend_manifest *none = NULL;
	struct mend_error err;

	unit_works(decode(&manifest, mend_span_text(most), &err));
	ck_assert_uint_eq(manifest->target_count, MEND_TARGETS_MAX);
	unit_fails(decode(&none, mend_span_text(more), &err), MEND_LIMIT,
		   "manifest: targets: 4097 entries: more than the limit of 4096");
	ck_assert_ptr_null(none);
}
END_TEST

START_TEST(bytes_have_a_limit)
{
	auto_free char *small = with_targets(1);
	auto_free char *big = mend_alloc(MEND_MANIFEST_MAX + 1);
	auto_call(mend_manifest_free) struct mend_manifest *manifest = NULL;
	struct mend_manifest *none = NULL;
	struct mend_error err;

	memset(big, ' ', MEND_MANIFEST_MAX + 1);
	memcpy(big, small, strlen(small));
	unit_works(decode(&manifest, mend_span_of(big, MEND_MANIFEST_MAX), &err));
	unit_fails(decode(&none, mend_span_of(big, MEND_MANIFEST_MAX + 1), &err), MEND_LIMIT,
		   "manifest: 1048577 bytes: more than the limit of 1048576");
	ck_assert_ptr_null(none);
}
END_TEST

/* --- what nobody thought of --- */

static uint32_t next_random(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

/* Changes, takes out, doubles or moves some bytes. */
static void mutate(struct mend_bytes *raw, uint32_t *state)
{
	static const char pieces[] = "{}[]\",:0123456789-.\\/ntu \n";
	size_t at = next_random(state) % raw->size;
	size_t length = 1 + next_random(state) % 40;

	if (length > raw->size - at)
		length = raw->size - at;
	switch (next_random(state) % 5) {
	case 0:
		raw->data[at] ^= (uint8_t)(1 << next_random(state) % 8);
		break;
	case 1:
		raw->data[at] = (uint8_t)pieces[next_random(state) % (sizeof pieces - 1)];
		break;
	case 2:
		memmove(raw->data + at, raw->data + at + length, raw->size - at - length);
		raw->size -= raw->size > length ? length : 0;
		break;
	case 3:
		raw->data = mend_grow(raw->data, raw->size + length, 1);
		memmove(raw->data + at + length, raw->data + at, raw->size - at);
		raw->size += length;
		break;
	case 4:
		memmove(raw->data + at, raw->data + next_random(state) % (raw->size - length + 1),
			length);
		break;
	}
}

START_TEST(mutations_never_crash)
{
	auto_bytes good = read_file("good.json");
	uint32_t state = 20261127;
	unsigned refused = 0;

	for (int i = 0; i < MUTATIONS; i++) {
		auto_call(mend_manifest_free) struct mend_manifest *manifest = NULL;
		auto_bytes raw = { .data = mend_alloc(good.size), .size = good.size };
		struct mend_error err = { 0 };

		memcpy(raw.data, good.data, good.size);
		for (uint32_t times = 1 + next_random(&state) % 3; times > 0; times--)
			mutate(&raw, &state);
		if (decode(&manifest, mend_bytes_span(&raw), &err) == 0)
			continue;
		refused++;
		ck_assert_ptr_null(manifest);
		ck_assert(err.code == MEND_FORMAT || err.code == MEND_LIMIT);
		ck_assert_int_eq(strncmp(err.text, "manifest: ", 10), 0);
	}
	ck_assert_uint_gt(refused, MUTATIONS / 2);
	ck_assert_uint_lt(refused, MUTATIONS);
}
END_TEST

int main(void)
{
	return unit_main("reject_manifest",
			 (const TTest *[]){ each_is_refused_for_its_own_reason,
					    each_file_is_expected_something_of,
					    targets_have_a_limit, bytes_have_a_limit,
					    mutations_never_crash, NULL });
}
