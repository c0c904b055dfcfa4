/*
 * rehearsal.c - the lives of a process that carries out a cutover
 *
 * A life: a new engine replays the rows that there are, hears BEGIN, and then
 * whatever is due next happens, one thing at a time: a job reaches its device
 * and is answered, a timer runs out, somebody interferes.  Before it, the
 * world moves on to that moment.  Death leaves rows and world, and takes
 * everything else; a device call that is under way is done or not done, as the
 * point says.
 *
 * What a job does to a device happens at the moment it is answered; how long
 * it takes is chance's choice, so jobs of several targets overtake each other.
 */
#include <string.h>

#include "orchestrator/engine/rehearsal_parts.h"

#define START_US 3600000000000 /* the clock is never near 0 */
#define LIVES_MAX 60
#define TURNS_MAX 400000

void rehearsal_say(struct rehearsal *r, const char *fmt, ...)
{
	va_list ap;

	if (!r->o->log)
		return;
	buf_printf(r->o->log, "%11.3f ",
		   (double)(r->clock.mono_us - START_US) / 1e6);
	va_start(ap, fmt);
	{
		mem_auto_free char *s = mem_vformat(fmt, ap);

		buf_printf(r->o->log, "%s\n", s);
	}
	va_end(ap);
}

void rehearsal_due(struct rehearsal *r, const struct due *d)
{
	MEM_GROW(r->due, r->n_due, r->cap_due);
	r->due[r->n_due] = *d;
	r->due[r->n_due].order = r->order++;
	r->n_due++;
}

bool rehearsal_point(struct rehearsal *r)
{
	size_t n = ++r->result->points;

	if (r->dead)
		return true;
	for (size_t i = 0; i < ARRAY_LEN(r->o->die_at); i++)
		r->dead |= r->o->die_at[i] == n;
	r->dead |= r->o->seed && chance_death(r);
	if (r->dead)
		rehearsal_say(r, "cutover dies (point %zu)", n);
	return r->dead;
}

/* Every call of an adapter that reaches a device comes by here. */
static enum world_fault on_call(void *arg, const char *target,
				enum world_slot slot)
{
	struct rehearsal *r = arg;
	enum world_fault f = WORLD_WELL;
	size_t n, many = r->o->fault_for ? r->o->fault_for : 1;

	r->dead |= r->dying;
	if (r->dead || rehearsal_point(r))
		return WORLD_DEAD;
	n = ++r->result->calls;
	if (n == r->o->reboot_at)
		r->result->rebooted =
			r->o->world->reboot(r->world, r->o->reboot_target);
	if (r->o->seed)
		f = chance_fault(r, slot);
	else if (r->o->fault_at && n >= r->o->fault_at &&
		 n < r->o->fault_at + many)
		f = r->o->fault;
	if (n == r->o->fault_at)
		r->result->fault_slot = slot;
	if (f != WORLD_WELL) {
		r->result->faults++;
		rehearsal_say(r, "'%s' %s: %s", target, world_slot_name(slot),
			      world_fault_name(f));
	}
	/* the point after this call: it is done, nobody hears the answer */
	if (rehearsal_point(r)) {
		r->dead = false;
		r->dying = true;
	}
	return f;
}

void rehearsal_feed(struct rehearsal *r, const struct event *ev)
{
	struct action_list out = {0};

	engine_feed(r->engine, ev, &out);
	for (size_t i = 0; i < out.n && !r->dead && !r->ended; i++)
		rehearsal_execute(r, &out.v[i]);
	action_list_done(&out);
}

/* ---- a life ---- */

/* Three times in the time of a dead-man timer, as the runner does. */
static void next_tick(struct rehearsal *r)
{
	struct due d = {.kind = DUE_TICK, .us = r->clock.mono_us};

	d.us += (int64_t)r->o->policy.dead_man_s * 1000000 / 3;
	if (r->o->policy.dead_man_s)
		rehearsal_due(r, &d);
}

