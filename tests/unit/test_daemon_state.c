/* SPDX-License-Identifier: MIT */
/* The table that outlives a worker: nodes, their paths, and what a death inside its lock leaves. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mendfs/state.h"
#include "unit.h"

static struct state *state;
static int state_fd;

static struct node_handle handle_of(uint32_t number)
{
	struct node_handle handle = { .type = 1, .size = sizeof number };

	memcpy(handle.bytes, &number, sizeof number);
	return handle;
}

static struct node *enter(uint32_t number, const char *path)
{
	struct node_handle handle = handle_of(number);
	struct node *node = state_enter_base(state, &handle, -1, number, path, path != NULL);

	ck_assert_ptr_nonnull(node);
	return node;
}

static struct node *enter_object(const char *path, const char *content)
{
	struct node_patched patched = { .size = strlen(content), .mode = 0100644 };
	struct node *node;

	mend_digest_of(&patched.digest, mend_span_text(content));
	node = state_enter_patched(state, NODE_OBJECT, path, &patched, NULL, 7);
	ck_assert_ptr_nonnull(node);
	return node;
}

static uint64_t find(uint32_t number)
{
	struct node_handle handle = handle_of(number);

	return state_find_base(state, &handle);
}

static bool forget(const struct node *node, uint64_t lookups)
{
	struct state_gone gone;

	return state_forget(state, state_id(state, node), lookups, &gone);
}

static void begin(void)
{
	state = state_new(&state_fd);
	ck_assert_uint_eq(state_id(state, enter(0, "")), NODE_ROOT);
}

static void end(void)
{
	munmap(state, sizeof *state);
	close(state_fd);
}

static void expect_path(const struct node *node, const char *want)
{
	char path[STATE_PATH];

	ck_assert(state_path(state, node, path, sizeof path));
	ck_assert_str_eq(path, want);
}

START_TEST(root)
{
	begin();
	ck_assert_uint_eq(state_find_dir(state, ""), NODE_ROOT);
	ck_assert(!forget(state_node(state, NODE_ROOT), 1000));
	ck_assert_uint_eq(state_find_dir(state, ""), NODE_ROOT);
	expect_path(state_node(state, NODE_ROOT), "");
	end();
}
END_TEST

START_TEST(lookups_are_counted)
{
	struct state_gone gone = { 0 };
	struct node *node;

	begin();
	node = enter(5, NULL);
	ck_assert_ptr_eq(enter(5, NULL), node);
	ck_assert_uint_eq(node->lookups, 2);
	ck_assert_uint_eq(find(5), state_id(state, node));
	ck_assert_uint_eq(node->lookups, 2);
	node->backing = 9;
	node->fd = 11;
	ck_assert(!state_forget(state, state_id(state, node), 1, &gone));
	ck_assert(state_forget(state, state_id(state, node), 1, &gone));
	ck_assert_int_eq(gone.backing, 9);
	ck_assert_int_eq(gone.fd, 11);
	ck_assert_uint_eq(find(5), 0);
	end();
}
END_TEST

/* A slot is used again, its id never: the kernel could mean the old one. */
START_TEST(ids_are_used_once)
{
	struct node *node;
	uint64_t id;

	begin();
	node = enter(5, NULL);
	id = state_id(state, node);
	ck_assert(forget(node, 1));
	ck_assert_ptr_eq(enter(6, NULL), node);
	ck_assert_uint_ne(state_id(state, node), id);
	ck_assert_int_eq(node->backing, 0);
	ck_assert_int_eq(node->fd, -1);
	end();
}
END_TEST

START_TEST(paths_of_directories)
{
	char small[4];
	struct node *dir, *file;

	begin();
	dir = enter(5, "a/b");
	file = enter(6, NULL);
	ck_assert_uint_eq(state_find_dir(state, "a/b"), state_id(state, dir));
	ck_assert_uint_eq(state_find_dir(state, "a"), 0);
	ck_assert(state_path(state, dir, small, sizeof small));
	ck_assert(!state_path(state, dir, small, sizeof small - 1));
	ck_assert(!state_path(state, file, small, sizeof small));
	/* Known by another name now. */
	ck_assert_ptr_eq(enter(5, "c"), dir);
	ck_assert_uint_eq(state_find_dir(state, "c"), state_id(state, dir));
	ck_assert_uint_eq(state_find_dir(state, "a/b"), 0);
	ck_assert(forget(dir, 2));
	ck_assert_uint_eq(state_find_dir(state, "c"), 0);
	end();
}
END_TEST

