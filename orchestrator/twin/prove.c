/*
 * prove.c - through a program, forward and back
 *
 * Forward step by step.  At the end of each block the block is undone and the
 * model must be what it was before; then the same from every step in the middle
 * of it, and with every subset of the edges reverted by their timers.  States
 * are known by a hash of what steps change, and each is judged once however
 * many ways lead to it; the ways themselves are all judged.
 *
 * Invariant: the twin is left as it was found.  No threads.
 */
#include "orchestrator/twin/prove.h"

#include <string.h>

#include "orchestrator/twin/prove_parts.h"

#define MANY_FAILURES 60000 /* states times failures */
#define MANY_PARTIAL 40000  /* steps undone from the middle of blocks */
#define MANY_EDGES 8	    /* all subsets up to here */

/* ---- one state ---- */

static bool is_new(struct prover *p)
{
	struct twin_state *s = twin_state_take(p->t);
	uint64_t h = twin_state_hash(s) | 1;
	size_t at;

	twin_state_free(s);
	if (p->n_seen * 2 >= p->cap_seen) {
		size_t cap = p->cap_seen ? p->cap_seen * 2 : 256;
		uint64_t *v = mem_calloc(cap, sizeof(*v));

		for (size_t i = 0; i < p->cap_seen; i++) {
			if (!p->seen[i])
				continue;
			for (at = p->seen[i] & (cap - 1); v[at];
			     at = (at + 1) & (cap - 1))
				;
			v[at] = p->seen[i];
		}
		free(p->seen);
		p->seen = v;
		p->cap_seen = cap;
	}
	for (at = h & (p->cap_seen - 1); p->seen[at];
	     at = (at + 1) & (p->cap_seen - 1))
		if (p->seen[at] == h)
			return false;
	p->seen[at] = h;
	p->n_seen++;
	return true;
}

/* Judges the state at hand and records it. */
static int look(struct prover *p, int before, bool changed, bool fail)
{
	int ret;

	prove_walks(p);
	if (changed) {
		prove_judge(p);
		prove_judge_devices(p);
		prove_judge_sessions(p);
		prove_judge_moved(p);
		p->out->judged++;
	}
	prove_judge_expect(p);
	ret = prove_record(p, before, changed);
	prove_walks_done(p);
	if (fail)
		prove_failures(p);
	return ret;
}

/* The same for a state that is only judged: no record. */
static void glance(struct prover *p)
{
	if (!is_new(p))
		return;
	prove_walks(p);
	prove_judge(p);
	prove_judge_devices(p);
	prove_judge_sessions(p);
	p->out->judged++;
	prove_walks_done(p);
}

/* Takes a step in the model.  True: something moved. */
static bool take(struct prover *p, const struct step *s)
{
	bool changed;

	p->step = s;
	transient_clear(p);
	changed = twin_step(p->t, s, p->start);
	decide_run(p->t->decide);
	if (changed)
		transient_judge(p);
	return changed;
}

static void put(struct prover *p, const struct twin_state *s)
{
	twin_state_put(p->t, s);
	decide_run(p->t->decide);
	transient_clear(p);
}

/* ---- back ---- */

static void must_be(struct prover *p, const struct twin_state *want,
		    const char *from)
{
	struct twin_state *now = twin_state_take(p->t);

	if (!twin_state_same(now, want))
		prove_say(p, PROVE_ERROR, "undo-incomplete", p->block->name,
			  NULL, NULL,
			  "undoing block '%s' from '%s' does not lead back to "
			  "where it began",
			  p->block->name, from);
	twin_state_free(now);
}

static void undo_whole(struct prover *p, const struct twin_state *begin,
		       int before)
{
	const struct block *b = p->block;
	const char *last = b->steps.n ? b->steps.v[b->steps.n - 1].id : b->name;

	p->phase = PROVE_UNDO;
	p->at_rest = false;
	for (size_t i = 0; i < b->undo.n; i++) {
		bool changed = take(p, &b->undo.v[i]);

		before = look(p, before, changed,
			      changed && !p->few_failures && is_new(p));
	}
	if (b->undo.n)
		must_be(p, begin, last);
}

static void undo_from(struct prover *p, const struct twin_state *from,
		      const struct twin_state *begin, const struct step *last)
{
	const struct block *b = p->block;

	put(p, from);
	p->phase = PROVE_PARTIAL_UNDO;
	for (size_t i = 0; i < b->undo.n; i++)
		if (take(p, &b->undo.v[i]))
			glance(p);
	must_be(p, begin, last->id);
	p->out->partial++;
}

/* ---- timers ---- */

static void revert_some(struct prover *p, const struct twin_state *now,
			const struct twin_state *begin, uint64_t edges,
			bool backwards)
{
	size_t n = p->t->plan->n_edges;

	for (size_t i = 0; i < n; i++) {
		size_t e = backwards ? n - 1 - i : i;

		if (!(edges >> e & 1))
			continue;
		transient_clear(p);
		twin_state_put_edge(p->t, begin, e);
		decide_run(p->t->decide);
		transient_judge(p);
		glance(p);
	}
	put(p, now);
	p->out->subsets++;
}

