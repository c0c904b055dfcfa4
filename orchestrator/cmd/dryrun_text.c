/*
 * dryrun_text.c - a proof for the terminal
 *
 * Only what changes is printed: a state whose pairs go where they went before
 * is not worth a line.
 */
#include <string.h>

#include "orchestrator/base/clock.h"
#include "orchestrator/cmd/dryrun.h"

static const struct prove_state *state_of(const struct prove *p,
					  const char *step)
{
	for (size_t i = 0; i < p->n_states; i++)
		if (p->states[i].step && strcmp(p->states[i].step, step) == 0)
			return &p->states[i];
	return NULL;
}

static const struct prove_route *route_before(const struct prove *p,
					      const struct prove_state *s,
					      const struct prove_route *r)
{
	for (int at = s->before; at >= 0; at = p->states[at].before)
		for (size_t i = 0; i < p->states[at].n_routes; i++) {
			const struct prove_route *x = &p->states[at].routes[i];

			if (strcmp(x->edge, r->edge) == 0 &&
			    strcmp(x->prefix, r->prefix) == 0)
				return x;
		}
	return NULL;
}

void dryrun_routes_text(const struct prove *p, const char *step,
			struct buf *out)
{
	const struct prove_state *s = state_of(p, step);

	for (size_t i = 0; s && i < s->n_routes; i++) {
		const struct prove_route *r = &s->routes[i];
		const struct prove_route *old = route_before(p, s, r);

		buf_printf(out, "       ~ %s: %s from %s", r->edge, r->prefix,
			   r->via ? r->via : "nobody");
		if (old)
			buf_printf(out, ", was %s",
				   old->via ? old->via : "nobody");
		buf_puts(out, "\n");
	}
}

/* ---- pairs ---- */

static const char *group_name(const struct plan *plan, int group)
{
	return group < 0 ? "-" : plan->groups[group].name;
}

static bool same_way(const struct prove_pair *a, const struct prove_pair *b)
{
	return strcmp(a->forward, b->forward) == 0 &&
	       strcmp(a->back, b->back) == 0;
}

static void pair_text(const struct plan *plan, const struct prove_pair *x,
		      struct buf *out)
{
	buf_printf(out, "    %s: %s <-> %s  out: %s  back: %s%s",
		   group_name(plan, x->group), x->onprem, x->cloud, x->forward,
		   x->back, x->asymmetric ? "  (asymmetric)" : "");
	if (x->stateful)
		buf_printf(out, "  '%s' sees one way only", x->stateful);
	buf_puts(out, "\n");
}

/* The state that a state was reached from and that has pairs. */
static const struct prove_state *pairs_before(const struct prove *p,
					      const struct prove_state *s)
{
	for (int at = s->before; at >= 0; at = p->states[at].before)
		if (p->states[at].pairs)
			return &p->states[at];
	return NULL;
}

static void state_text(const struct plan *plan, const struct prove *p,
		       const struct prove_state *s, struct buf *out)
{
	const struct prove_state *old = pairs_before(p, s);
	bool said = false;

	for (size_t i = 0; i < s->n_pairs; i++) {
		if (old && i < old->n_pairs &&
		    same_way(&old->pairs[i], &s->pairs[i]))
			continue;
		if (!said)
			buf_printf(out, "  %s%s\n", s->step ? s->step : "start",
				   s->phase == PROVE_UNDO ? " (undo)" : "");
		said = true;
		pair_text(plan, &s->pairs[i], out);
	}
}

static void pairs_text(const struct plan *plan, const struct prove *p,
		       struct buf *out)
{
	buf_puts(out, "Pairs, where they change\n");
	for (size_t i = 0; i < p->n_states; i++)
		state_text(plan, p, &p->states[i], out);
}

/* ---- failures ---- */

/* Rows of one block stand together; ends where the next block begins. */
static size_t block_end(const struct prove *p, size_t from)
{
	size_t i = from;

	while (i < p->n_losses &&
	       strcmp(p->losses[i].block, p->losses[from].block) == 0)
		i++;
	return i;
}

