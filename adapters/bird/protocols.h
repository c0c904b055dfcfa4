/*
 * protocols.h - `show protocols all` and `show bfd sessions`, read
 *
 * Total over any bytes: what is not understood is left empty.
 */
#ifndef CUTOVER_ADAPTERS_BIRD_PROTOCOLS_H
#define CUTOVER_ADAPTERS_BIRD_PROTOCOLS_H

#include <stdint.h>

#include "orchestrator/base/buf.h"

struct bird_protocol {
	char *name, *proto; /* 'BGP', 'Kernel' .. */
	char *state;	    /* 'up', 'start', 'down', 'stop', 'flush' */
	char *since;	    /* as printed, one or two words */
	char *bgp_state;    /* 'Established', 'Active' .. or NULL */
	char *neighbor, *interface, *source;
	char *import, *export; /* filters of the first channel */
	uint32_t asn, local_asn;
	uint32_t imported, filtered, exported; /* over all channels */
};

struct bird_protocols {
	struct bird_protocol *v;
	size_t n, cap;
};

#define bird_protocols_auto                                                    \
	__attribute__((cleanup(bird_protocols_done))) struct bird_protocols

void bird_protocols_parse(const char *text, size_t len,
			  struct bird_protocols *ret);
const struct bird_protocol *bird_protocols_find(const struct bird_protocols *l,
						const char *name);
void bird_protocols_done(struct bird_protocols *l);

/* Administratively on: 'up' or 'start'. */
bool bird_protocol_enabled(const struct bird_protocol *p);
bool bird_protocol_established(const struct bird_protocol *p);

/* State of the BFD session with `address`, in lower case, '' if none; owned. */
char *bird_bfd_state(const char *text, size_t len, const char *address);

/*
 * How many seconds before `now` ('2026-11-24 06:37:30.632', as in 'show
 * status') was `since`?  Reads 'iso short' and 'iso long' with or without
 * fractions; -1: cannot be told.
 */
int64_t bird_time_ago(const char *since, const char *now);
/*
 * `since` in seconds of the epoch, exact to the second; `epoch` is about
 * `now`, which tells the daemon's time zone.  -1: cannot be told.
 */
int64_t bird_time_epoch(const char *since, const char *now, int64_t epoch);
/*
 * Are two such times the same moment?  BIRD computes what it prints from its
 * monotonic clock, so the last digits wander; and it prints a date only once a
 * time is old enough, which is taken for the same.
 */
bool bird_time_same(const char *since_a, const char *now_a, const char *since_b,
		    const char *now_b);

#endif
