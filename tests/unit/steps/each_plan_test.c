/*
 * each_plan_test.c - what holds of the program of every plan that there is
 *
 * Every plan of this tree that is valid is compiled.  What comes out is judged
 * by what any program has to be, not by what this plan wants.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <glob.h>

#include "adapters/azure/azure.h"
#include "adapters/bird/bird.h"
#include "adapters/frr/frr.h"
#include "adapters/libvirt/libvirt.h"
#include "adapters/strongswan/strongswan.h"
#include "orchestrator/plan/diag.h"
#include "orchestrator/steps/compile.h"
#include "orchestrator/steps/project.h"

static size_t compiled, refused, not_by_us;

static const struct target *target_of(const struct target *t, size_t n,
				      const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(t[i].name, name) == 0)
			return &t[i];
	return NULL;
}

struct judged {
	const char *path;
	const struct target *targets;
	size_t n_targets;
	const struct block *block;
};

#define SAY(j, s, what) fail_msg("%s: step '%s' %s", (j)->path, (s)->id, what)

/* A change names what it changes, on a target whose adapter can. */
static void check_ensure(const struct judged *j, const struct step *s)
{
	const struct target *t =
		s->target ? target_of(j->targets, j->n_targets, s->target)
			  : NULL;
	const struct adapter_ops *ops = t ? adapter_find(t->driver) : NULL;

	if (!ops)
		SAY(j, s, "has no target with an adapter");
	if (!s->want.n)
		SAY(j, s, "wants nothing");
	if (!s->timeout_ms)
		SAY(j, s, "has no time");
	for (size_t i = 0; i < s->want.n; i++)
		if (!(ops->kinds & RESOURCE_BIT(s->want.v[i].kind)))
			SAY(j, s, "wants what its adapter does not know");
	if (s->guarded && !(ops->caps & ADAPTER_CAP_TIMER))
		SAY(j, s, "is guarded on a target without a timer");
}

static void check_step(const struct judged *j, const struct step *s)
{
	size_t n = strlen(j->block->name);

	if (strncmp(s->id, j->block->name, n) != 0 || s->id[n] != '/')
		SAY(j, s, "is not named after its block");
	if (!s->title[0])
		SAY(j, s, "has no title");
	if (s->kind == STEP_ENSURE)
		check_ensure(j, s);
	if (s->kind == STEP_WAIT && !s->expect.n && !s->want.n && !s->keeps)
		SAY(j, s, "waits for nothing");
	if ((s->kind == STEP_CONFIRM || s->kind == STEP_SAVE) && !s->target)
		SAY(j, s, "has no target");
	for (size_t i = 0; i < s->expect.n; i++) {
		const struct expect *x = &s->expect.v[i];
		mem_auto_free char *text = expect_text(x);

		if (!strstr(text, x->name))
			SAY(j, s, "expects something without its name");
		if (!resource_set_find(&s->look, x->on, x->name) &&
		    !resource_set_find(&s->want, x->on, x->name))
			SAY(j, s, "expects what it does not look at");
	}
}

/* Armed targets are confirmed before the list ends, after its decision. */
static void check_timers(const struct judged *j, const struct step_vec *v)
{
	struct state_list armed = {0};
	bool decided = false;

	for (size_t i = 0; i < v->n; i++) {
		const struct step *s = &v->v[i];

		if (s->guarded && !state_list_has(&armed, s->target))
			state_list_add(&armed, s->target);
		decided |= s->kind == STEP_DECIDE;
		if (s->kind != STEP_CONFIRM)
			continue;
		if (!decided)
			SAY(j, s, "confirms what was not decided");
		for (size_t k = 0; k < armed.n; k++)
			if (strcmp(armed.v[k], s->target) == 0)
				state_list_remove(&armed, k--);
	}
	if (armed.n)
		fail_msg("%s: block '%s' leaves '%s' armed", j->path,
			 j->block->name, armed.v[0]);
	state_list_done(&armed);
}

static void check_list(const struct judged *j, const struct step_vec *v)
{
	for (size_t i = 0; i < v->n; i++) {
		check_step(j, &v->v[i]);
		for (size_t k = 0; k < i; k++)
			if (strcmp(v->v[i].id, v->v[k].id) == 0)
				SAY(j, &v->v[i], "is there twice");
	}
	check_timers(j, v);
}

static bool changes(const struct step_vec *v)
{
	for (size_t i = 0; i < v->n; i++)
		if (v->v[i].kind == STEP_ENSURE)
			return true;
	return false;
}

static void check_block(const struct judged *j)
{
	const struct block *b = j->block;
	const struct step *last =
		b->steps.n ? &b->steps.v[b->steps.n - 1] : NULL;
	bool records = false;

	for (size_t i = 0; i < b->steps.n; i++)
		records |= b->steps.v[i].kind == STEP_CHECKPOINT;
	if (!last || !records)
		fail_msg("%s: block '%s' records nothing", j->path, b->name);
	if (changes(&b->steps) && !changes(&b->undo) && !b->point_of_no_return)
		fail_msg("%s: block '%s' has no way back", j->path, b->name);
	check_list(j, &b->steps);
	check_list(j, &b->undo);
	check_list(j, &b->restore);
	for (size_t i = 0; i < b->n_retreat; i++)
		if (!target_of(j->targets, j->n_targets,
			       b->retreat[i].target) ||
		    !b->retreat[i].want.n)
			fail_msg("%s: block '%s' retreats to nothing", j->path,
				 b->name);
}

