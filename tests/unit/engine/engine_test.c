/*
 * The engine over a small world: forward, back, and killed at every journal
 * row and at every device call, after which nothing is applied twice and no
 * outcome stays unknown.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "orchestrator/engine/engine.h"

/* ---- a program: three blocks, each ensures one interface up ---- */

static void add_step(struct step_vec *v, const char *block, const char *id,
		     const char *ifname, bool up)
{
	struct step *s = step_vec_add(v, block, id, STEP_ENSURE, "edge1", id);
	struct resource *r =
		resource_set_add(&s->want, RESOURCE_INTERFACE, ifname);

	r->interface.up = up;
	s->timeout_ms = 1000;
}

static struct program *program_small(void)
{
	static const char *const names[] = {"start", "one", "two"};
	struct program *p = mem_alloc(sizeof(*p));

	for (int i = 0; i < 3; i++) {
		struct block *b = program_block(p, names[i], names[i]);

		if (i) {
			add_step(&b->steps, names[i], "up-a", names[i], true);
			add_step(&b->undo, names[i], "down-a", names[i], false);
		}
		step_vec_add(&b->steps, names[i], "checkpoint", STEP_CHECKPOINT,
			     NULL, "checkpoint");
	}
	return p;
}

/* ---- the world ---- */

struct row {
	char *kind, *step, *body;
};

struct world {
	struct program *program;
	struct engine *engine;
	struct engine_policy policy;
	bool up[2]; /* interfaces 'one' and 'two' */
	int applied;
	struct row rows[512];
	size_t n;
	size_t kill_at_row; /* die when this row is committed; 0: never */
	int kill_at_apply;  /* die after this apply, before its answer */
	bool dead, ended;
	int exit_code;
	const char *refuse; /* apply of this interface is refused */
};

static bool *place(struct world *w, const char *name)
{
	return &w->up[strcmp(name, "two") == 0];
}

static void see(struct world *w, const struct resource_set *want,
		struct resource_set *ret)
{
	for (size_t i = 0; i < want->n; i++)
		resource_set_add(ret, RESOURCE_INTERFACE, want->v[i].name)
			->interface.up = *place(w, want->v[i].name);
}

static bool satisfied(const struct resource_set *have,
		      const struct resource_set *want)
{
	for (size_t i = 0; i < want->n; i++)
		if (!resource_satisfies(&have->v[i], &want->v[i]))
			return false;
	return true;
}

static void feed(struct world *w, struct event *ev);

static void do_append(struct world *w, const struct action *a)
{
	struct event ev = {.kind = EVENT_COMMITTED, .call = a->call};

	assert_true(w->n < ARRAY_LEN(w->rows));
	w->rows[w->n++] =
		(struct row){mem_strdup(a->row_kind), mem_strdup(a->row_step),
			     mem_strdup(a->row_body)};
	if (w->n == w->kill_at_row) {
		w->kill_at_row = 0;
		w->dead = true;
		return;
	}
	feed(w, &ev);
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
	feed(w, &ev);
	changeset_done(&cs);
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
		feed(w, &ev);
		return;
	}
	/* applying what is so already would be applying it twice */
	assert_true(*place(w, part->what) != up);
	*place(w, part->what) = up;
	w->applied++;
	if (w->kill_at_apply && w->applied == w->kill_at_apply) {
		w->kill_at_apply = 0;
		w->dead = true;
		return;
	}
	feed(w, &ev);
}

static void do_observe(struct world *w, const struct action *a)
{
	struct event ev = {.kind = EVENT_OBSERVED, .call = a->call, .ok = true};
	resource_set_auto seen = {0};

	see(w, &a->want, &seen);
	ev.satisfied = satisfied(&seen, &a->want);
	ev.before = &seen;
	ev.text = "";
	feed(w, &ev);
}

static void do_snapshot(struct world *w, const struct action *a)
{
	struct event ev = {.kind = EVENT_SNAPSHOT, .call = a->call, .ok = true};
	resource_set_auto all = {0};
	json_auto *j = NULL;

	resource_set_add(&all, RESOURCE_INTERFACE, "one")->interface.up =
		w->up[0];
	resource_set_add(&all, RESOURCE_INTERFACE, "two")->interface.up =
		w->up[1];
	j = json_pack("{s:o}", "edge1", resource_set_to_json(&all, true));
	ev.states = j;
	feed(w, &ev);
}

static void execute(struct world *w, const struct action *a)
{
	struct event timer = {.kind = EVENT_TIMER, .call = a->call};

	switch (a->kind) {
	case ACTION_APPEND:
		do_append(w, a);
		break;
	case ACTION_PREPARE:
		do_prepare(w, a);
		break;
	case ACTION_APPLY:
		do_apply(w, a);
		break;
	case ACTION_SETTLE:
	case ACTION_OBSERVE:
		do_observe(w, a);
		break;
	case ACTION_SNAPSHOT:
		do_snapshot(w, a);
		break;
	case ACTION_TIMER:
		feed(w, &timer);
		break;
	case ACTION_END:
		w->ended = true;
		w->exit_code = a->exit_code;
		break;
	default:
		fail_msg("action %d was not expected", a->kind);
	}
}

