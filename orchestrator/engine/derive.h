/*
 * derive.h - wants that are known only when their step starts
 */
#ifndef CUTOVER_ENGINE_DERIVE_H
#define CUTOVER_ENGINE_DERIVE_H

#include "orchestrator/steps/step.h"

/*
 * Pins: for every prefix that the circuit session announces now and that the
 * step's rules match, its two halves go into the static_route of `want`.  Host
 * prefixes have none.  With nothing to pin, and where the VPN's session would
 * announce more than derive_limit, the static_route becomes absent.
 */
bool derive_pins(const struct step *s, const struct resource_set *seen,
		 struct resource_set *want, struct err *e);

#endif
