/*
 * orders.h - what operators have asked of a run, and what became of it
 *
 *	PENDING --given to the engine--> TRIED --its row is committed--> DONE
 *	   |                               |
 *	   +--> TAKEN_BACK (by whoever)    +--> DROPPED (the run went another
 *	   +--> DROPPED                         way, the text says which)
 *
 * An order is pending until the run comes to where it can be obeyed: a 'go'
 * until the next hold of the plan, a 'hold', 'abort' or 'rollback' until the
 * step under way is through.  Only rows of the journal make one done.
 *
 * Pure; times are the caller's.
 */
#ifndef CUTOVER_ENGINE_ORDERS_H
#define CUTOVER_ENGINE_ORDERS_H

#include "orchestrator/base/json.h"
#include "orchestrator/engine/event.h"

#define ORDERS_KEPT 8

enum order_state {
	ORDER_PENDING,
	ORDER_TRIED,
	ORDER_DONE,
	ORDER_TAKEN_BACK,
	ORDER_DROPPED,
};

struct order {
	int64_t id; /* from 1; 0: this slot is empty */
	enum operator_command command;
	enum order_state state;
	char *to, *by, *text;
	int64_t given_us, settled_us; /* wall clock */
};

struct orders {
	struct order v[ORDERS_KEPT]; /* ring */
	int64_t last;		     /* id given out last */
};

void orders_done(struct orders *o);
/* The new one; it replaces an open one of the same command. */
struct order *orders_add(struct orders *o, enum operator_command c,
			 const char *to, const char *by, int64_t now_us);
/* The latest open (pending or tried) order, of a command if >= 0; or NULL. */
struct order *orders_open(struct orders *o, int command);
struct order *orders_find(struct orders *o, int64_t id);
void orders_settle(struct order *x, enum order_state s, const char *text,
		   int64_t now_us);
/* A row was committed: what it fulfils and what it makes void.  True: any. */
bool orders_row(struct orders *o, const char *kind, const char *body,
		int64_t now_us);
const char *order_state_name(enum order_state s);
json_t *order_json(const struct order *x);
/* Oldest first. */
json_t *orders_json(const struct orders *o);

#endif