START_TEST(long_paths)
{
	char path[STATE_PATH];
	struct node *dir;

	begin();
	for (size_t length = 1; length < sizeof path - 8; length = length * 2 + 1) {
		memset(path, 'p', length);
		path[length] = 0;
		dir = enter(100 + (uint32_t)length, path);
		expect_path(dir, path);
		ck_assert_uint_eq(state_find_dir(state, path), state_id(state, dir));
	}
	end();
}
END_TEST

START_TEST(renamed)
{
	struct node *a, *below, *beside;

	begin();
	a = enter(1, "a");
	below = enter(2, "a/x/y");
	beside = enter(3, "ab");
	state_renamed(state, "a", "new/place");
	expect_path(a, "new/place");
	expect_path(below, "new/place/x/y");
	expect_path(beside, "ab");
	ck_assert_uint_eq(state_find_dir(state, "a"), 0);
	ck_assert_uint_eq(state_find_dir(state, "new/place/x/y"), state_id(state, below));
	end();
}
END_TEST

/* Whatever of it differs makes another node. */
START_TEST(patched)
{
	struct node_patched link = { .size = 2, .mode = 0120777 };
	struct node *node, *other;

	begin();
	node = enter_object("f", "one");
	ck_assert_ptr_eq(enter_object("f", "one"), node);
	ck_assert_ptr_ne(enter_object("g", "one"), node);
	ck_assert_ptr_ne(enter_object("f", "two"), node);
	expect_path(node, "f");
	ck_assert_uint_eq(state_find_dir(state, "f"), 0);
	mend_digest_of(&link.digest, mend_span_text("to"));
	other = state_enter_patched(state, NODE_LINK, "f", &link, "to", 8);
	ck_assert_ptr_ne(other, node);
	ck_assert_str_eq(state_text(state, other->patched.to), "to");
	ck_assert(forget(other, 1));
	ck_assert(forget(node, 2));
	ck_assert_ptr_nonnull(enter_object("f", "one"));
	end();
}
END_TEST

/* Texts that were given back are used again. */
START_TEST(texts_are_used_again)
{
	char path[64];
	uint32_t text_end = 0;
	uint32_t used = 0;

	begin();
	for (int round = 0; round < 20; round++) {
		struct node *dirs[50];

		for (uint32_t i = 0; i < 50; i++) {
			snprintf(path, sizeof path, "round-%02d/a-directory-of-its-own-%02u", round,
				 i);
			dirs[i] = enter(i + 1, path);
		}
		for (uint32_t i = 0; i < 50; i++)
			ck_assert(forget(dirs[i], 1));
		if (round == 0) {
			text_end = state->text_end;
			used = state->used;
		}
	}
	ck_assert_uint_eq(state->text_end, text_end);
	ck_assert_uint_eq(state->used, used);
	end();
}
END_TEST

START_TEST(many)
{
	const uint32_t count = 100000;

	begin();
	for (uint32_t i = 1; i <= count; i++)
		enter(i, NULL);
	for (uint32_t i = 2; i <= count; i += 2)
		ck_assert(forget(state_node(state, find(i)), 1));
	for (uint32_t i = 1; i <= count; i++)
		ck_assert_int_eq(find(i) != 0, i % 2);
	for (uint32_t i = 2; i <= count; i += 2)
		enter(i, NULL);
	ck_assert_uint_eq(state->used, count + NODE_ROOT + 1);
	end();
}
END_TEST

static void reap(pid_t child)
{
	ck_assert_int_eq(waitpid(child, NULL, 0), child);
}

