/*
 * night.h - the real runner in a thread, over a network in memory, and a script
 * at its socket
 *
 * One night at a time.  Where `scripted`, the probe of the first wave says
 * what is written to `probe_out`.
 */
#ifndef CUTOVER_TESTS_CRASH_NIGHT_H
#define CUTOVER_TESTS_CRASH_NIGHT_H

#include <pthread.h>

#include "orchestrator/engine/control.h"
#include "orchestrator/engine/runner.h"

#define RUN "r1"
#define MOST_US 90000000

extern struct night {
	char dir[64];
	struct plan *plan;
	struct program *program;
	struct runner_options o;
	pthread_t thread;
	bool ok, over;
	int code;
	struct err e;
	/* the probe of the first wave, where it is not the network's */
	bool scripted;
	int probe_out, probe_in;
} n;

int set_up(void **state);
int tear_down(void **state);
void begin(void);
void is_live(void); /* waits until it listens */
/* Waits until it has ended, well. */
void ends_with(int code);

/* A script's request: its answer, or what is said to it. */
json_t *ask(const char *request);
void agreed(const char *request);
void refused(const char *request, const char *why);
json_t *status(void);
/* Waits for a phase (and block, unless NULL). */
void reaches(const char *phase, const char *block);
/* How many rows of a kind its journal has. */
int rows(const char *kind);

#endif
