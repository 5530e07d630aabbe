/* SPDX-License-Identifier: MIT */
/* Files that the gate looks at, each read once. */
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "gate_private.h"
#include "mendfs/fs.h"

static struct gate_file *find(const struct gate_run *run, const char *key)
{
	for (size_t i = 0; i < run->file_count; i++) {
		if (strcmp(run->files[i]->key, key) == 0)
			return run->files[i];
	}
	return NULL;
}

/* Takes key and content over. A file that is damaged is told about where it is compared. */
static const struct gate_file *keep(struct gate_run *run, char *key, struct mend_bytes content,
				    bool is_there)
{
	struct gate_file *file = mend_alloc(sizeof *file);

	file->key = key;
	file->content = content;
	file->is_there = is_there;
	if (is_there && mend_elf_read(&file->elf, mend_bytes_span(&content), NULL) < 0)
		file->elf = NULL;
	run->files = mend_grow(run->files, run->file_count + 1, sizeof *run->files);
	run->files[run->file_count++] = file;
	return is_there ? file : NULL;
}

int gate_target_file(const struct gate_file **out, struct gate_run *run,
		     const struct mend_gate_layer *layer, const struct mend_target *target,
		     struct mend_error *err)
{
	auto_free char *key = mend_text_format("target %s %s", layer->manifest->id, target->path);
	const struct gate_file *known = find(run, key);
	struct mend_bytes content;

	if (known == NULL) {
		if (layer->content(&content, layer->context, target, err) < 0)
			return mend_fail_at(err, "%s", target->path);
		known = keep(run, take(key), content, true);
	}
	*out = known;
	return 0;
}

static bool is_absent(int number)
{
	return number == ENOENT || number == ENOTDIR || number == ELOOP || number == EXDEV;
}

/* Opens without waiting for a writer, and takes nothing but a regular file. */
static int read_regular(struct mend_bytes *out, bool *is_there, int fd, const char *path,
			struct mend_error *err)
{
	struct stat st;

	*is_there = false;
	if (fd < 0)
		return is_absent(errno) ? 0 : mend_fail_errno(err, "%s: cannot open", path);
	if (fstat(fd, &st) < 0)
		return mend_fail_errno(err, "%s: cannot look at it", path);
	if (!S_ISREG(st.st_mode))
		return 0;
	if (mend_fs_read_fd(out, fd, MEND_OBJECT_MAX, err) < 0)
		return mend_fail_at(err, "%s", path);
	*is_there = true;
	return 0;
}

static int read_file(const struct gate_file **out, struct gate_run *run, char **key, int dir,
		     const char *path, uint64_t resolve, struct mend_error *err)
{
	struct gate_file *known = find(run, *key);
	struct open_how how = { .flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC,
				.resolve = resolve };
	struct mend_bytes content = { NULL, 0 };
	auto_fd fd = -1;
	bool is_there;

	if (known != NULL) {
		*out = known->is_there ? known : NULL;
		return 0;
	}
	fd = (int)syscall(SYS_openat2, dir, path, &how, sizeof how);
	if (read_regular(&content, &is_there, fd, path, err) < 0)
		return -1;
	*out = keep(run, take(*key), content, is_there);
	return 0;
}

int gate_base_file(const struct gate_file **out, struct gate_run *run, const char *path,
		   struct mend_error *err)
{
	auto_free char *key = mend_text_format("base %s", path);

	return read_file(out, run, &key, run->gate->base, path,
			 RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS, err);
}

int gate_place_file(const struct gate_file **out, struct gate_run *run, size_t place,
		    const char *path, struct mend_error *err)
{
	auto_free char *key = mend_text_format("place %zu %s", place, path);

	return read_file(out, run, &key, run->gate->places[place], path, RESOLVE_NO_MAGICLINKS,
			 err);
}

void gate_files_free(struct gate_run *run)
{
	for (size_t i = 0; i < run->file_count; i++) {
		struct gate_file *file = run->files[i];

		mend_elf_free(file->elf);
		mend_bytes_free(&file->content);
		free(file->key);
		free(file);
	}
	free(run->files);
}
