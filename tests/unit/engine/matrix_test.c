/*
 * The engine's transition table, as the real engine has it: every phase that
 * these courses come through, forward, back and with timers armed, beside every
 * event that can come in it, and what follows: the next phase and what is asked
 * for.  Compared with matrix.txt; UPDATE_GOLDEN=1 writes it anew.
 *
 * A phase is come to by feeding a course up to that moment; then, instead of
 * what would come next, the event of the cell is fed.
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

#define GOLDEN "tests/unit/engine/matrix.txt"

/* ---- courses ---- */

static struct world *plain(void)
{
	struct world *w = world_new(world_program_saves());

	w->reboot_at = "one/up-b";
	w->reboots = 1;
	return w;
}

static struct world *waves(void)
{
	struct world *w = world_new(world_program_waves());

	w->breach_at = "wave-b/soak";
	return w;
}

static struct world *late(void)
{
	struct world *w = world_new(world_program_waves());

	w->breach_in_apply = true;
	return w;
}

static struct world *refused(void)
{
	struct world *w = world_new(world_program_waves());

	w->refuse = "three";
	return w;
}

static struct world *drift(void)
{
	struct world *w = world_new(world_program_waves());

	w->drift_at = "wave-a/soak";
	return w;
}

static struct world *operation(void)
{
	struct world *w = world_new(world_program_waves());

	w->pending_polls = 2;
	return w;
}

static struct world *killed(void)
{
	struct world *w = world_new(world_program_waves());

	w->kill_at_apply = 2;
	return w;
}

static struct world *fired(void)
{
	struct world *w = world_new(world_program_waves());

	w->kill_at_row = 20;
	return w;
}

static const struct course {
	const char *name;
	struct world *(*make)(void);
} courses[] = {
	{"plain", plain},     {"waves", waves}, {"late", late},
	{"refused", refused}, {"drift", drift}, {"operation", operation},
	{"killed", killed},   {"fired", fired},
};

/* From the beginning to its end, or to where on_feed stops it. */
static void follow(struct world *w, const char *name, bool *stopped)
{
	world_boot(w);
	if (w->dead && !*stopped) {
		if (strcmp(name, "fired") == 0) {
			world_fire(w, 0);
			world_fire(w, 1);
		}
		world_boot(w);
	}
	if (!w->dead && !w->ended)
		world_command(w, OPERATOR_ACCEPT, NULL);
	if (!w->dead && w->ended && w->exit_code == EXIT_DONE) {
		w->ended = false;
		world_boot_back(w, "start");
	}
}

/* ---- events ---- */

