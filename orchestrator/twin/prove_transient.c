/*
 * prove_transient.c - between two states, while messages are on their way
 *
 * Every router's entry for every destination is followed from the state before,
 * through what path hunting makes of it, to the state after.  At any moment
 * each router is at some point of its own row, and nobody knows at which.  So
 * all entries of all rows are laid over one another: a circle in that graph is
 * a loop that can be, and a router that has lost its route while packets may
 * still be sent to it is a hole that can be.  What a router says it does before
 * it says it, so whoever follows news of this step does not meet the router as
 * it was before.
 *
 * Where a destination is asked from changes no entry, so the rows are those of
 * the first destination of each chain, and serve the others too.  Nobody asks
 * what routers do on the way into a failure and out of it again: meanwhile it
 * is only noted whose rows have to be made anew afterwards.
 *
 * Invariant: `now` is what the routers do, as long as somebody listens to
 * decide.
 */
#include <string.h>

#include "orchestrator/twin/prove_parts.h"

static size_t cell(const struct prover *p, size_t dest, int router)
{
	return p->tr.row[dest] * (size_t)p->t->net->n_routers + (size_t)router;
}

static void list_add(struct fib_list *l, const struct fib *f)
{
	MEM_GROW(l->v, l->n, l->cap);
	l->v[l->n++] = *f;
}

static void replaced(void *arg, int class, int router, const struct path *old)
{
	struct prover *p = arg;
	struct transient *t = &p->tr;

	if (t->later)
		return;
	MEM_GROW(t->versions, t->n_versions, t->cap_versions);
	t->versions[t->n_versions++] = (struct version){class, router, *old};
}

/* A router that did not change in the order at hand begins and ends with what
 * it does. */
void transient_row(struct prover *p, size_t dest, int router,
		   const struct fib *f)
{
	struct transient *t = &p->tr;
	size_t at = cell(p, dest, router);
	struct fib_list *l = &t->lists[at];
	struct fib last;

	for (size_t i = 0; i < l->n; i++)
		if (fib_same(&l->v[i], f))
			return;
	if (!l->n) {
		MEM_GROW(t->touched, t->n_touched, t->cap_touched);
		t->touched[t->n_touched++] = at;
		list_add(l, &t->now[at]);
		list_add(l, &t->now[at]);
	}
	last = l->v[l->n - 1];
	l->v[l->n - 1] = *f;
	list_add(l, &last);
}

/* News of this step are none in the next one. */
static void is_old(struct fib *f)
{
	for (int i = 0; i < f->n; i++)
		f->hop[i].fresh = false;
}

static void note(struct prover *p, int class, int router)
{
	struct transient *t = &p->tr;
	size_t n = (size_t)p->t->net->n_routers;
	size_t at = (size_t) class * n + (size_t)router;

	if (t->is_stale[at])
		return;
	t->is_stale[at] = true;
	MEM_GROW(t->stale, t->n_stale, t->cap_stale);
	t->stale[t->n_stale++] = at;
}

void transient_suspend(struct prover *p)
{
	p->tr.later = true;
}

void transient_resume(struct prover *p)
{
	struct transient *t = &p->tr;
	size_t n = (size_t)p->t->net->n_routers;

	for (size_t i = 0; i < t->n_stale; i++) {
		int router = (int)(t->stale[i] % n);
		const int *d = t->dests_of[t->stale[i] / n];

		t->is_stale[t->stale[i]] = false;
		for (; *d >= 0; d++) {
			struct fib *f = &t->now[cell(p, (size_t)*d, router)];

			fib_of_chain(p->t->decide, p->dests[*d].chain, router,
				     f);
			is_old(f);
		}
	}
	t->n_stale = 0;
	t->later = false;
}

static void changed(void *arg, int class, int router)
{
	struct prover *p = arg;
	struct transient *t = &p->tr;

	if (t->later) {
		note(p, class, router);
		return;
	}
	for (const int *d = t->dests_of[class]; *d >= 0; d++) {
		size_t at = cell(p, (size_t)*d, router);
		struct fib f;

		fib_of_chain(p->t->decide, p->dests[*d].chain, router, &f);
		if (fib_same(&f, &t->now[at]))
			continue;
		if (!t->lists[at].n) {
			MEM_GROW(t->touched, t->n_touched, t->cap_touched);
			t->touched[t->n_touched++] = at;
			list_add(&t->lists[at], &t->now[at]);
		}
		list_add(&t->lists[at], &f);
		t->now[at] = f;
	}
}

