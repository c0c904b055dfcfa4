/*
 * review_json.c - a review for machines
 *
 * plans/dry-run.schema.json describes it.  Order is the program's, keys are
 * sorted when it is printed, nothing in it depends on when it is made (but
 * 'observed', which says when): two versions of a plan differ where their
 * outcomes do.
 */
#include <string.h>

#include "orchestrator/base/clock.h"
#include "orchestrator/report/review.h"

static json_t *part_list(const struct review *r, const struct change_part *v,
			 size_t n)
{
	json_t *j = json_array();

	for (size_t i = 0; i < n; i++) {
		buf_auto text = BUF_INIT;

		review_text(r, v[i].text, &text);
		json_array_append_new(j,
				      json_pack("{s:s,s:s}", "what", v[i].what,
						"text", buf_str(&text)));
	}
	return j;
}

static json_t *expect_json(const struct step *s)
{
	json_t *j = json_array();

	for (size_t k = 0; k < s->expect.n; k++) {
		mem_auto_free char *t = expect_text(&s->expect.v[k]);

		json_array_append_new(j, json_string(t));
	}
	return j;
}

static json_t *measured_json(const struct review *r, const struct step *s)
{
	const struct result_step *m = review_measured(r, s->id);

	if (!m)
		return NULL;
	return json_pack("{s:s,s:I,s:O*}", "how", m->how ?: "not ended",
			 "took_us",
			 (json_int_t)(m->end_us ? m->end_us - m->start_us : 0),
			 "packets", m->measure);
}

static json_t *step_json(const struct review *r, const struct review_step *x)
{
	const struct step *s = x->step;

	return json_pack(
		"{s:s,s:s,s:s,s:s*,s:b,s:b,s:I,s:I,s:o,s:o,s:o,s:o,s:s*,s:s*,"
		"s:o*}",
		"id", s->id, "title", s->title, "kind", step_kind_name(s->kind),
		"target", s->target, "own_go", s->own_go, "armed", s->guarded,
		"soak_ms", (json_int_t)s->soak_ms, "timeout_ms",
		(json_int_t)s->timeout_ms, "want",
		resource_set_to_json(&s->want, false), "expect", expect_json(s),
		"commands",
		part_list(r, x->changes.forward, x->changes.n_forward),
		"commands_back",
		part_list(r, x->changes.back, x->changes.n_back), "note",
		x->note, "error", x->error, "measured", measured_json(r, s));
}

static json_t *steps_json(const struct review *r, const struct review_step *v,
			  size_t n)
{
	json_t *j = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(j, step_json(r, &v[i]));
	return j;
}

static json_t *block_json(const struct review *r, const struct review_block *x)
{
	const struct block *b = x->block;

	return json_pack("{s:s,s:s,s:b,s:b,s:o,s:o}", "name", b->name, "title",
			 b->title, "point_of_no_return", b->point_of_no_return,
			 "touches_foreign", b->touches_foreign, "steps",
			 steps_json(r, x->steps, b->steps.n), "undo",
			 steps_json(r, x->undo, b->undo.n));
}

static json_t *observed_json(const struct look *l)
{
	mem_auto_free char *when = NULL;

	if (!l)
		return json_null();
	when = clock_wall_text(l->wall_us);
	return json_pack("{s:s,s:s}", "at", when, "state_hash", l->hash);
}

json_t *review_json(const struct review *r)
{
	json_t *blocks = json_array();
	json_t *notes = json_array();

	for (size_t i = 0; i < r->program->n; i++)
		json_array_append_new(blocks, block_json(r, &r->v[i]));
	for (size_t i = 0; i < r->program->notes.n; i++)
		json_array_append_new(notes,
				      json_string(r->program->notes.v[i]));
	return json_pack(
		"{s:i,s:s,s:s?,s:s,s:o,s:o,s:o,s:o,s:o*}", "version", 1, "plan",
		r->plan->name, "change", r->plan->change, "hash", r->plan->hash,
		"observed", observed_json(r->look), "blocks", blocks, "notes",
		notes, "proof", review_proof_json(r->plan, r->prove), "run",
		r->result ? result_json(r->result, r->plan) : NULL);
}