/* Every subset of the edges; where they are many, each, each two, and all. */
static void dead_man(struct prover *p, const struct twin_state *now,
		     const struct twin_state *begin)
{
	size_t n = p->t->plan->n_edges;
	enum prove_phase phase = p->phase;

	p->phase = PROVE_DEAD_MAN;
	p->at_rest = false;
	if (n <= MANY_EDGES) {
		for (uint64_t s = 1; s < 1ull << n; s++) {
			revert_some(p, now, begin, s, false);
			revert_some(p, now, begin, s, true);
		}
	} else {
		p->out->sampled = true;
		for (size_t a = 0; a < n && a < 64; a++)
			revert_some(p, now, begin, 1ull << a, false);
		for (size_t a = 1; a < n && a < 64; a++)
			revert_some(p, now, begin, 1ull << a | 1ull << (a - 1),
				    false);
		revert_some(p, now, begin, UINT64_MAX, false);
	}
	p->phase = phase;
}

/* ---- forward ---- */

struct marks { /* states in the middle of a block */
	struct twin_state **v;
	const struct step **after;
	size_t n;
};

static void mark(struct prover *p, struct marks *m, const struct step *s)
{
	m->v[m->n] = twin_state_take(p->t);
	m->after[m->n++] = s;
}

static void marks_done(struct marks *m)
{
	for (size_t i = 0; i < m->n; i++)
		twin_state_free(m->v[i]);
	free(m->v);
	free(m->after);
}

/* Where there are too many, evenly spread ones stand for the rest. */
static void undo_marks(struct prover *p, const struct marks *m,
		       const struct twin_state *begin)
{
	size_t all = m->n * p->block->undo.n, stride = 1;

	if (all > MANY_PARTIAL) {
		stride = all / MANY_PARTIAL + 1;
		p->out->sampled = true;
	}
	for (size_t i = 0; p->block->undo.n && i < m->n; i += stride)
		undo_from(p, m->v[i], begin, m->after[i]);
}

static int block_forward(struct prover *p, const struct twin_state *begin,
			 struct marks *m, int before)
{
	const struct block *b = p->block;

	for (size_t i = 0; i < b->steps.n; i++) {
		const struct step *s = &b->steps.v[i];
		bool changed;

		p->phase = PROVE_FORWARD;
		p->at_rest = s->kind == STEP_CHECKPOINT;
		changed = take(p, s);
		before = look(p, before, changed || p->at_rest,
			      p->at_rest || (changed && !p->few_failures &&
					     is_new(p)));
		if (!changed)
			continue;
		mark(p, m, s);
		if (s->guarded)
			dead_man(p, m->v[m->n - 1], begin);
		p->step = s;
	}
	return before;
}

static int prove_block(struct prover *p, const struct block *b, int before)
{
	struct marks m = {
		.v = mem_calloc(b->steps.n + 1, sizeof(*m.v)),
		.after = mem_calloc(b->steps.n + 1, sizeof(*m.after)),
	};
	struct twin_state *begin = twin_state_take(p->t), *end;

	p->block = b;
	p->retiring =
		p->t->plan->finish_retire && strcmp(b->name, "finish") == 0;
	prove_moved_begin(p);
	before = block_forward(p, begin, &m, before);
	end = twin_state_take(p->t);
	undo_whole(p, begin, before);
	undo_marks(p, &m, begin);
	put(p, end);
	twin_state_free(begin);
	twin_state_free(end);
	marks_done(&m);
	return before;
}

/* How many states would there be, with a failure in each? */
static bool too_many_failures(const struct prover *p)
{
	const struct program *g = p->t->program;
	size_t n = 0;

	for (size_t i = 0; i < g->n; i++) {
		for (size_t k = 0; k < g->v[i].steps.n; k++)
			n += g->v[i].steps.v[k].kind == STEP_ENSURE;
		for (size_t k = 0; k < g->v[i].undo.n; k++)
			n += g->v[i].undo.v[k].kind == STEP_ENSURE;
	}
	return n * p->n_failures > MANY_FAILURES;
}

static void take_assumptions(struct prover *p)
{
	for (size_t i = 0; i < p->t->n_assumed; i++)
		prove_assume(p, p->t->assumed[i].id, "%s",
			     p->t->assumed[i].text);
}

struct prove *prove_program(struct twin *t)
{
	struct prover p = {.t = t, .out = mem_alloc(sizeof(struct prove))};
	int before;

	take_assumptions(&p);
	p.start = twin_state_take(t);
	p.out->prefixes = t->decide->classes->n_prefixes;
	p.out->classes = t->decide->classes->n;
	prove_find(&p);
	p.few_failures = too_many_failures(&p);
	p.out->sampled = p.few_failures;
	prove_failures_before(&p);
	transient_begin(&p);
	prove_whole(&p);
	before = look(&p, -1, true, false);
	prove_seen(&p);
	for (size_t i = 0; i < t->program->n; i++)
		before = prove_block(&p, &t->program->v[i], before);
	put(&p, p.start);
	transient_done(&p);
	twin_state_free(p.start);
	prove_find_done(&p);
	free(p.seen);
	return p.out;
}
