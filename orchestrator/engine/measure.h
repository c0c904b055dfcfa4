/*
 * measure.h - one probe of the plan: its process and the lines that it writes
 *
 * The process runs here or on a host of the plan.  Its lines are taken for
 * what they are: text from a machine that may be broken or hostile.  One that
 * ends by itself is started again after a pause; counters go on.
 */
#ifndef CUTOVER_ENGINE_MEASURE_H
#define CUTOVER_ENGINE_MEASURE_H

#include <sys/types.h>

#include "orchestrator/base/json.h"
#include "orchestrator/plan/plan.h"

/*
 * Starts `command` (a shell command line) on the endpoint: *ret_out is what it
 * prints, closing *ret_in tells it to end.
 */
typedef bool measure_spawn_fn(const struct ssh_endpoint *at,
			      const char *command, pid_t *ret_pid, int *ret_out,
			      int *ret_in, struct err *e);

struct measure {
	const struct plan *plan;
	const struct plan_probe *rule;
	measure_spawn_fn *spawn;
	pid_t pid; /* 0: ended */
	int out, in;
	struct buf line;
	bool skipping;	     /* the rest of a line that is too long */
	json_t *last, *past; /* last sample; of ended processes, or NULL */
	int64_t started_us, again_us; /* again_us: when to start it, or 0 */
	int64_t pause_us;
	uint64_t garbage; /* lines that were none of ours */
	bool ending;
};

void measure_init(struct measure *m, const struct plan *plan,
		  const struct plan_probe *rule, measure_spawn_fn *spawn);
bool measure_start(struct measure *m, int64_t now_us, struct err *e);
/* Reads what is there, at most MEASURE_TURN bytes; starts it again if due. */
#define MEASURE_TURN 262144
typedef void measure_fn(void *arg, const json_t *sample);
void measure_turn(struct measure *m, int64_t now_us, measure_fn *fn, void *arg);
/* For tests, and for measure_turn(): bytes that the process wrote. */
void measure_take(struct measure *m, const char *bytes, size_t n,
		  measure_fn *fn, void *arg);
/* Tells it to end; its last line still comes. */
void measure_end(struct measure *m);
void measure_done(struct measure *m);
/* The command line of a probe, for a POSIX shell. */
char *measure_command(const struct plan *p, const struct plan_probe *r);

#endif
