/*
 * build.c - the pieces that blocks and waves are made of
 *
 * Pure.  Pointers into the program are not kept: blocks move when one is added.
 */
#include "orchestrator/steps/build.h"

#include <string.h>

#include "orchestrator/port/adapter.h"

struct step *build_step(struct build *b, enum step_kind kind,
			const char *target, const char *id, const char *fmt,
			...)
{
	mem_auto_free char *title = NULL;
	struct step *s;
	va_list ap;

	va_start(ap, fmt);
	title = mem_vformat(fmt, ap);
	va_end(ap);
	s = step_vec_add(b->to, b->block, id, kind, target, title);
	s->timeout_ms = b->plan->timeouts.converge_ms;
	return s;
}

char *build_id(const char *verb, const char *name)
{
	char *id = mem_format("%s-%s", verb, name);

	for (char *c = id; *c; c++)
		if (*c == '/')
			*c = '-';
	return id;
}

const struct plan_link_peering *build_on(const struct policy_session *s)
{
	return &s->plan->circuits[s->circuit].peerings[s->peering].on[s->link];
}

const struct plan_edge *build_edge(const struct policy_session *s)
{
	return &s->plan->edges
			[s->plan->circuits[s->circuit].links[s->link].edge];
}

const struct plan_tunnel *build_tunnel(const struct plan *p, size_t edge)
{
	const struct plan_tunnel *six = NULL;

	for (size_t i = 0; i < p->n_tunnels; i++) {
		if (p->tunnels[i].edge != edge || !p->tunnels[i].neighbor)
			continue;
		if (!build_is_six(p->tunnels[i].neighbor))
			return &p->tunnels[i];
		if (!six)
			six = &p->tunnels[i];
	}
	return six;
}

bool build_is_six(const char *address)
{
	return address && strchr(address, ':');
}

static struct resource *session_in(struct resource_set *set, const char *name,
				   const char *neighbor)
{
	struct resource *r = resource_set_find(set, RESOURCE_SESSION, name);

	if (r)
		return r;
	r = resource_set_add(set, RESOURCE_SESSION, name);
	r->session.neighbor = mem_strdup(neighbor);
	return r;
}

struct resource *build_session(struct resource_set *set,
			       const struct policy_session *s)
{
	mem_auto_free char *name = policy_session_name(s);

	return session_in(set, name, build_on(s)->neighbor);
}

struct resource *build_vpn_session(struct resource_set *set,
				   const struct plan_tunnel *t)
{
	return session_in(set, t->name, t->neighbor);
}

void build_ask_sent(struct resource *session)
{
	state_list_add(&session->session.sent, "*");
}

void build_ask_received(struct resource *session)
{
	state_list_add(&session->session.received, "*");
}

void build_look_route(struct step *s, const char *prefix)
{
	if (!resource_set_find(&s->look, RESOURCE_ROUTE, prefix))
		resource_set_add(&s->look, RESOURCE_ROUTE, prefix);
}

/* Does somebody run BGP on this peering that is not us? */
static bool is_ours(const struct policy_session *s)
{
	return build_on(s)->neighbor != NULL;
}

static bool visit(const struct plan *p, size_t c, size_t k, bool backwards,
		  void (*fn)(const struct policy_session *, void *), void *arg)
{
	const struct plan_circuit *ci = &p->circuits[c];
	size_t n = ci->n_links * ci->n_peerings;
	size_t i = backwards ? n - 1 - k : k;
	struct policy_session s = {p, c, i % ci->n_links, i / ci->n_links};

	if (is_ours(&s))
		fn(&s, arg);
	return k + 1 < n;
}

void build_each_session(const struct plan *p, bool backwards,
			void (*fn)(const struct policy_session *s, void *arg),
			void *arg)
{
	for (size_t c = 0; c < p->n_circuits; c++)
		if (p->circuits[c].n_links && p->circuits[c].n_peerings)
			for (size_t k = 0; visit(p, c, k, backwards, fn, arg);
			     k++)
				;
}

/* Nothing is saved there: a reboot returns to the start, and must be seen. */
static void build_kept(struct build *b, const char *edge)
{
	mem_auto_free char *id = build_id("kept", edge);

	build_step(b, STEP_WAIT, edge, id, "'%s' still is as '%s' left it",
		   edge, b->block)
		->keeps = true;
}

void build_save(struct build *b)
{
	for (size_t i = 0; i < b->plan->n_edges; i++) {
		const struct plan_edge *edge = &b->plan->edges[i];
		mem_auto_free char *id = build_id("save", edge->name);

		if (edge->reboot_returns)
			build_kept(b, edge->name);
		else
			build_step(b, STEP_SAVE, edge->name, id,
				   "save the configuration of '%s'",
				   edge->name);
	}
}

void build_checkpoint(struct build *b)
{
	build_save(b);
	build_step(b, STEP_CHECKPOINT, NULL, "checkpoint", "checkpoint '%s'",
		   b->block);
}

void build_open(struct build *b, const char *name, const char *title)
{
	struct block *blk = program_block(b->program, name, title);

	b->block = blk->name;
	b->to = &blk->steps;
}

/* The block that was opened last; blocks move when one is added. */
void build_undo(struct build *b)
{
	b->to = &b->program->v[b->program->n - 1].undo;
}

void build_confirm(struct build *b)
{
	build_step(b, STEP_DECIDE, NULL, "decide",
		   "what '%s' changed is to stay", b->block);
	for (size_t i = 0; i < b->plan->n_edges; i++) {
		const struct plan_edge *edge = &b->plan->edges[i];
		mem_auto_free char *id = build_id("confirm", edge->name);

		build_step(b, STEP_CONFIRM, edge->name, id,
			   "'%s' keeps what was changed", edge->name);
	}
}

bool build_can_pin(const struct plan *p, size_t edge)
{
	const struct adapter_ops *ops = adapter_find(p->edges[edge].driver);
	const struct plan_tunnel *t = build_tunnel(p, edge);

	return t && !build_is_six(t->neighbor) && ops &&
	       (ops->caps & ADAPTER_CAP_PIN);
}
