/*
 * ordering.c - searching the orders of waves and edges
 *
 * An order is tried by putting the plan's waves and the circuits' links in it,
 * compiling and proving the program, exactly as a run would have it.  The best
 * one holds and moves the least traffic twice; among equal ones the plan's own
 * comes first, then those that are nearer to it.
 *
 * Invariant: the plan is put back.  Threads: one.
 */
#include "orchestrator/report/ordering.h"

#include <string.h>

#include "orchestrator/report/picture.h"
#include "orchestrator/steps/compile.h"

#define WHOLE 6 /* waves up to which every order is looked at */

/* ---- putting a plan in an order ---- */

static void turn_links(struct plan_circuit *c, size_t by)
{
	size_t n = c->n_links;
	struct plan_link *links = mem_calloc(n + 1, sizeof(*links));

	for (size_t i = 0; i < n; i++)
		links[i] = c->links[(i + by) % n];
	memcpy(c->links, links, n * sizeof(*links));
	free(links);
	for (size_t k = 0; k < c->n_peerings; k++) {
		struct plan_link_peering *on = c->peerings[k].on;
		struct plan_link_peering *v = mem_calloc(n + 1, sizeof(*v));

		for (size_t i = 0; i < n; i++)
			v[i] = on[(i + by) % n];
		memcpy(on, v, n * sizeof(*v));
		free(v);
	}
}

static void turn_all(struct plan *p, size_t by, bool back)
{
	for (size_t i = 0; i < p->n_circuits; i++) {
		size_t n = p->circuits[i].n_links;

		if (n)
			turn_links(&p->circuits[i],
				   back ? (n - by % n) % n : by % n);
	}
}

static void put_waves(struct plan *p, const struct plan_wave *was,
		      const size_t *order)
{
	for (size_t i = 0; i < p->n_waves; i++)
		p->waves[i] = was[order[i]];
}

/* ---- one order ---- */

static double weight(const struct plan *p, int group)
{
	return group >= 0 && p->groups[group].peak ? p->groups[group].peak : 1;
}

/* How many of the two ways of a pair begin or end to use a session. */
static int turned(const struct prove_pair *a, const struct prove_pair *b,
		  const char *session)
{
	return (picture_uses(a->forward, session) !=
		picture_uses(b->forward, session)) +
	       (picture_uses(a->back, session) !=
		picture_uses(b->back, session));
}

static double turned_all(const struct plan *p, const struct prove_state *a,
			 const struct prove_state *b, const struct picture *all)
{
	double sum = 0;

	for (size_t k = 0; k < a->n_pairs && k < b->n_pairs; k++)
		for (size_t i = 0; i < all->n; i++)
			sum += weight(p, b->pairs[k].group) *
			       turned(&a->pairs[k], &b->pairs[k],
				      all->v[i].name);
	return sum;
}

/*
 * Each session that a pair leaves or takes up on the way, less those that are
 * another at the end than at the beginning: what is left and taken up again.
 */
static double moved_twice(const struct plan *p, const struct prove *x)
{
	const struct prove_state *first = NULL, *last = NULL;
	struct picture all;
	double sum = 0;

	picture_of(p, NULL, "", &all);
	for (size_t i = 0; i < x->n_states; i++) {
		const struct prove_state *s = &x->states[i];

		if (s->phase != PROVE_FORWARD || !s->pairs)
			continue;
		if (last)
			sum += turned_all(p, last, s, &all);
		first = first ?: s;
		last = s;
	}
	if (first)
		sum -= turned_all(p, first, last, &all);
	picture_done(&all);
	return sum;
}

static void take_error(const struct prove *x, struct ordering_try *ret)
{
	for (size_t i = 0; i < x->n_violations; i++) {
		const struct prove_violation *v = &x->violations[i];

		if (v->severity != PROVE_ERROR)
			continue;
		ret->rule = mem_strdup(v->rule);
		ret->text = mem_strdup(v->text);
		ret->subject = mem_strdup(v->subject);
		return;
	}
}

/* The plan is in the order already. */
static bool prove_order(const struct plan *p, struct ordering_try *ret,
			struct err *e)
{
	struct program *g = steps_compile(p, e);
	struct twin *t = g ? twin_build(p, g, NULL, 0, e) : NULL;
	struct prove *x = t ? prove_program(t) : NULL;

