/*
 * world.c - a small world for tests of the engine
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/engine/world.h"

static const char *const names[SWITCHES] = {"one", "two", "three", "four"};

static int switch_of(const char *name)
{
	for (int i = 0; i < SWITCHES; i++)
		if (strcmp(names[i], name) == 0)
			return i;
	fail_msg("no switch '%s'", name);
	return -1;
}

static int edge_of(const char *target)
{
	return strcmp(target, "edge2") == 0;
}

static const char *edge_name(int sw)
{
	return sw < 2 ? "edge1" : "edge2";
}

static void want(struct resource_set *set, int sw, bool up)
{
	resource_set_add(set, RESOURCE_INTERFACE, names[sw])->interface.up = up;
}

static void add_step(struct step_vec *v, const char *block, const char *id,
		     int sw, bool up, bool guarded)
{
	struct step *s =
		step_vec_add(v, block, id, STEP_ENSURE, edge_name(sw), id);

	want(&s->want, sw, up);
	s->timeout_ms = 1000;
	s->guarded = guarded;
}

static void add_plain(struct step_vec *v, const char *block, const char *id,
		      enum step_kind kind, const char *target)
{
	step_vec_add(v, block, id, kind, target, id);
}

struct program *world_program(void)
{
	static const char *const blocks[] = {"start", "one", "two"};
	struct program *p = mem_alloc(sizeof(*p));

	for (int i = 0; i < 3; i++) {
		struct block *b = program_block(p, blocks[i], blocks[i]);

		if (i) {
			add_step(&b->steps, blocks[i], "up-a", i - 1, true,
				 false);
			add_step(&b->undo, blocks[i], "down-a", i - 1, false,
				 false);
		}
		add_plain(&b->steps, blocks[i], "checkpoint", STEP_CHECKPOINT,
			  NULL);
	}
	program_watch(p, "edge1");
	program_watch(p, "edge2");
	return p;
}

static void add_confirm(struct step_vec *v, const char *block)
{
	add_plain(v, block, "decide", STEP_DECIDE, NULL);
	add_plain(v, block, "confirm-edge1", STEP_CONFIRM, "edge1");
	add_plain(v, block, "confirm-edge2", STEP_CONFIRM, "edge2");
}

/* Wave n raises switch n on edge1 and n + 2 on edge2. */
static void add_wave(struct program *p, const char *name, int n)
{
	struct block *b = program_block(p, name, name);

	b->wave = n;
	add_step(&b->steps, name, "up-edge1", n, true, true);
	add_step(&b->steps, name, "up-edge2", n + 2, true, true);
	add_plain(&b->steps, name, "soak", STEP_SOAK, NULL);
	b->steps.v[b->steps.n - 1].soak_ms = 1000;
	add_confirm(&b->steps, name);
	add_plain(&b->steps, name, "checkpoint", STEP_CHECKPOINT, NULL);
	add_plain(&b->steps, name, "hold", STEP_SOAK, NULL);
	add_step(&b->undo, name, "down-edge2", n + 2, false, true);
	add_step(&b->undo, name, "down-edge1", n, false, true);
	add_confirm(&b->undo, name);
}

static void add_retreat(struct program *p, int waves)
{
	struct block *b = &p->v[p->n - 1];

	for (int i = 0; i < SWITCHES; i++) {
		mem_auto_free char *id = mem_format("rebind-%s", names[i]);
		bool up = i % 2 < waves;

		want(block_retreat(b, edge_name(i)), i, up);
		add_step(&b->restore, b->name, id, i, up, false);
	}
	add_plain(&b->restore, b->name, "restored", STEP_DECIDE, NULL);
}

struct program *world_program_waves(void)
{
	struct program *p = mem_alloc(sizeof(*p));

	struct block *start = program_block(p, "start", "start");

	add_plain(&start->steps, "start", "baseline", STEP_SOAK, NULL);
	add_plain(&start->steps, "start", "checkpoint", STEP_CHECKPOINT, NULL);
	add_plain(&program_block(p, "attach", "attach")->steps, "attach",
		  "checkpoint", STEP_CHECKPOINT, NULL);
	add_retreat(p, 0);
	add_wave(p, "wave-a", 0);
	add_retreat(p, 1);
	add_wave(p, "wave-b", 1);
	add_retreat(p, 2);
	program_watch(p, "edge1");
	program_watch(p, "edge2");
	return p;
}

/* ---- devices ---- */

static void see(struct world *w, const struct resource_set *set,
		struct resource_set *ret)
{
	for (size_t i = 0; i < set->n; i++)
		want(ret, switch_of(set->v[i].name),
		     w->up[switch_of(set->v[i].name)]);
}

static bool satisfied(const struct resource_set *have,
		      const struct resource_set *set)
{
	for (size_t i = 0; i < set->n; i++)
		if (!resource_satisfies(&have->v[i], &set->v[i]))
			return false;
	return true;
}

