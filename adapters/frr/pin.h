/*
 * pin.h - more-specifics that are announced on one session alone
 *
 * A pin is a set of routes in a kernel table of its own (pin_table), each with
 * the resolved next hop of its parent, which zebra imports (`ip import-table`)
 * and bgpd redistributes through a route-map of ours:
 *
 *	CUTOVER-pin-T-origin   tags the routes and puts our own AS in front, so
 *	                       that every iBGP neighbor drops them as a loop
 *	CUTOVER-pin-T          export of the one session: permits what is
 *	                       tagged (and takes our AS off again), calls the
 *	                       session's own policy for everything else
 *
 * Which prefixes they are the table says, not a prefix-list: FRR takes minutes
 * to load one of thousands.
 *
 * All export policies of ours begin by denying the tag.  Forwarding does not
 * change, because the next hop is the parent's.  Routes of the kernel and not
 * of staticd: FRR 8.4 forgets to take imported static routes out of the main
 * table again; with the kernel's it does it.
 *
 * What render() needs and only the device knows stands in the live field
 * next_hop, readable:  '10.10.0.0/17 via 10.0.11.1%lan0, .., export VPN-OUT';
 * 'present' instead of 'via' for a prefix that the device routes itself.
 */
#ifndef CUTOVER_ADAPTERS_FRR_PIN_H
#define CUTOVER_ADAPTERS_FRR_PIN_H

#include "adapters/frr/config.h"
#include "adapters/frr/routes.h"
#include "orchestrator/model/resource.h"
#include "orchestrator/port/adapter.h"

bool frr_pin_check(const struct resource *r, struct err *e);
/* The kernel table's number, from the target's parameters. */
unsigned frr_pin_table(const struct target *t);

/* Parts that make the pin, or that take away what was observed of it. */
bool frr_pin_create(const struct target *t, const struct resource *from,
		    const struct resource *to, bool back, struct changeset *cs,
		    struct err *e);
/* Takes away what `to` does not hold any more, and touches nothing else; false:
 * it is not only less, and has to be made anew. */
bool frr_pin_shrink(const struct target *t, const struct resource *from,
		    const struct resource *to, struct changeset *fwd,
		    struct changeset *back);
void frr_pin_remove(const struct target *t, const struct resource *from,
		    const struct resource *to, bool back, struct changeset *cs);

struct frr_pin_facts {
	const struct frr_routes *table; /* of the pins' table */
	const struct frr_routes *main; /* what concerns the prefixes at least */
};

/* `want` says which prefixes are of interest; fills r. */
void frr_pin_observe(const struct frr_config *c, unsigned table,
		     const struct resource *want,
		     const struct frr_pin_facts *facts, struct resource *r);

#endif
