/*
 * review_proof.c - a proof for machines
 *
 * The whole tree, in the order in which it was found, so that the outputs of
 * two versions of a plan differ where their outcomes do.
 */
#include "orchestrator/report/review.h"

static json_t *pairs_json(const struct plan *plan, const struct prove_state *s)
{
	json_t *j = json_array();

	for (size_t i = 0; i < s->n_pairs; i++) {
		const struct prove_pair *x = &s->pairs[i];

		json_array_append_new(
			j, json_pack("{s:s?,s:s,s:s,s:s,s:s,s:b,s:s?}", "group",
				     x->group < 0 ? NULL
						  : plan->groups[x->group].name,
				     "onprem", x->onprem, "cloud", x->cloud,
				     "forward", x->forward, "back", x->back,
				     "asymmetric", x->asymmetric,
				     "one_way_past", x->stateful));
	}
	return j;
}

static json_t *routes_json(const struct prove_state *s)
{
	json_t *j = json_array();

	for (size_t i = 0; i < s->n_routes; i++) {
		const struct prove_route *r = &s->routes[i];

		json_array_append_new(j, json_pack("{s:s,s:s,s:s?,s:s?}",
						   "edge", r->edge, "prefix",
						   r->prefix, "via", r->via,
						   "from", r->from));
	}
	return j;
}

static json_t *states_json(const struct plan *plan, const struct prove *p)
{
	json_t *j = json_array();

	for (size_t i = 0; i < p->n_states; i++) {
		const struct prove_state *s = &p->states[i];
		json_t *x = json_pack("{s:s?,s:s?,s:s,s:b,s:i}", "block",
				      s->block, "step", s->step, "phase",
				      prove_phase_name(s->phase), "changed",
				      s->changed, "before", s->before);

		if (s->pairs) {
			json_object_set_new(x, "pairs", pairs_json(plan, s));
			json_object_set_new(x, "routes", routes_json(s));
		}
		json_array_append_new(j, x);
	}
	return j;
}

static json_t *violations_json(const struct prove *p)
{
	json_t *j = json_array();

	for (size_t i = 0; i < p->n_violations; i++) {
		const struct prove_violation *v = &p->violations[i];

		json_array_append_new(
			j, json_pack("{s:s,s:s,s:s,s:s?,s:s?,s:s,s:s,s:s?,s:s?,"
				     "s:I}",
				     "rule", v->rule, "severity",
				     v->severity == PROVE_ERROR ? "error"
								: "warning",
				     "phase", prove_phase_name(v->phase),
				     "step", v->step, "failure", v->failure,
				     "subject", v->subject, "text", v->text,
				     "path", v->path, "advice", v->advice,
				     "states", (json_int_t)v->times));
	}
	return j;
}

static json_t *losses_json(const struct prove *p)
{
	json_t *j = json_array();

	for (size_t i = 0; i < p->n_losses; i++) {
		const struct prove_loss *l = &p->losses[i];

		json_array_append_new(
			j, json_pack("{s:s,s:s,s:I,s:I,s:I}", "after", l->block,
				     "failure", l->failure, "pairs",
				     (json_int_t)l->pairs, "moved",
				     (json_int_t)l->moved, "lost",
				     (json_int_t)l->lost));
	}
	return j;
}

static json_t *budgets_json(const struct prove *p)
{
	json_t *j = json_array();

	for (size_t i = 0; i < p->n_budgets; i++) {
		const struct prove_budget *b = &p->budgets[i];

		json_array_append_new(
			j, json_pack("{s:s,s:i,s:I,s:I,s:s?}", "session",
				     b->session, "family", (int)b->family,
				     "most", (json_int_t)b->most, "limit",
				     (json_int_t)b->limit, "at", b->step));
	}
	return j;
}

static json_t *assumed_json(const struct prove *p)
{
	json_t *j = json_array();

	for (size_t i = 0; i < p->n_assumed; i++)
		json_array_append_new(j, json_pack("{s:s,s:s}", "id",
						   p->assumed[i].id, "text",
						   p->assumed[i].text));
	return j;
}

json_t *review_proof_json(const struct plan *plan, const struct prove *p)
{
	json_t *looked = json_pack(
		"{s:I,s:I,s:I,s:I,s:I,s:I,s:b}", "prefixes",
		(json_int_t)p->prefixes, "classes", (json_int_t)p->classes,
		"states", (json_int_t)p->judged, "with_failure",
		(json_int_t)p->failed, "partial_undos", (json_int_t)p->partial,
		"timer_reverts", (json_int_t)p->subsets, "sampled", p->sampled);
	json_t *time = json_pack("{s:I,s:I,s:I}", "forward_ms",
				 (json_int_t)p->time.forward, "rollback_ms",
				 (json_int_t)p->time.rollback, "window_ms",
				 (json_int_t)p->time.window);

	return json_pack(
		"{s:s,s:b,s:s?,s:I,s:I,s:o,s:o,s:o,s:o,s:o,s:o,s:o}", "verdict",
		prove_verdict(p), "holds", p->errors == 0 && !p->unknown,
		"unknown", p->unknown, "errors", (json_int_t)p->errors,
		"warnings", (json_int_t)p->warnings, "looked_at", looked,
		"violations", violations_json(p), "states",
		states_json(plan, p), "failures", losses_json(p), "budgets",
		budgets_json(p), "time", time, "assumed", assumed_json(p));
}
