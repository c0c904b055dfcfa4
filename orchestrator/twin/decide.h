/*
 * decide.h - what every router of a network decides about every prefix
 *
 * decide_run() brings the network to the state in which no router has anything
 * left to say (RFC 4271, section 9).  It follows changes of the network and
 * computes only what they touch; a class of prefixes (classes.h) is decided
 * once.  Prefix limits act: a session that would carry too much is tripped, and
 * the rest is decided without it.
 *
 * Indices of classes are valid until a change of the network's shape.  A class
 * that finds no rest (MED and reflectors can do that, RFC 3345) is marked.
 *
 * Ownership: the state borrows the network, which must outlive it.
 */
#ifndef CUTOVER_TWIN_DECIDE_H
#define CUTOVER_TWIN_DECIDE_H

#include "orchestrator/twin/classes.h"
#include "orchestrator/twin/igp.h"

/* A route at a router: learned at the session end `from`, or brought in. */
struct path {
	const struct attr *attr; /* after import */
	int from;		 /* 2 * session + side; ~origin: local */
	uint32_t since;		 /* run in which it came or was changed */
};

struct rib { /* of one class at one router */
	struct path *v;
	uint32_t n, cap;
	struct path best; /* attr NULL: none */
	bool queued;
};

struct decide {
	struct net *net;
	struct classes *classes;
	struct igp igp;
	struct rib *ribs; /* [class * routers + router] */
	size_t n_ribs;
	bool *session_up;
	int n_sessions, n_routers;
	bool *restless; /* by class */
	size_t n_restless;
	uint32_t run;	   /* number of decide_run() */
	uint64_t messages; /* updates and withdrawals, for the curious */
	/* Called after a router has changed its mind, while others may not
	 * have heard of it yet; NULL: nobody listens. */
	void (*changed)(void *arg, int class, int router);
	/* Called with what a candidate was before it changes; attr NULL: it
	 * was not there. */
	void (*replaced)(void *arg, int class, int router,
			 const struct path *old);
	void *changed_arg;
	struct decide_queue *queue;
};

struct decide *decide_new(struct net *n);
void decide_free(struct decide *d);
void decide_run(struct decide *d);

static inline const struct rib *decide_rib(const struct decide *d, int class,
					   int router)
{
	return &d->ribs[(size_t) class * (size_t)d->n_routers + (size_t)router];
}

bool decide_session_up(const struct decide *d, int session);
/* What `side` announces of a class on a session; NULL: nothing. */
const struct attr *decide_sent(const struct decide *d, int session, int side,
			       int class);
/* What `side` has accepted from its peer; NULL: nothing. */
const struct attr *decide_accepted(const struct decide *d, int session,
				   int side, int class);
/* Prefixes of a family (4, 6) in the above, over all classes. */
size_t decide_count_sent(const struct decide *d, int session, int side,
			 uint8_t family);
size_t decide_count_accepted(const struct decide *d, int session, int side,
			     uint8_t family);

/* The best path of a prefix that some origin has; attr NULL: none. */
struct path decide_best(const struct decide *d, int router,
			const struct prefix *p);

#endif
