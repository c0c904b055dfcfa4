/*
 * derive.h - wants that are known only when their step starts
 */
#ifndef CUTOVER_ENGINE_DERIVE_H
#define CUTOVER_ENGINE_DERIVE_H

#include "orchestrator/steps/step.h"

/*
 * Pins: for every prefix that the VPN's session announces now and that the
 * step's rules match, its two halves go into the static_route of `want`.  Not
 * what this edge's circuit session announces: that may have been withdrawn
 * already (a timer that fired, a way back begun before) while another edge's
 * still attracts the traffic.  What is pinned already is not split again.  With
 * nothing to pin, and where the session would announce more than derive_limit,
 * the static_route becomes absent.  Host prefixes have no halves.
 */
bool derive_pins(const struct step *s, const struct resource_set *seen,
		 struct resource_set *want, struct err *e);

#endif
