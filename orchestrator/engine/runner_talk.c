/*
 * runner_talk.c - what operators see of a run
 *
 * Invariant: nothing here waits for anybody.  Devices are looked at for
 * screens by connections of their own, from the moment at which the first one
 * asks for it.
 *
 * The messages are described in orchestrator/doc/socket.md.
 */
#include <string.h>
#include <unistd.h>

#include "orchestrator/base/clock.h"
#include "orchestrator/engine/runner_parts.h"
#include "orchestrator/engine/sights.h"

#define TELL_US 500000 /* between two messages with measurements */
#define LOOK_MS 2000

void runner_talk_init(struct runner *r)
{
	board_init(&r->board, r->o->program);
	r->outputs = outputs_new();
}

void runner_talk_done(struct runner *r)
{
	watcher_pool_free(r->lookers);
	if (r->board.program)
		board_done(&r->board);
	orders_done(&r->orders);
	outputs_free(r->outputs);
	free(r->told);
}

void runner_talk_replay(struct runner *r, const struct journal_row *row)
{
	board_row(&r->board, row->seq, row->wall_us, row->kind, row->step,
		  row->body);
	if (strcmp(row->kind, "order") == 0) {
		json_auto *j =
			json_text_parse(row->body, strlen(row->body), NULL);

		if (json_peek(j, "pause_ms"))
			r->pace_ms = (uint32_t)json_peek_int(j, "pause_ms", 0);
	}
}

/* ---- what is told ---- */

json_t *runner_status_of(struct runner *r)
{
	json_t *j = engine_status(r->engine);

	json_object_set_new(j, "run", json_string(r->o->run_id));
	json_object_set_new(j, "pid", json_integer(getpid()));
	json_object_set_new(j, "pause_ms", json_integer(r->pace_ms));
	if (r->o->practice)
		json_object_set_new(j, "practice", json_true());
	return j;
}

/* What changes all the time, and is no reason to tell of a status again. */
void runner_add_left(const struct runner *r, json_t *status)
{
	int64_t left = r->timer_us - clock_mono_us();

	if (engine_phase(r->engine) == PHASE_SOAK && r->timer_us)
		json_object_set_new(status, "soak_left_ms",
				    json_integer(left > 0 ? left / 1000 : 0));
}

static void publish(struct runner *r, json_t *event)
{
	control_publish(r->control, event);
	json_decref(event);
}

void runner_tell_orders(struct runner *r)
{
	publish(r, json_pack("{s:s,s:o}", "event", "orders", "orders",
			     orders_json(&r->orders)));
}

static json_t *row_event(const struct runner_row *row)
{
	json_t *body = json_text_parse(row->body, strlen(row->body), NULL);
	json_t *j = json_pack("{s:s,s:I,s:I,s:s,s:s,s:o*}", "event", "row",
			      "seq", (json_int_t)row->seq, "time_us",
			      (json_int_t)row->wall_us, "kind", row->kind,
			      "step", row->step ? row->step : "", "body", body);

	json_object_del(body, "states"); /* of checkpoints: the journal's */
	json_object_del(body, "before");
	json_object_del(body, "want");
	return j;
}

void runner_tell_row(struct runner *r, const struct runner_row *row)
{
	board_row(&r->board, row->seq, row->wall_us, row->kind, row->step,
		  row->body);
	if (orders_row(&r->orders, row->kind, row->body, row->wall_us) &&
	    r->control)
		runner_tell_orders(r);
	if (r->control && control_followed(r->control))
		publish(r, row_event(row));
}

static json_t *measure_event(struct runner *r)
{
	return json_pack(
		"{s:s,s:I,s:o,s:o}", "event", "measure", "time_us",
		(json_int_t)clock_wall_us(), "probes",
		r->monitor ? monitor_samples(r->monitor) : json_object(),
		"guards",
		r->monitor ? monitor_guards(r->monitor, clock_mono_us())
			   : json_array());
}

