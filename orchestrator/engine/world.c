/*
 * world.c - the words for what can become of a call
 */
#include "orchestrator/engine/world.h"

static const char *const slots[] = {
	[WORLD_OPEN] = "open",	     [WORLD_FENCE] = "fence",
	[WORLD_OBSERVE] = "observe", [WORLD_APPLY] = "apply",
	[WORLD_CONFIRM] = "confirm", [WORLD_REVERT] = "revert",
	[WORLD_RENEW] = "renew",     [WORLD_SAVE] = "save",
};

static const char *const faults[] = {
	[WORLD_WELL] = "well",
	[WORLD_REFUSED] = "refused",
	[WORLD_RETRY] = "not reached",
	[WORLD_LOST_DONE] = "done, answer lost",
	[WORLD_LOST_UNDONE] = "not done, session lost",
	[WORLD_LATE] = "hangs, lands late",
	[WORLD_GARBAGE] = "done, garbage",
	[WORLD_GARBAGE_UNDONE] = "not done, garbage",
	[WORLD_DEAD] = "cutover is dead",
};

const char *world_slot_name(enum world_slot slot)
{
	return slots[slot];
}

const char *world_fault_name(enum world_fault fault)
{
	return faults[fault];
}
