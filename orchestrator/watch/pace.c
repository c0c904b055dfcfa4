/*
 * pace.c - noticing our own pauses
 *
 * Invariant: pace_turn() never goes backwards, and between two turns it grows
 * by PACE_STALL_US at most.
 */
#include "orchestrator/watch/pace.h"

void pace_start(struct pace *p, int64_t mono_us)
{
	*p = (struct pace){.last_us = mono_us};
}

int64_t pace_turn(struct pace *p, int64_t mono_us)
{
	int64_t pause = mono_us - p->last_us;

	if (pause > PACE_STALL_US)
		p->stall_us += pause - PACE_TURN_US;
	if (pause > 0)
		p->last_us = mono_us;
	return p->last_us - p->stall_us;
}