json_t *runner_snapshot_of(struct runner *r)
{
	const struct plan *p = r->o->plan;
	json_auto *m = measure_event(r);
	json_t *status = runner_status_of(r);

	runner_add_left(r, status);
	return json_pack(
		"{s:s,s:s,s:s*,s:s,s:I,s:I,s:I,s:o,s:o,s:o,s:o,s:O,s:O}", "run",
		r->o->run_id, "plan", p->name, "change", p->change, "plan_path",
		p->path, "window_start_us", (json_int_t)p->window_start_us,
		"window_end_us", (json_int_t)p->window_end_us, "time_us",
		(json_int_t)clock_wall_us(), "status", status, "board",
		board_json(&r->board), "orders", orders_json(&r->orders),
		"screens", control_screens(r->control), "probes",
		json_peek(m, "probes"), "guards", json_peek(m, "guards"));
}

static void tell_status(struct runner *r)
{
	json_t *status = runner_status_of(r);
	char *text = json_text_canonical(status);

	if (r->told && strcmp(r->told, text) == 0) {
		json_decref(status);
		free(text);
		return;
	}
	free(r->told);
	r->told = text;
	runner_add_left(r, status);
	publish(r, json_pack("{s:s,s:o}", "event", "status", "status", status));
}

static void tell_looks(struct runner *r)
{
	struct watcher_look l;

	while (r->lookers && watcher_pool_poll(r->lookers, &l)) {
		json_t *j = json_pack("{s:s,s:s,s:b,s:I}", "event", "look",
				      "target", l.target, "ok", l.ok, "time_us",
				      (json_int_t)clock_wall_us());

		if (l.ok)
			json_object_set_new(
				j, "states",
				resource_set_to_json(&l.seen, true));
		else
			json_object_set_new(j, "why",
					    json_string(l.text ? l.text : ""));
		publish(r, j);
		watcher_look_done(&l);
	}
}

static void tell(struct runner *r)
{
	int64_t now = clock_mono_us();
	json_t *out;

	while ((out = outputs_take(r->outputs)))
		publish(r, out);
	tell_looks(r);
	if (control_screens_changed(r->control)) {
		outputs_listen(r->outputs, control_followed(r->control));
		publish(r, json_pack("{s:s,s:o}", "event", "screens", "screens",
				     control_screens(r->control)));
	}
	if (!control_followed(r->control))
		return;
	tell_status(r);
	if (now < r->told_us + TELL_US)
		return;
	r->told_us = now;
	publish(r, measure_event(r));
}

/* ---- looks for screens ---- */

static void want_of(const struct runner *r, const char *target,
		    struct resource_set *ret)
{
	const struct program *p = r->o->program;

	for (size_t i = 0; i < p->n_watch; i++)
		if (strcmp(p->watch_target[i], target) == 0)
			sights_want_paths(r->o->plan, target, &p->watch[i],
					  ret);
}

static bool is_at_the_site(const struct plan *p, const char *target)
{
	for (size_t i = 0; i < p->n_edges; i++)
		if (strcmp(p->edges[i].name, target) == 0)
			return true;
	for (size_t i = 0; i < p->n_tunnels; i++)
		if (strcmp(p->tunnels[i].name, target) == 0)
			return true;
	return false;
}

void runner_start_looking(struct runner *r)
{
	const struct runner_options *o = r->o;

	if (r->lookers)
		return;
	r->lookers = watcher_pool_new(LOOK_MS);
	for (size_t i = 0; i < o->n_targets; i++) {
		resource_set_auto want = {0};
		err_auto e = ERR_INIT;

		want_of(r, o->targets[i].name, &want);
		if (want.n && is_at_the_site(o->plan, o->targets[i].name))
			watcher_pool_add(r->lookers, &o->targets[i], &want, &e);
	}
}

/* ---- the turn ---- */

size_t runner_talk_fds(const struct runner *r, struct pollfd *ret)
{
	size_t n = control_fds(r->control, ret);

	ret[n++] =
		(struct pollfd){.fd = outputs_fd(r->outputs), .events = POLLIN};
	if (r->lookers)
		ret[n++] = (struct pollfd){.fd = watcher_pool_fd(r->lookers),
					   .events = POLLIN};
	return n;
}

void runner_talk(struct runner *r)
{
	control_turn(r->control, runner_asked, r);
	if (!r->ended)
		runner_pending_go(r);
	tell(r);
}