static const struct cell {
	const char *name;
	struct event ev;
	bool answers; /* only what is awaited */
} cells[] = {
	{"committed", {.kind = EVENT_COMMITTED}, true},
	{"prepared: as wanted",
	 {.kind = EVENT_PREPARED, .ok = true, .satisfied = true},
	 true},
	{"prepared: cannot", {.kind = EVENT_PREPARED, .text = "no way"}, true},
	{"applied", {.kind = EVENT_APPLIED, .outcome = OUTCOME_APPLIED}, true},
	{"applied: unchanged",
	 {.kind = EVENT_APPLIED, .outcome = OUTCOME_UNCHANGED},
	 true},
	{"applied: refused",
	 {.kind = EVENT_APPLIED, .outcome = OUTCOME_REFUSED},
	 true},
	{"applied: retry",
	 {.kind = EVENT_APPLIED, .outcome = OUTCOME_RETRY},
	 true},
	{"applied: unknown",
	 {.kind = EVENT_APPLIED, .outcome = OUTCOME_UNKNOWN},
	 true},
	{"applied: pending",
	 {.kind = EVENT_APPLIED, .outcome = OUTCOME_PENDING, .token = "t"},
	 true},
	{"observed: as wanted",
	 {.kind = EVENT_OBSERVED, .ok = true, .satisfied = true},
	 true},
	{"observed: otherwise", {.kind = EVENT_OBSERVED, .ok = true}, true},
	{"observed: blind", {.kind = EVENT_OBSERVED, .text = "blind"}, true},
	{"confirmed",
	 {.kind = EVENT_CONFIRMED, .ok = true, .outcome = OUTCOME_APPLIED},
	 true},
	{"confirmed: refused",
	 {.kind = EVENT_CONFIRMED, .ok = true, .outcome = OUTCOME_REFUSED},
	 true},
	{"confirmed: unknown",
	 {.kind = EVENT_CONFIRMED, .ok = true, .outcome = OUTCOME_UNKNOWN},
	 true},
	{"snapshot: blind", {.kind = EVENT_SNAPSHOT, .text = "blind"}, true},
	{"retreated",
	 {.kind = EVENT_RETREATED, .ok = true, .outcome = OUTCOME_APPLIED},
	 true},
	{"retreated: refused",
	 {.kind = EVENT_RETREATED, .ok = true, .outcome = OUTCOME_REFUSED},
	 true},
	{"retreated: unknown",
	 {.kind = EVENT_RETREATED, .ok = true, .outcome = OUTCOME_UNKNOWN},
	 true},
	{"renewed",
	 {.kind = EVENT_RENEWED, .ok = true, .outcome = OUTCOME_APPLIED},
	 true},
	{"renewed: had run out",
	 {.kind = EVENT_RENEWED, .ok = true, .outcome = OUTCOME_REFUSED},
	 true},
	{"renewed: not reached",
	 {.kind = EVENT_RENEWED, .ok = true, .outcome = OUTCOME_RETRY},
	 true},
	{"timer", {.kind = EVENT_TIMER}, true},
	{"a stale answer", {.kind = EVENT_TIMER, .call = 9999}, false},
	{"go", {.kind = EVENT_OPERATOR, .command = OPERATOR_GO}, false},
	{"hold", {.kind = EVENT_OPERATOR, .command = OPERATOR_HOLD}, false},
	{"abort", {.kind = EVENT_OPERATOR, .command = OPERATOR_ABORT}, false},
	{"rollback",
	 {.kind = EVENT_OPERATOR, .command = OPERATOR_ROLLBACK},
	 false},
	{"accept", {.kind = EVENT_OPERATOR, .command = OPERATOR_ACCEPT}, false},
	{"stop", {.kind = EVENT_OPERATOR, .command = OPERATOR_STOP}, false},
	{"breach",
	 {.kind = EVENT_GUARD, .verdict = GUARD_BREACH, .text = "lost"},
	 false},
	{"breach that holds",
	 {.kind = EVENT_GUARD,
	  .verdict = GUARD_BREACH,
	  .hold_on_breach = true,
	  .text = "lost"},
	 false},
	{"blind",
	 {.kind = EVENT_GUARD, .verdict = GUARD_BLIND, .text = "blind"},
	 false},
	{"tick", {.kind = EVENT_TICK}, false},
	{"timer of edge1 lost",
	 {.kind = EVENT_RENEWED, .target = "edge1", .outcome = OUTCOME_REFUSED},
	 false},
	{"edge1 not reached",
	 {.kind = EVENT_RENEWED, .target = "edge1", .outcome = OUTCOME_RETRY},
	 false},
};

/* ---- states ---- */

struct state {
	char name[96];
	enum event_kind awaited; /* what would come next */
	size_t course, feed;
};

struct states {
	struct state v[128];
	size_t n;
};

struct scan {
	struct states *states;
	size_t course, feed;
};

static void name_state(const struct world *w, char *ret, size_t size)
{
	json_auto *st = engine_status(w->engine);

	snprintf(ret, size, "%s%s%s",
		 engine_phase_name(engine_phase(w->engine)),
		 json_peek_bool(st, "back", false) ? ", going back" : "",
		 json_peek(st, "armed") ? ", armed" : "");
}

static bool note_state(struct world *w, const struct event *ev, void *arg)
{
	struct scan *s = arg;
	struct state x = {
		.awaited = ev->kind, .course = s->course, .feed = ++s->feed};

	name_state(w, x.name, sizeof(x.name));
	if (ev->kind == EVENT_TICK || ev->kind == EVENT_OPERATOR ||
	    ev->kind == EVENT_GUARD)
		return true;
	for (size_t i = 0; i < s->states->n; i++)
		if (strcmp(s->states->v[i].name, x.name) == 0 &&
		    s->states->v[i].awaited == x.awaited)
			return true;
	assert_true(s->states->n < ARRAY_LEN(s->states->v));
	s->states->v[s->states->n++] = x;
	return true;
}

/* ---- cells ---- */

struct probe {
	const struct state *state;
	const struct cell *cell;
	size_t feed;
	bool done;
	struct buf *out;
};

