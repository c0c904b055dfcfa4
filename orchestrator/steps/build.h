/*
 * build.h - what blocks are made of; private to orchestrator/steps/
 */
#ifndef CUTOVER_STEPS_BUILD_H
#define CUTOVER_STEPS_BUILD_H

#include "orchestrator/steps/policy.h"

struct build {
	const struct plan *plan;
	struct program *program;
	const char *block;   /* name of the block at hand */
	struct step_vec *to; /* its steps, or its undo */
};

/* Step `id` about `target`; the title is printf-formatted. */
struct step *build_step(struct build *b, enum step_kind kind,
			const char *target, const char *id, const char *fmt,
			...) mem_printf(5, 6);
/* The same with an id made of two words: 'verb-name'. */
char *build_id(const char *verb, const char *name);

/* Our session as it is wanted in a step; only identifying fields are set. */
struct resource *build_session(struct resource_set *set,
			       const struct policy_session *s);
/* The VPN's session of a tunnel, for looking only. */
struct resource *build_vpn_session(struct resource_set *set,
				   const struct plan_tunnel *t);
/* Asks for the lists of announced or accepted prefixes. */
void build_ask_sent(struct resource *session);
void build_ask_received(struct resource *session);
void build_look_route(struct step *s, const char *prefix);

const struct plan_link_peering *build_on(const struct policy_session *s);
const struct plan_edge *build_edge(const struct policy_session *s);
bool build_is_six(const char *address); /* NULL: no */
/* The BGP tunnel of an edge, one of IPv4 if there is one, or NULL. */
const struct plan_tunnel *build_tunnel(const struct plan *p, size_t edge);
/* Can more-specifics be held on the VPN of this edge?  IPv4 alone can. */
bool build_can_pin(const struct plan *p, size_t edge);

/* Calls fn for each of our sessions, in plan order or the other way round. */
void build_each_session(const struct plan *p, bool backwards,
			void (*fn)(const struct policy_session *s, void *arg),
			void *arg);

/* Begins a block; what follows goes into its steps ... */
void build_open(struct build *b, const char *name, const char *title);
/* ... and from here into its undo. */
void build_undo(struct build *b);
/* From the decision on, what the block changed under timers stays. */
void build_confirm(struct build *b);
/* The block's retreat and restore lists: `waves` waves have moved by then. */
void build_retreat(struct build *b, size_t waves);

/* Saving on all edges, then the checkpoint or, in an undo, the saving alone. */
void build_save(struct build *b);
void build_checkpoint(struct build *b);

/* The blocks: preflight.c, blocks.c, wave.c. */
void build_start_block(struct build *b);
void build_stage_block(struct build *b);
void build_circuit_block(struct build *b);
void build_sessions_block(struct build *b);
void build_attach_block(struct build *b);
void build_finish_block(struct build *b);
void build_wave(struct build *b, size_t wave);
/* Is the circuit reached by us, or by other hands? */
bool build_has_target(const struct plan_circuit *c);
/* Are prefixes of this wave held on the VPN by its own steps? */
bool build_holds(const struct build *b, size_t wave);
/* Traffic of all waves from this one on is held on the VPN, where an emergency
 * has left a circuit announced. */
void build_pins_left(struct build *b, size_t wave);
/* Once all lists are there: tells steps what is to be kept. */
void build_keep(struct program *p); /* keep.c */

/* cloud.c: what a cloud asks for besides, where its adapter can tell. */
bool build_cloud_waits(const struct plan_circuit *c); /* on a provider */
void build_cloud_ready(struct build *b);    /* circuit lit, gateway there */
void build_cloud_peerings(struct build *b); /* made, where they are ours */
/* The cloud hears nothing from us; `up`: over sessions that stand. */
void build_cloud_silent(struct build *b, bool up);
void build_cloud_watch(struct build *b); /* what a checkpoint records */

#endif
