/*
 * runner_parts.h - what the runner's own files share; private to the runner
 *
 *	runner.c      the loop: jobs, timers, guards
 *	runner_rows.c the journal
 *	runner_act.c  actions to jobs, results to events
 *	runner_talk.c what operators see
 *	runner_steer.c what operators ask for
 *
 * Threads: the runner's only.
 */
#ifndef CUTOVER_ENGINE_RUNNER_PARTS_H
#define CUTOVER_ENGINE_RUNNER_PARTS_H

#include "orchestrator/engine/board.h"
#include "orchestrator/engine/control.h"
#include "orchestrator/engine/harmless.h"
#include "orchestrator/engine/orders.h"
#include "orchestrator/engine/outputs.h"
#include "orchestrator/engine/runner.h"
#include "orchestrator/engine/watcher.h"
#include "orchestrator/engine/worker.h"

struct runner {
	const struct runner_options *o;
	struct engine *engine;
	struct harmless harmless; /* the engine's judge of drift */
	struct worker_pool *pool;
	struct monitor *monitor;
	struct control *control;
	int signals;
	int64_t timer_call, timer_us; /* 0: none */
	int64_t tick_us;	      /* next EVENT_TICK */
	int64_t snapshot_call;
	size_t snapshot_left;
	json_t *snapshot;
	char *snapshot_why; /* first failure, or NULL */
	char *baseline;	    /* of an earlier process, for the monitor */
	bool moved;	    /* the same: a wave has begun */
	bool ended;
	bool no_space; /* the ballast was let go just now */
	int exit_code;
	struct err *fatal;
	/* throttled: a 'done' that the engine has not been told of yet */
	uint32_t pace_ms;
	int64_t paced_call, paced_us; /* paced_call 0: none */
	/* runner_talk.c */
	struct board board;
	struct orders orders;
	struct outputs *outputs;
	struct watcher_pool *lookers; /* for screens; NULL: nobody asked */
	int64_t told_us;	      /* when measurements were told last */
	char *told;		      /* the last status */
};

/* runner.c */
void runner_feed(struct runner *r, const struct event *ev);
/* Tells the engine now what was kept back. */
void runner_unpace(struct runner *r);

/* runner_rows.c */
/* False: it could not be committed, and the run ends. */
bool runner_append(struct runner *r, const char *kind, const char *step,
		   const char *body);
/* Commits the row of an action, and tells the engine. */
void runner_commit(struct runner *r, struct action *a);
/* What the probes have counted so far, beside every step's end. */
void runner_measure(struct runner *r, const char *step);
/* Holds the run when the ballast had to be let go. */
void runner_mind_space(struct runner *r);

/* runner_act.c */
void runner_execute(struct runner *r, struct action *a);
void runner_on_result(struct runner *r, struct job_result *res);

/* runner_talk.c */
#define RUNNER_TALK_FDS (CONTROL_CLIENTS_MAX + 3)
void runner_talk_init(struct runner *r);
void runner_talk_done(struct runner *r);
void runner_talk_replay(struct runner *r, const struct journal_row *row);
void runner_tell_row(struct runner *r, const struct runner_row *row);
size_t runner_talk_fds(const struct runner *r, struct pollfd *ret);
json_t *runner_status_of(struct runner *r);
/* What changes all the time, and is no reason to tell of a status again. */
void runner_add_left(const struct runner *r, json_t *status);
json_t *runner_snapshot_of(struct runner *r);
void runner_tell_orders(struct runner *r);
/* Looks at devices for screens, from now on. */
void runner_start_looking(struct runner *r);
/* Requests, and whatever those who follow have to be told. */
void runner_talk(struct runner *r);

/* runner_steer.c */
json_t *runner_asked(void *arg, const struct control_client *who,
		     const json_t *request);
/* A 'go' that was given before its hold. */
void runner_pending_go(struct runner *r);
/* This block needs a go before it is begun (or, off, needs none). */
bool runner_postpone(struct runner *r, const char *block, bool off,
		     const char *by);

#endif
