/*
 * runner_steer.c - what operators ask of a run
 *
 * Invariants: an order is in the journal (row 'order', with who gave it)
 * before the engine hears of it; of those who follow only the holder of
 * control is obeyed.
 *
 * The messages are described in orchestrator/doc/socket.md.
 */
#include <string.h>

#include "orchestrator/base/clock.h"
#include "orchestrator/engine/runner_parts.h"

#define PAUSE_MAX_MS 600000
#define SOAK_MAX_MS 86400000

static json_t *refuse(const char *fmt, ...) mem_printf(1, 2);

static json_t *refuse(const char *fmt, ...)
{
	mem_auto_free char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	text = mem_vformat(fmt, ap);
	va_end(ap);
	return json_pack("{s:b,s:s}", "ok", 0, "error", text);
}

static json_t *agree(struct runner *r, const struct order *x)
{
	json_t *status = runner_status_of(r);
	json_t *j = json_pack("{s:b,s:o}", "ok", 1, "status", status);

	runner_add_left(r, status);
	if (x)
		json_object_set_new(j, "order", order_json(x));
	return j;
}

static bool command_of(const char *name, enum operator_command *ret)
{
	for (int c = OPERATOR_GO; c <= OPERATOR_STOP; c++) {
		if (strcmp(operator_command_name(c), name) == 0) {
			*ret = c;
			return true;
		}
	}
	return false;
}

static const char *who_is(const struct control_client *who,
			  const json_t *request)
{
	const char *by = json_peek_str(request, "by", who->name);

	return *by ? by : "a script";
}

static bool note_order(struct runner *r, json_t *body)
{
	mem_auto_free char *text = json_text_canonical(body);

	json_decref(body);
	return runner_append(r, "order", NULL, text);
}

static void give(struct runner *r, struct order *x)
{
	struct event ev = {
		.kind = EVENT_OPERATOR, .command = x->command, .text = x->to};

	if (x->command == OPERATOR_GO || x->command == OPERATOR_ACCEPT)
		x->state = ORDER_TRIED;
	runner_unpace(r);
	if (!r->ended)
		runner_feed(r, &ev);
}

/* Why this cannot be asked for now, or NULL. */
static json_t *wrong_moment(struct runner *r, enum operator_command c,
			    const char *to)
{
	bool held = engine_phase(r->engine) == PHASE_HOLD;

	if (to && c != OPERATOR_ACCEPT && !engine_can_go_back(r->engine, to))
		return refuse("there is no such checkpoint behind this run");
	if (c == OPERATOR_ACCEPT && !held)
		return refuse("the run does not hold: there is nothing to "
			      "accept");
	if (c == OPERATOR_HOLD && held)
		return refuse("the run holds already");
	return NULL;
}

static json_t *do_steer(struct runner *r, const struct control_client *who,
			enum operator_command c, const json_t *request)
{
	bool unproved = c == OPERATOR_ACCEPT &&
			json_peek_bool(request, "unproved", false);
	const char *to = unproved ? "unproved"
			 : c == OPERATOR_ACCEPT
				 ? NULL
				 : json_peek_str(request, "to", NULL);
	json_t *no = wrong_moment(r, c, to);
	struct order *x;

	if (no)
		return no;
	x = orders_add(&r->orders, c, to, who_is(who, request),
		       clock_wall_us());
	if (!note_order(r, order_json(x)))
		return refuse("the journal cannot be written");
	if (c != OPERATOR_GO || engine_phase(r->engine) == PHASE_HOLD)
		give(r, x);
	runner_tell_orders(r);
	return agree(r, x);
}

static json_t *do_take_back(struct runner *r, const struct control_client *who,
			    const json_t *request)
{
	json_int_t id = json_peek_int(request, "order", 0);
	struct order *x =
		id ? orders_find(&r->orders, id) : orders_open(&r->orders, -1);
	struct event ev = {.kind = EVENT_OPERATOR,
			   .command = OPERATOR_TAKE_BACK};

	if (!x || x->state != ORDER_PENDING)
		return refuse("nothing is pending that could be taken back");
	ev.text = operator_command_name(x->command);
	orders_settle(x, ORDER_TAKEN_BACK, who_is(who, request),
		      clock_wall_us());
	if (!note_order(r, order_json(x)))
		return refuse("the journal cannot be written");
	runner_feed(r, &ev);
	runner_tell_orders(r);
	return agree(r, x);
}

/* A soak is the engine's timer: it ends when the runner says so. */
static json_t *do_soak(struct runner *r, const struct control_client *who,
		       const json_t *request)
{
	json_int_t add = json_peek_int(request, "add_ms", 0);
	int64_t now = clock_mono_us();

	if (engine_phase(r->engine) != PHASE_SOAK || !r->timer_us)
		return refuse("the run does not soak now");
	if (!add || add > SOAK_MAX_MS || add < -SOAK_MAX_MS)
		return refuse("say by how much: a day at most");
	if (!note_order(r, json_pack("{s:s,s:s,s:I}", "command", "soak", "by",
				     who_is(who, request), "add_ms", add)))
		return refuse("the journal cannot be written");
	r->timer_us += add * 1000;
	if (r->timer_us < now)
		r->timer_us = now;
	free(r->told);
	r->told = NULL;
	return agree(r, NULL);
}

