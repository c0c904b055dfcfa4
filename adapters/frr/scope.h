/*
 * scope.h - does a part touch only what it may?
 *
 * Before: every line of a part must be one of the forms that cutover writes,
 * about an object of cutover's or an existing session's binding or shutdown;
 * policies that are bound must exist, policies that go away must be unbound.
 * After: everything that is not cutover's is as it was, but for those two kinds
 * of lines of the existing sessions that the part names; and no session that
 * the part does not open, shut, make or remove has been reset.
 */
#ifndef CUTOVER_ADAPTERS_FRR_SCOPE_H
#define CUTOVER_ADAPTERS_FRR_SCOPE_H

#include "adapters/frr/config.h"
#include "orchestrator/base/json.h"

/* What a device looked like at one moment. */
struct frr_view {
	struct frr_config config;
	json_t *summary; /* 'show bgp summary json' */
	json_t *table;	 /* kernel routes in the pin table */
	char hash[65];	 /* SHA-256 of the running configuration */
};

#define frr_view_auto __attribute__((cleanup(frr_view_done))) struct frr_view

void frr_view_done(struct frr_view *v);

bool frr_scope_before(const struct frr_view *v, const char *text, uint32_t asn,
		      struct err *e);
bool frr_scope_after(const struct frr_view *before,
		     const struct frr_view *after, const char *text,
		     struct err *e);

#endif