void world_fire(struct world *w, int edge)
{
	if (!w->n_armed[edge])
		return;
	while (w->n_armed[edge]) {
		struct undo *u = &w->armed[edge][--w->n_armed[edge]];

		w->up[u->sw] = u->up;
	}
	w->fired[edge] = true;
}

static void do_append(struct world *w, const struct action *a)
{
	struct event ev = {.kind = EVENT_COMMITTED, .call = a->call};

	assert_true(w->n < ARRAY_LEN(w->rows));
	w->rows[w->n++] = (struct world_row){mem_strdup(a->row_kind),
					     mem_strdup(a->row_step),
					     mem_strdup(a->row_body)};
	if (w->n == w->kill_at_row) {
		w->kill_at_row = 0;
		w->dead = true;
		return;
	}
	world_feed(w, &ev);
}

static void do_prepare(struct world *w, const struct action *a)
{
	struct event ev = {.kind = EVENT_PREPARED, .call = a->call, .ok = true};
	resource_set_auto seen = {0};
	struct changeset cs = {0};

	see(w, &a->want, &seen);
	ev.satisfied = satisfied(&seen, &a->want);
	changeset_add(&cs, false, a->want.v[0].name,
		      a->want.v[0].interface.up ? "up" : "down");
	ev.before = &seen;
	ev.want = &a->want;
	ev.changeset = &cs;
	world_feed(w, &ev);
	changeset_done(&cs);
}

static void flip(struct world *w, const struct action *a, int sw, bool up)
{
	int edge = edge_of(a->target);

	/* applying what is so already would be applying it twice */
	assert_true(w->up[sw] != up);
	if (a->guard_s) {
		w->armed[edge][w->n_armed[edge]++] =
			(struct undo){sw, w->up[sw]};
		w->fired[edge] = false;
	}
	w->up[sw] = up;
	w->applied++;
}

static void breach(struct world *w)
{
	struct event ev = {.kind = EVENT_GUARD,
			   .verdict = GUARD_BREACH,
			   .text = "lost",
			   .goal = w->breach_goal};

	w->breach_at = NULL;
	w->breach_in_apply = false;
	world_feed(w, &ev);
}

static void do_apply(struct world *w, const struct action *a)
{
	struct event ev = {.kind = EVENT_APPLIED,
			   .call = a->call,
			   .ok = true,
			   .outcome = OUTCOME_APPLIED};
	const struct change_part *part = &a->changeset.forward[0];
	bool up = strcmp(part->text, "up") == 0;

	if (up && w->refuse && strcmp(part->what, w->refuse) == 0) {
		ev.outcome = OUTCOME_REFUSED;
		ev.text = "no";
		world_feed(w, &ev);
		return;
	}
	flip(w, a, switch_of(part->what), up);
	if (w->kill_at_apply && w->applied == w->kill_at_apply) {
		w->kill_at_apply = 0;
		w->dead = true;
		return;
	}
	if (w->breach_in_apply)
		breach(w);
	if (w->pending_polls) {
		ev.outcome = OUTCOME_PENDING;
		ev.token = "operation";
	}
	world_feed(w, &ev);
}

static void do_poll(struct world *w, const struct action *a)
{
	struct event ev = {.kind = EVENT_APPLIED,
			   .call = a->call,
			   .ok = true,
			   .outcome = OUTCOME_PENDING};

	assert_string_equal(a->token, "operation");
	if (--w->pending_polls <= 0) {
		w->pending_polls = 0;
		ev.outcome = OUTCOME_APPLIED;
	}
	world_feed(w, &ev);
}

static void do_observe(struct world *w, const struct action *a)
{
	struct event ev = {.kind = EVENT_OBSERVED, .call = a->call, .ok = true};
	resource_set_auto seen = {0};

	see(w, &a->want, &seen);
	ev.satisfied = satisfied(&seen, &a->want);
	ev.before = &seen;
	ev.text = "";
	world_feed(w, &ev);
}

static void do_snapshot(struct world *w, const struct action *a)
{
	struct event ev = {.kind = EVENT_SNAPSHOT, .call = a->call, .ok = true};
	resource_set_auto all = {0};
	json_auto *j = NULL;
	mem_auto_free char *text =
		mem_format("own %d%d\n%s", w->up[0], w->up[1], w->foreign);
	struct resource *r;

	for (int i = 0; i < SWITCHES; i++)
		want(&all, i, w->up[i]);
	r = resource_set_add(&all, RESOURCE_CONFIG, "config");
	r->config.text = mem_strdup(text);
	r->config.foreign = mem_strdup(w->foreign);
	j = json_pack("{s:o}", "edge1", resource_set_to_json(&all, true));
	ev.states = j;
	world_feed(w, &ev);
}

static void do_renew(struct world *w, const struct action *a)
{
	int edge = edge_of(a->target);
	struct event ev = {.kind = EVENT_RENEWED,
			   .call = a->call,
			   .target = a->target,
			   .outcome = w->unreachable[edge] ? OUTCOME_RETRY
				      : w->n_armed[edge]   ? OUTCOME_APPLIED
				      : w->fired[edge]	   ? OUTCOME_REFUSED
							   : OUTCOME_UNCHANGED};

	w->renewed++;
	world_feed(w, &ev);
}

