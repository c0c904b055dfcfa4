/*
 * advert.h - what one router tells another; private to orchestrator/twin/
 *
 * Export at the one end, import at the other, in one go: what comes out is the
 * route as the receiver keeps it, or NULL where it gets or takes none.
 */
#ifndef CUTOVER_TWIN_ADVERT_H
#define CUTOVER_TWIN_ADVERT_H

#include "orchestrator/twin/decide.h"

/* As it goes over the wire from `side`; the session need not be up. */
const struct attr *advert_export(const struct decide *d, int session, int side,
				 int class);
/* What the other side makes of it. */
const struct attr *advert_import(const struct decide *d, int session, int side,
				 int class, const struct attr *wire);
/* The route that an origin brings in; NULL: not now. */
const struct attr *advert_local(const struct decide *d, int origin);

#endif