static const char *action_name(enum action_kind kind)
{
	static const char *const names[] = {
		[ACTION_APPEND] = "row",	[ACTION_PREPARE] = "prepare",
		[ACTION_APPLY] = "apply",	[ACTION_SETTLE] = "settle",
		[ACTION_OBSERVE] = "observe",	[ACTION_CONFIRM] = "confirm",
		[ACTION_SAVE] = "save",		[ACTION_SNAPSHOT] = "snapshot",
		[ACTION_VNET] = "look at vnet", [ACTION_TIMER] = "wait",
		[ACTION_END] = "end",		[ACTION_POLL] = "poll",
		[ACTION_RENEW] = "renew",	[ACTION_RETREAT] = "retreat",
	};

	return names[kind];
}

static void describe(const struct action_list *l, struct buf *out)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct action *a = &l->v[i];
		const char *on =
			a->kind == ACTION_APPEND ? a->row_kind : a->target;

		buf_printf(out, "%s%s%s%s", i ? ", " : "; ",
			   action_name(a->kind), on ? " " : "", on ? on : "");
	}
}

static bool feed_cell(struct world *w, const struct event *ev, void *arg)
{
	struct probe *p = arg;
	struct event x = p->cell->ev;
	struct resource_set none = {0};
	struct action_list out = {0};
	char next[96];

	if (++p->feed < p->state->feed)
		return true;
	if (p->cell->answers) {
		x.call = ev->call;
		x.target = ev->target;
		x.before = &none;
		x.want = &none;
	}
	engine_feed(w->engine, &x, &out);
	name_state(w, next, sizeof(next));
	buf_printf(p->out, "  %-22s -> %s", p->cell->name,
		   strcmp(next, p->state->name) ? next : "the same");
	describe(&out, p->out);
	buf_puts(p->out, "\n");
	action_list_done(&out);
	p->done = true;
	return false;
}

static void run_cell(const struct state *s, const struct cell *c,
		     struct buf *out)
{
	const struct course *course = &courses[s->course];
	struct world *w = course->make();
	struct probe p = {.state = s, .cell = c, .out = out};

	w->on_feed = feed_cell;
	w->on_feed_arg = &p;
	follow(w, course->name, &p.done);
	assert_true(p.done);
	world_free(w);
}

static void find_states(struct states *ret)
{
	for (size_t i = 0; i < ARRAY_LEN(courses); i++) {
		struct world *w = courses[i].make();
		struct scan scan = {.states = ret, .course = i};
		bool never = false;

		w->on_feed = note_state;
		w->on_feed_arg = &scan;
		follow(w, courses[i].name, &never);
		world_free(w);
	}
}

static void write_table(struct buf *out)
{
	struct states states = {0};

	find_states(&states);
	for (size_t i = 0; i < states.n; i++) {
		const struct state *s = &states.v[i];

		buf_printf(out, "%s\n", s->name);
		for (size_t k = 0; k < ARRAY_LEN(cells); k++)
			if (!cells[k].answers || cells[k].ev.kind == s->awaited)
				run_cell(s, &cells[k], out);
		buf_puts(out, "\n");
	}
}

static char *text_of(const char *path)
{
	FILE *f = fopen(path, "rb");
	buf_auto b = BUF_INIT;
	char part[4096];
	size_t n;

	if (!f)
		fail_msg("%s is not there: UPDATE_GOLDEN=1 writes it", path);
	while ((n = fread(part, 1, sizeof(part), f)) > 0)
		buf_add(&b, part, n);
	fclose(f);
	return buf_steal(&b);
}

/* The first line that differs says more than all of them. */
static void compare(const char *want, const char *have)
{
	size_t line = 1, w, h;

	while (*want || *have) {
		w = strcspn(want, "\n");
		h = strcspn(have, "\n");
		if (w != h || strncmp(want, have, w) != 0)
			fail_msg(GOLDEN ":%zu: expected\n%.*s\ngot\n%.*s", line,
				 (int)w, want, (int)h, have);
		want += w + (want[w] == '\n');
		have += h + (have[h] == '\n');
		line++;
	}
}

static void test_matrix(void **state)
{
	buf_auto have = BUF_INIT;
	mem_auto_free char *want = NULL;

	(void)state;
	write_table(&have);
	if (getenv("UPDATE_GOLDEN")) {
		FILE *f = fopen(GOLDEN, "wb");

		assert_non_null(f);
		fputs(buf_str(&have), f);
		fclose(f);
	}
	want = text_of(GOLDEN);
	compare(want, buf_str(&have));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_matrix)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
