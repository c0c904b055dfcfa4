/*
 * load.c - places, paths and names for the parts of the loader
 *
 * Ownership: nothing here outlives a call, but what is returned to the caller.
 * Threads: none.
 */
#include "orchestrator/plan/load.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void say(struct load *l, bool warning, const struct node *at,
		const char *rule, const char *fmt, va_list ap)
{
	mem_auto_free char *msg = mem_vformat(fmt, ap);

	source_diag(at->src, l->diags, warning, at->line, at->column, rule,
		    msg);
}

void load_error(struct load *l, const struct node *at, const char *rule,
		const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(l, false, at, rule, fmt, ap);
	va_end(ap);
}

void load_warn(struct load *l, const struct node *at, const char *rule,
	       const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(l, true, at, rule, fmt, ap);
	va_end(ap);
}

void load_err(struct load *l, const struct node *at, const char *rule,
	      const struct err *e)
{
	load_error(l, at, e->rule ? e->rule : rule, "%s", err_msg(e));
}

static const struct node *step_into(const struct node *n, const char *word)
{
	char *end;
	unsigned long i;

	if (n->kind == NODE_MAP)
		return node_get(n, word);
	if (n->kind != NODE_LIST)
		return NULL;
	i = strtoul(word, &end, 10);
	return *end || i >= n->n ? NULL : n->v[i];
}

/* Follows the path; *ret_last is the deepest node that is there. */
static const struct node *walk(const struct node *n, char *path,
			       const struct node **ret_last)
{
	char *save, *word = strtok_r(path, ".", &save);

	for (; word; word = strtok_r(NULL, ".", &save)) {
		*ret_last = n;
		n = step_into(n, word);
		if (!n)
			return NULL;
	}
	*ret_last = n;
	return n;
}

const struct node *load_at(const struct load *l, const char *fmt, ...)
{
	mem_auto_free char *path = NULL;
	const struct node *last = l->root;
	va_list ap;

	va_start(ap, fmt);
	path = mem_vformat(fmt, ap);
	va_end(ap);
	walk(l->root, path, &last);
	return last;
}

const struct node *load_find(const struct load *l, const char *fmt, ...)
{
	mem_auto_free char *path = NULL;
	const struct node *last;
	va_list ap;

	va_start(ap, fmt);
	path = mem_vformat(fmt, ap);
	va_end(ap);
	return walk(l->root, path, &last);
}

char *load_path(const struct load *l, const char *path)
{
	const char *home = getenv("HOME"), *slash;

	if (!path || *path == '/')
		return mem_strdup(path);
	if (strncmp(path, "~/", 2) == 0 && home)
		return mem_format("%s/%s", home, path + 2);
	slash = strrchr(l->plan->path, '/');
	if (!slash)
		return mem_strdup(path);
	return mem_format("%.*s/%s", (int)(slash - l->plan->path),
			  l->plan->path, path);
}

static bool read_all(int fd, size_t max, struct buf *ret)
{
	char chunk[65536];
	ssize_t n;

	while ((n = read(fd, chunk, sizeof(chunk))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		buf_add(ret, chunk, (size_t)n);
		if (ret->len > max) {
			errno = EFBIG;
			return false;
		}
	}
	return true;
}

bool load_file(const char *path, size_t max, struct buf *ret, struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	bool ok;

	if (fd < 0)
		return err_errno(e, ERR_IO, "cannot open '%s'", path);
	ok = read_all(fd, max, ret);
	if (!ok)
		err_errno(e, ERR_IO, "cannot read '%s'", path);
	close(fd);
	return ok;
}

static const char *name_of(const void *v, size_t i, size_t size)
{
	return *(char *const *)((const char *)v + i * size);
}

static const char *nearest(const char *word, const void *v, size_t n,
			   size_t size)
{
	unsigned limit = strlen(word) < 5 ? 1 : 3, best = limit + 1;
	const char *found = NULL;

	for (size_t i = 0; i < n; i++) {
		const char *name = name_of(v, i, size);
		unsigned d = name ? schema_distance(word, name, limit) : best;

		if (d < best) {
			best = d;
			found = name;
		}
	}
	return found;
}

int load_ref(struct load *l, const struct node *at, const void *v, size_t n,
	     size_t size, const char *what)
{
	const char *near;

	for (size_t i = 0; i < n; i++) {
		const char *name = name_of(v, i, size);

		if (name && strcmp(name, at->text) == 0)
			return (int)i;
	}
	near = nearest(at->text, v, n, size);
	if (near)
		load_error(l, at, "undefined-reference",
			   "there is no %s '%s'; did you mean '%s'?", what,
			   at->text, near);
	else
		load_error(l, at, "undefined-reference",
			   "there is no %s '%s' in this plan", what, at->text);
	return -1;
}
