/*
 * engine.h - the pure state machine that walks a program
 *
 * engine_feed(event) -> actions.  No I/O, no clock, no threads, no vendor: the
 * runner executes actions and feeds the answers back; a rehearsal does the same
 * with the twin behind the adapters.  The engine remembers only what journal
 * rows say (fold.h); engine_replay() with the rows of a run gives the same
 * engine, which is how a run is resumed.
 *
 *	BEGIN -> TIMERS -> STEP -> PREPARE -> INTENT -> APPLY <-> POLL
 *	                   ^ |        |                   |
 *	                   | |  (satisfied)            OUTCOME -> SETTLE
 *	                   | |        v                   v          |
 *	                   | |      VERIFY <-> PAUSE <----+----------+
 *	                   | |        v
 *	                   | +-> SOAK, HOLD, SAVE, SNAPSHOT, CONFIRM
 *	                   +--------- DONE -> VNET
 *
 *	SAVE: KEPT -> SAVE -> KEPT -> DONE, or REWOUND: to the block's first
 *STEP
 *
 *	a breach, from any phase: EMERGENCY (all edges at once) -> RETREATED ->
 *	rollback through the restore list of the block that is gone back to
 *
 * Dead-man timers: a guarded change arms one on its device, and it stays armed
 * (renewed at every EVENT_TICK) until the block's decision is committed and
 * its CONFIRM steps are done.
 *
 * Law: an intent row is committed before the device call, the outcome row
 * after it.  A step whose intent has no outcome is UNKNOWN and is settled by
 * fencing and observing, never by repeating.
 */
#ifndef CUTOVER_ENGINE_ENGINE_H
#define CUTOVER_ENGINE_ENGINE_H

#include "orchestrator/engine/event.h"
#include "orchestrator/steps/foretold.h"

enum engine_phase {
	PHASE_IDLE,
	PHASE_STEP, /* 'step' row under way */
	PHASE_PREPARE,
	PHASE_INTENT,
	PHASE_APPLY,
	PHASE_PENDING_ROW, /* the token of a long operation */
	PHASE_POLL_PAUSE,
	PHASE_POLL,
	PHASE_OUTCOME,
	PHASE_SETTLE,
	PHASE_SETTLED,
	PHASE_VERIFY,
	PHASE_PAUSE,
	PHASE_CONFIRM,
	PHASE_SOAK,
	PHASE_HOLD_ROW,
	PHASE_HOLD,
	PHASE_GO_ROW,
	PHASE_SAVE,
	PHASE_KEPT,	   /* is the device still what the block made of it? */
	PHASE_REWOUND_ROW, /* it is not: the block is gone through anew */
	PHASE_SNAPSHOT,
	PHASE_ACCEPT_ROW, /* drift that the operator takes over */
	PHASE_CHECKPOINT_ROW,
	PHASE_DONE_ROW,
	PHASE_FAILED_ROW,
	PHASE_ROLLBACK_ROW,
	PHASE_VNET,    /* after every change: is the fingerprint the same? */
	PHASE_COMPARE, /* observed after a rollback, against the checkpoint */
	PHASE_COMPARE_PAUSE,
	PHASE_TIMERS, /* at BEGIN: what is still armed? */
	PHASE_FIRED_ROW,
	PHASE_EMERGENCY_ROW,
	PHASE_EMERGENCY, /* going straight back, all targets at once */
	PHASE_LATE_ROW,	 /* the outcome of a change that was under way */
	PHASE_RETREATED_ROW,
	PHASE_END_ROW,
	PHASE_ENDED,
};

/* Exit codes (design, section 9). */
enum engine_exit {
	EXIT_DONE = 0,
	EXIT_PLAN = 1,
	EXIT_USAGE = 2,
	EXIT_REFUSED = 3,
	EXIT_ROLLED_BACK = 4,
	EXIT_HOLDING = 5,
	EXIT_INTERNAL = 6,
};

/*
 * Does a foreign change of a configuration do nothing to what the run proves?
 * If not, or if it cannot be told, `why` gets a line that says so.
 */
typedef bool drift_judge_fn(const void *arg, const char *target,
			    const char *was, const char *is, struct buf *why);

struct engine_policy {
	drift_judge_fn *judge; /* NULL: nothing is proved harmless */
	const void *judge_arg;
	const struct foretold_vec *foretold; /* NULL: nobody has a model */
	bool rollback_automatic;	     /* on a failed step or a breach */
	bool rollback_to_start;		     /* else to the last checkpoint */
	bool abort_rolls_back;		     /* else abort holds */
	bool auto_go;	  /* plan holds pass by themselves (not own_go) */
	bool end_on_hold; /* end with EXIT_HOLDING instead of waiting */
	uint32_t dead_man_s;
	uint32_t stagger_s; /* between the timers of two devices */
	uint32_t poll_ms;   /* between two looks of a wait */
};

struct engine;

struct engine *engine_new(const struct program *p,
			  const struct engine_policy *policy);
void engine_free(struct engine *g);

/* Rows of an earlier process, in order, before the first engine_feed(). */
bool engine_replay(struct engine *g, const char *kind, const char *step,
		   const char *body, struct err *e);
void engine_feed(struct engine *g, const struct event *ev,
		 struct action_list *out);

enum engine_phase engine_phase(const struct engine *g);
const char *engine_phase_name(enum engine_phase phase);
/* {"phase","block","step","title","rolling_back","hold",...} */
json_t *engine_status(const struct engine *g);
/* Position for people and tests: number of steps done in this direction. */
bool engine_has_ended(const struct engine *g, int *ret_exit);
/* Can it be rolled back to this checkpoint from where it stands? */
bool engine_can_go_back(const struct engine *g, const char *checkpoint);
/* Does it wait at a hold that the plan has, and that is no point of no return?
 */
bool engine_holds_as_planned(const struct engine *g);
/* Is there such a block, and has it not been begun? */
bool engine_is_ahead(const struct engine *g, const char *block);
/* The recorded states of a checkpoint, or NULL; borrowed. */
const json_t *engine_checkpoint(const struct engine *g, const char *name);

#endif
