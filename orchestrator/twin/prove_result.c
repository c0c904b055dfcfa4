/*
 * prove_result.c - the tree that a proof hands over
 *
 * States refer to the one that they were reached from, and carry only what is
 * new: a reader goes back until it finds what it asks for.
 */
#include <string.h>

#include "orchestrator/twin/prove_parts.h"

const char *prove_phase_name(enum prove_phase phase)
{
	static const char *const names[] = {
		[PROVE_FORWARD] = "forward",
		[PROVE_UNDO] = "undo",
		[PROVE_PARTIAL_UNDO] = "partial undo",
		[PROVE_DEAD_MAN] = "dead-man",
	};

	return names[phase];
}

const char *prove_verdict(const struct prove *p)
{
	if (p->errors)
		return "fails";
	return p->unknown ? "unknown" : "holds";
}

/* ---- violations ---- */

static bool same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

/* What a state is matters once; what a change does, in each direction. */
static bool said_there(const char *rule, enum prove_phase a, enum prove_phase b)
{
	if (a == PROVE_PARTIAL_UNDO)
		a = PROVE_UNDO;
	if (b == PROVE_PARTIAL_UNDO)
		b = PROVE_UNDO;
	return a == b || strncmp(rule, "transient-", 10) != 0;
}

static struct prove_violation *said_before(struct prover *p, const char *rule,
					   enum prove_severity severity,
					   const char *subject)
{
	const char *failure = p->failure ? p->failure->text : NULL;

	for (size_t i = 0; i < p->out->n_violations; i++) {
		struct prove_violation *v = &p->out->violations[i];

		if (v->severity == severity && strcmp(v->rule, rule) == 0 &&
		    said_there(rule, v->phase, p->phase) &&
		    same_text(v->subject, subject) &&
		    same_text(v->failure, failure))
			return v;
	}
	return NULL;
}

static char *path_text(const struct prover *p, const struct walk_path *path)
{
	buf_auto b = BUF_INIT;

	if (!path || !path->n)
		return NULL;
	walk_path_text(p->t->net, path, &b);
	return buf_steal(&b);
}

void prove_say(struct prover *p, enum prove_severity severity, const char *rule,
	       const char *subject, const struct walk_path *path,
	       const char *advice, const char *fmt, ...)
{
	struct prove *o = p->out;
	struct prove_violation *v = said_before(p, rule, severity, subject);
	va_list ap;

	if (v) {
		v->times++;
		return;
	}
	MEM_GROW(o->violations, o->n_violations, o->cap_violations);
	v = &o->violations[o->n_violations++];
	va_start(ap, fmt);
	*v = (struct prove_violation){
		.rule = rule,
		.severity = severity,
		.phase = p->phase,
		.step = p->step ? mem_strdup(p->step->id) : NULL,
		.failure = p->failure ? mem_strdup(p->failure->text) : NULL,
		.subject = mem_strdup(subject),
		.text = mem_vformat(fmt, ap),
		.path = path_text(p, path),
		.advice = mem_strdup(advice),
		.times = 1,
	};
	va_end(ap);
	if (severity == PROVE_ERROR)
		o->errors++;
	else
		o->warnings++;
}

static void add_assumed(struct prove *o, const char *id, char *text)
{
	for (size_t i = 0; i < o->n_assumed; i++)
		if (strcmp(o->assumed[i].id, id) == 0) {
			free(text);
			return;
		}
	MEM_GROW(o->assumed, o->n_assumed, o->cap_assumed);
	o->assumed[o->n_assumed++] = (struct twin_note){mem_strdup(id), text};
}

void prove_assume(struct prover *p, const char *id, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add_assumed(p->out, id, mem_vformat(fmt, ap));
	va_end(ap);
}

/* ---- states ---- */

static void record_pair(const struct prover *p, const struct pair *x,
			struct prove_pair *ret)
{
	const struct walk *forward = &p->walks[x->cloud];
	const struct walk *back = &p->walks[x->onprem];
	const struct device *d = prove_one_way(p, x);

	*ret = (struct prove_pair){
		.group = x->group,
		.onprem = mem_strdup(p->dests[x->onprem].text),
		.cloud = mem_strdup(p->dests[x->cloud].text),
		.forward = prove_via(p, forward),
		.back = prove_via(p, back),
		.asymmetric = prove_kinds(p, forward) != prove_kinds(p, back),
		.stateful = d ? mem_strdup(d->name) : NULL,
	};
}

