/*
 * preview_make.c - lines about a plan, made offline
 *
 * States are those that a plan expects before anything is done, so that the
 * commands are exact for a network that is as the plan says (the run renders
 * them anew from what it observes).
 */
#include "tui/preview_make.h"

#include <string.h>

#include "orchestrator/base/clock.h"
#include "orchestrator/steps/project.h"
#include "orchestrator/twin/build.h"
#include "orchestrator/twin/prove.h"
#include "tui/canvas.h"

#define COMMAND_LINES 200 /* of one step; the dry-run shows all */

static void line(json_t *to, int depth, enum style s, char *text)
{
	json_array_append_new(to, json_pack("[i,i,s]", depth, (int)s, text));
	free(text);
}

/* ---- steps ---- */

static void put_part(json_t *to, const struct change_part *part)
{
	const char *text = part->text;
	size_t n = 0;

	line(to, 2, STYLE_DIM, mem_format("[%s]", part->what));
	for (; *text && n < COMMAND_LINES; n++) {
		size_t len = strcspn(text, "\n");

		line(to, 2, STYLE_CIRCUIT, mem_format("%.*s", (int)len, text));
		text += len + (text[len] == '\n');
	}
	if (*text)
		line(to, 2, STYLE_DIM, mem_strdup("... and more"));
}

static void put_expected(json_t *to, const struct step *s)
{
	for (size_t i = 0; i < s->expect.n; i++) {
		mem_auto_free char *t = expect_text(&s->expect.v[i]);

		line(to, 2, STYLE_DIM, mem_format("until %s", t));
	}
}

static void put_step(json_t *to, struct project *p, const struct step *s)
{
	struct changeset cs = {0};
	mem_auto_free char *note = NULL;
	err_auto e = ERR_INIT;

	line(to, 1, s->own_go ? STYLE_WARN : STYLE_PLAIN,
	     mem_format("%s%s", s->title,
			s->own_go ? " (needs a go of its own)" : ""));
	if (!project_step(p, s, &cs, &note, &e))
		line(to, 2, STYLE_BAD, mem_strdup(err_msg(&e)));
	if (note)
		line(to, 2, STYLE_DIM, mem_strdup(note));
	for (size_t i = 0; i < cs.n_forward; i++)
		put_part(to, &cs.forward[i]);
	put_expected(to, s);
	changeset_done(&cs);
}

static void put_steps(json_t *to, struct project *p, const struct step_vec *v)
{
	for (size_t i = 0; i < v->n; i++)
		put_step(to, p, &v->v[i]);
}

static void make_steps(const struct cmd_context *c, json_t *steps, json_t *back)
{
	const struct program *g = c->program;
	struct project p;

	project_init(&p, c->targets, c->n_targets);
	project_assume(&p, c->plan);
	for (size_t i = 0; i < g->n; i++) {
		line(steps, 0, STYLE_BOLD,
		     mem_format("%s: %s", g->v[i].name, g->v[i].title));
		put_steps(steps, &p, &g->v[i].steps);
	}
	for (size_t i = g->n; i-- > 0;) {
		if (!g->v[i].undo.n)
			continue;
		line(back, 0, STYLE_BOLD,
		     mem_format("back from '%s'", g->v[i].name));
		put_steps(back, &p, &g->v[i].undo);
	}
	project_done(&p);
}

/* ---- routes and pairs ---- */

static const struct prove_state *before(const struct prove *p,
					const struct prove_state *s, bool pairs)
{
	for (int at = s->before; at >= 0; at = p->states[at].before)
		if (pairs ? p->states[at].pairs != NULL
			  : p->states[at].n_routes > 0)
			return &p->states[at];
	return NULL;
}

static const char *via_before(const struct prove *p,
			      const struct prove_state *s,
			      const struct prove_route *r)
{
	while ((s = before(p, s, false)))
		for (size_t i = 0; i < s->n_routes; i++)
			if (!strcmp(s->routes[i].edge, r->edge) &&
			    !strcmp(s->routes[i].prefix, r->prefix))
				return s->routes[i].via;
	return NULL;
}

static void put_routes(json_t *to, const struct prove *p,
		       const struct prove_state *s)
{
	for (size_t i = 0; i < s->n_routes; i++) {
		const struct prove_route *r = &s->routes[i];
		const char *was = via_before(p, s, r);

		if (was)
			line(to, 1, STYLE_BAD,
			     mem_format("- %s: %s by %s", r->edge, r->prefix,
					was));
		line(to, 1, STYLE_GOOD,
		     mem_format("+ %s: %s by %s", r->edge, r->prefix,
				r->via ? r->via : "nobody"));
	}
}

static bool is_new(const struct prove *p, const struct prove_state *s, size_t i)
{
	const struct prove_state *old = before(p, s, true);

	return !old || i >= old->n_pairs ||
	       strcmp(old->pairs[i].forward, s->pairs[i].forward) ||
	       strcmp(old->pairs[i].back, s->pairs[i].back);
}

