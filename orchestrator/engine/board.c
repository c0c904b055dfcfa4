/*
 * board.c - rows to the state of each step
 *
 * Invariants: a step is in one list of one block and is found by its id, which
 * is unique in a program; times are those of the rows.
 */
#include "orchestrator/engine/board.h"

#include <string.h>

static const char *const state_names[] = {"planned", "running", "done",
					  "skipped", "failed"};

const char *board_state_name(enum board_state s)
{
	return state_names[s];
}

bool board_state_parse(const char *name, enum board_state *ret)
{
	for (size_t i = 0; i < ARRAY_LEN(state_names); i++)
		if (strcmp(state_names[i], name) == 0) {
			*ret = (enum board_state)i;
			return true;
		}
	return false;
}

static void list_init(struct board_list *l, const struct step_vec *v)
{
	l->n = v->n;
	l->v = mem_calloc(v->n + 1, sizeof(*l->v));
	for (size_t i = 0; i < v->n; i++)
		l->v[i].step = &v->v[i];
}

void board_init(struct board *b, const struct program *p)
{
	*b = (struct board){.program = p,
			    .v = mem_calloc(p->n + 1, sizeof(*b->v)),
			    .n = p->n};
	for (size_t i = 0; i < p->n; i++) {
		struct board_block *x = &b->v[i];

		x->block = &p->v[i];
		list_init(&x->way[BOARD_FORWARD], &p->v[i].steps);
		list_init(&x->way[BOARD_UNDO], &p->v[i].undo);
		list_init(&x->way[BOARD_RESTORE], &p->v[i].restore);
	}
}

static void step_reset(struct board_step *s)
{
	free(s->why);
	*s = (struct board_step){.step = s->step};
}

static void list_reset(struct board_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		step_reset(&l->v[i]);
}

void board_done(struct board *b)
{
	for (size_t i = 0; i < b->n; i++)
		for (int k = 0; k < BOARD_WAYS; k++) {
			list_reset(&b->v[i].way[k]);
			free(b->v[i].way[k].v);
		}
	free(b->v);
	free(b->goal);
	free(b->back_why);
	free(b->result);
	*b = (struct board){0};
}

static struct board_step *find(struct board *b, const char *id)
{
	for (size_t i = 0; id && i < b->n; i++)
		for (int k = 0; k < BOARD_WAYS; k++) {
			struct board_list *l = &b->v[i].way[k];

			for (size_t q = 0; q < l->n; q++)
				if (strcmp(l->v[q].step->id, id) == 0)
					return &l->v[q];
		}
	return NULL;
}

static void set_state(struct board_step *s, enum board_state state, int64_t us,
		      const char *why)
{
	s->state = state;
	if (state == BOARD_RUNNING) {
		s->start_us = us;
		s->end_us = 0;
	} else {
		s->end_us = us;
	}
	free(s->why);
	s->why = why && *why ? mem_strdup(why) : NULL;
}

/* ---- rows ---- */

static void on_step_row(struct board_step *s, int64_t us, const char *kind,
			const json_t *body)
{
	const char *why = json_peek_str(body, "why", "");

	if (strcmp(kind, "step") == 0)
		set_state(s, BOARD_RUNNING, us, NULL);
	else if (strcmp(kind, "failed") == 0)
		set_state(s, BOARD_FAILED, us, why);
	else if (strcmp(kind, "done") == 0)
		set_state(s,
			  json_peek_bool(body, "skipped", false) ? BOARD_SKIPPED
								 : BOARD_DONE,
			  us, why);
}

/* What was begun and will not be finished. */
static void drop_running(struct board *b)
{
	for (size_t i = 0; i < b->n; i++) {
		struct board_list *l = &b->v[i].way[BOARD_FORWARD];

		for (size_t q = 0; q < l->n; q++)
			if (l->v[q].state == BOARD_RUNNING)
				step_reset(&l->v[q]);
	}
}

static void on_back(struct board *b, const json_t *body)
{
	b->back = true;
	free(b->goal);
	free(b->back_why);
	b->goal = mem_strdup(json_peek_str(body, "to", ""));
	b->back_why = mem_strdup(json_peek_str(body, "why", ""));
	for (size_t i = 0; i < b->n; i++) {
		list_reset(&b->v[i].way[BOARD_UNDO]);
		list_reset(&b->v[i].way[BOARD_RESTORE]);
	}
	drop_running(b);
}