static void do_confirm(struct world *w, const struct action *a)
{
	int edge = edge_of(a->target);
	struct event ev = {.kind = EVENT_CONFIRMED,
			   .call = a->call,
			   .ok = true,
			   .outcome = w->fired[edge] ? OUTCOME_REFUSED
						     : OUTCOME_APPLIED,
			   .text = "it was taken back"};

	assert_null(a->changeset.key);
	w->n_armed[edge] = 0;
	w->confirmed++;
	world_feed(w, &ev);
}

static void do_retreat(struct world *w, const struct action *a)
{
	int edge = edge_of(a->target);
	struct event ev = {.kind = EVENT_RETREATED,
			   .call = a->call,
			   .target = a->target,
			   .outcome = OUTCOME_APPLIED};

	w->retreats++;
	if (w->breach_again) {
		w->breach_again = false;
		w->breach_goal = NULL;
		breach(w);
	}
	if (w->unreachable[edge])
		ev.outcome = OUTCOME_RETRY;
	else if (!a->want.n)
		world_fire(w, edge);
	for (size_t i = 0; !w->unreachable[edge] && i < a->want.n; i++) {
		w->up[switch_of(a->want.v[i].name)] = a->want.v[i].interface.up;
		w->n_armed[edge] = 0;
	}
	world_feed(w, &ev);
}

static void do_timer(struct world *w, const struct action *a)
{
	struct event tick = {.kind = EVENT_TICK};
	struct event ev = {.kind = EVENT_TIMER, .call = a->call};
	json_auto *st = engine_status(w->engine);

	world_feed(w, &tick);
	if (w->drift_at &&
	    strcmp(json_peek_str(st, "step", ""), w->drift_at) == 0)
		w->foreign = "router bgp 1\n neighbor x\n";
	if (w->breach_at &&
	    strcmp(json_peek_str(st, "step", ""), w->breach_at) == 0)
		breach(w);
	world_feed(w, &ev);
}

static void execute(struct world *w, const struct action *a)
{
	static void (*const run[])(struct world *, const struct action *) = {
		[ACTION_APPEND] = do_append,   [ACTION_PREPARE] = do_prepare,
		[ACTION_APPLY] = do_apply,     [ACTION_SETTLE] = do_observe,
		[ACTION_OBSERVE] = do_observe, [ACTION_SNAPSHOT] = do_snapshot,
		[ACTION_TIMER] = do_timer,     [ACTION_RENEW] = do_renew,
		[ACTION_RETREAT] = do_retreat, [ACTION_CONFIRM] = do_confirm,
		[ACTION_POLL] = do_poll,
	};

	if (a->kind == ACTION_END) {
		w->ended = true;
		w->exit_code = a->exit_code;
	} else if ((size_t)a->kind < ARRAY_LEN(run) && run[a->kind]) {
		run[a->kind](w, a);
	} else {
		fail_msg("action %d was not expected", a->kind);
	}
}

void world_feed(struct world *w, struct event *ev)
{
	struct action_list out = {0};

	if (w->dead || w->ended)
		return;
	engine_feed(w->engine, ev, &out);
	for (size_t i = 0; i < out.n && !w->dead; i++)
		execute(w, &out.v[i]);
	action_list_done(&out);
}

void world_boot(struct world *w)
{
	struct event begin = {.kind = EVENT_BEGIN};
	err_auto e = ERR_INIT;

	engine_free(w->engine);
	w->engine = engine_new(w->program, &w->policy);
	w->dead = w->ended = false;
	for (size_t i = 0; i < w->n; i++)
		if (!engine_replay(w->engine, w->rows[i].kind, w->rows[i].step,
				   w->rows[i].body, &e))
			fail_msg("replay of row %zu: %s", i, err_msg(&e));
	world_feed(w, &begin);
}

void world_command(struct world *w, enum operator_command c, const char *to)
{
	struct event ev = {.kind = EVENT_OPERATOR, .command = c, .text = to};

	world_feed(w, &ev);
}

int world_count(const struct world *w, const char *kind)
{
	int n = 0;

	for (size_t i = 0; i < w->n; i++)
		n += strcmp(w->rows[i].kind, kind) == 0;
	return n;
}

struct world *world_new(struct program *p)
{
	struct world *w = mem_alloc(sizeof(*w));

	w->program = p;
	w->foreign = "router bgp 1\n";
	w->policy = (struct engine_policy){.rollback_automatic = true,
					   .dead_man_s = 60,
					   .stagger_s = 10,
					   .poll_ms = 100};
	return w;
}

void world_free(struct world *w)
{
	engine_free(w->engine);
	program_free(w->program);
	for (size_t i = 0; i < w->n; i++) {
		free(w->rows[i].kind);
		free(w->rows[i].step);
		free(w->rows[i].body);
	}
	free(w);
}
