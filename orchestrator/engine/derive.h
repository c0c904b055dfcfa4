/*
 * derive.h - wants that are known only when their step starts
 */
#ifndef CUTOVER_ENGINE_DERIVE_H
#define CUTOVER_ENGINE_DERIVE_H

#include "orchestrator/steps/step.h"

/*
 * Pins: for every prefix that the circuit session announces now and that the
 * step's rules match, its two halves go into the static_route of `want`.  With
 * nothing to pin the static_route becomes absent.  A host prefix cannot be
 * split: ERR_REFUSED names it.
 */
bool derive_pins(const struct step *s, const struct resource_set *seen,
		 struct resource_set *want, struct err *e);

#endif
