/*
 * review.c - the exact commands of a program, forward and back
 *
 * A block's undo is rendered from what the devices are at the block's end, on a
 * copy; then the way goes on forward.  Nothing is asked of a device: what was
 * observed before takes the place of what is assumed.
 */
#include "orchestrator/report/review.h"

#include <string.h>

#include "orchestrator/steps/project.h"

static void fill_step(struct project *p, const struct step *s,
		      struct review_step *ret)
{
	err_auto e = ERR_INIT;

	ret->step = s;
	if (!project_step(p, s, &ret->changes, &ret->note, &e))
		ret->error = mem_strdup(err_msg(&e));
}

static struct review_step *fill_steps(struct project *p,
				      const struct step_vec *v)
{
	struct review_step *ret = mem_calloc(v->n + 1, sizeof(*ret));

	for (size_t i = 0; i < v->n; i++)
		fill_step(p, &v->v[i], &ret[i]);
	return ret;
}

static void copy_project(const struct project *p, struct project *ret)
{
	project_init(ret, p->targets, p->n);
	ret->start = p->start;
	for (size_t i = 0; i < p->n; i++)
		resource_set_copy(&ret->known[i], &p->known[i]);
}

/* What 'start' records: the way back of some steps leads there. */
static json_t *start_states(const struct project *p)
{
	json_t *all = json_object();

	for (size_t i = 0; i < p->n; i++)
		json_object_set_new(all, p->targets[i].name,
				    resource_set_to_json(&p->known[i], false));
	return all;
}

void review_fill(struct review *r, const struct target *targets, size_t n)
{
	const struct program *g = r->program;
	json_auto *start = NULL;
	struct project p;

	project_init(&p, targets, n);
	project_assume(&p, r->plan);
	for (size_t i = 0; r->look && i < r->look->n; i++)
		if (!r->look->v[i].error)
			project_know(&p, r->look->v[i].target,
				     &r->look->v[i].set);
	p.start = start = start_states(&p);
	r->v = mem_calloc(g->n + 1, sizeof(*r->v));
	for (size_t b = 0; b < g->n; b++) {
		struct project back;

		r->v[b].block = &g->v[b];
		r->v[b].steps = fill_steps(&p, &g->v[b].steps);
		copy_project(&p, &back);
		r->v[b].undo = fill_steps(&back, &g->v[b].undo);
		project_done(&back);
	}
	project_done(&p);
}

static void steps_done(struct review_step *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		changeset_done(&v[i].changes);
		free(v[i].note);
		free(v[i].error);
	}
	free(v);
}

void review_done(struct review *r)
{
	for (size_t b = 0; r->v && b < r->program->n; b++) {
		steps_done(r->v[b].steps, r->program->v[b].steps.n);
		steps_done(r->v[b].undo, r->program->v[b].undo.n);
	}
	free(r->v);
	r->v = NULL;
}

/* ---- looking things up ---- */

/* Lines '#: ' are an adapter's own, for machines. */
void review_text(const struct review *r, const char *text, struct buf *out)
{
	const char *all = text;
	size_t lines = 0, shown = 0;

	for (const char *c = text; *c; c++)
		lines += *c == '\n';
	while (*text) {
		size_t n = strcspn(text, "\n");
		bool own = strncmp(text, "#: ", 3) == 0;

		if (!own && !r->full && lines > REVIEW_LINES &&
		    shown == REVIEW_LINES / 20)
			break;
		if (!own)
			buf_printf(out, "%.*s\n", (int)n, text);
		shown += !own;
		text += n + (text[n] == '\n');
	}
	if (*text) {
		char hash[DIGEST_HEX];

		digest_sha256_hex(all, strlen(all), hash);
		buf_printf(out,
			   "... %zu lines in all, SHA-256 %s; --full shows "
			   "them\n",
			   lines, hash);
	}
}

const struct prove_state *review_state(const struct review *r, const char *step)
{
	for (size_t i = 0; i < r->prove->n_states; i++) {
		const struct prove_state *s = &r->prove->states[i];

		if (s->step && strcmp(s->step, step) == 0)
			return s;
	}
	return NULL;
}

const struct prove_state *review_at_end(const struct review *r,
					const char *block)
{
	const struct prove_state *last = NULL;

	for (size_t i = 0; i < r->prove->n_states; i++) {
		const struct prove_state *s = &r->prove->states[i];

		if (s->phase == PROVE_FORWARD && s->pairs && s->block &&
		    strcmp(s->block, block) == 0)
			last = s;
	}
	return last;
}

const struct result_step *review_measured(const struct review *r,
					  const char *step)
{
	const struct result_step *last = NULL;

	for (size_t i = 0; r->result && i < r->result->n; i++)
		if (strcmp(r->result->v[i].id, step) == 0)
			last = &r->result->v[i];
	return last;
}
