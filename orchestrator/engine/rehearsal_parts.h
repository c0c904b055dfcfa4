/*
 * rehearsal_parts.h - what the parts of a rehearsal share; private to them
 *
 *	rehearsal.c        lives: boot, replay, turn, die, again
 *	rehearsal_act.c    actions -> rows, jobs, timers; results -> events
 *	rehearsal_chance.c what the seed decides: faults, deaths, the operator
 *	rehearsal_check.c  the promises
 */
#ifndef CUTOVER_ENGINE_REHEARSAL_PARTS_H
#define CUTOVER_ENGINE_REHEARSAL_PARTS_H

#include "orchestrator/base/clock.h"
#include "orchestrator/engine/job.h"
#include "orchestrator/engine/rehearsal.h"

struct rehearsal_row {
	char *kind, *step, *body;
};

enum due_kind { DUE_JOB, DUE_TIMER, DUE_TICK, DUE_OPERATOR, DUE_CHANCE };

struct due {
	enum due_kind kind;
	int64_t us;
	uint64_t order; /* among those that are due at once */
	int64_t call;	/* DUE_TIMER */
	size_t lane;
	bool cancelled;
	struct job job;
};

struct chance {
	uint64_t state;
	unsigned deaths, faults, events; /* that may still happen */
	unsigned death_in, fault_in;	 /* one of that many */
};

struct rehearsal {
	const struct rehearsal_options *o;
	struct rehearsal_result *result;
	struct world *world;
	const struct target *targets;
	size_t n_targets;
	struct clock_virtual clock;
	struct chance chance;

	/* the journal: outlives the process */
	struct rehearsal_row *rows;
	size_t n_rows, cap_rows;
	size_t rows_before; /* when this process began */
	size_t done_rows;   /* progress */

	/* the process */
	struct engine *engine;
	struct job_lane **lanes; /* by target */
	struct due *due;
	size_t n_due, cap_due;
	uint64_t order;
	int64_t snapshot_call;
	size_t snapshot_left;
	json_t *snapshot;
	char *snapshot_why;
	bool dying, dead, ended;
	int exit_code;

	/* the operator */
	bool ask_rollback;
	const char *ask_to;
	bool rolled;		/* then_back_to was asked for */
	size_t tries, tried_at; /* gos without progress */
	bool operator_due;
	bool by_hand; /* somebody changed a device */
	bool over;
	struct rehearsal_reference *recording;
};

#define RUN_ID "rehearsal"

/* rehearsal.c */
void rehearsal_say(struct rehearsal *r, const char *fmt, ...) mem_printf(2, 3);
void rehearsal_due(struct rehearsal *r, const struct due *d);
void rehearsal_feed(struct rehearsal *r, const struct event *ev);
/* A point: true when the process dies here. */
bool rehearsal_point(struct rehearsal *r);
void rehearsal_record(struct rehearsal *r, const char *checkpoint);

/* rehearsal_act.c */
void rehearsal_execute(struct rehearsal *r, struct action *a);
void rehearsal_job(struct rehearsal *r, struct due *d);

/* rehearsal_chance.c */
void chance_begin(struct rehearsal *r);
void chance_life(struct rehearsal *r); /* a process begins */
uint64_t chance_below(struct rehearsal *r, uint64_t n);
bool chance_death(struct rehearsal *r);
enum world_fault chance_fault(struct rehearsal *r, enum world_slot slot);
void chance_event(struct rehearsal *r);	    /* something happens */
void chance_operator(struct rehearsal *r);  /* somebody looks at a hold */
void chance_ask_again(struct rehearsal *r); /* it died */
/* The process has ended: what now?  Sets over, or asks for a resume. */
void chance_after_end(struct rehearsal *r);

/* rehearsal_check.c */
void check_event(struct rehearsal *r);
void check_life(struct rehearsal *r); /* replay gives the same engine */
void check_end(struct rehearsal *r);
void rehearsal_break(struct rehearsal *r, const char *fmt, ...)
	mem_printf(2, 3);

#endif
