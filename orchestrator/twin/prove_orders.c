/*
 * prove_orders.c - what routers would do if messages came in another order
 *
 * One order of messages shows one way through path hunting.  In another order a
 * router may still have what one neighbour said before while it has already
 * what another one says now.  So of every candidate that changed in the step
 * all versions are kept (and that it was not there, if so), and each version is
 * held against the weakest that every other neighbour can have at the time: if
 * it stands, the router may follow it for a while.  If all that a router knew
 * can be gone before anything new has come, it may have no route for a while.
 *
 * This looks one message ahead of the order that was played, at every router;
 * what further messages such a moment would cause is not followed.
 */
#include <string.h>

#include "orchestrator/twin/prove_parts.h"
#include "orchestrator/twin/rank.h"

struct versions {	/* of one class at one router */
	struct path *v; /* by from; attr NULL: not there */
	size_t n, cap;
};

static int version_cmp(const void *x, const void *y)
{
	const struct version *a = x, *b = y;

	if (a->class != b->class)
		return a->class - b->class;
	if (a->router != b->router)
		return a->router - b->router;
	return (a->path.from > b->path.from) - (a->path.from < b->path.from);
}

static void add_version(struct versions *l, const struct path *p)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->v[i].from == p->from && l->v[i].attr == p->attr) {
			/* the older one counts: it is the less certain */
			if (p->since < l->v[i].since)
				l->v[i].since = p->since;
			return;
		}
	MEM_GROW(l->v, l->n, l->cap);
	l->v[l->n++] = *p;
}

static bool is_now(const struct rib *r, int from)
{
	for (uint32_t i = 0; i < r->n; i++)
		if (r->v[i].from == from)
			return true;
	return false;
}

/* What was, from the log; what is, from the rib. */
static void collect(const struct prover *p, const struct version *log, size_t n,
		    struct versions *ret)
{
	const struct rib *r = decide_rib(p->t->decide, log->class, log->router);

	ret->n = 0;
	for (size_t i = 0; i < n; i++) {
		struct path gone = {NULL, log[i].path.from, 0};

		add_version(ret, &log[i].path);
		if (!is_now(r, log[i].path.from))
			add_version(ret, &gone);
	}
	for (uint32_t i = 0; i < r->n; i++)
		add_version(ret, &r->v[i]);
}

/* Is a at least as good as b, at this router? */
static bool stands(const struct prover *p, int router, const struct path *a,
		   const struct path *b)
{
	struct path both[2] = {*a, *b};
	struct rank r;

	if (!b->attr)
		return true;
	rank_paths(p->t->decide, router, both, 2, &r);
	return r.best == 0 || (r.n_equal == 2);
}

/* Can every other neighbour be at a point where a stands? */
static bool can_be_best(const struct prover *p, int router,
			const struct versions *l, const struct path *a)
{
	for (size_t i = 0; i < l->n; i++) {
		bool any = false;

		if (l->v[i].from == a->from)
			continue;
		for (size_t k = 0; k < l->n && !any; k++)
			any = l->v[k].from == l->v[i].from &&
			      stands(p, router, a, &l->v[k]);
		if (!any)
			return false;
	}
	return true;
}

static bool can_be_empty(const struct versions *l)
{
	for (size_t i = 0; i < l->n; i++) {
		bool gone = false;

		for (size_t k = 0; k < l->n && !gone; k++)
			gone = l->v[k].from == l->v[i].from && !l->v[k].attr;
		if (!gone)
			return false;
	}
	return true;
}

/* Does a longer prefix of the chain have a route there, and so hide this? */
static bool is_hidden(const struct prover *p, size_t dest, int class,
		      int router)
{
	const struct classes *c = p->t->decide->classes;
	int chain = p->dests[dest].chain;
	struct fib f;

	for (; chain >= 0 && c->chains[chain].class != class;
	     chain = c->chains[chain].parent) {
		fib_of_class(p->t->decide, c->chains[chain].class, router, &f);
		if (f.kind != FIB_NONE)
			return true;
	}
	return false;
}

static void add_row(struct prover *p, int class, int router,
		    const struct fib *f)
{
	for (const int *d = p->tr.dests_of[class]; *d >= 0; d++)
		if (!is_hidden(p, (size_t)*d, class, router))
			transient_row(p, (size_t)*d, router, f);
}

/* No route of this class: what contains it decides, or nothing. */
static void add_empty(struct prover *p, int class, int router)
{
	const struct classes *c = p->t->decide->classes;

	for (const int *d = p->tr.dests_of[class]; *d >= 0; d++) {
		int chain = p->dests[*d].chain;
		struct fib f;

		if (is_hidden(p, (size_t)*d, class, router))
			continue;
		while (chain >= 0 && c->chains[chain].class != class)
			chain = c->chains[chain].parent;
		fib_of_chain(p->t->decide,
			     chain < 0 ? -1 : c->chains[chain].parent, router,
			     &f);
		transient_row(p, (size_t)*d, router, &f);
	}
}

static void one_rib(struct prover *p, const struct version *log, size_t n,
		    struct versions *l)
{
	int class = log->class, router = log->router;

	collect(p, log, n, l);
	for (size_t i = 0; i < l->n; i++) {
		struct fib f;

		if (!l->v[i].attr || !can_be_best(p, router, l, &l->v[i]))
			continue;
		fib_of_path(p->t->decide, class, router, &l->v[i], &f);
		if (f.kind == FIB_SEND)
			add_row(p, class, router, &f);
	}
	if (can_be_empty(l))
		add_empty(p, class, router);
}

void transient_orders(struct prover *p)
{
	struct transient *t = &p->tr;
	struct versions l = {0};

	if (t->n_versions)
		qsort(t->versions, t->n_versions, sizeof(*t->versions),
		      version_cmp);
	for (size_t i = 0, k; i < t->n_versions; i = k) {
		for (k = i + 1; k < t->n_versions &&
				t->versions[k].class == t->versions[i].class &&
				t->versions[k].router == t->versions[i].router;
		     k++)
			;
		one_rib(p, &t->versions[i], k - i, &l);
	}
	free(l.v);
}
