/*
 * prove_transient.h - what routers do between two states; private to
 * orchestrator/twin/
 */
#ifndef CUTOVER_TWIN_PROVE_TRANSIENT_H
#define CUTOVER_TWIN_PROVE_TRANSIENT_H

#include "orchestrator/twin/fib.h"

struct prover;

struct fib_list { /* what a router did with a dest, in order */
	struct fib *v;
	size_t n, cap;
};

struct version { /* what a candidate was, at some time in the step */
	int class, router;
	struct path path;
};

struct transient {
	struct version *versions;
	size_t n_versions, cap_versions;
	struct fib *now;	/* [row * routers + router] */
	struct fib_list *lists; /* the same; empty: it did not change */
	size_t *touched;	/* lists that are not empty */
	size_t n_touched, cap_touched;
	size_t *row;	/* by dest: whose rows are also its own */
	bool later;	/* rows are made when somebody asks again ... */
	bool *is_stale; /* ... those: [class * routers + router] */
	size_t *stale, n_stale, cap_stale;
	int **dests_of; /* by class: dests with rows, ended by -1 */
};

/* prove_transient.c */
void transient_begin(struct prover *p); /* once */
void transient_clear(struct prover *p); /* what follows is one step */
void transient_judge(struct prover *p);
/* In between the network must come back to what it was. */
void transient_suspend(struct prover *p);
void transient_resume(struct prover *p);
/* prove_orders.c: entries that other orders of messages would have made */
void transient_orders(struct prover *p);
void transient_row(struct prover *p, size_t dest, int router,
		   const struct fib *f);
void transient_done(struct prover *p);

#endif
