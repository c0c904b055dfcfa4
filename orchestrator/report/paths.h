/*
 * paths.h - which way each pair of prefixes takes, as a checkpoint saw it
 *
 * To the cloud: the session whose route is best on each edge.  To the site: the
 * sessions that announce the group, and among them what the cloud prefers, the
 * circuit before the VPN.  Both are read from observed states; which groups a
 * session announces follows from the policy that was observed to be bound.
 */
#ifndef CUTOVER_REPORT_PATHS_H
#define CUTOVER_REPORT_PATHS_H

#include "orchestrator/base/buf.h"
#include "orchestrator/base/json.h"
#include "orchestrator/plan/plan.h"

/* [{"group":, "onprem": [], "cloud": [], "to_cloud": [], "to_site": []}, ...]
 */
json_t *paths_json(const struct plan *p, const json_t *states);
/* The pairs, each before and after, and now, which may be NULL. */
void paths_text(const struct plan *p, const json_t *before, const json_t *after,
		const json_t *now, struct buf *out);

#endif
