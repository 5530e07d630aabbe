/* SPDX-License-Identifier: MIT */
/* From packages, over those that depend on them, to their services. */
#include "mend-publish/restart.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "mend-publish/command.h"
#include "mend-publish/package_private.h"
#include "mend-publish/verb.h"
#include "mendfs/fs.h"

#define DPKG_STATUS "/var/lib/dpkg/status" /* a machine without it has no dpkg */
#define OUTPUT_MAX  (256 * 1024 * 1024)
#define UNIT_MAX    (1024 * 1024)

struct node {
	char *name;
	struct mend_span depends;
	bool uses; /* what is patched; the first of those with one name tells it */
};
struct graph {
	struct mend_bytes text;
	struct node *nodes; /* sorted by name; several architectures have one name */
	size_t count;
};

static void graph_clear(struct graph *graph)
{
	for (size_t i = 0; i < graph->count; i++)
		free(graph->nodes[i].name);
	free(graph->nodes);
	mend_bytes_free(&graph->text);
}

static char *copy(struct mend_span text)
{
	return mend_text_format("%.*s", (int)text.size, (const char *)text.data);
}

/* The part before one of `marks`, which is cut off with it. */
static struct mend_span cut(struct mend_span *text, const char *marks)
{
	size_t size = 0;
	struct mend_span part;

	while (size < text->size && !strchr(marks, text->data[size]))
		size++;
	part = mend_span_of(text->data, size);
	size += size < text->size ? 1 : 0;
	*text = mend_span_of(text->data + size, text->size - size);
	return part;
}

static int compare(const void *a, const void *b)
{
	return strcmp(((const struct node *)a)->name, ((const struct node *)b)->name);
}

static int graph_read(struct graph *out, struct mend_error *err)
{
	static const char *const argv[] = { "dpkg-query", "-W",
					    "-f=${Package} ${Pre-Depends}, ${Depends}\n", NULL };
	struct mend_span rest, line;

	if (command_output(&out->text, OUTPUT_MAX, argv, err) < 0)
		return -1;
	rest = mend_bytes_span(&out->text);
	while (mend_span_line(&line, &rest)) {
		struct mend_span name = cut(&line, " ");

		out->nodes = mend_grow(out->nodes, out->count + 1, sizeof(*out->nodes));
		out->nodes[out->count++] = (struct node){ .name = copy(name), .depends = line };
	}
	if (out->count > 0)
		qsort(out->nodes, out->count, sizeof(*out->nodes), compare);
	return 0;
}

static struct node *find(const struct graph *graph, const char *name)
{
	struct node like = { .name = (char *)name }, *found;

	if (graph->count == 0)
		return NULL;
	found = bsearch(&like, graph->nodes, graph->count, sizeof(like), compare);
	while (found && found > graph->nodes && compare(found - 1, found) == 0)
		found--;
	return found;
}

/* "libssl3 (>= 3.0.0), debconf | debconf-2.0, python3:any": any of these that uses it? */
static bool leads(const struct graph *graph, struct mend_span depends, const char *const *packages,
		  size_t count)
{
	while (depends.size > 0) {
		struct mend_span one = cut(&depends, ",|");
		auto_free char *name = NULL;
		const struct node *node;

		while (one.size > 0 && one.data[0] == ' ')
			one = mend_span_of(one.data + 1, one.size - 1);
		name = copy(cut(&one, " :("));
		for (size_t i = 0; i < count; i++) {
			if (strcmp(packages[i], name) == 0)
				return true;
		}
		node = strncmp(name, "lib", 3) == 0 ? find(graph, name) : NULL;
		if (node && node->uses)
			return true;
	}
	return false;
}

/* Until nothing is added: what uses a library uses what that one uses. */
static void spread(struct graph *graph, const char *const *packages, size_t count)
{
	bool is_more = true;

	while (is_more) {
		is_more = false;
		for (size_t i = 0; i < graph->count; i++) {
			struct node *node = find(graph, graph->nodes[i].name);

			if (node->uses || !leads(graph, graph->nodes[i].depends, packages, count))
				continue;
			node->uses = true;
			is_more = true;
		}
	}
}

