/*
 * step.h - what a run consists of: blocks of steps, each block with its undo
 *
 * A program is compiled once from a plan and is read-only afterwards.  A block
 * ends with a checkpoint of its own name; its undo is a list of steps of the
 * same kind, in the reverse make-before-break order, compiled before the run
 * starts (promise 3).  Every step is idempotent: it names a state, not an act,
 * so undoing a block that was done only in part is the same list.
 *
 *	start -> stage -> circuit -> sessions -> attach -> wave... -> finish
 */
#ifndef CUTOVER_STEPS_STEP_H
#define CUTOVER_STEPS_STEP_H

#include "orchestrator/model/prefix.h"
#include "orchestrator/model/resource.h"
#include "orchestrator/steps/expect.h"

enum step_kind {
	STEP_ENSURE, /* observe, render, intent, apply, outcome, verify */
	STEP_WAIT,   /* observe until what is expected holds, or time is up */
	STEP_SOAK,   /* let time pass under the guards */
	STEP_HOLD,   /* wait for the operator's go */
	STEP_SAVE,   /* what runs on the device survives its reboot */
	STEP_CHECKPOINT, /* record everything that is needed to come back */
	STEP_DECIDE,	 /* a row alone: from here on the block is to stay */
	STEP_CONFIRM,	 /* disarm the dead-man timer of the target */
};

enum step_derive {
	STEP_AS_IS,
	/* static_route.prefixes = halves of what the VPN's session announces
	 * and `rules` match: known only when the step starts. */
	STEP_DERIVE_PINS,
	/* what the checkpoint 'start' recorded of each wanted resource */
	STEP_DERIVE_START,
};

struct step {
	char *id;    /* 'wave-canary/import-edge1'; unique in the program */
	char *title; /* one line for people */
	enum step_kind kind;
	char *target;		   /* whom it concerns; NULL: nobody */
	struct resource_set want;  /* ensured; empty for the other kinds */
	struct resource_set look;  /* observed besides, for what is expected */
	struct expect_list expect; /* beyond 'observed satisfies want' */
	/* SAVE, `keeps`: what the list has made of the target so far (of
	 * keep_start: what 'start' recorded).  ENSURE: what earlier steps of
	 * the list left of what is wanted.  Less: the device has lost it. */
	struct resource_set keep, keep_start;
	enum step_derive derive;
	char *derive_session;  /* session name whose announcements are pinned */
	uint32_t derive_limit; /* prefixes that the VPN takes; 0: any number */
	struct prefix_rule *rules;
	size_t n_rules;
	uint32_t timeout_ms; /* for verify or wait */
	uint32_t soak_ms;
	uint32_t poll_ms; /* between two looks; 0: the run\'s own */
	bool guarded;  /* the dead-man timer is armed with it, till CONFIRM */
	bool own_go;   /* point of no return: needs its own go */
	bool if_left;  /* only where an emergency did not reach all edges */
	bool keeps;    /* WAIT: the target still is what `keep` says; ENSURE: it
			* was made so before, else the list begins anew */
	bool optional; /* failing it is noted, and is no reason to stop */
};

struct step_vec {
	struct step *v;
	size_t n, cap;
};

/* What one target must be so that no traffic is where it was not at a block's
 * checkpoint: bindings alone, so that it is done in one change. */
struct retreat {
	char *target;
	struct resource_set want;
};

struct block {
	char *name; /* also its checkpoint's name */
	char *title;
	struct step_vec steps;
	struct step_vec undo;
	/* After an emergency that went straight back to this block's
	 * checkpoint from any later block: what is left to be put right. */
	struct step_vec restore;
	struct retreat *retreat; /* n_retreat of them; none: no such way */
	size_t n_retreat;
	int wave; /* number of the plan's wave that it moves, or -1 */
	bool point_of_no_return;
	/* It changes what is not cutover's own, because the plan says so. */
	bool touches_foreign;
};

struct program {
	struct block *v;
	size_t n, cap;
	struct resource_set *watch; /* per target: what a checkpoint records */
	char **watch_target;
	size_t n_watch;
	char *vnet_target; /* compared after every step; NULL: none */
	struct state_list
		notes; /* for the dry-run: asymmetry, hitless or not */
};

const char *step_kind_name(enum step_kind kind);
struct block *program_block(struct program *p, const char *name,
			    const char *title);
/* Appends a zeroed step; id is '<block>/<id>'. */
struct step *step_vec_add(struct step_vec *v, const char *block, const char *id,
			  enum step_kind kind, const char *target,
			  const char *title);
struct resource_set *program_watch(struct program *p, const char *target);
/* The block that moves this wave of the plan, or -1. */
int program_find_wave(const struct program *p, int wave);
/* Adds (or finds) what `target` must be for the block's retreat. */
struct resource_set *block_retreat(struct block *b, const char *target);
int program_find_block(const struct program *p, const char *name); /* or -1 */
void program_free(struct program *p);

#endif
