/*
 * ordering_text.c - an order in words and as JSON; or why there is none
 *
 * Two demands conflict when one of them rules out some of the orders and the
 * other the rest.  A demand that every order breaks conflicts with moving at
 * all what it is about.
 */
#include <string.h>

#include "orchestrator/base/json.h"
#include "orchestrator/report/ordering.h"

static void put_waves(const struct plan *p, const struct ordering_try *x,
		      struct buf *out)
{
	for (size_t i = 0; i < p->n_waves; i++)
		buf_printf(out, "%s%s", i ? ", " : "",
			   p->waves[x->waves[i]].name);
}

/* Edges of a circuit in the order in which they are changed. */
static void put_edges(const struct plan *p, const struct ordering_try *x,
		      struct buf *out)
{
	for (size_t c = 0; c < p->n_circuits; c++) {
		const struct plan_circuit *k = &p->circuits[c];

		for (size_t i = 0; i < k->n_links; i++) {
			size_t at = (i + x->turn) % k->n_links;

			buf_printf(out, "%s%s", out->len ? ", " : "",
				   p->edges[k->links[at].edge].name);
		}
	}
}

static bool breaks(const struct ordering_try *x,
		   const struct ordering_try *demand)
{
	return x->errors && strcmp(x->rule, demand->rule) == 0 &&
	       strcmp(x->subject, demand->subject) == 0;
}

static size_t broken_by(const struct ordering *o,
			const struct ordering_try *demand)
{
	size_t n = 0;

	for (size_t i = 0; i < o->n; i++)
		n += breaks(&o->v[i], demand);
	return n;
}

static void put_demand(const struct plan *p, const struct ordering_try *x,
		       struct buf *out)
{
	buf_auto waves = BUF_INIT;
	buf_auto edges = BUF_INIT;

	put_waves(p, x, &waves);
	put_edges(p, x, &edges);
	buf_printf(out, "  [%s] %s\n    broken by: waves %s; edges %s\n",
		   x->rule, x->text, buf_str(&waves), buf_str(&edges));
}

static const struct ordering_try *another_demand(
	const struct ordering *o, const struct ordering_try *first)
{
	for (size_t i = 0; i < o->n; i++)
		if (!breaks(&o->v[i], first))
			return &o->v[i];
	return NULL;
}

static void put_conflict(const struct plan *p, const struct ordering *o,
			 struct buf *out)
{
	const struct ordering_try *a = &o->v[0];
	const struct ordering_try *b = another_demand(o, a);

	buf_printf(out, "No order holds (%zu were looked at%s).\n", o->n,
		   o->all ? ", all there are" : "");
	if (!b) {
		buf_printf(out,
			   "Every one of them breaks the same demand, which "
			   "conflicts with moving '%s' in waves at all:\n",
			   a->subject);
		put_demand(p, a, out);
		return;
	}
	buf_printf(out,
		   "Two demands conflict: %zu orders break the first, the "
		   "others another, such as the second.\n",
		   broken_by(o, a));
	put_demand(p, a, out);
	put_demand(p, b, out);
}

void ordering_text(const struct plan *p, const struct ordering *o,
		   struct buf *out)
{
	const struct ordering_try *best, *own = &o->v[0];
	buf_auto waves = BUF_INIT;
	buf_auto edges = BUF_INIT;
	size_t hold = 0;

	if (o->best < 0) {
		put_conflict(p, o, out);
		return;
	}
	best = &o->v[o->best];
	for (size_t i = 0; i < o->n; i++)
		hold += !o->v[i].errors;
	put_waves(p, best, &waves);
	put_edges(p, best, &edges);
	buf_printf(out,
		   "Order of plan '%s': %zu of %zu orders hold%s.\n"
		   "  waves: %s\n  edges: %s\n"
		   "  moves too many, weighted by the groups' 'peak': %g\n",
		   p->name, hold, o->n,
		   o->all ? ""
			  : " (not every order was looked at: each wave in "
			    "each other place)",
		   buf_str(&waves), buf_str(&edges), best->twice);
	if (best == own)
		buf_puts(out, "  This is the plan's own order.\n");
	else if (own->errors)
		buf_printf(out, "  The plan's own order fails: [%s] %s\n",
			   own->rule, own->text);
	else
		buf_printf(out, "  The plan's own order: %g\n", own->twice);
}

static json_t *try_json(const struct plan *p, const struct ordering_try *x)
{
	json_t *waves = json_array(), *edges = json_array();

	for (size_t i = 0; i < p->n_waves; i++)
		json_array_append_new(waves,
				      json_string(p->waves[x->waves[i]].name));
	for (size_t c = 0; c < p->n_circuits; c++)
		for (size_t i = 0; i < p->circuits[c].n_links; i++) {
			const struct plan_circuit *k = &p->circuits[c];
			size_t at = (i + x->turn) % k->n_links;

			json_array_append_new(
				edges,
				json_string(p->edges[k->links[at].edge].name));
		}
	return json_pack("{s:o,s:o,s:I,s:f,s:s?,s:s?}", "waves", waves, "edges",
			 edges, "errors", (json_int_t)x->errors, "moved_twice",
			 x->twice, "rule", x->rule, "text", x->text);
}

json_t *ordering_json(const struct plan *p, const struct ordering *o)
{
	json_t *all = json_array();

	for (size_t i = 0; i < o->n; i++)
		json_array_append_new(all, try_json(p, &o->v[i]));
	return json_pack("{s:s,s:b,s:b,s:I,s:o}", "plan", p->name, "holds",
			 o->best >= 0, "all", o->all, "best",
			 (json_int_t)o->best, "orders", all);
}