static bool is_set(struct mend_span unit, const char *key, const char *start)
{
	struct mend_span value;
	size_t size = strlen(start);

	return package_field(&value, unit, key) && value.size >= size &&
	       memcmp(value.data, start, size) == 0;
}

/* What it starts is there, and is no request to systemd itself. */
static bool starts_program(struct mend_span unit)
{
	struct mend_span line, word;
	auto_free char *program = NULL;

	if (!package_field(&line, unit, "ExecStart="))
		return false;
	word = cut(&line, " ");
	while (word.size > 0 && strchr("@-:+!", word.data[0]))
		word = mend_span_of(word.data + 1, word.size - 1);
	program = copy(word);
	return access(program, X_OK) == 0 && !strstr(program, "/systemctl");
}

/* Nothing that ends by itself, and nobody's terminal. */
static bool is_service(const char *path)
{
	auto_bytes text = { NULL, 0 };
	struct mend_span unit;

	if (mend_fs_read(&text, AT_FDCWD, path, UNIT_MAX, NULL) < 0)
		return false;
	unit = mend_bytes_span(&text);
	return !is_set(unit, "Type=", "oneshot") && !is_set(unit, "Type=", "idle") &&
	       !is_set(unit, "StandardInput=", "tty") && starts_program(unit);
}

static void add(struct mend_manifest *manifest, const char *unit, size_t *left_out)
{
	for (size_t i = 0; i < manifest->restart_count; i++) {
		if (strcmp(manifest->restart[i], unit) == 0)
			return;
	}
	if (manifest->restart_count == RESTART_SUGGESTED_MAX) {
		++*left_out;
		return;
	}
	manifest->restart = mend_grow(manifest->restart, manifest->restart_count + 1,
				      sizeof(*manifest->restart));
	manifest->restart[manifest->restart_count++] = mend_text_copy(unit);
}

/* "nginx-common: /lib/systemd/system/nginx.service"; several packages may have one file. */
static const char *take_unit(const struct graph *graph, char *line)
{
	char *path = strstr(line, ": /"), *unit, *end;
	const struct node *node;

	if (!path)
		return NULL;
	*path = '\0';
	path += 2;
	line[strcspn(line, ":,")] = '\0';
	node = find(graph, line);
	unit = strrchr(path, '/') + 1;
	end = strrchr(unit, '.');
	if (!node || !node->uses || !end || strcmp(end, ".service") != 0 || strchr(unit, '@') ||
	    !is_service(path))
		return NULL;
	return unit;
}

static int suggest(struct mend_manifest *manifest, const struct graph *graph,
		   struct mend_error *err)
{
	static const char *const argv[] = { "dpkg-query", "-S", "*/systemd/system/*.service",
					    NULL };
	auto_bytes text = { NULL, 0 };
	struct mend_span rest, line;
	size_t left_out = 0;

	if (command_output(&text, OUTPUT_MAX, argv, err) < 0)
		return -1;
	rest = mend_bytes_span(&text);
	while (mend_span_line(&line, &rest)) {
		auto_free char *one = copy(line);
		const char *unit = take_unit(graph, one);

		if (unit)
			add(manifest, unit, &left_out);
	}
	if (left_out > 0)
		verb_warn("%d services to restart are named, and %zu more are not: see --restart",
			  RESTART_SUGGESTED_MAX, left_out);
	return 0;
}

int restart_suggest(struct mend_manifest *manifest, const char *const *packages, size_t count,
		    struct mend_error *err)
{
	__attribute__((cleanup(graph_clear))) struct graph graph = { .nodes = NULL };

	if (access(DPKG_STATUS, R_OK) < 0)
		return 0;
	if (graph_read(&graph, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		struct node *node = find(&graph, packages[i]);

		if (node)
			node->uses = true;
	}
	spread(&graph, packages, count);
	return suggest(manifest, &graph, err);
}
