/*
 * rehearsal_chance.c - what the seed decides
 *
 * A seed first draws how much trouble this cutover gets (none, little, much),
 * then when and what: the process dies, calls fail, devices reboot, guards
 * breach or see nothing, an operator interferes.  When its share of trouble is
 * used up the rest of the cutover must succeed by itself, but for the operator
 * who answers holds.
 *
 * The generator is splitmix64: the same everywhere.
 */
#include <string.h>

#include "orchestrator/engine/rehearsal_parts.h"

#define EVENT_GAP_US 500000000

static uint64_t draw(struct rehearsal *r)
{
	uint64_t z = r->chance.state += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

uint64_t chance_below(struct rehearsal *r, uint64_t n)
{
	return n ? draw(r) % n : 0;
}

static void next_event(struct rehearsal *r)
{
	struct due d = {.kind = DUE_CHANCE, .us = r->clock.mono_us};

	if (!r->chance.events)
		return;
	d.us += (int64_t)chance_below(r, chance_below(r, 3) ? EVENT_GAP_US / 25
							    : EVENT_GAP_US);
	rehearsal_due(r, &d);
}

void chance_begin(struct rehearsal *r)
{
	struct chance *c = &r->chance;

	*c = (struct chance){.state = r->o->seed};
	if (!r->o->seed)
		return;
	draw(r);
	c->deaths = (unsigned)chance_below(r, 5);
	c->events = (unsigned)chance_below(r, 4);
	c->death_in = 20u << chance_below(r, 6);
	if (!r->o->faults)
		return;
	c->faults = (unsigned)chance_below(r, 8);
	c->fault_in = 5u << chance_below(r, 6);
}

void chance_life(struct rehearsal *r)
{
	if (r->o->seed)
		next_event(r);
}

bool chance_death(struct rehearsal *r)
{
	if (!r->chance.deaths || chance_below(r, r->chance.death_in))
		return false;
	r->chance.deaths--;
	return true;
}

enum world_fault chance_fault(struct rehearsal *r, enum world_slot slot)
{
	(void)slot;
	if (!r->chance.faults || chance_below(r, r->chance.fault_in))
		return WORLD_WELL;
	r->chance.faults--;
	return 1 + (enum world_fault)chance_below(r, WORLD_FAULTS - 1);
}

/* ---- people ---- */

static void command(struct rehearsal *r, enum operator_command c,
		    const char *to)
{
	struct event ev = {.kind = EVENT_OPERATOR, .command = c, .text = to};

	rehearsal_say(r, "the operator: %s %s", operator_command_name(c),
		      to ? to : "");
	rehearsal_feed(r, &ev);
}

/* A checkpoint that has been recorded, or NULL for the default. */
static const char *some_checkpoint(struct rehearsal *r)
{
	const struct program *p = r->o->program;
	const char *name = p->v[chance_below(r, p->n)].name;

	return engine_can_go_back(r->engine, name) ? name : NULL;
}

static void rollback(struct rehearsal *r, const char *to)
{
	if (to && !engine_can_go_back(r->engine, to))
		return; /* the socket refuses it */
	command(r, OPERATOR_ROLLBACK, to);
}

/* The same step is tried three times, then the way back, then it is stuck. */
static bool insist(struct rehearsal *r)
{
	size_t progress = r->done_rows + r->result->faults + r->result->deaths;

	if (progress != r->tried_at) {
		r->tried_at = progress;
		r->tries = 0;
	}
	return ++r->tries <= 3;
}

void chance_operator(struct rehearsal *r)
{
	unsigned what = r->o->seed && (r->chance.events || r->chance.faults)
				? (unsigned)chance_below(r, 10)
				: 0;

	if (insist(r) && what < 7) {
		command(r, OPERATOR_GO, NULL);
	} else if (r->tries > 6) {
		json_auto *s = engine_status(r->engine);
		mem_auto_free char *text = json_text_canonical(s);

		rehearsal_break(r, "it is stuck: %s", text);
	} else if (r->tries > 3 &&
		   engine_can_go_back(r->engine, r->o->program->v[0].name)) {
		rollback(r, r->o->program->v[0].name);
	} else if (r->tries > 3) {
		command(r, OPERATOR_GO, NULL);
	} else if (what == 7 || what == 8) {
		r->tries--; /* who gives up has not tried to get on */
		command(r, what == 7 ? OPERATOR_ABORT : OPERATOR_STOP, NULL);
	} else {
		rollback(r, some_checkpoint(r));
	}
}

/* ---- things that happen ---- */

static void guard(struct rehearsal *r, enum guard_verdict v)
{
	struct event ev = {
		.kind = EVENT_GUARD,
		.verdict = v,
		.hold_on_breach = chance_below(r, 4) == 0,
		.text = v == GUARD_BREACH ? "packets are lost"
					  : "no probe can be seen",
	};

	rehearsal_say(r, "a guard: %s", ev.text);
	if (v == GUARD_BREACH)
		r->o->world->excuse(r->world);
	rehearsal_feed(r, &ev);
}

static void happen(struct rehearsal *r)
{
	static const enum operator_command wishes[] = {
		OPERATOR_HOLD, OPERATOR_HOLD, OPERATOR_GO, OPERATOR_ABORT,
		OPERATOR_STOP};
	size_t target = chance_below(r, r->n_targets);

	switch (chance_below(r, r->o->reboots ? 8 : 6)) {
	case 0:
		guard(r, GUARD_BREACH);
		break;
	case 1:
		guard(r, GUARD_BLIND);
		break;
	case 2:
		rollback(r, some_checkpoint(r));
		break;
	case 6:
	case 7:
		if (r->o->world->reboot(r->world, target))
			rehearsal_say(r, "'%s' reboots",
				      r->targets[target].name);
		break;
	default:
		command(r, wishes[chance_below(r, ARRAY_LEN(wishes))], NULL);
	}
}

void chance_event(struct rehearsal *r)
{
	if (!r->chance.events)
		return;
	r->chance.events--;
	happen(r);
	if (!r->dead && !r->ended)
		next_event(r);
}

/* ---- after the process has ended by itself ---- */

static void ask(struct rehearsal *r, const char *to)
{
	r->ask_rollback = true;
	r->ask_to = to;
}

/* Who asked for the way back sees that it was not begun, and asks again. */
void chance_ask_again(struct rehearsal *r)
{
	if (!r->rolled || r->o->seed)
		return;
	for (size_t i = 0; i < r->n_rows; i++)
		if (strcmp(r->rows[i].kind, "rollback") == 0)
			return;
	ask(r, r->o->then_back_to);
}

static void by_plan(struct rehearsal *r)
{
	if (r->o->then_back_to && !r->rolled && r->exit_code == EXIT_DONE) {
		r->rolled = true;
		ask(r, r->o->then_back_to);
	} else if (r->exit_code != EXIT_HOLDING) {
		r->over = true;
	} else if (!insist(r)) {
		rehearsal_break(r, "it ends holding, again and again");
	}
}

void chance_after_end(struct rehearsal *r)
{
	const struct program *p = r->o->program;

	rehearsal_say(r, "cutover ends with exit code %d", r->exit_code);
	if (!r->o->seed) {
		by_plan(r);
		return;
	}
	if (r->exit_code == EXIT_HOLDING) {
		if (r->tries > 6)
			rehearsal_break(r, "it ends holding, again and again");
		else if (!insist(r) || chance_below(r, 4) == 0)
			ask(r, p->v[0].name);
	} else if (r->exit_code == EXIT_DONE && !r->rolled &&
		   chance_below(r, 3) == 0) {
		r->rolled = true;
		ask(r, p->v[chance_below(r, p->n)].name);
	} else {
		r->over = true;
	}
	r->clock.mono_us += (int64_t)chance_below(r, 600000000);
}
