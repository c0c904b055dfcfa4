/*
 * edge.h - the slots of the adapter that talk to a device
 *
 * Every function obeys ctx->deadline_us and carries ctx->epoch.
 */
#ifndef CUTOVER_ADAPTERS_FRR_EDGE_H
#define CUTOVER_ADAPTERS_FRR_EDGE_H

#include "adapters/transport/device.h"
#include "orchestrator/port/adapter.h"

struct frr {
	struct device *device;
};

static inline struct frr *frr_of(struct adapter_ctx *c)
{
	return c->state;
}

/* Runs a reading script; a non-zero status is an error here. */
bool frr_read(struct adapter_ctx *c, const char *script,
	      struct device_result *ret, struct err *e);

bool frr_observe(struct adapter_ctx *c, const struct resource_set *want,
		 struct resource_set *ret, struct err *e);

enum outcome frr_apply(struct adapter_ctx *c, const struct changeset *cs,
		       bool back, const struct adapter_guard *guard,
		       char **ret_token, struct err *e);
enum outcome frr_save(struct adapter_ctx *c, struct err *e);

#endif
