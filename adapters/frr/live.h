/*
 * live.h - what one script read from a device, cut into its answers
 *
 * The script is one run of vtysh, which echoes every command before its output
 * (-E), and shell commands that are announced with '@@ name'.  Answers are
 * found by the command or the name.
 *
 * Ownership: the answers own their texts and wipe them.
 */
#ifndef CUTOVER_ADAPTERS_FRR_LIVE_H
#define CUTOVER_ADAPTERS_FRR_LIVE_H

#include "orchestrator/base/buf.h"
#include "orchestrator/base/json.h"
#include "orchestrator/model/resource.h"

struct frr_answer {
	char *name, *text;
	json_t *json; /* parsed when it is asked for */
};

struct frr_answers {
	struct frr_answer *v;
	size_t n, cap;
};

#define frr_answers_auto                                                       \
	__attribute__((cleanup(frr_answers_done))) struct frr_answers

void frr_answers_cut(const char *out, struct frr_answers *ret);
void frr_answers_done(struct frr_answers *a);
const char *frr_answers_text(const struct frr_answers *a, const char *name);
/* Borrowed; NULL if there is no such answer or it is no JSON. */
json_t *frr_answers_json(struct frr_answers *a, const char *name);

/* A route from 'show ip route', 'show bgp' and the kernel's answer. */
void frr_route_observe(const json_t *rib, const json_t *bgp,
		       const json_t *kernel, struct resource *r);

#endif