static void process_begin(struct rehearsal *r)
{
	struct event begin = {.kind = EVENT_BEGIN};
	struct event back = {.kind = EVENT_OPERATOR,
			     .command = OPERATOR_ROLLBACK,
			     .text = r->ask_to};
	err_auto e = ERR_INIT;

	r->result->lives++;
	r->rows_before = r->n_rows;
	r->dead = r->dying = r->ended = false;
	r->engine = engine_new(r->o->program, &r->o->policy);
	for (size_t i = 0; i < r->n_rows; i++)
		if (!engine_replay(r->engine, r->rows[i].kind, r->rows[i].step,
				   r->rows[i].body, &e)) {
			rehearsal_break(r, "row %zu cannot be replayed: %s", i,
					err_msg(&e));
			r->dead = true;
			return;
		}
	for (size_t i = 0; i < r->n_targets; i++)
		r->lanes[i] = job_lane_new(&r->targets[i],
					   r->o->world->adapter(r->world, i),
					   r->o->plan->timeouts.command_ms);
	rehearsal_say(r, "cutover starts%s%s",
		      r->ask_rollback ? ", to roll back to " : "",
		      r->ask_rollback && r->ask_to ? r->ask_to : "");
	if (r->ask_rollback && engine_can_go_back(r->engine, r->ask_to))
		rehearsal_feed(r, &back);
	else if (r->ask_rollback)
		rehearsal_say(r, "there is no way back to it");
	r->ask_rollback = false;
	rehearsal_feed(r, &begin);
	next_tick(r);
	chance_life(r);
}

static void process_end(struct rehearsal *r)
{
	for (size_t i = 0; i < r->n_targets; i++) {
		job_lane_free(r->lanes[i]);
		r->lanes[i] = NULL;
	}
	for (size_t i = 0; i < r->n_due; i++)
		if (r->due[i].kind == DUE_JOB)
			job_done(&r->due[i].job);
	r->n_due = 0;
	r->operator_due = false;
	json_decref(r->snapshot);
	free(r->snapshot_why);
	r->snapshot = NULL;
	r->snapshot_why = NULL;
	r->snapshot_call = 0;
	engine_free(r->engine);
	r->engine = NULL;
}

static void move_to(struct rehearsal *r, int64_t us)
{
	mem_auto_free char *news = NULL;

	r->clock.wall_us += us - r->clock.mono_us;
	r->clock.mono_us = us;
	r->o->world->advance(r->world, us);
	news = r->o->world->news(r->world);
	if (news)
		rehearsal_say(r, "%.*s", (int)strcspn(news, "\n"), news);
}

static struct due take_next(struct rehearsal *r)
{
	struct due d;
	size_t at = 0;

	for (size_t i = 1; i < r->n_due; i++)
		if (r->due[i].us < r->due[at].us ||
		    (r->due[i].us == r->due[at].us &&
		     r->due[i].order < r->due[at].order))
			at = i;
	d = r->due[at];
	r->due[at] = r->due[--r->n_due];
	return d;
}

/* A hold waits for somebody. */
static void call_operator(struct rehearsal *r)
{
	struct due d = {.kind = DUE_OPERATOR, .us = r->clock.mono_us};

	if (r->operator_due || engine_phase(r->engine) != PHASE_HOLD)
		return;
	/* nobody gives up while a device boots */
	d.us += r->o->seed	  ? (int64_t)chance_below(r, 400000000)
		: r->o->reboot_at ? 12000000
				  : 1000000;
	rehearsal_due(r, &d);
	r->operator_due = true;
}

static void turn(struct rehearsal *r)
{
	struct event timer = {.kind = EVENT_TIMER};
	struct event tick = {.kind = EVENT_TICK};
	struct due d = take_next(r);

	move_to(r, d.us > r->clock.mono_us ? d.us : r->clock.mono_us);
	switch (d.kind) {
	case DUE_JOB:
		rehearsal_job(r, &d);
		job_done(&d.job);
		break;
	case DUE_TIMER:
		timer.call = d.call;
		rehearsal_feed(r, &timer);
		break;
	case DUE_TICK:
		rehearsal_feed(r, &tick);
		next_tick(r);
		break;
	case DUE_OPERATOR:
		r->operator_due = false;
		if (engine_phase(r->engine) == PHASE_HOLD)
			chance_operator(r);
		break;
	case DUE_CHANCE:
		chance_event(r);
		break;
	}
	check_event(r);
}

static void live(struct rehearsal *r)
{
	size_t turns = 0;

	process_begin(r);
	while (!r->dead && !r->ended && !r->over) {
		call_operator(r);
		if (!r->n_due) {
			rehearsal_break(
				r,
				"nothing is due and nobody is asked "
				"(phase '%s')",
				engine_phase_name(engine_phase(r->engine)));
			break;
		}
		turn(r);
		if (++turns > TURNS_MAX)
			rehearsal_break(r, "this does not end");
	}
	if (!r->over)
		check_life(r);
	process_end(r);
}

/* It died, but it had written that it ends. */
static bool had_ended(struct rehearsal *r)
{
	const struct rehearsal_row *last =
		r->n_rows ? &r->rows[r->n_rows - 1] : NULL;
	json_auto *j = NULL;

	if (r->n_rows == r->rows_before || strcmp(last->kind, "end") != 0)
		return false;
	j = json_text_parse(last->body, strlen(last->body), NULL);
	r->exit_code = (int)json_peek_int(j, "exit", EXIT_INTERNAL);
	return true;
}