static bool has_new_pairs(const struct prove *p, const struct prove_state *s)
{
	for (size_t i = 0; i < s->n_pairs; i++)
		if (is_new(p, s, i))
			return true;
	return false;
}

static void put_pairs(json_t *to, const struct cmd_context *c,
		      const struct prove *p, const struct prove_state *s)
{
	for (size_t i = 0; i < s->n_pairs; i++) {
		const struct prove_pair *x = &s->pairs[i];

		if (!is_new(p, s, i))
			continue;
		line(to, 1, x->stateful ? STYLE_WARN : STYLE_PLAIN,
		     mem_format("%s: %s and %s",
				x->group < 0 ? "-"
					     : c->plan->groups[x->group].name,
				x->onprem, x->cloud));
		line(to, 2, STYLE_PLAIN,
		     mem_format("to the cloud %s, to the site %s%s", x->forward,
				x->back, x->asymmetric ? " (asymmetric)" : ""));
		if (x->stateful)
			line(to, 2, STYLE_WARN,
			     mem_format("'%s' sees one way only", x->stateful));
	}
}

static void make_network(const struct cmd_context *c, const struct prove *p,
			 json_t *to)
{
	for (size_t i = 0; i < p->n_states; i++) {
		const struct prove_state *s = &p->states[i];

		if (!s->n_routes && !has_new_pairs(p, s))
			continue;
		line(to, 0, STYLE_BOLD,
		     mem_format("%s%s", s->step ? s->step : "before the run",
				s->phase == PROVE_UNDO ? " (the way back)"
						       : ""));
		put_routes(to, p, s);
		put_pairs(to, c, p, s);
	}
}

/* ---- the proof ---- */

static void put_violation(json_t *to, const struct prove_violation *v)
{
	line(to, 0, v->severity == PROVE_ERROR ? STYLE_BAD : STYLE_WARN,
	     mem_format("%s: %s [%s]",
			v->severity == PROVE_ERROR ? "error" : "warning",
			v->text, v->rule));
	if (v->step)
		line(to, 1, STYLE_PLAIN, mem_format("at step '%s'", v->step));
	if (v->path)
		line(to, 1, STYLE_PLAIN, mem_format("way: %s", v->path));
	if (v->advice)
		line(to, 1, STYLE_PLAIN,
		     mem_format("what to do: %s", v->advice));
}

static void put_losses(json_t *to, const struct prove *p)
{
	line(to, 0, STYLE_BOLD, mem_strdup("If one thing fails"));
	for (size_t i = 0; i < p->n_losses; i++) {
		const struct prove_loss *x = &p->losses[i];

		line(to, 1, x->lost ? STYLE_WARN : STYLE_PLAIN,
		     mem_format("after '%s', %s: %zu of %zu pairs move, %zu "
				"are lost",
				x->block, x->failure, x->moved, x->pairs,
				x->lost));
	}
}

static void make_proof(const struct prove *p, json_t *to)
{
	mem_auto_free char *f = clock_span_text(p->time.forward * 1000);
	mem_auto_free char *b = clock_span_text(p->time.rollback * 1000);

	line(to, 0, p->errors ? STYLE_BAD : STYLE_GOOD,
	     mem_format("The proof %s: %zu errors, %zu warnings",
			p->errors ? "FAILS"
				  : "holds under the assumptions below",
			p->errors, p->warnings));
	line(to, 0, STYLE_PLAIN,
	     mem_format("Time: forward %s without holds, the worst way back "
			"%s",
			f, b));
	for (size_t i = 0; i < p->n_violations; i++)
		put_violation(to, &p->violations[i]);
	put_losses(to, p);
	line(to, 0, STYLE_BOLD, mem_strdup("Assumed"));
	for (size_t i = 0; i < p->n_assumed; i++)
		line(to, 1, STYLE_PLAIN, mem_strdup(p->assumed[i].text));
}

json_t *preview_make(const struct cmd_context *c)
{
	json_t *steps = json_array(), *back = json_array();
	json_t *network = json_array(), *proof = json_array();
	json_t *j = json_pack("{s:[o,o,o,o]}", "views", steps, back, network,
			      proof);
	err_auto e = ERR_INIT;
	struct twin *t = twin_build(c->plan, c->program, NULL, 0, &e);
	struct prove *p = t ? prove_program(t) : NULL;

	make_steps(c, steps, back);
	if (!p) {
		line(proof, 0, STYLE_BAD, mem_strdup(err_msg(&e)));
		return j;
	}
	make_network(c, p, network);
	make_proof(p, proof);
	json_object_set_new(j, "rollback_ms", json_integer(p->time.rollback));
	json_object_set_new(j, "errors", json_integer((json_int_t)p->errors));
	json_object_set_new(j, "warnings",
			    json_integer((json_int_t)p->warnings));
	prove_free(p);
	twin_free(t);
	return j;
}
