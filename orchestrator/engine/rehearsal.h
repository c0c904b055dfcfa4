/*
 * rehearsal.h - whole cutovers in memory: the real engine on a world
 *
 * One rehearsal is one cutover from its first row to its last, through as many
 * lives of the process as it takes: it dies and is resumed, devices refuse,
 * answer nothing or late, reboot, and an operator interferes.  After every
 * event the promises are checked (rehearsal_check.c).  Everything that is left
 * to chance comes from the seed, so that a seed replays exactly.
 *
 * Time is virtual.  Threads: one; ownership: as said at each member.
 */
#ifndef CUTOVER_ENGINE_REHEARSAL_H
#define CUTOVER_ENGINE_REHEARSAL_H

#include "orchestrator/engine/engine.h"
#include "orchestrator/engine/world.h"

/* How a cutover without any trouble went: what others are compared with. */
struct rehearsal_reference {
	struct state_list names;  /* checkpoints, in order */
	struct state_list images; /* names x targets */
	struct state_list changes;
	size_t n_targets;
	size_t points, calls, rows; /* of the way there */
};

/*
 * Points at which a process can die: before and after each row is durable,
 * before and after each call to a device.  They are counted through all lives.
 */
struct rehearsal_options {
	const struct plan *plan;
	const struct program *program;
	const struct world_ops *world;
	struct engine_policy policy;
	const struct rehearsal_reference *reference; /* NULL: this is it */
	uint64_t seed; /* 0: nothing is left to chance */
	bool faults;   /* with a seed: devices fail, too */
	bool reboots;  /* and reboot */
	/* without a seed */
	size_t die_at[4]; /* points; 0: none */
	int64_t away_us;  /* how long nobody resumes it */
	size_t fault_at;  /* number of a call, from 1; 0: none */
	size_t fault_for; /* this many calls in a row; 0: one */
	/* Before that call this target reboots; 0: none does. */
	size_t reboot_at, reboot_target;
	enum world_fault fault;
	const char *then_back_to; /* when it is done: roll back to it */
	struct buf *log;	  /* NULL: nobody reads it */
};

struct rehearsal_result {
	bool kept;    /* every promise */
	char *broken; /* which one was not, or NULL */
	int exit_code;
	size_t points, calls, rows, deaths, faults, lives;
	enum world_slot fault_slot; /* of the call that was made to fail */
	bool rebooted;		    /* at `reboot_at` */
	int64_t virtual_us, lost_us;
	struct state_list changes; /* by devices, in order */
	struct state_list images;  /* of the targets, at the end */
};

void rehearsal_run(const struct rehearsal_options *o,
		   struct rehearsal_result *ret);
void rehearsal_result_done(struct rehearsal_result *r);

/* Without any trouble; false: not even that works, and ret_why says why. */
bool rehearsal_reference_make(const struct rehearsal_options *o,
			      struct rehearsal_reference *ret, char **ret_why);
void rehearsal_reference_done(struct rehearsal_reference *r);
/* The images of a checkpoint, by target, or NULL. */
char *const *rehearsal_reference_at(const struct rehearsal_reference *r,
				    const char *checkpoint);

#endif
