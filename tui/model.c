/*
 * model.c - messages into the model
 *
 * Invariants: rows are taken in the order of their seq, each once, wherever
 * they come from; counters that went backwards (a daemon that was started
 * anew) start a new curve instead of a wrong point.
 */
#include "tui/model.h"

#include <string.h>

#include "tui/row_text.h"

#define LOG_LINES 20000
#define DEVICE_LINES 2000

/* ---- life ---- */

static void add_path(struct model *m, const struct model_path *x)
{
	m->paths = mem_realloc(m->paths, m->n_paths + 1, sizeof(*m->paths));
	m->paths[m->n_paths++] = *x;
}

static void add_tunnels(struct model *m, size_t edge)
{
	const struct plan *p = m->plan;

	for (size_t i = 0; i < p->n_tunnels; i++)
		if (p->tunnels[i].edge == edge)
			add_path(m,
				 &(struct model_path){
					 .kind = MODEL_VPN,
					 .name = mem_strdup(p->tunnels[i].name),
					 .target = p->tunnels[i].name,
					 .counters = p->tunnels[i].name,
					 .edge = edge});
}

static void add_link(struct model *m, const struct plan_circuit *c, size_t link)
{
	size_t edge = c->links[link].edge;

	for (size_t i = 0; i < c->n_peerings; i++) {
		const struct plan_peering *pe = &c->peerings[i];

		add_path(m,
			 &(struct model_path){
				 .kind = MODEL_CIRCUIT,
				 .name = mem_format("%s/%s/%s", c->name,
						    c->links[link].name,
						    pe->name),
				 .target = m->plan->edges[edge].name,
				 .counters =
					 pe->on ? pe->on[link].interface : NULL,
				 .edge = edge});
	}
}

static void add_paths(struct model *m)
{
	const struct plan *p = m->plan;

	for (size_t e = 0; e < p->n_edges; e++) {
		add_tunnels(m, e);
		for (size_t c = 0; c < p->n_circuits; c++)
			for (size_t l = 0; l < p->circuits[c].n_links; l++)
				if (p->circuits[c].links[l].edge == e)
					add_link(m, &p->circuits[c], l);
	}
}

void model_init(struct model *m, const struct plan *p, const struct program *g,
		const char *run)
{
	*m = (struct model){.plan = p,
			    .program = g,
			    .run = mem_strdup(run),
			    .looks = json_object(),
			    .blind = json_object()};
	board_init(&m->board, g);
	m->probes = mem_calloc(p->n_probes + 1, sizeof(*m->probes));
	for (size_t i = 0; i < p->n_probes; i++)
		m->probes[i].rule = &p->probes[i];
	add_paths(m);
}

static void lines_done(struct model_lines *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->v[i].text);
	free(l->v);
	*l = (struct model_lines){0};
}

void model_done(struct model *m)
{
	if (!m->plan)
		return;
	for (size_t i = 0; i < m->plan->n_probes; i++)
		json_decref(m->probes[i].last);
	for (size_t i = 0; i < m->n_paths; i++)
		free(m->paths[i].name);
	free(m->probes);
	free(m->paths);
	board_done(&m->board);
	json_decref(m->status);
	json_decref(m->orders);
	json_decref(m->screens);
	json_decref(m->guards);
	json_decref(m->approvals);
	json_decref(m->looks);
	json_decref(m->blind);
	lines_done(&m->log);
	lines_done(&m->device);
	free(m->run);
	*m = (struct model){0};
}

/* ---- lines ---- */

void model_lines_add(struct model_lines *l, size_t keep, int64_t us,
		     enum style s, char *text)
{
	if (l->n == keep) {
		free(l->v[0].text);
		memmove(l->v, l->v + 1, --l->n * sizeof(*l->v));
		l->dropped++;
	}
	MEM_GROW(l->v, l->n, l->cap);
	l->v[l->n++] = (struct model_line){us, s, text};
}

static void take_output(struct model *m, const json_t *e)
{
	int64_t us = json_peek_int(e, "time_us", 0);
	const char *what = json_peek_str(e, "what", "");
	const char *text = json_peek_str(e, "text", "");
	bool read = strcmp(what, "read") == 0;

	model_lines_add(&m->device, DEVICE_LINES, us,
			read ? STYLE_DIM : STYLE_BOLD,
			mem_format("%s: %s", json_peek_str(e, "target", ""),
				   read ? "is read" : what));
	while (*text && !read) {
		size_t n = strcspn(text, "\n");

		model_lines_add(&m->device, DEVICE_LINES, us, STYLE_PLAIN,
				mem_format("  %.*s", (int)n, text));
		text += n + (text[n] == '\n');
	}
}

/* ---- rows ---- */

static void keep(json_t **slot, json_t *value)
{
	json_incref(value);
	json_decref(*slot);
	*slot = value;
}

void model_row(struct model *m, int64_t seq, int64_t wall_us, const char *kind,
	       const char *step, const char *body)
{
	enum style s = STYLE_PLAIN;
	json_auto *j = NULL;
	char *text;

	if (seq <= m->board.seq)
		return;
	board_row(&m->board, seq, wall_us, kind, step, body);
	if (strcmp(kind, "intent") == 0 || strcmp(kind, "measure") == 0)
		return;
	j = json_text_parse(body, strlen(body), NULL);
	if (strcmp(kind, "approvals") == 0)
		keep(&m->approvals, j);
	text = row_text(kind, step, j, &s);
	if (text)
		model_lines_add(&m->log, LOG_LINES, wall_us, s, text);
}