/* ---- the commands, offline ---- */

/* A step that was made needs nothing when it is asked for again. */
static size_t project(const struct judged *j, struct project *pr,
		      const struct step_vec *v)
{
	size_t parts = 0;

	for (size_t i = 0; i < v->n; i++) {
		struct changeset cs = {0}, again = {0};
		mem_auto_free char *note = NULL;
		err_auto e = ERR_INIT;

		if (!project_step(pr, &v->v[i], &cs, &note, &e) ||
		    !project_step(pr, &v->v[i], &again, NULL, &e)) {
			/* what the device's own files must say is said */
			assert_true(e.code == ERR_REFUSED ||
				    e.code == ERR_INVALID);
			assert_non_null(strstr(e.msg, v->v[i].id));
			not_by_us++;
		}
		if (v->v[i].kind != STEP_ENSURE && cs.n_forward)
			SAY(j, &v->v[i], "has commands and changes nothing");
		if (v->v[i].derive == STEP_AS_IS && again.n_forward)
			SAY(j, &v->v[i], "is never done");
		if (v->v[i].guarded && cs.n_forward && !cs.n_back)
			SAY(j, &v->v[i],
			    "arms a timer with nothing to go back by");
		parts += cs.n_forward;
		changeset_done(&cs);
		changeset_done(&again);
	}
	return parts;
}

/* There and back again. */
static void check_commands(struct judged *j, const struct plan *p,
			   const struct program *g)
{
	struct project pr;
	size_t parts = 0, ensures = 0;

	project_init(&pr, j->targets, j->n_targets);
	project_assume(&pr, p);
	for (size_t b = 0; b < g->n; b++) {
		j->block = &g->v[b];
		parts += project(j, &pr, &g->v[b].steps);
		ensures += changes(&g->v[b].steps);
	}
	if (ensures && !parts)
		fail_msg("%s: no command in all of it", j->path);
	for (size_t b = g->n; b-- > 0;) {
		j->block = &g->v[b];
		parts = project(j, &pr, &g->v[b].undo);
		if (changes(&g->v[b].undo) && changes(&g->v[b].steps) && !parts)
			fail_msg("%s: '%s' is undone by nothing", j->path,
				 g->v[b].name);
	}
	project_done(&pr);
}

static void check_program(const char *path, const struct plan *p,
			  const struct program *g)
{
	struct judged j = {.path = path};
	size_t waves = 0;

	j.targets = plan_targets(p, &j.n_targets);
	assert_string_equal(g->v[0].name, "start");
	for (size_t b = 0; b < g->n; b++) {
		j.block = &g->v[b];
		check_block(&j);
		waves += j.block->wave >= 0;
	}
	if (waves != p->n_waves)
		fail_msg("%s: %zu of %zu waves are moved", path, waves,
			 p->n_waves);
	for (size_t i = 0; i < g->n_watch; i++)
		if (!target_of(j.targets, j.n_targets, g->watch_target[i]))
			fail_msg("%s: '%s' is watched and is no target", path,
				 g->watch_target[i]);
	check_commands(&j, p, g);
	plan_targets_free((struct target *)j.targets, j.n_targets);
}

static void one_plan(const char *path)
{
	struct diag_list diags = {0};
	struct plan *p = plan_load(path, &diags);
	err_auto e = ERR_INIT;
	struct program *g = p ? steps_compile(p, &e) : NULL;

	if (g) {
		check_program(path, p, g);
		compiled++;
	} else if (p) { /* what no adapter can do is said, and why */
		assert_int_not_equal(e.code, ERR_NONE);
		assert_int_not_equal(e.code, ERR_INTERNAL);
		assert_true(e.msg[0]);
		refused++;
	}
	program_free(g);
	plan_free(p);
	diag_list_done(&diags);
}

static void test_each_plan(void **state)
{
	static const char *const where[] = {"plans/*.yaml", "tests/*/*.yaml",
					    "tests/*/*/*.yaml",
					    "tests/*/*/*/*.yaml"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(where); i++) {
		glob_t g;

		if (glob(where[i], 0, NULL, &g) != 0)
			continue;
		for (size_t k = 0; k < g.gl_pathc; k++)
			one_plan(g.gl_pathv[k]);
		globfree(&g);
	}
	print_message("# %zu compiled, %zu refused, %zu steps not ours\n",
		      compiled, refused, not_by_us);
	assert_true(compiled > 10 && not_by_us < compiled);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_plan),
	};

	adapter_register(&frr_adapter_ops);
	adapter_register(&bird_adapter_ops);
	adapter_register(&strongswan_adapter_ops);
	adapter_register(&libvirt_adapter_ops);
	adapter_register(&azure_adapter_ops);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
