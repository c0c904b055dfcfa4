/*
 * event.h - what goes into the engine, and what comes out of it
 *
 * Plain data.  An event's members belong to whoever made it; the engine copies
 * what it keeps.  Actions own their members; action_list_done() frees them.
 */
#ifndef CUTOVER_ENGINE_EVENT_H
#define CUTOVER_ENGINE_EVENT_H

#include "orchestrator/port/adapter.h"
#include "orchestrator/steps/step.h"

enum event_kind {
	EVENT_BEGIN,	 /* start, or go on after replay */
	EVENT_COMMITTED, /* the row asked for is durable */
	EVENT_PREPARED,	 /* ok, satisfied, before, want, changeset */
	EVENT_APPLIED,	 /* outcome, text; PENDING: token */
	EVENT_OBSERVED,	 /* ok, before = what was seen, why = what is missing */
	EVENT_CONFIRMED, /* outcome */
	EVENT_SNAPSHOT,	 /* ok, states: JSON object target -> set */
	EVENT_TIMER,
	EVENT_OPERATOR,	 /* command, text */
	EVENT_GUARD,	 /* verdict, text, goal */
	EVENT_TICK,	 /* about three times in a dead-man timer's time */
	EVENT_RENEWED,	 /* target, outcome, text */
	EVENT_RETREATED, /* target, outcome, text */
};

enum operator_command {
	OPERATOR_GO,
	OPERATOR_HOLD,
	OPERATOR_ABORT,
	OPERATOR_ROLLBACK, /* text: checkpoint, or NULL for the last one */
	OPERATOR_ACCEPT,   /* go on with what somebody else changed meanwhile */
	OPERATOR_STOP,	   /* end this process at the next safe point */
	OPERATOR_TAKE_BACK, /* text: the command that is not wanted any more */
};

enum guard_verdict { GUARD_PASS, GUARD_BREACH, GUARD_BLIND };

struct event {
	enum event_kind kind;
	int64_t call; /* the action that it answers; stale answers are dropped
		       */
	bool ok;
	bool satisfied; /* observed satisfies want, and what is expected holds
			 */
	enum outcome outcome;
	enum operator_command command;
	enum guard_verdict verdict;
	bool hold_on_breach; /* the guard says hold instead of roll back */
	const char *guard;   /* GUARD: which one */
	const char *probe;   /* GUARD: over this probe, or NULL */
	const char *group;   /* GUARD: which measures this group, or NULL */
	const char *text;    /* message, reason, checkpoint name */
	const char *target;
	const char *token; /* of a long operation */
	const char *goal;  /* checkpoint that a breach goes back to, or NULL */
	const struct resource_set *before, *want;
	const struct changeset *changeset;
	const json_t *states;
	uint32_t took_ms; /* OBSERVED: how long the look itself took */
};

enum action_kind {
	ACTION_APPEND,	 /* row; answer COMMITTED */
	ACTION_PREPARE,	 /* observe, derive, render; answer PREPARED */
	ACTION_APPLY,	 /* answer APPLIED */
	ACTION_SETTLE,	 /* fence, then observe; answer OBSERVED */
	ACTION_OBSERVE,	 /* observe and check; answer OBSERVED */
	ACTION_CONFIRM,	 /* answer CONFIRMED */
	ACTION_SAVE,	 /* answer CONFIRMED */
	ACTION_SNAPSHOT, /* observe every watched target; answer SNAPSHOT */
	ACTION_VNET,	 /* observe the virtual network; answer OBSERVED */
	ACTION_TIMER,	 /* answer TIMER after ms */
	ACTION_END,	 /* exit_code; nothing follows */
	ACTION_POLL,	 /* token; answer APPLIED */
	ACTION_RENEW,	 /* guard_s; answer RENEWED */
	/* Without a want: take back what is armed.  Else make `want` so, and
	 * then disarm if `back`.  Answer RETREATED.  Comes before whatever
	 * else waits for the target. */
	ACTION_RETREAT,
};

struct action {
	enum action_kind kind;
	int64_t call;
	const struct step *step; /* PREPARE, OBSERVE, SETTLE; borrowed */
	char *target;
	struct resource_set want; /* SETTLE: derived want */
	struct changeset changeset;
	bool back;
	uint32_t guard_s; /* APPLY, RENEW: dead-man timer; 0: none */
	char *token;	  /* POLL */
	uint32_t ms;	  /* TIMER */
	char *row_kind, *row_step, *row_body;
	int exit_code;
};

struct action_list {
	struct action *v;
	size_t n, cap;
};

void action_list_done(struct action_list *l);
const char *operator_command_name(enum operator_command c);

#endif