static bool same_losses(const struct prove *p, size_t a, size_t b)
{
	size_t n = block_end(p, a) - a;

	if (block_end(p, b) - b != n)
		return false;
	for (size_t i = 0; i < n; i++) {
		const struct prove_loss *x = &p->losses[a + i];
		const struct prove_loss *y = &p->losses[b + i];

		if (strcmp(x->failure, y->failure) != 0 ||
		    x->moved != y->moved || x->lost != y->lost)
			return false;
	}
	return true;
}

static void losses_text(const struct prove *p, struct buf *out)
{
	size_t last = 0;

	buf_puts(out, "\nIf one thing fails (pairs that move, pairs that are "
		      "lost)\n");
	for (size_t at = 0; at < p->n_losses; at = block_end(p, at)) {
		buf_printf(out, "  after '%s'%s\n", p->losses[at].block,
			   at && same_losses(p, last, at) ? ": the same" : "");
		if (at && same_losses(p, last, at))
			continue;
		last = at;
		for (size_t i = at; i < block_end(p, at); i++)
			buf_printf(out, "    %s: %zu move, %zu lost, of %zu\n",
				   p->losses[i].failure, p->losses[i].moved,
				   p->losses[i].lost, p->losses[i].pairs);
	}
}

/* ---- the rest ---- */

static void violation_text(const struct prove_violation *v, struct buf *out)
{
	buf_printf(out, "  %s: %s [%s]\n",
		   v->severity == PROVE_ERROR ? "error" : "warning", v->text,
		   v->rule);
	if (v->step)
		buf_printf(out, "      %s '%s'%s%s%s\n",
			   v->phase == PROVE_FORWARD ? "after step"
			   : v->phase == PROVE_DEAD_MAN
				   ? "edges revert by themselves after"
				   : "undoing, after step",
			   v->step, v->failure ? ", when " : "",
			   v->failure ? v->failure : "",
			   v->times > 1 ? ", and later" : "");
	if (v->path)
		buf_printf(out, "      way: %s\n", v->path);
	if (v->advice)
		buf_printf(out, "      what to do: %s\n", v->advice);
}

static void budgets_text(const struct prove *p, struct buf *out)
{
	buf_puts(out, "\nPrefixes announced, at most\n");
	for (size_t i = 0; i < p->n_budgets; i++) {
		const struct prove_budget *b = &p->budgets[i];

		buf_printf(out, "  %s IPv%u: %zu", b->session, b->family,
			   b->most);
		if (b->limit)
			buf_printf(out, " of %zu", b->limit);
		buf_printf(out, ", at '%s'\n", b->step ? b->step : "start");
	}
}

static void time_text(const struct prove_time *t, struct buf *out)
{
	mem_auto_free char *f = clock_span_text(t->forward * 1000);
	mem_auto_free char *r = clock_span_text(t->rollback * 1000);

	buf_printf(out, "\nTime: forward %s without holds, worst way back %s",
		   f, r);
	if (t->window) {
		mem_auto_free char *w = clock_span_text(t->window * 1000);

		buf_printf(out, ", window %s", w);
	}
	buf_puts(out, "\n");
}

static void verdict_text(const struct prove *p, struct buf *out)
{
	buf_printf(out,
		   "Proof: %s (%zu errors, %zu warnings, %zu assumptions)\n"
		   "  %zu prefixes in %zu classes; %zu states, %zu more with a "
		   "failure, undone from %zu points, %zu reverts by timers%s\n",
		   p->errors ? "FAILED" : "holds under the assumptions below",
		   p->errors, p->warnings, p->n_assumed, p->prefixes,
		   p->classes, p->judged, p->failed, p->partial, p->subsets,
		   p->sampled ? "; too many to look at all: evenly spread ones"
			      : "");
}

void dryrun_proof_text(const struct plan *plan, const struct prove *p,
		       struct buf *out)
{
	verdict_text(p, out);
	for (size_t i = 0; i < p->n_violations; i++)
		violation_text(&p->violations[i], out);
	buf_puts(out, "\n");
	pairs_text(plan, p, out);
	losses_text(p, out);
	budgets_text(p, out);
	time_text(&p->time, out);
	buf_puts(out, "\nAssumed\n");
	for (size_t i = 0; i < p->n_assumed; i++)
		buf_printf(out, "  %s [%s]\n", p->assumed[i].text,
			   p->assumed[i].id);
}