static bool in_chain(const struct classes *c, int chain, int class)
{
	for (; chain >= 0; chain = c->chains[chain].parent)
		if (c->chains[chain].class == class)
			return true;
	return false;
}

static void find_rows(struct prover *p)
{
	struct transient *t = &p->tr;
	size_t n = p->t->decide->classes->n_chains;
	mem_auto_free int *first = mem_calloc(n + 1, sizeof(*first));

	t->row = mem_calloc(p->n_dests + 1, sizeof(*t->row));
	for (size_t i = 0; i < p->n_dests; i++) {
		int *x = &first[p->dests[i].chain];

		if (!*x)
			*x = (int)i + 1;
		t->row[i] = (size_t)*x - 1;
	}
}

static void find_dests_of(struct prover *p)
{
	const struct classes *c = p->t->decide->classes;
	struct transient *t = &p->tr;

	t->dests_of = mem_calloc(c->n + 1, sizeof(*t->dests_of));
	for (size_t k = 0; k < c->n; k++) {
		size_t at = 0;

		t->dests_of[k] = mem_calloc(p->n_dests + 1, sizeof(int));
		for (size_t i = 0; i < p->n_dests; i++)
			if (t->row[i] == i &&
			    in_chain(c, p->dests[i].chain, (int)k))
				t->dests_of[k][at++] = (int)i;
		t->dests_of[k][at] = -1;
	}
}

void transient_begin(struct prover *p)
{
	struct transient *t = &p->tr;
	size_t n = p->n_dests * (size_t)p->t->net->n_routers;

	t->now = mem_calloc(n + 1, sizeof(*t->now));
	t->lists = mem_calloc(n + 1, sizeof(*t->lists));
	t->is_stale = mem_calloc(p->t->decide->n_ribs + 1, sizeof(bool));
	find_rows(p);
	find_dests_of(p);
	for (size_t i = 0; i < p->n_dests; i++)
		for (int r = 0; t->row[i] == i && r < p->t->net->n_routers; r++)
			fib_of_chain(p->t->decide, p->dests[i].chain, r,
				     &t->now[cell(p, i, r)]);
	p->t->decide->changed = changed;
	p->t->decide->replaced = replaced;
	p->t->decide->changed_arg = p;
}

void transient_clear(struct prover *p)
{
	struct transient *t = &p->tr;

	for (size_t i = 0; i < t->n_touched; i++) {
		t->lists[t->touched[i]].n = 0;
		is_old(&t->now[t->touched[i]]);
	}
	t->n_touched = 0;
	t->n_versions = 0;
}

void transient_done(struct prover *p)
{
	struct transient *t = &p->tr;
	size_t n = p->n_dests * (size_t)p->t->net->n_routers;

	p->t->decide->changed = NULL;
	p->t->decide->replaced = NULL;
	for (size_t i = 0; t->lists && i < n; i++)
		free(t->lists[i].v);
	for (size_t i = 0; t->dests_of && i < p->t->decide->classes->n; i++)
		free(t->dests_of[i]);
	free(t->now);
	free(t->lists);
	free(t->touched);
	free(t->versions);
	free(t->dests_of);
	free(t->row);
	free(t->stale);
	free(t->is_stale);
	*t = (struct transient){0};
}

/* ---- laid over one another ---- */

/* A router as it may be: at any point of its row, or (`later`) at any but the
 * first: whoever follows what it said in this step meets it after it changed
 * its own mind. */
struct overlay {
	const struct prover *p;
	size_t dest;
	char *colour; /* [2 * router + later]: 0 white, 1 grey, 2 black */
	struct walk_path way, bad;
	bool loop, lost;
};

static void overlay_visit(struct overlay *o, struct walk_hop at, bool later);

static void bad_end(struct overlay *o, bool *flag)
{
	*flag = true;
	if (o->bad.n)
		return; /* the first one is kept */
	for (size_t i = 0; i < o->way.n; i++) {
		MEM_GROW(o->bad.v, o->bad.n, o->bad.cap);
		o->bad.v[o->bad.n++] = o->way.v[i];
	}
}

