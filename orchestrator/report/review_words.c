/*
 * review_words.c - what a review says in sentences: approvals, what stays,
 * what is assumed; and of a run what came of it
 */
#include <string.h>

#include "orchestrator/base/clock.h"
#include "orchestrator/report/paths.h"
#include "orchestrator/report/review_parts.h"

static void go_of_step(const struct block *b, const struct step *s,
		       struct writer *w)
{
	if (s->kind == STEP_HOLD)
		writer_item(w, WRITER_NOTE, "hold: %s [%s]", s->title, s->id);
	if (s->own_go)
		writer_item(w, WRITER_WARNING,
			    "own go before '%s' in block '%s' [%s]", s->title,
			    b->name, s->id);
}

void review_write_approvals(const struct review *r, struct writer *w)
{
	const struct program *g = r->program;

	writer_section(w, 1, "Approvals, holds and points of no return");
	writer_item(w, WRITER_PLAIN,
		    "this document, by whoever owns the change%s%s: the run is "
		    "bound to the plan's hash",
		    r->plan->change ? " " : "", r->plan->change ?: "");
	if (r->plan->approvals)
		writer_item(w, WRITER_WARNING,
			    "%u people, by name, with 'cutover approve': a run "
			    "is refused before",
			    r->plan->approvals);
	for (size_t i = 0; i < g->n; i++)
		for (size_t k = 0; k < g->v[i].steps.n; k++)
			go_of_step(&g->v[i], &g->v[i].steps.v[k], w);
	for (size_t i = 0; i < g->n; i++) {
		if (g->v[i].point_of_no_return)
			writer_item(w, WRITER_WARNING,
				    "block '%s' is a point of no return",
				    g->v[i].name);
		if (g->v[i].touches_foreign)
			writer_item(w, WRITER_NOTE,
				    "block '%s' changes what is not cutover's "
				    "own, because the plan says so",
				    g->v[i].name);
	}
	writer_para(w, WRITER_PLAIN, "Checkpoints that can be come back to:");
	for (size_t i = 0; i < g->n; i++)
		writer_item(w, WRITER_PLAIN, "%s", g->v[i].name);
}

/* Everything that only its observers see. */
void review_write_unchanged(const struct review *r, struct writer *w)
{
	const struct plan *p = r->plan;
	bool foreign = false;

	writer_section(w, 1, "What does not change");
	for (size_t i = 0; i < r->program->n; i++)
		foreign |= r->program->v[i].touches_foreign;
	if (p->vnet.name)
		writer_item(w, WRITER_PLAIN,
			    "virtual network '%s': its network, machines, "
			    "interfaces and addresses; its fingerprint is "
			    "compared %s",
			    p->vnet.name,
			    r->program->vnet_target
				    ? "after every step, and a difference "
				      "stops the run"
				    : "by nobody: the plan names no driver "
				      "for it");
	for (size_t i = 0; i < p->n_tunnels; i++)
		writer_item(w, WRITER_PLAIN,
			    "tunnel '%s': its IPsec and its session%s",
			    p->tunnels[i].name,
			    foreign ? ", but in the blocks that say so" : "");
	for (size_t i = 0; i < p->n_circuits; i++)
		if (p->circuits[i].model == PLAN_NETWORK_SERVICE)
			writer_item(w, WRITER_PLAIN,
				    "the peerings of circuit '%s': its "
				    "provider's, never written",
				    p->circuits[i].name);
	for (size_t i = 0; i < p->n_edges; i++)
		writer_item(w, WRITER_PLAIN,
			    "edge '%s': everything without the prefix "
			    "CUTOVER- and but the sessions that are made here; "
			    "a difference stops the run before the next "
			    "checkpoint",
			    p->edges[i].name);
}

void review_write_assumed(const struct review *r, struct writer *w)
{
	writer_section(w, 1, "Assumed");
	writer_para(w, WRITER_PLAIN,
		    "What is said here holds under these and no further; "
		    "whoever knows better should object.");
	for (size_t i = 0; i < r->prove->n_assumed; i++)
		writer_item(w, WRITER_PLAIN, "%s [%s]",
			    r->prove->assumed[i].text, r->prove->assumed[i].id);
	for (size_t i = 0; i < r->program->notes.n; i++)
		writer_item(w, WRITER_NOTE, "%s", r->program->notes.v[i]);
}

