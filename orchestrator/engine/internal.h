/*
 * internal.h - what the engine's own files share; private to the engine
 *
 *	engine.c    life, events in, rows that were committed
 *	walk.c      one step after the other, forward and back
 *	change.c    one change: prepare, intent, apply, outcome, verify
 *	kept.c      is a device still what the block has made of it?
 *	operator.c  wishes of people, verdicts of guards
 *	emergency.c dead-man timers, and the way back when traffic is lost
 *
 * One owner feeds it; nothing here is thread-safe or does I/O.
 */
#ifndef CUTOVER_ENGINE_INTERNAL_H
#define CUTOVER_ENGINE_INTERNAL_H

#include <string.h>

#include "orchestrator/engine/engine.h"
#include "orchestrator/engine/fold.h"
#include "orchestrator/engine/rows.h"

struct engine {
	const struct program *program;
	struct engine_policy policy;
	struct fold fold;
	enum engine_phase phase;
	int64_t calls;	 /* last call id given out */
	int64_t waiting; /* call id whose answer counts */
	int64_t budget;	 /* looks left in this wait */
	char *row_kind, *row_step;
	json_t *row_body; /* what is being committed */
	char *why;	  /* last reason */
	bool want_hold, want_stop, want_rollback, want_refuse;
	bool refuse_asked; /* want_refuse is an operator's, not a guard's */
	struct resource_set derived; /* want of a step that was satisfied */
	bool saved;		     /* SAVE: it is, and looked at once more */
	bool vnet_due; /* a change was made since the last look at it */
	char *rollback_to, *rollback_why;
	char *hold_why; /* of a guard; NULL: the operator's */
	int exit_code;
	/* emergency.c */
	bool row_out;		 /* a row is being committed */
	int want_emergency;	 /* goal, once that row is there; or -1 */
	int emergency_to;	 /* goal of the one under way */
	int64_t first_call;	 /* of the answers that are awaited */
	size_t answers;		 /* how many are still out */
	json_t *results;	 /* those that came */
	int64_t late_call;	 /* a change that was under way; 0: none */
	struct state_list fired; /* targets that took their changes back */
	bool confirmed; /* at BEGIN: the confirm under way had been done */
	uint8_t *blind; /* renewals in a row unanswered, a target */
	struct action_list *out; /* only during engine_feed() */
};

/* engine.c */
void engine_set_phase(struct engine *g, enum engine_phase phase);
struct action *engine_emit(struct engine *g, enum action_kind kind,
			   enum engine_phase phase);
/* Beside what is awaited: neither phase nor awaited call change. */
struct action *engine_emit_aside(struct engine *g, enum action_kind kind);
/* Asks for a durable row; it takes effect when it is committed. */
void engine_append(struct engine *g, enum engine_phase phase, const char *kind,
		   json_t *body);
void engine_set_why(struct engine *g, const char *why);
void engine_hold(struct engine *g, const char *why, bool for_step);
void engine_finish(struct engine *g, const char *result, int code);

/* walk.c */
void engine_next_step(struct engine *g);
/* Of a step that names a state and got no answer; it holds in the end. */
void engine_ask_again(struct engine *g, const char *why);
/* Between two looks of a step. */
uint32_t engine_poll_ms(const struct engine *g, const struct step *s);
void engine_step_start(struct engine *g, const struct step *s);
void engine_step_failed(struct engine *g, const char *why);
void engine_after_failure(struct engine *g);
void engine_begin_rollback(struct engine *g, const char *to, const char *why);
const char *engine_default_goal(const struct engine *g);
/* BEGIN is committed: go on where the rows end. */
void engine_resume_at(struct engine *g);
void engine_on_timer(struct engine *g);
void engine_on_vnet(struct engine *g, const struct event *ev);
void engine_on_snapshot(struct engine *g, const struct event *ev);
void engine_on_confirmed(struct engine *g, const struct event *ev);

/* change.c */
void engine_prepare(struct engine *g);
void engine_verify(struct engine *g);
void engine_settle(struct engine *g);
void engine_poll(struct engine *g);
void engine_on_intent(struct engine *g);
void engine_on_outcome(struct engine *g);
void engine_on_settled(struct engine *g);
void engine_on_prepared(struct engine *g, const struct event *ev);
void engine_on_applied(struct engine *g, const struct event *ev);
void engine_on_observed(struct engine *g, const struct event *ev);

/* kept.c */
void engine_save(struct engine *g);
/* Asks, where there is something to be kept; false: there is not. */
bool engine_look_kept(struct engine *g);
void engine_on_kept(struct engine *g, const struct event *ev);
/* True: a device has lost what was made of it, and that is dealt with. */
bool engine_lacks_before_record(struct engine *g, const json_t *states);
bool engine_lacks(struct engine *g, const struct event *prepared);
bool engine_lost_change(struct engine *g, const struct event *observed);

/* compare.c */
/* True: somebody else changed a device; it holds, or is accepted. */
bool engine_drifted(struct engine *g, const json_t *now);
/* At the end of a rollback. */
void engine_on_compare(struct engine *g, const struct event *ev);

/* foretold.c */
bool engine_is_foretold(const struct engine *g, const struct resource_set *seen,
			struct buf *why);
void engine_hold_foretold(struct engine *g, const char *differs);
/* True: it holds. */
bool engine_differs_before_record(struct engine *g, const json_t *states);

/* operator.c */
/* Wishes take effect between two steps, and at rest; true: one did. */
bool engine_obey(struct engine *g);
void engine_ask_rollback(struct engine *g, const char *to, const char *why);
bool engine_at_rest(const struct engine *g);
void engine_on_operator(struct engine *g, const struct event *ev);
void engine_on_guard(struct engine *g, const struct event *ev);

/* emergency.c */
/* Dead-man seconds of a target: staggered, so that not all fire at once. */
uint32_t engine_guard_seconds(const struct engine *g, const char *target);
/* At BEGIN: are the timers still what the rows say?  True: it asks. */
bool engine_ask_timers(struct engine *g);
/* Targets have taken changes back: their block is gone through anew. */
void engine_fired(struct engine *g);
void engine_on_tick(struct engine *g);
/* Straight back to `goal` (a block) because of `why`; false: what was awaited
 * goes on, there is nothing to go back from. */
bool engine_emergency(struct engine *g, int goal, const char *why);
void engine_emergency_again(struct engine *g); /* after a crash in it */
void engine_emergency_calls(struct engine *g); /* its row is committed */
/* An answer to one of several calls that are out at once; true: it was. */
bool engine_take_answer(struct engine *g, const struct event *ev);
void engine_late_committed(struct engine *g);
void engine_retreated_committed(struct engine *g);

#endif
