/*
 * foretold.c - what a model says of routes, beside what is seen of them
 *
 * A route over a session of the plan is named by its neighbor's address.  What
 * another edge says comes from an address that no plan names: it is told by
 * not being one of the neighbors that the plan has on this edge.
 *
 * Pure.
 */
#include "orchestrator/steps/foretold.h"

#include <string.h>

struct foretold *foretold_add(struct foretold_vec *l, const struct step *s,
			      const char *edge, const char *prefix)
{
	MEM_GROW(l->v, l->n, l->cap);
	l->v[l->n] = (struct foretold){.step = s,
				       .edge = mem_strdup(edge),
				       .prefix = mem_strdup(prefix)};
	return &l->v[l->n++];
}

void foretold_vec_done(struct foretold_vec *l)
{
	for (size_t i = 0; i < l->n; i++) {
		struct foretold *f = &l->v[i];

		free(f->edge);
		free(f->prefix);
		free(f->from);
		free(f->via);
		state_list_done(&f->not_from);
	}
	free(l->v);
	*l = (struct foretold_vec){0};
}

/* The first of a step; l->n: there is none. */
static size_t first_of(const struct foretold_vec *l, const struct step *s)
{
	size_t i = 0;

	while (i < l->n && l->v[i].step != s)
		i++;
	return i;
}

bool foretold_of(const struct foretold_vec *l, const struct step *s)
{
	return l && first_of(l, s) < l->n;
}

static bool holds(const struct foretold *f, const struct resource *r)
{
	const char *from =
		r->present && r->route.session ? r->route.session : "";

	if (!f->via)
		return !r->present;
	if (f->from)
		return strcmp(from, f->from) == 0;
	return r->present && !state_list_has(&f->not_from, from);
}

static void differ(const struct foretold *f, const struct resource *r,
		   struct buf *why)
{
	const char *from = r->route.session;

	buf_printf(why, "'%s' was foretold to reach %s by ", f->edge,
		   f->prefix);
	if (!f->via)
		buf_puts(why, "no route");
	else
		buf_printf(why, "'%s'%s%s", f->via, f->from ? " from " : "",
			   f->from ? f->from : "");
	if (!r->present)
		buf_puts(why, ", and has no route\n");
	else if (from && *from)
		buf_printf(why, ", and reaches it from %s\n", from);
	else
		buf_puts(why, ", and reaches it by a route that is no "
			      "neighbor's\n");
}

bool foretold_holds(const struct foretold_vec *l, const struct step *s,
		    const char *edge, const struct resource_set *seen,
		    struct buf *why)
{
	bool ok = true;

	for (size_t i = first_of(l, s); i < l->n && l->v[i].step == s; i++) {
		const struct foretold *f = &l->v[i];
		const struct resource *r =
			resource_set_find(seen, RESOURCE_ROUTE, f->prefix);

		if (strcmp(f->edge, edge) != 0 || !r || holds(f, r))
			continue;
		differ(f, r, why);
		ok = false;
	}
	return ok;
}

/* Has an earlier one of the step been of the same edge? */
static bool is_again(const struct foretold_vec *l, size_t first, size_t at)
{
	for (size_t i = first; i < at; i++)
		if (strcmp(l->v[i].edge, l->v[at].edge) == 0)
			return true;
	return false;
}

bool foretold_holds_json(const struct foretold_vec *l, const struct step *s,
			 const json_t *states, struct buf *why)
{
	size_t first = first_of(l, s);
	bool ok = true;

	for (size_t i = first; i < l->n && l->v[i].step == s; i++) {
		const char *edge = l->v[i].edge;
		resource_set_auto seen = {0};

		if (!is_again(l, first, i) &&
		    resource_set_from_json(json_peek(states, edge), &seen,
					   NULL))
			ok &= foretold_holds(l, s, edge, &seen, why);
	}
	return ok;
}