/* ---- of a run ---- */

static void count_row(const char *name, const json_t *s, struct writer_table *t)
{
	static const char *const keys[] = {"sent",	    "lost_forward",
					   "lost_backward", "lost_roundtrip",
					   "late",	    "reordered"};

	writer_cell(t, "%s", name);
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		writer_cell(t, "%lld", (long long)json_peek_int(s, keys[i], 0));
	writer_cell(t, "%.1f ms, %.1f ms",
		    (double)json_peek_int(s, "gap_forward_us", 0) / 1000,
		    (double)json_peek_int(s, "gap_backward_us", 0) / 1000);
}

static void write_leg(const struct result_leg *leg, struct writer *w)
{
	static const char *const heads[] = {
		"probe",  "sent", "lost to the cloud", "to the site",
		"either", "late", "reordered",	       "longest gap, each way"};
	struct writer_table t = {.heads = heads, .n = ARRAY_LEN(heads)};
	mem_auto_free char *took =
		clock_span_text(leg->end_us ? leg->end_us - leg->start_us : 0);
	const char *name;
	json_t *s;

	writer_para(w, leg->exit_code == 0 ? WRITER_GOOD : WRITER_WARNING,
		    "%s%s%s: %s%s%s%s%s",
		    leg->back_to ? "Rolled back to '" : "Carried out",
		    leg->back_to ?: "", leg->back_to ? "'" : "",
		    leg->ended ?: "not ended", leg->end_us ? " after " : "",
		    leg->end_us ? took : "", leg->why && *leg->why ? ": " : "",
		    leg->why ?: "");
	json_object_foreach((json_t *)leg->measure, name, s)
		count_row(name, s, &t);
	writer_table(w, &t);
}

static void write_vnet(const struct result *x, struct writer *w)
{
	const char *a = result_vnet(x->first);
	const char *b = result_vnet(x->now ? x->now : x->last);
	bool same = a && b && strcmp(a, b) == 0;

	if (a && b)
		writer_para(w, same ? WRITER_GOOD : WRITER_ERROR,
			    "Virtual network: fingerprint %.16s before, %.16s "
			    "after: %s.",
			    a, b, same ? "unchanged" : "CHANGED");
}

static void list_cell(const json_t *list, struct writer_table *t)
{
	buf_auto b = BUF_INIT;

	for (size_t i = 0; i < json_array_size(list); i++)
		buf_printf(&b, "%s%s", i ? ", " : "",
			   json_string_value(json_array_get(list, i)));
	writer_cell(t, "%s", b.len ? buf_str(&b) : "nothing");
}

static void paths_at(const struct review *r, const char *when,
		     const json_t *states, struct writer_table *t)
{
	json_auto *all = paths_json(r->plan, states);

	for (size_t i = 0; i < json_array_size(all); i++) {
		const json_t *x = json_array_get(all, i);

		writer_cell(t, "%s", when);
		writer_cell(t, "%s", json_peek_str(x, "group", ""));
		list_cell(json_peek(x, "to_cloud"), t);
		list_cell(json_peek(x, "to_site"), t);
	}
}

void review_write_measured(const struct review *r, struct writer *w)
{
	static const char *const heads[] = {"observed at", "group", "to cloud",
					    "to the site"};
	struct writer_table t = {.heads = heads, .n = ARRAY_LEN(heads)};
	const struct result *x = r->result;

	if (!x)
		return;
	writer_section(w, 1, "What was measured");
	for (size_t i = 0; i < x->n_legs; i++)
		write_leg(&x->leg[i], w);
	write_vnet(x, w);
	if (x->first)
		paths_at(r, x->first_name, x->first, &t);
	if (x->last && x->last != x->first)
		paths_at(r, x->last_name, x->last, &t);
	if (x->now)
		paths_at(r, x->now_name, x->now, &t);
	writer_table(w, &t);
}