	if (x) {
		ret->errors = x->errors;
		ret->twice = moved_twice(p, x);
		take_error(x, ret);
	}
	prove_free(x);
	twin_free(t);
	program_free(g);
	return x != NULL;
}

static bool try_order(struct plan *p, const struct plan_wave *was,
		      const size_t *waves, size_t turn, struct ordering *o,
		      struct err *e)
{
	struct ordering_try *x;
	bool ok;

	MEM_GROW(o->v, o->n, o->cap);
	x = &o->v[o->n++];
	*x = (struct ordering_try){
		.waves = mem_calloc(p->n_waves + 1, sizeof(*x->waves)),
		.turn = turn};
	memcpy(x->waves, waves, p->n_waves * sizeof(*waves));
	put_waves(p, was, waves);
	turn_all(p, turn, false);
	ok = prove_order(p, x, e);
	turn_all(p, turn, true);
	return ok;
}

/* ---- all of them ---- */

/* The next in lexical order; false: that was the last. */
static bool next_permutation(size_t *v, size_t n)
{
	size_t i = n, k = n;

	for (i = n; i > 1 && v[i - 2] >= v[i - 1]; i--)
		;
	if (i < 2)
		return false;
	for (k = n; v[k - 1] <= v[i - 2]; k--)
		;
	size_t t = v[i - 2];
	v[i - 2] = v[k - 1];
	v[k - 1] = t;
	for (size_t a = i - 1, b = n - 1; a < b; a++, b--) {
		t = v[a];
		v[a] = v[b];
		v[b] = t;
	}
	return true;
}

/* Of many waves: the plan's order, and each wave in each other place. */
static bool next_neighbour(size_t *v, size_t n, size_t *step)
{
	size_t from, to, moved;

	do {
		if (++*step >= n * n)
			return false;
		from = *step / n;
		to = *step % n;
	} while (from == to || to + 1 == from);
	for (size_t i = 0; i < n; i++)
		v[i] = i;
	moved = v[from];
	memmove(v + from, v + from + 1, (n - from - 1) * sizeof(*v));
	memmove(v + to + 1, v + to, (n - to - 1) * sizeof(*v));
	v[to] = moved;
	return true;
}

static size_t most_links(const struct plan *p)
{
	size_t n = 1;

	for (size_t i = 0; i < p->n_circuits; i++)
		if (p->circuits[i].n_links > n)
			n = p->circuits[i].n_links;
	return n;
}

static void find_best(struct ordering *o)
{
	o->best = -1;
	for (size_t i = 0; i < o->n; i++)
		if (!o->v[i].errors &&
		    (o->best < 0 || o->v[i].twice < o->v[o->best].twice))
			o->best = (long)i;
}

bool ordering_find(struct plan *p, struct ordering *ret, struct err *e)
{
	size_t n = p->n_waves, step = 0;
	struct plan_wave *was = mem_calloc(n + 1, sizeof(*was));
	size_t *waves = mem_calloc(n + 1, sizeof(*waves));
	bool ok = true, more = true;

	*ret = (struct ordering){.all = n <= WHOLE};
	memcpy(was, p->waves, n * sizeof(*was));
	for (size_t i = 0; i < n; i++)
		waves[i] = i;
	while (ok && more) {
		for (size_t t = 0; ok && t < most_links(p); t++)
			ok = try_order(p, was, waves, t, ret, e);
		more = ret->all ? next_permutation(waves, n)
				: next_neighbour(waves, n, &step);
		if (more && ret->n >= ORDERING_MOST)
			more = ret->all = false;
	}
	memcpy(p->waves, was, n * sizeof(*was));
	free(was);
	free(waves);
	find_best(ret);
	if (!ok)
		ordering_done(ret);
	return ok;
}

void ordering_done(struct ordering *o)
{
	for (size_t i = 0; i < o->n; i++) {
		free(o->v[i].waves);
		free(o->v[i].rule);
		free(o->v[i].text);
		free(o->v[i].subject);
	}
	free(o->v);
	*o = (struct ordering){0};
}
