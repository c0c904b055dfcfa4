/*
 * result.c - folding a run's rows
 *
 * Counters in 'measure' rows are cumulative since their probe started; each leg
 * starts its own, which is why a leg keeps its last counters and no sum is made
 * over legs here.  A rollback that ended stands at the checkpoint that it went
 * back to, and was compared with it.
 */
#include "orchestrator/report/result.h"

#include <string.h>

#include "orchestrator/base/clock.h"

static struct result_step *add_step(struct result *r,
				    const struct journal_row *row,
				    const json_t *body)
{
	struct result_step *s;

	MEM_GROW(r->v, r->n, r->cap);
	s = &r->v[r->n++];
	memset(s, 0, sizeof(*s));
	s->id = mem_strdup(row->step);
	s->title = mem_strdup(json_peek_str(body, "title", ""));
	s->kind = mem_strdup(json_peek_str(body, "step_kind", ""));
	s->back = json_peek_bool(body, "back", false);
	s->start_us = row->wall_us;
	return s;
}

static struct result_step *last_step(struct result *r, const char *id)
{
	if (!r->n || !id || strcmp(r->v[r->n - 1].id, id) != 0)
		return NULL;
	return &r->v[r->n - 1];
}

static void end_step(struct result *r, const struct journal_row *row,
		     const json_t *body, const char *how)
{
	struct result_step *s = last_step(r, row->step);

	if (!s)
		return;
	s->end_us = row->wall_us;
	if (json_peek_bool(body, "skipped", false))
		how = "noted";
	free(s->how);
	free(s->why);
	s->how = mem_strdup(how);
	s->why = mem_strdup(json_peek_str(body, "why", NULL));
}

static void set_json(json_t **where, json_t *value)
{
	json_incref(value);
	json_decref(*where);
	*where = value;
}

static void set_text(char **where, const char *value)
{
	free(*where);
	*where = mem_strdup(value);
}

static void take_checkpoint(struct result *r, const json_t *body)
{
	const char *name = json_peek_str(body, "name", "");

	if (!r->first) {
		set_json(&r->first, json_peek(body, "states"));
		set_text(&r->first_name, name);
	}
	set_json(&r->last, json_peek(body, "states"));
	set_text(&r->last_name, name);
	json_decref(r->now);
	r->now = NULL;
	json_object_set(r->checkpoints, name, json_peek(body, "states"));
}

static struct result_leg *add_leg(struct result *r, int64_t wall_us)
{
	struct result_leg *leg;

	MEM_GROW(r->leg, r->n_legs, r->cap_legs);
	leg = &r->leg[r->n_legs++];
	*leg = (struct result_leg){
		.from = r->n, .to = r->n, .start_us = wall_us, .exit_code = -1};
	return leg;
}

/* The one that is under way; a damaged journal may have none. */
static struct result_leg *leg_now(struct result *r, int64_t wall_us)
{
	return r->n_legs ? &r->leg[r->n_legs - 1] : add_leg(r, wall_us);
}

static void take_measure(struct result *r, const struct journal_row *row,
			 json_t *body)
{
	struct result_step *s = last_step(r, row->step);

	set_json(&leg_now(r, row->wall_us)->measure, body);
	if (s)
		set_json(&s->measure, body);
}

static void take_rollback(struct result *r, const struct journal_row *row,
			  const json_t *body)
{
	set_text(&leg_now(r, row->wall_us)->back_to,
		 json_peek_str(body, "to", ""));
}

static void take_end(struct result *r, const struct journal_row *row,
		     const json_t *body)
{
	struct result_leg *leg = leg_now(r, row->wall_us);
	const json_t *states;

	set_text(&leg->ended, json_peek_str(body, "result", ""));
	set_text(&leg->why, json_peek_str(body, "why", ""));
	leg->exit_code = (int)json_peek_int(body, "exit", -1);
	leg->end_us = row->wall_us;
	if (strcmp(leg->ended, "rolled-back") != 0 || !leg->back_to)
		return;
	/* compared with that checkpoint, and found equal */
	states = json_peek(r->checkpoints, leg->back_to);
	if (states) {
		set_json(&r->now, (json_t *)states);
		set_text(&r->now_name, leg->back_to);
	}
}

static void take(struct result *r, const struct journal_row *row, json_t *body)
{
	if (strcmp(row->kind, "begin") == 0)
		add_leg(r, row->wall_us);
	else if (strcmp(row->kind, "step") == 0)
		add_step(r, row, body);
	else if (strcmp(row->kind, "done") == 0)
		end_step(r, row, body, "done");
	else if (strcmp(row->kind, "failed") == 0)
		end_step(r, row, body, "failed");
	else if (strcmp(row->kind, "checkpoint") == 0)
		take_checkpoint(r, body);
	else if (strcmp(row->kind, "measure") == 0)
		take_measure(r, row, body);
	else if (strcmp(row->kind, "approvals") == 0)
		set_json(&r->approvals, body);
	else if (strcmp(row->kind, "rollback") == 0)
		take_rollback(r, row, body);
	else if (strcmp(row->kind, "end") == 0)
		take_end(r, row, body);
}

static bool take_row(void *arg, const struct journal_row *row, struct err *e)
{
	struct result *r = arg;
	json_auto *body = NULL;

	if (row->seq == 0) {
		r->start_us = row->wall_us;
		return true;
	}
	body = json_text_parse(row->body, strlen(row->body), e);
	if (!body)
		return false;
	take(r, row, body);
	if (r->n_legs)
		r->leg[r->n_legs - 1].to = r->n;
	return true;
}

bool result_read(struct journal *j, const char *run, struct result *ret,
		 struct err *e)
{
	*ret = (struct result){.run = mem_strdup(run),
			       .checkpoints = json_object()};
	if (journal_each(j, run, 0, take_row, ret, e))
		return true;
	result_done(ret);
	return false;
}

const struct result_leg *result_last_leg(const struct result *r)
{
	return r->n_legs ? &r->leg[r->n_legs - 1] : NULL;
}

const char *result_vnet(const json_t *all)
{
	const char *target;
	json_t *states;

	json_object_foreach((json_t *)all, target, states)
	{
		for (size_t i = 0; i < json_array_size(states); i++) {
			const json_t *x = json_array_get(states, i);

			if (strcmp(json_peek_str(x, "kind", ""), "vnet") == 0)
				return json_peek_str(json_peek(x, "state"),
						     "digest", NULL);
		}
	}
	return NULL;
}

static void leg_done(struct result_leg *leg)
{
	free(leg->ended);
	free(leg->why);
	free(leg->back_to);
	json_decref(leg->measure);
}

void result_done(struct result *r)
{
	for (size_t i = 0; i < r->n; i++) {
		free(r->v[i].id);
		free(r->v[i].title);
		free(r->v[i].kind);
		free(r->v[i].how);
		free(r->v[i].why);
		json_decref(r->v[i].measure);
	}
	for (size_t i = 0; i < r->n_legs; i++)
		leg_done(&r->leg[i]);
	free(r->v);
	free(r->leg);
	free(r->run);
	free(r->first_name);
	free(r->last_name);
	free(r->now_name);
	json_decref(r->first);
	json_decref(r->last);
	json_decref(r->now);
	json_decref(r->checkpoints);
	json_decref(r->approvals);
	*r = (struct result){0};
}
