/*
 * edge.h - the slots of the adapter that talk to a device
 *
 * Every function obeys ctx->deadline_us and carries ctx->epoch.
 */
#ifndef CUTOVER_ADAPTERS_FRR_EDGE_H
#define CUTOVER_ADAPTERS_FRR_EDGE_H

#include "adapters/frr/scope.h"
#include "adapters/transport/device.h"
#include "orchestrator/port/adapter.h"

struct frr {
	struct device *device;
	bool armed;	      /* see watchdog.h */
	struct frr_view seen; /* by the last observe, wiped when it is old */
	int64_t seen_us;      /* when; 0: nothing */
};

static inline struct frr *frr_of(struct adapter_ctx *c)
{
	return c->state;
}

/* Runs a reading script; a non-zero status is an error here. */
bool frr_read(struct adapter_ctx *c, const char *script,
	      struct device_result *ret, struct err *e);

/* ---- look.c ---- */

#define FRR_SHOW_CONFIG "show running-config"
#define FRR_SHOW_SUMMARY "show bgp summary json"

bool frr_view_read(struct adapter_ctx *c, struct frr_view *ret, struct err *e);
/* `text` is the running configuration, `config` what it says; takes it over. */
void frr_view_remember(struct adapter_ctx *c, const char *text,
		       struct frr_config *config, json_t *summary,
		       json_t *table);
/* The same for a whole view. */
void frr_view_keep(struct adapter_ctx *c, struct frr_view *v);
/* What was remembered just now, once. */
bool frr_view_recall(struct adapter_ctx *c, struct frr_view *ret);
void frr_view_forget(struct adapter_ctx *c);

/* ---- observe.c, apply.c ---- */

bool frr_observe(struct adapter_ctx *c, const struct resource_set *want,
		 struct resource_set *ret, struct err *e);

enum outcome frr_apply(struct adapter_ctx *c, const struct changeset *cs,
		       bool back, const struct adapter_guard *guard,
		       char **ret_token, struct err *e);
/* bind.c */
enum outcome frr_bind(struct adapter_ctx *c, const struct resource_set *want,
		      const char *key, struct err *e);
enum outcome frr_save(struct adapter_ctx *c, struct err *e);

#endif