/* Everything behind the goal is as if it had never been done. */
static void on_rolled_back(struct board *b)
{
	int goal = b->goal ? program_find_block(b->program, b->goal) : -1;

	b->back = false;
	for (size_t i = 0; goal >= 0 && i < b->n; i++) {
		if ((int)i <= goal)
			continue;
		b->v[i].undone = b->v[i].way[BOARD_FORWARD].v[0].state != 0;
		b->v[i].checkpoint_us = 0;
		list_reset(&b->v[i].way[BOARD_FORWARD]);
	}
}

static void on_end(struct board *b, int64_t us, const json_t *body)
{
	free(b->result);
	b->result = mem_strdup(json_peek_str(body, "result", ""));
	b->end_us = us;
	if (strcmp(b->result, "rolled-back") == 0)
		on_rolled_back(b);
}

static void on_begin(struct board *b, int64_t us)
{
	if (!b->begin_us)
		b->begin_us = us;
	free(b->result);
	b->result = NULL;
	b->end_us = 0;
}

static void on_checkpoint(struct board *b, int64_t us, const json_t *body)
{
	int at =
		program_find_block(b->program, json_peek_str(body, "name", ""));

	if (at >= 0) {
		b->v[at].checkpoint_us = us;
		b->v[at].undone = false;
	}
}

/* The devices took their changes back: the block is gone through anew. */
static void on_fired(struct board *b)
{
	for (size_t i = b->n; i-- > 0;)
		if (b->v[i].way[BOARD_FORWARD].n &&
		    b->v[i].way[BOARD_FORWARD].v[0].state) {
			list_reset(&b->v[i].way[BOARD_FORWARD]);
			return;
		}
}

void board_row(struct board *b, int64_t seq, int64_t wall_us, const char *kind,
	       const char *step, const char *body)
{
	json_auto *j = NULL;
	struct board_step *s;

	b->seq = seq;
	if (strcmp(kind, "measure") == 0 || strcmp(kind, "intent") == 0)
		return; /* long, and of no interest here */
	j = json_text_parse(body, strlen(body), NULL);
	s = find(b, step);
	if (s)
		on_step_row(s, wall_us, kind, j);
	if (strcmp(kind, "begin") == 0)
		on_begin(b, wall_us);
	else if (strcmp(kind, "rollback") == 0 ||
		 strcmp(kind, "emergency") == 0)
		on_back(b, j);
	else if (strcmp(kind, "checkpoint") == 0)
		on_checkpoint(b, wall_us, j);
	else if (strcmp(kind, "fired") == 0 || strcmp(kind, "rewound") == 0)
		on_fired(b);
	else if (strcmp(kind, "end") == 0)
		on_end(b, wall_us, j);
}

/* ---- to JSON ---- */

static json_t *list_json(const struct board_list *l)
{
	json_t *j = json_array();

	for (size_t i = 0; i < l->n; i++) {
		const struct board_step *s = &l->v[i];
		json_t *x = json_pack(
			"{s:s,s:s,s:s,s:s*,s:s,s:I,s:I,s:s*}", "id",
			s->step->id, "title", s->step->title, "kind",
			step_kind_name(s->step->kind), "target",
			s->step->target, "state", board_state_name(s->state),
			"start_us", (json_int_t)s->start_us, "end_us",
			(json_int_t)s->end_us, "why", s->why);

		if (s->step->soak_ms)
			json_object_set_new(x, "soak_ms",
					    json_integer(s->step->soak_ms));
		if (s->step->own_go)
			json_object_set_new(x, "own_go", json_true());
		json_array_append_new(j, x);
	}
	return j;
}

json_t *board_json(const struct board *b)
{
	json_t *blocks = json_array();

	for (size_t i = 0; i < b->n; i++) {
		const struct board_block *x = &b->v[i];

		json_array_append_new(
			blocks,
			json_pack("{s:s,s:s,s:i,s:I,s:b,s:o,s:o,s:o}", "name",
				  x->block->name, "title", x->block->title,
				  "wave", x->block->wave, "checkpoint_us",
				  (json_int_t)x->checkpoint_us, "undone",
				  x->undone, "steps",
				  list_json(&x->way[BOARD_FORWARD]), "undo",
				  list_json(&x->way[BOARD_UNDO]), "restore",
				  list_json(&x->way[BOARD_RESTORE])));
	}
	return json_pack("{s:I,s:I,s:I,s:b,s:s*,s:s*,s:s*,s:o}", "seq",
			 (json_int_t)b->seq, "begin_us",
			 (json_int_t)b->begin_us, "end_us",
			 (json_int_t)b->end_us, "back", b->back, "goal",
			 b->goal, "why", b->back_why, "result", b->result,
			 "blocks", blocks);
}
