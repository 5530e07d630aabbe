/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a bundle: opened, and every object decoded, with the base that the kept inputs'
 * delta was made from. Headers get their checksum again after each mutation, or nothing would come
 * past the first one.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <zstd.h>

#include "mendfs/bundle.h"
#include "mendfs/fs.h"

#define CONTENT_MAX (1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t most);

static int file_of(const void *data, size_t size)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	if (fd < 0 || mend_fs_write_all(fd, mend_span_of(data, size), NULL) < 0)
		abort();
	return fd;
}

/* As a manifest would tell it, so that the decoder comes to work. */
static uint64_t size_of(const uint8_t *data, const struct mend_bundle_object *object)
{
	unsigned long long told = ZSTD_getFrameContentSize(data + object->offset, object->size);

	return told < CONTENT_MAX ? told : CONTENT_MAX;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char base_text[] = "int hole(void) { return 1; }\n";
	auto_call(mend_bundle_free) struct mend_bundle *bundle = NULL;
	auto_fd fd = file_of(data, size);
	auto_fd base = file_of(base_text, sizeof(base_text) - 1);

	if (mend_bundle_open(&bundle, fd, NULL) < 0)
		return 0;
	mend_take_fd(&fd);
	for (size_t i = 0; i < bundle->object_count; i++)
		mend_object_decode(bundle, &bundle->objects[i], size_of(data, &bundle->objects[i]),
				   base, -1, NULL);
	return 0;
}

static void set_checksum(uint8_t *header)
{
	unsigned sum = 0;
	char text[8];

	memset(header + 148, ' ', 8);
	for (size_t i = 0; i < MEND_TAR_BLOCK; i++)
		sum += header[i];
	snprintf(text, sizeof(text), "%06o", sum);
	memcpy(header + 148, text, 7);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed)
{
	(void)seed;
	size = LLVMFuzzerMutate(data, size, most);
	for (size_t at = 0; at + MEND_TAR_BLOCK <= size; at += MEND_TAR_BLOCK) {
		if (memcmp(data + at + 257, "ustar", 5) == 0)
			set_checksum(data + at);
	}
	return size;
}
