/*
 * rows.c - row bodies
 *
 * Live fields are recorded in 'done' and 'checkpoint' rows, since reports want
 * them; comparison ignores them (fields.c).
 */
#include "orchestrator/engine/rows.h"

#include <string.h>

#include "orchestrator/engine/drift.h"
#include "orchestrator/engine/engine.h"

json_t *row_step(const struct step *s, const struct fold *f)
{
	return json_pack("{s:s,s:s,s:s,s:s*,s:b}", "block", fold_block(f)->name,
			 "title", s->title, "step_kind",
			 step_kind_name(s->kind), "target", s->target, "back",
			 f->back);
}

json_t *row_intent(const struct changeset *cs,
		   const struct resource_set *before,
		   const struct resource_set *want, const char *target,
		   uint32_t guard_s)
{
	return json_pack("{s:o,s:o,s:o,s:s*,s:i}", "changeset",
			 changeset_to_json(cs), "before",
			 resource_set_to_json(before, false), "want",
			 resource_set_to_json(want, true), "target", target,
			 "guard", (int)guard_s);
}

json_t *row_pending(const char *token)
{
	return json_pack("{s:s}", "token", token);
}

json_t *row_outcome(enum outcome o, const char *text)
{
	return json_pack("{s:s,s:s}", "outcome", outcome_name(o), "text",
			 text ? text : "");
}

json_t *row_settled(const char *as, const char *text)
{
	return json_pack("{s:s,s:s}", "as", as, "text", text ? text : "");
}

/* Long lists (10,000 announced prefixes) are in checkpoints, not here. */
json_t *row_done(const struct resource_set *seen)
{
	json_t *j = seen ? resource_set_to_json(seen, true) : json_array();

	for (size_t i = 0; i < json_array_size(j); i++) {
		json_t *s = json_peek(json_array_get(j, i), "state");

		json_object_del(s, "sent");
		json_object_del(s, "received");
		json_object_del(s, "text");
		json_object_del(s, "foreign");
	}
	return json_pack("{s:o}", "observed", j);
}

json_t *row_skipped(const char *why)
{
	return json_pack("{s:b,s:s}", "skipped", 1, "why", why ? why : "");
}

json_t *row_failed(const char *why)
{
	return json_pack("{s:s}", "why", why ? why : "");
}

json_t *row_hold(const char *why, bool for_step)
{
	return json_pack("{s:s,s:b}", "why", why ? why : "", "step", for_step);
}

json_t *row_hold_foretold(const char *why)
{
	return json_pack("{s:s,s:b,s:b}", "why", why, "step", 0, "foretold", 1);
}

static json_t *list_json(const struct state_list *l)
{
	json_t *j = json_array();

	for (size_t i = 0; l && i < l->n; i++)
		json_array_append_new(j, json_string(l->v[i]));
	return j;
}

json_t *row_rollback(const char *to, const char *why, const char *restore,
		     const struct state_list *fired)
{
	return json_pack("{s:s,s:s,s:s*,s:o}", "to", to, "why", why ? why : "",
			 "restore", restore, "fired", list_json(fired));
}

json_t *row_accept(json_t *foreign, bool proved)
{
	return json_pack("{s:o,s:b}", "foreign", foreign, "proved", proved);
}

json_t *row_fired(const struct state_list *targets)
{
	return json_pack("{s:o}", "targets", list_json(targets));
}

json_t *row_rewound(const char *target, const char *why)
{
	return json_pack("{s:s,s:s}", "target", target, "why", why);
}

json_t *row_emergency(const char *block, const char *to, const char *why)
{
	return json_pack("{s:s,s:s,s:s}", "block", block, "to", to, "why",
			 why ? why : "");
}

json_t *row_retreated(const char *block, json_t *results)
{
	return json_pack("{s:s,s:o}", "block", block, "results", results);
}

json_t *row_checkpoint(const char *name, const json_t *states)
{
	return json_pack("{s:s,s:O}", "name", name, "states", states);
}

json_t *row_end(const char *result, int code, const char *why)
{
	return json_pack("{s:s,s:i,s:s}", "result", result, "exit", code, "why",
			 why ? why : "");
}

json_t *row_status(const struct fold *f, const char *phase)
{
	const struct step *s = fold_current(f);
	const struct block *b = fold_block(f);
	const char *last = fold_last_checkpoint(f);
	json_t *j = json_pack("{s:s,s:b,s:b}", "phase", phase, "back", f->back,
			      "held", f->held);

	if (b)
		json_object_set_new(j, "block", json_string(b->name));
	if (s) {
		json_object_set_new(j, "step", json_string(s->id));
		json_object_set_new(j, "title", json_string(s->title));
	}
	if (f->armed.n)
		json_object_set_new(j, "armed", list_json(&f->armed));
	if (f->postponed.n)
		json_object_set_new(j, "postponed", list_json(&f->postponed));
	if (f->held)
		json_object_set_new(j, "hold_why", json_string(f->hold_why));
	if (last)
		json_object_set_new(j, "last_checkpoint", json_string(last));
	if (f->proof)
		json_object_set(j, "proof", f->proof);
	if (f->approvals)
		json_object_set(j, "approvals", f->approvals);
	if (f->result)
		json_object_set_new(j, "result", json_string(f->result));
	return j;
}

