/*
 * transport.h - one connection to a shell, on which commands run one by one
 *
 * What device.c needs of SSH (ssh.h) and of a local shell (exec.h), and no
 * more: start a shell command (given when the transport is opened, no secrets
 * in it), feed it, hand its output over as it comes, and say how far it got.
 * The command may be kept running and be fed the next job's input, so it reads
 * exactly what belongs to a job.  A transport belongs to one thread at a time.
 *
 *	NEVER  the input was not handed over completely: since the wrapper
 *	       starts nothing before it has all of it, nothing ran
 *	CUT    all of the input was handed over, the end was not seen
 *	ENDED  output() had enough, or both streams ended
 *
 * After NEVER and CUT the transport may be broken and is best closed.
 */
#ifndef CUTOVER_ADAPTERS_TRANSPORT_TRANSPORT_H
#define CUTOVER_ADAPTERS_TRANSPORT_TRANSPORT_H

#include <stdint.h>

#include "orchestrator/base/err.h"

enum transport_end { TRANSPORT_NEVER, TRANSPORT_CUT, TRANSPORT_ENDED };

struct transport_job {
	const char *input; /* for the shell's standard input; may be secret */
	size_t input_len;
	/* stream is 1 or 2; true: enough, the job is over */
	bool (*output)(void *arg, int stream, const char *bytes, size_t n);
	void *arg;
};

struct transport {
	enum transport_end (*run)(struct transport *t,
				  const struct transport_job *job,
				  int64_t deadline_us, struct err *e);
	void (*close)(struct transport *t); /* frees it */
};

/* What poll() takes for the time that is left, at most max_ms, at least 0. */
int transport_left_ms(int64_t deadline_us, int max_ms);

#endif
