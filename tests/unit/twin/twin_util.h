/*
 * twin_util.h - small networks for the tests of the twin
 */
#ifndef CUTOVER_TESTS_TWIN_UTIL_H
#define CUTOVER_TESTS_TWIN_UTIL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "orchestrator/twin/decide.h"

static inline struct prefix util_prefix(const char *text)
{
	struct prefix p;
	err_auto e = ERR_INIT;

	if (!prefix_parse(text, &p, &e))
		fail_msg("%s", err_msg(&e));
	return p;
}

/* A session with everything permitted and enabled at both ends. */
static inline int util_session(struct net *n, const char *name, int a, int b,
			       int link)
{
	int s = net_add_session(n, name, a, b, link);

	for (int side = 0; side < 2; side++) {
		net_enable(n, s, side, true);
		net_bind(n, s, side, true, FILTER_ALL);
		net_bind(n, s, side, false, FILTER_ALL);
	}
	return s;
}

/* Two routers joined by a link that has a session. */
static inline int util_peer(struct net *n, int a, int b, uint32_t cost)
{
	mem_auto_free char *name =
		mem_format("%s-%s", n->routers[a].name, n->routers[b].name);
	int l = net_add_link(n, name, NET_LAN, a, b, cost);

	return util_session(n, name, a, b, l);
}

static inline int util_origin(struct net *n, int router, const char *prefix)
{
	mem_auto_free char *name =
		mem_format("%s:%s", n->routers[router].name, prefix);
	int o = net_add_origin(n, name, router);
	struct prefix p = util_prefix(prefix);

	net_origin_add(n, o, &p);
	return o;
}

/* A policy of one entry that permits everything, for the caller to fill. */
static inline struct filter_entry *util_policy(struct net *n, const char *name)
{
	int p = filter_policy_named(&n->filters, name);
	struct filter_entry *x;

	filter_policy_begin(&n->filters, p);
	x = filter_policy_add(&n->filters, p);
	x->permit = true;
	return x;
}

static inline int util_best_from(const struct decide *d, int router,
				 const char *prefix)
{
	struct prefix p = util_prefix(prefix);
	struct path best = decide_best(d, router, &p);

	if (!best.attr)
		return -1;
	if (best.from < 0)
		return router;
	return d->net->sessions[best.from / 2].router[!(best.from % 2)];
}

#endif