static bool accepted_as(const struct resource *was, const struct resource *is,
			const char *foreign)
{
	return is && was->kind == RESOURCE_CONFIG &&
	       drift_same_config(was, is, foreign);
}

static int set_diff(const char *target, const json_t *a, const json_t *b,
		    const char *accepted, struct buf *out)
{
	resource_set_auto was = {0};
	resource_set_auto is = {0};
	int n = 0;

	if (!resource_set_from_json(a, &was, NULL) ||
	    !resource_set_from_json(b, &is, NULL)) {
		buf_printf(out, "'%s' could not be compared\n", target);
		return 1;
	}
	for (size_t i = 0; i < was.n; i++) {
		const struct resource *r =
			resource_set_find(&is, was.v[i].kind, was.v[i].name);
		buf_auto d = BUF_INIT;
		int k = 1;

		if (accepted_as(&was.v[i], r, accepted))
			k = 0;
		else if (r)
			k = resource_diff(&was.v[i], r, &d);
		else
			buf_printf(&d, "%s '%s' was not observed\n",
				   resource_kind_name(was.v[i].kind),
				   was.v[i].name);
		if (k)
			buf_printf(out, "on '%s': %s", target, buf_str(&d));
		n += k;
	}
	return n;
}

int checkpoint_diff(const json_t *recorded, const json_t *now,
		    const json_t *accepted, struct buf *out)
{
	const char *target;
	json_t *states;
	int n = 0;

	if (!json_is_object(recorded)) {
		buf_puts(out, "the checkpoint was never recorded\n");
		return 1;
	}
	json_object_foreach((json_t *)recorded, target, states)
	{
		n += set_diff(target, states, json_peek(now, target),
			      json_peek_str(accepted, target, NULL), out);
	}
	return n;
}

const char *engine_phase_name(enum engine_phase phase)
{
	static const char *const names[] = {
		[PHASE_IDLE] = "idle",
		[PHASE_STEP] = "step",
		[PHASE_PREPARE] = "prepare",
		[PHASE_INTENT] = "intent",
		[PHASE_APPLY] = "apply",
		[PHASE_OUTCOME] = "outcome",
		[PHASE_SETTLE] = "settle",
		[PHASE_SETTLED] = "settled",
		[PHASE_VERIFY] = "verify",
		[PHASE_PAUSE] = "pause",
		[PHASE_CONFIRM] = "confirm",
		[PHASE_SOAK] = "soak",
		[PHASE_HOLD_ROW] = "holding",
		[PHASE_HOLD] = "hold",
		[PHASE_GO_ROW] = "go",
		[PHASE_SAVE] = "save",
		[PHASE_KEPT] = "kept",
		[PHASE_REWOUND_ROW] = "rewound",
		[PHASE_SNAPSHOT] = "snapshot",
		[PHASE_CHECKPOINT_ROW] = "checkpoint",
		[PHASE_ACCEPT_ROW] = "accept",
		[PHASE_DONE_ROW] = "done",
		[PHASE_FAILED_ROW] = "failed",
		[PHASE_ROLLBACK_ROW] = "rollback",
		[PHASE_VNET] = "vnet",
		[PHASE_COMPARE] = "compare",
		[PHASE_COMPARE_PAUSE] = "compare-pause",
		[PHASE_PENDING_ROW] = "pending",
		[PHASE_POLL_PAUSE] = "poll-pause",
		[PHASE_POLL] = "poll",
		[PHASE_TIMERS] = "timers",
		[PHASE_FIRED_ROW] = "fired",
		[PHASE_EMERGENCY_ROW] = "emergency-row",
		[PHASE_EMERGENCY] = "emergency",
		[PHASE_LATE_ROW] = "late",
		[PHASE_RETREATED_ROW] = "retreated",
		[PHASE_END_ROW] = "ending",
		[PHASE_ENDED] = "ended",
	};

	return names[phase];
}

static const char *const command_names[] = {
	"go", "hold", "abort", "rollback", "accept", "stop", "take-back"};

const char *operator_command_name(enum operator_command c)
{
	return command_names[c];
}

void action_list_done(struct action_list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		struct action *a = &l->v[i];

		free(a->target);
		free(a->row_kind);
		free(a->row_step);
		free(a->row_body);
		free(a->token);
		resource_set_done(&a->want);
		changeset_done(&a->changeset);
	}
	free(l->v);
	*l = (struct action_list){0};
}