/* The worst that a death can leave: everything that is derived is garbage. */
START_TEST(owner_dies_in_the_lock)
{
	struct node *dir, *file, *object, *gone;
	pid_t child;

	begin();
	dir = enter(1, "a");
	file = enter(2, NULL);
	object = enter_object("f", "one");
	gone = enter(3, NULL);
	ck_assert(forget(gone, 1));
	child = fork();
	if (child == 0) {
		pthread_mutex_lock(&state->lock);
		memset(state->by_key, 0x5a, sizeof state->by_key);
		memset(state->by_path, 0x5a, sizeof state->by_path);
		memset(state->text_free, 0x5a, sizeof state->text_free);
		state->free = 0x5a5a5a;
		_exit(0);
	}
	reap(child);
	ck_assert_uint_eq(find(1), state_id(state, dir));
	ck_assert_uint_eq(find(2), state_id(state, file));
	ck_assert_uint_eq(find(3), 0);
	ck_assert_uint_eq(state_find_dir(state, "a"), state_id(state, dir));
	ck_assert_uint_eq(state_find_dir(state, ""), NODE_ROOT);
	ck_assert_ptr_eq(enter_object("f", "one"), object);
	ck_assert_ptr_eq(enter(4, "b"), gone);
	ck_assert(forget(dir, 1));
	ck_assert_ptr_eq(enter(5, "a"), dir);
	end();
}
END_TEST

/* Enters and forgets until it is killed; what it counts on 1 … 50 stays above zero. */
static void churn(void)
{
	char path[32];

	for (uint32_t i = 0;; i = (i + 1) % 200) {
		snprintf(path, sizeof path, "dir-%u", i);
		enter(i % 50 + 1, NULL);
		forget(enter(1000 + i, i % 3 ? NULL : path), 1);
		forget(enter_object(path, "content"), 1);
		if (i % 20 == 0)
			state_renamed(state, "dir-0", "dir-0");
	}
}

START_TEST(killed_again_and_again)
{
	struct node *dirs[50];
	char path[32];

	begin();
	for (uint32_t i = 1; i <= 50; i++) {
		snprintf(path, sizeof path, "kept-%u", i);
		dirs[i - 1] = enter(i, path);
	}
	for (int round = 0; round < 40; round++) {
		pid_t child = fork();

		if (child == 0)
			churn();
		usleep(3000 + (useconds_t)round * 50);
		kill(child, SIGKILL);
		reap(child);
		for (uint32_t i = 1; i <= 50; i++) {
			snprintf(path, sizeof path, "kept-%u", i);
			ck_assert_uint_eq(find(i), state_id(state, dirs[i - 1]));
			ck_assert_uint_eq(state_find_dir(state, path), find(i));
		}
		forget(enter(5000, "new"), 1);
	}
	end();
}
END_TEST

START_TEST(several_processes)
{
	pid_t children[4];

	begin();
	for (uint32_t c = 0; c < 4; c++) {
		children[c] = fork();
		if (children[c] == 0) {
			for (uint32_t i = 0; i < 5000; i++) {
				enter(1 + i % 100, NULL);
				enter(1000 + c * 5000 + i, NULL);
			}
			_exit(0);
		}
	}
	for (int c = 0; c < 4; c++)
		reap(children[c]);
	for (uint32_t i = 1; i <= 100; i++)
		ck_assert_uint_eq(state_node(state, find(i))->lookups, 200);
	for (uint32_t i = 1000; i < 21000; i++)
		ck_assert_uint_ne(find(i), 0);
	ck_assert_uint_eq(state->used, 100 + 20000 + NODE_ROOT + 1);
	end();
}
END_TEST

/* Another program image sees the same. */
START_TEST(mapped_by_another)
{
	struct state *again;
	uint64_t id;

	begin();
	id = state_id(state, enter(1, "a"));
	again = state_map(state_fd);
	ck_assert_ptr_nonnull(again);
	ck_assert_ptr_ne(again, state);
	ck_assert_uint_eq(state_find_dir(again, "a"), id);
	munmap(again, sizeof *again);
	end();
}
END_TEST

int main(void)
{
	return unit_main("daemon_state",
			 (const TTest *[]){ root, lookups_are_counted, ids_are_used_once,
					    paths_of_directories, long_paths, renamed, patched,
					    texts_are_used_again, many, owner_dies_in_the_lock,
					    killed_again_and_again, several_processes,
					    mapped_by_another, NULL });
}
