/*
 * changeset.h - exact commands that lead from one state to another, and back
 */
#ifndef CUTOVER_PORT_CHANGESET_H
#define CUTOVER_PORT_CHANGESET_H

#include "orchestrator/base/json.h"

/* One request or command list; `text` shows '<secret NAME>' for secrets. */
struct change_part {
	char *what; /* 'vtysh', 'file /etc/bird/cutover.conf', 'shell', 'virsh'
		     */
	char *text; /* exactly what is sent, but for secrets */
};

struct changeset {
	struct change_part *forward, *back;
	size_t n_forward, n_back;
	char *key; /* idempotency key, set by the engine */
};

void changeset_add(struct changeset *cs, bool back, const char *what,
		   const char *text);
void changeset_done(struct changeset *cs);
json_t *changeset_to_json(const struct changeset *cs);
bool changeset_from_json(const json_t *j, struct changeset *ret, struct err *e);

#endif