static void take_row(struct model *m, const json_t *e)
{
	mem_auto_free char *body = json_text_canonical(json_peek(e, "body"));

	model_row(m, json_peek_int(e, "seq", 0), json_peek_int(e, "time_us", 0),
		  json_peek_str(e, "kind", ""), json_peek_str(e, "step", ""),
		  body ? body : "{}");
}

/* ---- what is live ---- */

static void take_status(struct model *m, const json_t *status, int64_t now_us)
{
	json_int_t left = json_peek_int(status, "soak_left_ms", -1);

	keep(&m->status, (json_t *)status);
	m->soak_end_us = left < 0 ? 0 : now_us + left * 1000;
}

static int64_t lost_of(const json_t *s)
{
	return json_peek_int(s, "lost_forward", 0) +
	       json_peek_int(s, "lost_backward", 0) +
	       json_peek_int(s, "lost_roundtrip", 0);
}

static void take_sample(struct model_probe *p, json_t *s, int64_t us)
{
	int64_t sent = json_peek_int(s, "sent", 0), lost = lost_of(s);
	int64_t span = us - p->us;
	bool follows = p->last && sent >= p->sent && lost >= p->gone;

	if (p->last && sent == p->sent)
		return; /* the same line again */
	if (follows && span > 0) {
		series_add(&p->rate,
			   (double)(sent - p->sent) * 1e6 / (double)span);
		series_add(&p->lost, (double)(lost - p->gone));
	}
	series_add(&p->rtt_ms,
		   (double)json_peek_int(json_peek(s, "rtt_us"), "p50", 0) /
			   1000);
	keep(&p->last, s);
	p->us = us;
	p->sent = sent;
	p->gone = lost;
}

static void take_measure(struct model *m, const json_t *e)
{
	int64_t us = json_peek_int(e, "time_us", 0);
	json_t *guards = json_peek(e, "guards");

	if (guards)
		keep(&m->guards, guards);
	for (size_t i = 0; i < m->plan->n_probes; i++) {
		json_t *s = json_peek(json_peek(e, "probes"),
				      m->plan->probes[i].name);

		if (s)
			take_sample(&m->probes[i], s, us);
	}
}

static const json_t *state_named(const json_t *states, const char *name)
{
	for (size_t i = 0; name && i < json_array_size(states); i++) {
		const json_t *x = json_array_get(states, i);
		const char *kind = json_peek_str(x, "kind", "");

		if (strcmp(json_peek_str(x, "name", ""), name) == 0 &&
		    (strcmp(kind, "tunnel") == 0 ||
		     strcmp(kind, "interface") == 0))
			return json_peek(x, "state");
	}
	return NULL;
}

static void take_counters(struct model_path *p, const json_t *s, int64_t us)
{
	bool vpn = p->kind == MODEL_VPN;
	int64_t in = json_peek_int(s, vpn ? "packets_in" : "rx_packets", 0);
	int64_t out = json_peek_int(s, vpn ? "packets_out" : "tx_packets", 0);
	int64_t bytes = json_peek_int(s, vpn ? "bytes_in" : "rx_bytes", 0) +
			json_peek_int(s, vpn ? "bytes_out" : "tx_bytes", 0);
	double span = (double)(us - p->us) / 1e6;

	if (p->us && span > 0 && in >= p->packets_in && out >= p->packets_out) {
		p->in = (double)(in - p->packets_in) / span;
		p->out = (double)(out - p->packets_out) / span;
		p->bytes = bytes >= p->bytes_all
				   ? (double)(bytes - p->bytes_all) / span
				   : 0;
		series_add(&p->rate, p->in + p->out);
	}
	p->us = us;
	p->packets_in = in;
	p->packets_out = out;
	p->bytes_all = bytes;
}

static void take_look(struct model *m, const json_t *e)
{
	const char *target = json_peek_str(e, "target", "");
	json_t *states = json_peek(e, "states");

	if (!json_peek_bool(e, "ok", false)) {
		json_object_set_new(m->blind, target,
				    json_string(json_peek_str(e, "why", "")));
		return;
	}
	json_object_del(m->blind, target);
	json_object_set(m->looks, target, states);
	for (size_t i = 0; i < m->n_paths; i++) {
		const json_t *s = state_named(states, m->paths[i].counters);

		if (s && strcmp(m->paths[i].target, target) == 0)
			take_counters(&m->paths[i], s,
				      json_peek_int(e, "time_us", 0));
	}
}

void model_event(struct model *m, const json_t *e, int64_t now_us)
{
	const char *what = json_peek_str(e, "event", "");

	m->told_us = now_us;
	if (strcmp(what, "row") == 0)
		take_row(m, e);
	else if (strcmp(what, "status") == 0)
		take_status(m, json_peek(e, "status"), now_us);
	else if (strcmp(what, "measure") == 0)
		take_measure(m, e);
	else if (strcmp(what, "output") == 0)
		take_output(m, e);
	else if (strcmp(what, "look") == 0)
		take_look(m, e);
	else if (strcmp(what, "orders") == 0)
		keep(&m->orders, json_peek(e, "orders"));
	else if (strcmp(what, "screens") == 0)
		keep(&m->screens, json_peek(e, "screens"));
}

void model_attached(struct model *m, const json_t *answer, int64_t now_us)
{
	const json_t *s = json_peek(answer, "snapshot");

	m->told_us = now_us;
	m->you = (int)json_peek_int(answer, "you", 0);
	take_status(m, json_peek(s, "status"), now_us);
	keep(&m->orders, json_peek(s, "orders"));
	keep(&m->screens, json_peek(s, "screens"));
	take_measure(m, s);
}

void model_detached(struct model *m)
{
	m->you = 0;
	m->soak_end_us = 0;
	json_decref(m->screens);
	m->screens = NULL;
}