static void away(struct rehearsal *r)
{
	int64_t us = r->o->away_us ? r->o->away_us : 1000000;

	r->result->deaths++;
	chance_ask_again(r);
	if (r->o->seed) /* mostly soon, at times long after every timer */
		us = chance_below(r, 4) ? (int64_t)chance_below(r, 60000000)
					: (int64_t)chance_below(r, 900000000);
	move_to(r, r->clock.mono_us + us);
	check_event(r);
}

/* ---- the whole ---- */

static void begin(struct rehearsal *r)
{
	r->clock = (struct clock_virtual){.mono_us = START_US,
					  .wall_us = 1796508000000000};
	clock_virtual_use(&r->clock);
	chance_begin(r);
	r->world = r->o->world->make(r->o->plan, on_call, r);
	r->targets = r->o->world->targets(r->world, &r->n_targets);
	r->lanes = mem_calloc(r->n_targets, sizeof(struct job_lane *));
}

static void end(struct rehearsal *r)
{
	struct rehearsal_result *to = r->result;

	to->kept = !to->broken;
	to->exit_code = r->exit_code;
	to->rows = r->n_rows;
	to->virtual_us = r->clock.mono_us - START_US;
	to->lost_us = r->o->world->lost_us(r->world);
	for (size_t i = 0; i < r->o->world->changes(r->world); i++)
		state_list_add(&to->changes, r->o->world->change(r->world, i));
	for (size_t i = 0; i < r->n_targets; i++)
		state_list_add(&to->images, r->o->world->image(r->world, i));
	r->o->world->free(r->world);
	clock_virtual_use(NULL);
	for (size_t i = 0; i < r->n_rows; i++) {
		free(r->rows[i].kind);
		free(r->rows[i].step);
		free(r->rows[i].body);
	}
	free(r->rows);
	free(r->due);
	free(r->lanes);
}

static void run(struct rehearsal *r)
{
	begin(r);
	while (!r->over) {
		live(r);
		if (r->over)
			break;
		if (r->dead && !had_ended(r))
			away(r);
		else
			chance_after_end(r);
		if (r->result->lives > LIVES_MAX)
			rehearsal_break(r, "it is never over: %zu lives",
					r->result->lives);
	}
	if (!r->result->broken)
		check_end(r);
	end(r);
}

void rehearsal_run(const struct rehearsal_options *o,
		   struct rehearsal_result *ret)
{
	struct rehearsal r = {.o = o, .result = ret};

	*ret = (struct rehearsal_result){0};
	run(&r);
}

void rehearsal_result_done(struct rehearsal_result *r)
{
	free(r->broken);
	state_list_done(&r->changes);
	state_list_done(&r->images);
}

/* ---- the reference ---- */

void rehearsal_record(struct rehearsal *r, const char *checkpoint)
{
	if (!r->recording)
		return;
	state_list_add(&r->recording->names, checkpoint);
	for (size_t i = 0; i < r->n_targets; i++)
		state_list_add(&r->recording->images,
			       r->o->world->image(r->world, i));
}

bool rehearsal_reference_make(const struct rehearsal_options *o,
			      struct rehearsal_reference *ret, char **ret_why)
{
	struct rehearsal_result result = {0};
	struct rehearsal_options calm = *o;
	struct rehearsal r = {.o = &calm, .result = &result, .recording = ret};
	bool ok;

	*ret = (struct rehearsal_reference){0};
	calm.seed = calm.fault_at = 0;
	memset(calm.die_at, 0, sizeof(calm.die_at));
	calm.then_back_to = NULL;
	run(&r);
	ret->n_targets = result.images.n;
	ret->points = result.points;
	ret->calls = result.calls;
	ret->rows = result.rows;
	ret->changes = result.changes;
	result.changes = (struct state_list){0};
	ok = result.kept && result.exit_code == EXIT_DONE;
	*ret_why = NULL;
	if (!ok)
		*ret_why = result.broken
				   ? mem_strdup(result.broken)
				   : mem_format("it ends with exit code %d",
						result.exit_code);
	rehearsal_result_done(&result);
	return ok;
}

void rehearsal_reference_done(struct rehearsal_reference *r)
{
	state_list_done(&r->names);
	state_list_done(&r->images);
	state_list_done(&r->changes);
}

char *const *rehearsal_reference_at(const struct rehearsal_reference *r,
				    const char *checkpoint)
{
	for (size_t i = 0; i < r->names.n; i++)
		if (strcmp(r->names.v[i], checkpoint) == 0)
			return &r->images.v[i * r->n_targets];
	return NULL;
}