static json_t *do_throttle(struct runner *r, const struct control_client *who,
			   const json_t *request)
{
	json_int_t ms = json_peek_int(request, "pause_ms", -1);

	if (ms < 0 || ms > PAUSE_MAX_MS)
		return refuse("'pause_ms' is the pause after each step: 0 to "
			      "%d",
			      PAUSE_MAX_MS);
	if (!note_order(r,
			json_pack("{s:s,s:s,s:I}", "command", "throttle", "by",
				  who_is(who, request), "pause_ms", ms)))
		return refuse("the journal cannot be written");
	r->pace_ms = (uint32_t)ms;
	if (!ms)
		runner_unpace(r);
	return agree(r, NULL);
}

bool runner_postpone(struct runner *r, const char *block, bool off,
		     const char *by)
{
	json_auto *j = json_pack("{s:s,s:b,s:s}", "block", block, "off", off,
				 "by", by);
	mem_auto_free char *body = json_text_canonical(j);
	err_auto e = ERR_INIT;

	return runner_append(r, "postpone", NULL, body) &&
	       engine_replay(r->engine, "postpone", NULL, body, &e);
}

static json_t *do_postpone(struct runner *r, const struct control_client *who,
			   const json_t *request)
{
	const char *name = json_peek_str(request, "block", "");
	bool off = json_peek_bool(request, "off", false);
	mem_auto_free char *wave = mem_format("wave-%s", name);

	if (program_find_block(r->o->program, name) < 0)
		name = wave;
	if (!engine_is_ahead(r->engine, name))
		return refuse("there is no such block or wave ahead of this "
			      "run");
	if (!runner_postpone(r, name, off, who_is(who, request)))
		return refuse("the journal cannot be written");
	return agree(r, NULL);
}

static json_t *do_control(struct runner *r, const struct control_client *who,
			  const json_t *request)
{
	if (!who->follows)
		return refuse("only a screen that follows can have control");
	if (json_peek_bool(request, "take", true))
		control_give(r->control, who->id);
	else if (control_holder(r->control) == who->id)
		control_give(r->control, 0);
	return agree(r, NULL);
}

static json_t *do_follow(struct runner *r, const struct control_client *who,
			 const json_t *request)
{
	outputs_listen(r->outputs, true);
	if (json_peek_bool(request, "looks", false))
		runner_start_looking(r);
	return json_pack("{s:b,s:i,s:i,s:o}", "ok", 1, "protocol",
			 CONTROL_PROTOCOL, "you", who->id, "snapshot",
			 runner_snapshot_of(r));
}

static json_t *do_status(struct runner *r)
{
	json_t *j = agree(r, NULL);
	json_t *status = json_peek(j, "status");

	if (r->monitor)
		json_object_set_new(status, "probes",
				    monitor_samples(r->monitor));
	json_object_set_new(status, "orders", orders_json(&r->orders));
	json_object_set_new(status, "screens", control_screens(r->control));
	return j;
}

json_t *runner_asked(void *arg, const struct control_client *who,
		     const json_t *request)
{
	struct runner *r = arg;
	const char *name = json_peek_str(request, "command", "");
	enum operator_command c;

	if (strcmp(name, "status") == 0)
		return do_status(r);
	if (strcmp(name, "follow") == 0)
		return do_follow(r, who, request);
	if (r->ended)
		return refuse("the run has ended");
	if (strcmp(name, "control") == 0)
		return do_control(r, who, request);
	if (who->follows && control_holder(r->control) != who->id)
		return refuse("this screen has no control");
	if (strcmp(name, "take-back") == 0)
		return do_take_back(r, who, request);
	if (strcmp(name, "soak") == 0)
		return do_soak(r, who, request);
	if (strcmp(name, "throttle") == 0)
		return do_throttle(r, who, request);
	if (strcmp(name, "postpone") == 0)
		return do_postpone(r, who, request);
	if (command_of(name, &c))
		return do_steer(r, who, c, request);
	return refuse("unknown command");
}

/* A 'go' that was given before its hold. */
void runner_pending_go(struct runner *r)
{
	struct order *x = orders_open(&r->orders, OPERATOR_GO);

	if (!x || x->state != ORDER_PENDING ||
	    engine_phase(r->engine) != PHASE_HOLD)
		return;
	if (engine_holds_as_planned(r->engine)) {
		give(r, x);
		return;
	}
	orders_settle(x, ORDER_DROPPED, "this hold needs a go of its own",
		      clock_wall_us());
	runner_tell_orders(r);
}