static void overlay_send(struct overlay *o, const struct fib *f)
{
	for (int i = 0; i < f->n; i++)
		overlay_visit(o,
			      (struct walk_hop){f->hop[i].to, f->hop[i].link},
			      f->hop[i].fresh);
}

/* Entries one after the other; a route that was there and is gone is a hole. */
static void overlay_row(struct overlay *o, const struct fib *v, size_t n)
{
	bool had = false, none = false;

	for (size_t i = 0; i < n; i++) {
		if (v[i].kind == FIB_DISCARD || (v[i].kind == FIB_NONE && had))
			bad_end(o, &o->lost);
		none |= v[i].kind == FIB_NONE;
		had |= v[i].kind != FIB_NONE;
		if (v[i].kind == FIB_SEND)
			overlay_send(o, &v[i]);
	}
	if (none && !had)
		bad_end(o, &o->lost);
}

static void overlay_visit(struct overlay *o, struct walk_hop at, bool later)
{
	size_t c = cell(o->p, o->dest, at.router);
	const struct fib_list *l = &o->p->tr.lists[c];
	char *colour;

	later &= l->n > 0;
	colour = &o->colour[2 * at.router + later];
	if (*colour == 2)
		return;
	MEM_GROW(o->way.v, o->way.n, o->way.cap);
	o->way.v[o->way.n++] = at;
	if (*colour == 1) {
		bad_end(o, &o->loop);
	} else {
		*colour = 1;
		if (l->n)
			overlay_row(o, l->v + later, l->n - later);
		else
			overlay_row(o, &o->p->tr.now[c], 1);
		*colour = 2;
	}
	o->way.n--;
}

/* Does the circle at the way's end pass a router behind the edges? */
static bool is_inside(const struct prover *p, const struct walk_path *way)
{
	for (size_t i = way->n; i--;) {
		int r = way->v[i].router;

		if (i + 1 < way->n && r == way->v[way->n - 1].router)
			break;
		if (p->t->net->routers[r].role == NET_CORE)
			return true;
	}
	return false;
}

static void say(struct prover *p, const struct overlay *o)
{
	const struct dest *d = &p->dests[o->dest];
	bool timers = p->phase == PROVE_DEAD_MAN;
	bool inside = is_inside(p, &o->bad);
	mem_auto_free char *subject =
		mem_format("%s -> %s", d->cloud ? "site" : "cloud", d->text);

	if (o->loop) /* nobody puts timers that fire in order */
		prove_say(p, timers ? PROVE_WARNING : PROVE_ERROR,
			  "transient-loop", subject, &o->bad,
			  inside ? "join the edges directly, so that neither "
				   "reaches the other through a router that "
				   "still sends to it"
				 : "change one edge, see its table follow, "
				   "then the other",
			  "while the step's messages are on their way, packets "
			  "to %s can go round in a circle",
			  d->text);
	if (o->lost)
		prove_say(p,
			  p->phase == PROVE_FORWARD ? PROVE_ERROR
						    : PROVE_WARNING,
			  "transient-loss", subject, &o->bad,
			  "hold the prefix on the other way by more-specifics "
			  "before it is withdrawn",
			  "while the step's messages are on their way, packets "
			  "to %s can come to a router that has lost its route",
			  d->text);
}

static void judge(struct prover *p, size_t dest)
{
	struct overlay o = {.p = p, .dest = dest};

	if (p->dests[dest].bad_before)
		return;
	o.colour = mem_calloc(2 * (size_t)p->t->net->n_routers + 2, 1);
	overlay_visit(&o, (struct walk_hop){p->dests[dest].from, -1}, false);
	if (o.loop || o.lost)
		say(p, &o);
	free(o.colour);
	free(o.way.v);
	free(o.bad.v);
}

void transient_judge(struct prover *p)
{
	const struct transient *t = &p->tr;
	bool *seen = mem_calloc(p->n_dests + 1, sizeof(bool));

	transient_orders(p);
	for (size_t i = 0; i < t->n_touched; i++)
		seen[t->touched[i] / (size_t)p->t->net->n_routers] = true;
	for (size_t i = 0; i < p->n_dests; i++)
		if (seen[t->row[i]])
			judge(p, i);
	free(seen);
}