static void feed(struct world *w, struct event *ev)
{
	struct action_list out = {0};

	engine_feed(w->engine, ev, &out);
	for (size_t i = 0; i < out.n && !w->dead; i++)
		execute(w, &out.v[i]);
	action_list_done(&out);
}

static void boot(struct world *w)
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
	feed(w, &begin);
}

static void command(struct world *w, enum operator_command c, const char *to)
{
	struct event ev = {.kind = EVENT_OPERATOR, .command = c, .text = to};

	feed(w, &ev);
}

static struct world *world_new(void)
{
	struct world *w = mem_alloc(sizeof(*w));

	w->program = program_small();
	w->policy = (struct engine_policy){.rollback_automatic = true,
					   .poll_ms = 100};
	return w;
}

static void world_free(struct world *w)
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

/* ---- tests ---- */

static void test_forward(void **state)
{
	struct world *w = world_new();

	(void)state;
	boot(w);
	assert_true(w->ended);
	assert_int_equal(w->exit_code, EXIT_DONE);
	assert_true(w->up[0] && w->up[1]);
	assert_int_equal(w->applied, 2);
	world_free(w);
}

static void test_intent_is_committed_before_the_call(void **state)
{
	struct world *w = world_new();
	int intents = 0, outcomes = 0;

	(void)state;
	boot(w);
	for (size_t i = 0; i < w->n; i++) {
		if (strcmp(w->rows[i].kind, "intent") == 0) {
			intents++;
			assert_string_equal(w->rows[i + 1].kind, "outcome");
		}
		outcomes += strcmp(w->rows[i].kind, "outcome") == 0;
	}
	assert_int_equal(intents, 2);
	assert_int_equal(outcomes, 2);
	world_free(w);
}

static void test_killed_at_every_row(void **state)
{
	size_t rows;
	struct world *w = world_new();

	(void)state;
	boot(w);
	rows = w->n;
	world_free(w);
	assert_true(rows > 10);
	for (size_t k = 1; k <= rows; k++) {
		w = world_new();
		w->kill_at_row = k;
		boot(w);
		assert_true(w->dead);
		boot(w);
		assert_true(w->ended);
		assert_int_equal(w->exit_code, EXIT_DONE);
		assert_true(w->up[0] && w->up[1]);
		assert_int_equal(w->applied, 2);
		world_free(w);
	}
}

static void test_killed_at_every_call(void **state)
{
	(void)state;
	for (int k = 1; k <= 2; k++) {
		struct world *w = world_new();

		w->kill_at_apply = k;
		boot(w);
		assert_true(w->dead);
		boot(w);
		assert_true(w->ended);
		assert_int_equal(w->exit_code, EXIT_DONE);
		assert_int_equal(w->applied, 2);
		world_free(w);
	}
}

static void test_rollback_after_the_end(void **state)
{
	struct world *w = world_new();

	(void)state;
	boot(w);
	assert_true(w->ended);
	engine_free(w->engine);
	w->engine = engine_new(w->program, &w->policy);
	w->ended = false;
	for (size_t i = 0; i < w->n; i++)
		assert_true(engine_replay(w->engine, w->rows[i].kind,
					  w->rows[i].step, w->rows[i].body,
					  NULL));
	command(w, OPERATOR_ROLLBACK, "start");
	{
		struct event begin = {.kind = EVENT_BEGIN};

		feed(w, &begin);
	}
	assert_true(w->ended);
	assert_int_equal(w->exit_code, EXIT_ROLLED_BACK);
	assert_false(w->up[0] || w->up[1]);
	world_free(w);
}

static void test_refused_step_rolls_back_what_was_done(void **state)
{
	struct world *w = world_new();

	(void)state;
	w->refuse = "two";
	boot(w);
	assert_true(w->ended);
	assert_int_equal(w->exit_code, EXIT_ROLLED_BACK);
	assert_true(w->up[0]); /* the last checkpoint is 'one' */
	assert_false(w->up[1]);
	world_free(w);
}

static void test_killed_at_every_row_of_a_rollback(void **state)
{
	struct world *w = world_new();
	size_t rows;

	(void)state;
	w->policy.rollback_to_start = true;
	w->refuse = "two";
	boot(w);
	assert_int_equal(w->exit_code, EXIT_ROLLED_BACK);
	rows = w->n;
	world_free(w);
	for (size_t k = 1; k <= rows; k++) {
		w = world_new();
		w->policy.rollback_to_start = true;
		w->refuse = "two";
		w->kill_at_row = k;
		boot(w);
		if (!w->dead)
			fail_msg("row %zu was not reached", k);
		if (k == rows) { /* the end itself was committed */
			world_free(w);
			continue;
		}
		boot(w);
		assert_true(w->ended);
		assert_int_equal(w->exit_code, EXIT_ROLLED_BACK);
		assert_false(w->up[0] || w->up[1]);
		world_free(w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forward),
		cmocka_unit_test(test_intent_is_committed_before_the_call),
		cmocka_unit_test(test_killed_at_every_row),
		cmocka_unit_test(test_killed_at_every_call),
		cmocka_unit_test(test_rollback_after_the_end),
		cmocka_unit_test(test_refused_step_rolls_back_what_was_done),
		cmocka_unit_test(test_killed_at_every_row_of_a_rollback),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
