/*
 * orders.c - orders against rows
 */
#include "orchestrator/engine/orders.h"

#include <string.h>

static bool is_open(const struct order *x)
{
	return x->id && (x->state == ORDER_PENDING || x->state == ORDER_TRIED);
}

static void order_free(struct order *x)
{
	free(x->to);
	free(x->by);
	free(x->text);
	*x = (struct order){0};
}

void orders_done(struct orders *o)
{
	for (size_t i = 0; i < ORDERS_KEPT; i++)
		order_free(&o->v[i]);
}

void orders_settle(struct order *x, enum order_state s, const char *text,
		   int64_t now_us)
{
	x->state = s;
	x->settled_us = now_us;
	free(x->text);
	x->text = mem_strdup(text);
}

struct order *orders_open(struct orders *o, int command)
{
	struct order *best = NULL;

	for (size_t i = 0; i < ORDERS_KEPT; i++) {
		struct order *x = &o->v[i];

		if (is_open(x) && (command < 0 || (int)x->command == command) &&
		    (!best || x->id > best->id))
			best = x;
	}
	return best;
}

struct order *orders_find(struct orders *o, int64_t id)
{
	struct order *x = &o->v[(size_t)id % ORDERS_KEPT];

	return id > 0 && x->id == id ? x : NULL;
}

struct order *orders_add(struct orders *o, enum operator_command c,
			 const char *to, const char *by, int64_t now_us)
{
	struct order *old = orders_open(o, c);
	struct order *x = &o->v[(size_t)(o->last + 1) % ORDERS_KEPT];

	if (old)
		orders_settle(old, ORDER_DROPPED, "asked for again", now_us);
	order_free(x);
	*x = (struct order){.id = ++o->last,
			    .command = c,
			    .to = mem_strdup(to),
			    .by = mem_strdup(by ? by : ""),
			    .given_us = now_us};
	return x;
}

/* ---- rows ---- */

static bool settle_all(struct orders *o, int command, enum order_state s,
		       const char *text, int64_t now_us)
{
	struct order *x;
	bool any = false;

	while ((x = orders_open(o, command))) {
		orders_settle(x, s, text, now_us);
		any = true;
	}
	return any;
}

static bool done(struct orders *o, int command, int64_t now_us)
{
	return settle_all(o, command, ORDER_DONE, NULL, now_us);
}

static bool void_go(struct orders *o, const char *text, int64_t now_us)
{
	return settle_all(o, OPERATOR_GO, ORDER_DROPPED, text, now_us);
}

/* A go was meant for a hold that the plan has, not for one because of
 * trouble. */
static bool on_hold(struct orders *o, const json_t *body, int64_t now_us)
{
	bool any = done(o, OPERATOR_HOLD, now_us);

	if (!json_peek_bool(body, "step", false))
		any |= void_go(o, "the run holds for another reason", now_us);
	return any;
}

static bool on_way_back(struct orders *o, int64_t now_us)
{
	bool any = done(o, OPERATOR_ROLLBACK, now_us);

	any |= done(o, OPERATOR_ABORT, now_us);
	any |= void_go(o, "the run goes back", now_us);
	return any;
}

static bool on_end(struct orders *o, int64_t now_us)
{
	bool any = done(o, OPERATOR_STOP, now_us);

	any |= done(o, OPERATOR_ABORT, now_us);
	any |= settle_all(o, -1, ORDER_DROPPED, "the run has ended", now_us);
	return any;
}

bool orders_row(struct orders *o, const char *kind, const char *body,
		int64_t now_us)
{
	json_auto *j = NULL;
	bool any = false;

	if (!orders_open(o, -1))
		return false;
	if (strcmp(kind, "go") == 0) {
		any = done(o, OPERATOR_GO, now_us);
		any |= done(o, OPERATOR_ACCEPT, now_us);
	} else if (strcmp(kind, "hold") == 0) {
		j = json_text_parse(body, strlen(body), NULL);
		any = on_hold(o, j, now_us);
	} else if (strcmp(kind, "rollback") == 0 ||
		   strcmp(kind, "emergency") == 0) {
		any = on_way_back(o, now_us);
	} else if (strcmp(kind, "end") == 0) {
		any = on_end(o, now_us);
	}
	return any;
}

/* ---- to JSON ---- */

const char *order_state_name(enum order_state s)
{
	static const char *const names[] = {"pending", "tried", "done",
					    "taken-back", "dropped"};

	return names[s];
}

json_t *order_json(const struct order *x)
{
	return json_pack("{s:I,s:s,s:s,s:s*,s:s,s:s*,s:I,s:I}", "id",
			 (json_int_t)x->id, "command",
			 operator_command_name(x->command), "state",
			 order_state_name(x->state), "to", x->to, "by", x->by,
			 "text", x->text, "given_us", (json_int_t)x->given_us,
			 "settled_us", (json_int_t)x->settled_us);
}

json_t *orders_json(const struct orders *o)
{
	json_t *j = json_array();

	for (int64_t id = o->last - ORDERS_KEPT + 1; id <= o->last; id++)
		if (id > 0)
			json_array_append_new(
				j, order_json(&o->v[(size_t)id % ORDERS_KEPT]));
	return j;
}
