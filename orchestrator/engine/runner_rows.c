/*
 * runner_rows.c - rows into the journal, and what becomes of a full disk
 *
 * Invariant: a row is told to anybody only after it is committed.  Where there
 * is no space the ballast is let go once, so that a way back can be journaled,
 * and the run holds: nothing new is begun on what is left.  Where even that is
 * used up the run ends where it stands, and timers on the devices run out.
 */
#include <string.h>

#include "orchestrator/base/clock.h"
#include "orchestrator/engine/runner_parts.h"

bool runner_append(struct runner *r, const char *kind, const char *step,
		   const char *body)
{
	struct runner_row row = {.kind = kind, .step = step, .body = body};
	struct journal *j = r->o->journal;
	err_auto e = ERR_INIT;
	bool ok =
		journal_append(j, r->o->run_id, kind, step, body, &row.seq, &e);

	if (!ok && journal_err_is(&e, JOURNAL_FULL)) {
		journal_release_ballast(j);
		r->no_space = true;
		err_done(&e);
		ok = journal_append(j, r->o->run_id, kind, step, body, &row.seq,
				    &e);
	}
	if (!ok) {
		err_move(r->fatal, &e);
		err_wrap(r->fatal, "the journal cannot be written, so nothing "
				   "more is done");
		r->ended = true;
		r->exit_code = EXIT_INTERNAL;
		return false;
	}
	row.wall_us = clock_wall_us();
	if (r->monitor)
		monitor_note(r->monitor, kind, step, body);
	if (r->o->on_row)
		r->o->on_row(r->o->arg, &row);
	runner_tell_row(r, &row);
	return true;
}

/* What the probes have counted so far, beside every step's end. */
void runner_measure(struct runner *r, const char *step)
{
	json_auto *samples = NULL;
	mem_auto_free char *body = NULL;

	if (!r->monitor || r->ended)
		return;
	monitor_turn(r->monitor, clock_mono_us());
	samples = monitor_samples(r->monitor);
	body = json_text_canonical(samples);
	runner_append(r, "measure", step, body);
}

void runner_commit(struct runner *r, struct action *a)
{
	struct event ev = {.kind = EVENT_COMMITTED, .call = a->call};
	bool done = strcmp(a->row_kind, "done") == 0;

	if (!runner_append(r, a->row_kind, a->row_step, a->row_body))
		return;
	if (done)
		runner_measure(r, a->row_step);
	if (r->ended)
		return;
	if (done && r->pace_ms) { /* the engine hears of it later */
		r->paced_call = a->call;
		r->paced_us = clock_mono_us() + (int64_t)r->pace_ms * 1000;
	} else {
		runner_feed(r, &ev);
	}
}

void runner_mind_space(struct runner *r)
{
	struct event ev = {.kind = EVENT_GUARD,
			   .verdict = GUARD_BLIND,
			   .text = "there is no space left for the journal but "
				   "what is kept for a way back: make space, "
				   "then 'cutover go'"};

	if (!r->no_space)
		return;
	r->no_space = false;
	runner_feed(r, &ev);
}
