/*
 * prove.h - is a program safe, at every step, forward and back?
 *
 * After every step, forward, while a block is undone (from its end and from
 * every step in between), after a dead-man timer has reverted any subset of the
 * edges, and for every single failure of a link, session, edge or gateway at
 * that moment: where does each pair go, both ways, and does a rule say that it
 * must not?  Between two states: does a message on its way open a loop or a
 * hole?  Every violation comes with the pair, the step, the failure and the way
 * hop by hop.
 *
 * The result is a tree of plain data for whoever writes reports; nothing here
 * prints.  It proves what it says under its assumptions, which it lists.
 *
 * Ownership: prove_free() frees everything.
 */
#ifndef CUTOVER_TWIN_PROVE_H
#define CUTOVER_TWIN_PROVE_H

#include "orchestrator/twin/steps.h"

enum prove_severity { PROVE_ERROR, PROVE_WARNING };

enum prove_phase {
	PROVE_FORWARD,
	PROVE_UNDO,	    /* from the block's end */
	PROVE_PARTIAL_UNDO, /* from a step in the middle of it */
	PROVE_DEAD_MAN,	    /* some edges have reverted by themselves */
};

struct prove_violation {
	const char *rule; /* for 'cutover explain' */
	enum prove_severity severity;
	enum prove_phase phase;
	char *step;    /* after (or in) which; NULL: the plan as a whole */
	char *failure; /* NULL: none */
	char *subject; /* pair, session or device */
	char *text;    /* what is wrong */
	char *path;    /* hop by hop; NULL: not about a way */
	char *advice;  /* what would work; may be NULL */
	size_t times;  /* states in which it is so */
};

struct prove_pair { /* a row of the pair matrix */
	int group;  /* of the plan, -1: none moves it */
	char *onprem, *cloud;
	char *forward, *back; /* 'vpn1', 'er-hq/primary/private or ...' */
	bool asymmetric;      /* one way on the VPN, the other on the circuit */
	char *stateful;	      /* device that sees one way only; NULL: none */
};

struct prove_route { /* what an edge uses for a cloud prefix */
	const char *edge;
	char *prefix;
	const char *via;  /* session, edge or 'static'; NULL: no route */
	const char *from; /* the neighbor's address, where there is one */
};

struct prove_state {
	const char *block, *step; /* step NULL: before the first */
	enum prove_phase phase;
	bool changed; /* anything in the network */
	int before;   /* state that this step was taken in, -1: none */
	/* Where changed: every pair, and the routes that differ from `before`
	 * (all of them in the first state). */
	struct prove_pair *pairs;
	size_t n_pairs;
	struct prove_route *routes;
	size_t n_routes;
};

struct prove_loss { /* one failure, at the end of one block */
	const char *block;
	char *failure;
	size_t pairs, moved, lost; /* lost: no way, loop or hole */
};

struct prove_budget {
	const char *session;
	uint8_t family;
	size_t most, limit; /* limit 0: none known */
	char *step;	    /* where the most was */
};

struct prove_time {		   /* milliseconds */
	int64_t forward, rollback; /* planned; worst case from the end */
	int64_t window;		   /* 0: any time */
};

struct prove {
	struct prove_state *states;
	struct prove_violation *violations;
	struct prove_loss *losses;
	struct prove_budget *budgets;
	struct twin_note *assumed; /* those of the twin, too */
	size_t n_states, cap_states, n_violations, cap_violations;
	size_t n_losses, cap_losses, n_budgets, cap_budgets;
	size_t n_assumed, cap_assumed;
	struct prove_time time;
	char *unknown; /* why nothing is proved of what moves; or NULL */
	size_t errors, warnings;
	size_t prefixes, classes; /* how much was looked at */
	size_t judged, failed;	  /* states; with a failure in them */
	size_t partial, subsets;  /* undone from the middle; reverted edges */
	bool sampled;		  /* too many: not all were looked at */
};

/* The twin must be as twin_build() left it, and is so again afterwards. */
struct prove *prove_program(struct twin *t);
void prove_free(struct prove *p);

/*
 * What the proof predicts after a step (forward; an id of an undo list means
 * while its block is undone from the end).  *ret_from is the address of the
 * neighbor that the best route comes from, NULL where it is of this site.
 * False: the proof says nothing about this.
 */
bool twin_predict_route(const struct prove *p, const char *step,
			const char *edge, const char *prefix,
			const char **ret_from);

/* The same with all that is known of it; NULL: the proof says nothing. */
const struct prove_route *prove_route_after(const struct prove *p,
					    const char *step, const char *edge,
					    const char *prefix);

const char *prove_phase_name(enum prove_phase phase);
/* 'holds', 'fails' or 'unknown' */
const char *prove_verdict(const struct prove *p);
/* Milliseconds that a step mostly takes, and at most while going back. */
int64_t prove_planned_ms(const struct step *s);
int64_t prove_worst_ms(const struct plan *p, const struct step *s);

#endif