bool prove_route_now(const struct prover *p, size_t edge,
		     const struct prefix *cloud, struct prove_route *ret)
{
	const struct twin *t = p->t;
	const struct net *n = t->net;
	int router = t->edges[edge];
	long at = classes_find(t->decide->classes, cloud);
	const struct net_session *s;
	struct fib f;

	*ret = (struct prove_route){.edge = n->routers[router].name};
	if (at < 0)
		return false;
	fib_of_chain(t->decide, t->decide->classes->chain_of[at], router, &f);
	if (f.kind == FIB_NONE)
		return true;
	if (f.from < 0) {
		ret->via = "static";
		return true;
	}
	s = &n->sessions[f.from / 2];
	ret->from = s->end[!(f.from % 2)].address;
	ret->via =
		s->ebgp ? s->name : n->routers[s->router[!(f.from % 2)]].name;
	return true;
}

static const struct prove_route *known_route(const struct prove *o, int state,
					     const char *edge,
					     const char *prefix)
{
	for (; state >= 0; state = o->states[state].before) {
		const struct prove_state *s = &o->states[state];

		for (size_t i = 0; i < s->n_routes; i++)
			if (strcmp(s->routes[i].edge, edge) == 0 &&
			    strcmp(s->routes[i].prefix, prefix) == 0)
				return &s->routes[i];
	}
	return NULL;
}

static void record_routes(struct prover *p, struct prove_state *s)
{
	const struct twin *t = p->t;
	size_t cap = 0;

	for (size_t e = 0; e < t->plan->n_edges; e++)
		for (size_t i = 0; i < t->n_cloud; i++) {
			char text[PREFIX_TEXT_MAX];
			struct prove_route r;
			const struct prove_route *old;

			prefix_text(&t->cloud[i], text);
			prove_route_now(p, e, &t->cloud[i], &r);
			old = known_route(p->out, s->before, r.edge, text);
			if (old && same_text(old->via, r.via) &&
			    same_text(old->from, r.from))
				continue;
			MEM_GROW(s->routes, s->n_routes, cap);
			r.prefix = mem_strdup(text);
			s->routes[s->n_routes++] = r;
		}
}

int prove_record(struct prover *p, int before, bool changed)
{
	struct prove *o = p->out;
	struct prove_state *s;

	MEM_GROW(o->states, o->n_states, o->cap_states);
	s = &o->states[o->n_states++];
	*s = (struct prove_state){
		.block = p->block ? p->block->name : NULL,
		.step = p->step ? p->step->id : NULL,
		.phase = p->phase,
		.changed = changed,
		.before = before,
	};
	if (!changed)
		return (int)o->n_states - 1;
	s->pairs = mem_calloc(p->n_pairs + 1, sizeof(*s->pairs));
	s->n_pairs = p->n_pairs;
	for (size_t i = 0; i < p->n_pairs; i++)
		record_pair(p, &p->pairs[i], &s->pairs[i]);
	record_routes(p, s);
	return (int)o->n_states - 1;
}

const struct prove_route *prove_route_after(const struct prove *p,
					    const char *step, const char *edge,
					    const char *prefix)
{
	for (size_t i = 0; i < p->n_states; i++)
		if (same_text(p->states[i].step, step))
			return known_route(p, (int)i, edge, prefix);
	return NULL;
}

bool twin_predict_route(const struct prove *p, const char *step,
			const char *edge, const char *prefix,
			const char **ret_from)
{
	const struct prove_route *r = prove_route_after(p, step, edge, prefix);

	if (r)
		*ret_from = r->from;
	return r != NULL;
}

static void state_done(struct prove_state *s)
{
	for (size_t i = 0; i < s->n_pairs; i++) {
		free(s->pairs[i].onprem);
		free(s->pairs[i].cloud);
		free(s->pairs[i].forward);
		free(s->pairs[i].back);
		free(s->pairs[i].stateful);
	}
	for (size_t i = 0; i < s->n_routes; i++)
		free(s->routes[i].prefix);
	free(s->pairs);
	free(s->routes);
}

static void violation_done(struct prove_violation *v)
{
	free(v->step);
	free(v->failure);
	free(v->subject);
	free(v->text);
	free(v->path);
	free(v->advice);
}

void prove_free(struct prove *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->n_states; i++)
		state_done(&p->states[i]);
	for (size_t i = 0; i < p->n_violations; i++)
		violation_done(&p->violations[i]);
	for (size_t i = 0; i < p->n_losses; i++)
		free(p->losses[i].failure);
	for (size_t i = 0; i < p->n_budgets; i++)
		free(p->budgets[i].step);
	for (size_t i = 0; i < p->n_assumed; i++) {
		free(p->assumed[i].id);
		free(p->assumed[i].text);
	}
	free(p->unknown);
	free(p->states);
	free(p->violations);
	free(p->losses);
	free(p->budgets);
	free(p->assumed);
	free(p);
}
