/*
 * move.h - what moves, and in which waves; a part of plan.h
 */
#ifndef CUTOVER_PLAN_MOVE_H
#define CUTOVER_PLAN_MOVE_H

#include "orchestrator/model/resource.h"

/* How a wave moves what the cloud sends to the site: with the announcement on
 * the circuit; or held on the VPN by more-specifics until that is made, and
 * then let go group by group. */
enum plan_strategy { PLAN_PERMIT_ON_CIRCUIT, PLAN_UNPIN_FROM_VPN };

struct plan_group {
	char *name;
	size_t circuit, peering;
	struct state_list onprem; /* rules: 'P' or 'P le N' */
	struct state_list cloud;
	char *community;  /* instead of listing: routes that carry it */
	uint32_t at_most; /* prefixes that its rules match; 0: not said */
	bool move_import, move_export;
	uint32_t peak; /* Mbit/s, the busier way; 0: not known */
};

struct plan_wave {
	char *name;
	size_t *groups;
	size_t n_groups;
	uint32_t soak_ms;
	enum plan_strategy strategy;
	bool hold; /* wait for go after it */
};

#endif
