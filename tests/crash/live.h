/*
 * live.h - the whole program on a network in memory, in a process of its own
 *
 * The test process plays the network: the twin's devices, in real time, behind
 * a Unix socket.  The program (subcommands, runner, threads, journal, socket)
 * runs as a child whose adapters do nothing but carry the port's calls there.
 * So it can be killed like any program, and the devices stay.
 *
 *	live_new -> live_start -> live_serve -> [killed] -> live_start ...
 *
 * Threads: one.  Ownership: a live owns its folder, plan and world.
 */
#ifndef CUTOVER_TESTS_CRASH_LIVE_H
#define CUTOVER_TESTS_CRASH_LIVE_H

#include <stdint.h>
#include <sys/types.h>

#include "orchestrator/engine/world.h"

#define LIVE_KILLED (-9)
#define LIVE_STUCK (-1) /* it did not end in time, and was killed */

struct live {
	char *dir;
	const char *plan_path;
	struct plan *plan;
	struct world *world;
	const struct target *targets;
	size_t n_targets;
	struct adapter_ctx *ctx; /* by target */
	int listener;
	int conns[32];
	size_t n_conns;
	pid_t child;
	size_t calls;	  /* that reached a device, so far */
	size_t kill_at;	  /* the child is killed at this one; 0: at none */
	bool kill_after;  /* when it is done, before it is answered */
	int64_t kill_us;  /* or at this time (monotonic); 0: never */
	size_t freeze_at; /* this call is never answered; 0: none */
};

/* To be called first thing in main(): does not return in a child. */
void live_main(int argc, char **argv);

struct live *live_new(const char *plan_path);
void live_free(struct live *l); /* removes the folder */

/* A subcommand with its arguments, e.g. "run", "--go", NULL; --state and, for
 * 'run', the plan are added.  What it prints goes to DIR/out. */
void live_start(struct live *l, const char *const *args);
/* Plays the network until the child ends (its exit code), is killed
 * (LIVE_KILLED), or for `most_us`. */
int live_serve(struct live *l, int64_t most_us);
/* Both; a minute and a half at most. */
int live_do(struct live *l, const char *const *args);
/* Another subcommand beside the child; the network is played meanwhile. */
int live_beside(struct live *l, const char *const *args);
/* Nobody is there: time passes on the devices. */
void live_idle(struct live *l, int64_t us);
/* What the last child has printed; the caller frees it. */
char *live_said(const struct live *l);

#endif
