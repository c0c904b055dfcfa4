/*
 * fib.h - where a router sends a packet
 *
 * The best BGP route against static routes by distance (20 for eBGP, 200 for
 * iBGP); an iBGP next hop resolved over the IGP; every link that is as good.
 * Which of several is taken is the hashing's choice (or not known, with
 * `ties_open`): all of them count as possible.
 */
#ifndef CUTOVER_TWIN_FIB_H
#define CUTOVER_TWIN_FIB_H

#include "orchestrator/twin/decide.h"

#define FIB_HOPS 16

enum fib_kind { FIB_NONE, FIB_DELIVER, FIB_DISCARD, FIB_SEND };

struct fib {
	enum fib_kind kind;
	int n;
	struct fib_hop {
		int link, to; /* to: router */
		bool fresh;   /* `to` told of it in this very run */
	} hop[FIB_HOPS];
	int class; /* whose route it is, -1: none */
	int from;  /* as in struct path: who brought it */
};

/* For the prefixes of one class, whatever contains them left out. */
void fib_of_class(const struct decide *d, int class, int router,
		  struct fib *ret);
/* What a router would do with one of its candidates, were it the best. */
void fib_of_path(const struct decide *d, int class, int router,
		 const struct path *p, struct fib *ret);
/* By longest match. */
void fib_of_chain(const struct decide *d, int chain, int router,
		  struct fib *ret);
bool fib_same(const struct fib *a, const struct fib *b);

#endif
