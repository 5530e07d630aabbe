/* SPDX-License-Identifier: MIT */
/* Compares what a target was made for with what the base has: by content, never by name or time. */
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "mendfs/base.h"

enum found_kind { FOUND_NOTHING, FOUND_FILE, FOUND_LINK, FOUND_OTHER };

/* What the base has under a target's path. */
struct found {
	enum found_kind kind;
	struct mend_digest content; /* FOUND_FILE */
	char link[MEND_PATH_MAX];   /* FOUND_LINK */
	const char *why; /* FOUND_OTHER; of FOUND_NOTHING when the directory is missing */
};

const char *mend_target_state_name(enum mend_target_state state)
{
	switch (state) {
	case MEND_TARGET_ACTIVE:
		return "active";
	case MEND_TARGET_SUPERSEDED:
		return "superseded";
	case MEND_TARGET_DRIFTED:
		return "drifted";
	}
	return "unknown";
}

/*
 * Opens the directory a target is in. No symlink on the way is followed, not even one that stays
 * below the base: an application's lookup resolves it before it reaches the target's path, so what
 * is served there would never be seen.
 */
static int open_parent(int base_dir, const char *path, const char **name)
{
	struct open_how how = {
		.flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
	};
	const char *slash = strrchr(path, '/');
	char parent[MEND_PATH_MAX] = ".";

	*name = slash ? slash + 1 : path;
	if (slash)
		snprintf(parent, sizeof(parent), "%.*s", (int)(slash - path), path);
	return (int)syscall(SYS_openat2, base_dir, parent, &how, sizeof(how));
}

/* A way that cannot be gone is an answer, not a failure. */
static int explain_parent(struct found *out, const char *path, struct mend_error *err)
{
	switch (errno) {
	case ENOENT:
		out->kind = FOUND_NOTHING;
		out->why = "its directory is not in the base";
		return 0;
	case ENOTDIR:
		out->kind = FOUND_OTHER;
		out->why = "the base has something else where its directory should be";
		return 0;
	case ELOOP:
	case EXDEV:
		out->kind = FOUND_OTHER;
		out->why = "the base has a symlink where its directory should be";
		return 0;
	default:
		return mend_fail_errno(err, "base: %s", path);
	}
}

static int read_file(struct found *out, int parent, const char *name, struct mend_error *err)
{
	auto_fd fd = openat(parent, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return mend_fail_errno(err, "cannot read it");
	if (!S_ISREG(st.st_mode)) {
		errno = EAGAIN; /* it was a file a moment ago */
		return mend_fail_errno(err, "changes while it is read");
	}
	out->kind = FOUND_FILE;
	return mend_digest_of_fd(&out->content, fd, err);
}

static int read_link(struct found *out, int parent, const char *name, struct mend_error *err)
{
	ssize_t size = readlinkat(parent, name, out->link, sizeof(out->link));

	if (size < 0)
		return mend_fail_errno(err, "cannot read the symlink");
	if ((size_t)size == sizeof(out->link)) {
		out->kind = FOUND_OTHER;
		out->why = "the base has a symlink that is too long";
		return 0;
	}
	out->link[size] = '\0';
	out->kind = FOUND_LINK;
	return 0;
}

static int look(struct found *out, int base_dir, const char *path, struct mend_error *err)
{
	const char *name;
	auto_fd parent = open_parent(base_dir, path, &name);
	struct stat st;
	int result = 0;

	if (parent < 0)
		return explain_parent(out, path, err);
	if (fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		if (errno != ENOENT)
			return mend_fail_errno(err, "base: %s", path);
		out->kind = FOUND_NOTHING;
	} else if (S_ISREG(st.st_mode)) {
		result = read_file(out, parent, name, err);
	} else if (S_ISLNK(st.st_mode)) {
		result = read_link(out, parent, name, err);
	} else {
		out->kind = FOUND_OTHER;
		out->why = S_ISDIR(st.st_mode) ? "the base has a directory of that name"
					       : "the base has something that is no file there";
	}
	return result < 0 ? mend_fail_at(err, "base: %s", path) : 0;
}

static bool is_made_for(const struct mend_target *target, const struct found *found)
{
	size_t i;

	if (found->kind == FOUND_NOTHING)
		return target->base_count == 0;
	if (found->kind == FOUND_LINK && target->op == MEND_OP_REPLACE)
		return false;
	for (i = 0; i < target->base_count; i++) {
		const struct mend_base *base = &target->bases[i];

		if (found->kind == FOUND_LINK && base->link && !strcmp(base->link, found->link))
			return true;
		if (found->kind == FOUND_FILE && !base->link &&
		    mend_digest_equal(&base->content, &found->content))
			return true;
	}
	return false;
}

static bool is_fixed(const struct mend_target *target, const struct found *found)
{
	switch (target->op) {
	case MEND_OP_REPLACE:
	case MEND_OP_ADD:
		return found->kind == FOUND_FILE &&
		       mend_digest_equal(&target->object, &found->content);
	case MEND_OP_REMOVE:
		return found->kind == FOUND_NOTHING;
	case MEND_OP_SYMLINK:
		return found->kind == FOUND_LINK && !strcmp(target->to, found->link);
	}
	return false;
}

static void explain_drift(char reason[MEND_REASON_MAX], const struct mend_target *target,
			  const struct found *found)
{
	const char *text = found->why;

	if (!text && found->kind == FOUND_NOTHING)
		text = "the base does not have it";
	if (!text && target->base_count == 0)
		text = "the base already has something of that name";
	if (!text && found->kind == FOUND_FILE)
		text = "the base has other content than the patch was made for";
	if (!text && target->op == MEND_OP_REPLACE)
		text = "the base has a symlink there, the patch was made for a file";
	if (!text)
		text = "the base has another symlink than the patch was made for";
	snprintf(reason, MEND_REASON_MAX, "%s", text);
}

int mend_target_check(enum mend_target_state *out, char reason[MEND_REASON_MAX],
		      const struct mend_target *target, int base_dir, struct mend_error *err)
{
	struct found found = { .kind = FOUND_NOTHING };

	if (look(&found, base_dir, target->path, err) < 0)
		return -1;
	reason[0] = '\0';
	if (is_made_for(target, &found)) {
		*out = MEND_TARGET_ACTIVE;
	} else if (is_fixed(target, &found)) {
		*out = MEND_TARGET_SUPERSEDED;
		snprintf(reason, MEND_REASON_MAX, "the base already has the fix");
	} else {
		*out = MEND_TARGET_DRIFTED;
		explain_drift(reason, target, &found);
	}
	return 0;
}
