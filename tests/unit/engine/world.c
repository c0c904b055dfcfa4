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

const char *const world_switch[SWITCHES] = {"one", "two", "three", "four"};

static int switch_of(const char *name)
{
	for (int i = 0; i < SWITCHES; i++)
		if (strcmp(world_switch[i], name) == 0)
			return i;
	fail_msg("no switch '%s'", name);
	return -1;
}

static int edge_of(const char *target)
{
	return strcmp(target, "edge2") == 0;
}

/* ---- devices ---- */

static void see(struct world *w, const struct resource_set *set,
		struct resource_set *ret)
{
	for (size_t i = 0; i < set->n; i++)
		world_want(ret, switch_of(set->v[i].name),
			   w->up[switch_of(set->v[i].name)]);
}

static void see_route(const struct world *w, struct resource_set *ret)
{
	if (!w->route_from)
		return;
	resource_set_add(ret, RESOURCE_ROUTE, "10.100.0.0/16")->route.session =
		mem_strdup(w->route_from);
}

/* It comes back as it was saved, and tells nobody. */
static void reboot(struct world *w, const struct world_row *row)
{
	if (!w->reboot_at || w->reboots <= 0 || strcmp(row->kind, "done") ||
	    strcmp(row->step, w->reboot_at) != 0)
		return;
	w->reboots--;
	w->up[0] = w->saved[0];
	w->up[1] = w->saved[1];
}

static void do_save(struct world *w, const struct action *a)
{
	struct event ev = {.kind = EVENT_CONFIRMED,
			   .call = a->call,
			   .ok = true,
			   .outcome = OUTCOME_APPLIED};
	int edge = edge_of(a->target);

	w->saved[2 * edge] = w->up[2 * edge];
	w->saved[2 * edge + 1] = w->up[2 * edge + 1];
	world_feed(w, &ev);
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
	reboot(w, &w->rows[w->n - 1]);
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
	ev.satisfied = !w->never && satisfied(&seen, &a->want);
	ev.took_ms = w->look_ms;
	w->looks++;
	see_route(w, &seen);
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
		world_want(&all, i, w->up[i]);
	see_route(w, &all);
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
		[ACTION_POLL] = do_poll,       [ACTION_SAVE] = do_save,
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
	if (w->on_feed && !w->on_feed(w, ev, w->on_feed_arg)) {
		w->dead = true;
		return;
	}
	engine_feed(w->engine, ev, &out);
	for (size_t i = 0; i < out.n && !w->dead; i++)
		execute(w, &out.v[i]);
	action_list_done(&out);
}

static void replay(struct world *w)
{
	err_auto e = ERR_INIT;

	engine_free(w->engine);
	w->engine = engine_new(w->program, &w->policy);
	w->dead = w->ended = false;
	for (size_t i = 0; i < w->n; i++)
		if (!engine_replay(w->engine, w->rows[i].kind, w->rows[i].step,
				   w->rows[i].body, &e))
			fail_msg("replay of row %zu: %s", i, err_msg(&e));
}

void world_boot(struct world *w)
{
	struct event begin = {.kind = EVENT_BEGIN};

	replay(w);
	world_feed(w, &begin);
}

void world_boot_back(struct world *w, const char *to)
{
	struct event begin = {.kind = EVENT_BEGIN};

	replay(w);
	world_command(w, OPERATOR_ROLLBACK, to);
	world_feed(w, &begin);
}

static bool judge(const void *arg, const char *target, const char *was,
		  const char *is, struct buf *why)
{
	const struct world *w = arg;

	assert_string_not_equal(was, is);
	if (!w->harmless)
		buf_printf(why, "'%s': who knows\n", target);
	return w->harmless;
}

/* `to`: a checkpoint, or 'unproved' of an accept. */
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
	w->harmless = true;
	w->policy = (struct engine_policy){.rollback_automatic = true,
					   .dead_man_s = 60,
					   .stagger_s = 10,
					   .poll_ms = 100,
					   .judge = judge,
					   .judge_arg = w,
					   .foretold = &w->foretold};
	return w;
}

void world_free(struct world *w)
{
	foretold_vec_done(&w->foretold);
	engine_free(w->engine);
	program_free(w->program);
	for (size_t i = 0; i < w->n; i++) {
		free(w->rows[i].kind);
		free(w->rows[i].step);
		free(w->rows[i].body);
	}
	free(w);
}
