/*
 * review_tables.c - what a review says in tables: time, pairs, failures,
 * budgets
 *
 * Only what changes has a row: a state whose pairs go where they went before
 * is not repeated.
 */
#include <string.h>

#include "orchestrator/base/clock.h"
#include "orchestrator/report/review_parts.h"

/* ---- time ---- */

static void span_cell(struct writer_table *t, int64_t ms)
{
	mem_auto_free char *s = clock_span_text(ms * 1000);

	writer_cell(t, "%s", ms ? s : "-");
}

static int64_t measured_ms(const struct review *r, const struct block *b)
{
	int64_t us = 0;

	for (size_t i = 0; i < b->steps.n; i++) {
		const struct result_step *m =
			review_measured(r, b->steps.v[i].id);

		if (m && m->end_us)
			us += m->end_us - m->start_us;
	}
	return us / 1000;
}

static int64_t forward_ms(const struct block *b)
{
	int64_t ms = 0;

	for (size_t i = 0; i < b->steps.n; i++)
		ms += prove_planned_ms(&b->steps.v[i]);
	return ms;
}

static int64_t back_ms(const struct plan *p, const struct block *b)
{
	int64_t ms = 0;

	for (size_t i = 0; i < b->undo.n; i++)
		ms += prove_worst_ms(p, &b->undo.v[i]);
	return ms;
}

/*
 * The last moment at which a block may begin: from there on, every block
 * carried out and whichever of them then taken back, it all ends within the
 * window.  As the plan goes back: by one block, or to the start.
 */
static int64_t begin_by_us(const struct review *r, size_t at)
{
	const struct program *g = r->program;
	int64_t need = 0, forward = 0, back = 0;

	for (size_t i = 0; i < g->n; i++) {
		if (!r->plan->rollback.to_start)
			back = 0;
		back += back_ms(r->plan, &g->v[i]);
		if (i < at)
			continue;
		forward += forward_ms(&g->v[i]);
		if (forward + back > need)
			need = forward + back;
	}
	return r->plan->window_end_us - need * 1000;
}

static void begin_by_cell(const struct review *r, size_t at,
			  struct writer_table *t)
{
	mem_auto_free char *when = clock_wall_text(begin_by_us(r, at));

	if (strlen(when) > 19)
		when[19] = '\0'; /* no split seconds */
	writer_cell(t, "%sZ", when);
}

static void time_row(const struct review *r, size_t n, struct writer_table *t,
		     int64_t *at)
{
	const struct block *b = &r->program->v[n];
	int64_t forward = forward_ms(b), back = back_ms(r->plan, b), soak = 0;
	size_t holds = 0;

	for (size_t i = 0; i < b->steps.n; i++) {
		const struct step *s = &b->steps.v[i];

		soak += s->kind == STEP_SOAK ? s->soak_ms : 0;
		holds += s->kind == STEP_HOLD || s->own_go;
	}
	writer_cell(t, "%s", b->name);
	span_cell(t, *at);
	span_cell(t, forward);
	span_cell(t, soak);
	writer_cell(t, "%zu", holds);
	span_cell(t, back);
	if (r->plan->window_end_us)
		begin_by_cell(r, n, t);
	*at += forward;
	if (r->result)
		span_cell(t, measured_ms(r, b));
}

void review_write_times(const struct review *r, struct writer *w)
{
	const char *heads[8] = {"block",	"begins after",
				"takes",	"of it soak",
				"waits for go", "way back, at most"};
	struct writer_table t = {.heads = heads, .n = 6};
	const struct prove_time *x = &r->prove->time;
	mem_auto_free char *f = clock_span_text(x->forward * 1000);
	mem_auto_free char *b = clock_span_text(x->rollback * 1000);
	mem_auto_free char *win = clock_span_text(x->window * 1000);
	int64_t at = 0;

	if (x->window)
		heads[t.n++] = "begin by (UTC)";
	if (r->result)
		heads[t.n++] = "took";
	writer_section(w, 1, "Time line");
	for (size_t i = 0; i < r->program->n; i++)
		time_row(r, i, &t, &at);
	writer_table(w, &t);
	writer_para(w, WRITER_PLAIN,
		    "Forward %s without waiting for anybody; the worst way "
		    "back takes %s%s%s%s.",
		    f, b, x->window ? "; the window has " : "",
		    x->window ? win : "",
		    x->window ? "; a block that begins later than its last "
				"moment cannot be taken back in time"
			      : "; the plan names no window");
}

/* ---- pairs ---- */

static const struct prove_state *pairs_before(const struct prove *p,
					      const struct prove_state *s)
{
	for (int at = s->before; at >= 0; at = p->states[at].before)
		if (p->states[at].pairs)
			return &p->states[at];
	return NULL;
}

static bool same_way(const struct prove_pair *a, const struct prove_pair *b)
{
	return strcmp(a->forward, b->forward) == 0 &&
	       strcmp(a->back, b->back) == 0;
}

static void pair_row(const struct review *r, const struct prove_state *s,
		     const struct prove_pair *x, struct writer_table *t)
{
	writer_cell(t, "%s%s", s->step ?: "before the first step",
		    s->phase == PROVE_UNDO ? " (undo)" : "");
	writer_cell(t, "%s",
		    x->group < 0 ? "-" : r->plan->groups[x->group].name);
	writer_cell(t, "%s", x->onprem);
	writer_cell(t, "%s", x->cloud);
	writer_cell(t, "%s", x->forward);
	writer_cell(t, "%s", x->back);
	writer_cell(t, "%s%s%s", x->asymmetric ? "asymmetric" : "",
		    x->stateful ? "; one way past " : "", x->stateful ?: "");
}

void review_write_pairs(const struct review *r, struct writer *w)
{
	static const char *const heads[] = {
		"after step", "group",	     "on premises", "cloud",
		"to cloud",   "to the site", "note"};
	struct writer_table t = {.heads = heads, .n = ARRAY_LEN(heads)};
	const struct prove *p = r->prove;

	writer_section(w, 1, "Pair matrix");
	writer_para(w, WRITER_PLAIN,
		    "The predicted way of each pair, wherever a step changes "
		    "it. The cloud moves by on-premises prefix, the site by "
		    "address space, so a pair may go one way on each for a "
		    "while.");
	for (size_t i = 0; i < p->n_states; i++) {
		const struct prove_state *s = &p->states[i];
		const struct prove_state *old = pairs_before(p, s);

		for (size_t k = 0; k < s->n_pairs; k++)
			if (!old || k >= old->n_pairs ||
			    !same_way(&old->pairs[k], &s->pairs[k]))
				pair_row(r, s, &s->pairs[k], &t);
	}
	writer_table(w, &t);
}

/* ---- failures ---- */

/* Rows of one block stand together; ends where the next block begins. */
static size_t block_end(const struct prove *p, size_t from)
{
	size_t i = from;

	while (i < p->n_losses &&
	       strcmp(p->losses[i].block, p->losses[from].block) == 0)
		i++;
	return i;
}

static bool same_losses(const struct prove *p, size_t a, size_t b)
{
	size_t n = block_end(p, a) - a;

	if (block_end(p, b) - b != n)
		return false;
	for (size_t i = 0; i < n; i++) {
		const struct prove_loss *x = &p->losses[a + i];
		const struct prove_loss *y = &p->losses[b + i];

		if (strcmp(x->failure, y->failure) != 0 ||
		    x->moved != y->moved || x->lost != y->lost)
			return false;
	}
	return true;
}

static void losses_of(const struct prove *p, size_t at, struct writer_table *t)
{
	for (size_t i = at; i < block_end(p, at); i++) {
		writer_cell(t, "%s", p->losses[i].block);
		writer_cell(t, "%s", p->losses[i].failure);
		writer_cell(t, "%zu", p->losses[i].moved);
		writer_cell(t, "%zu", p->losses[i].lost);
		writer_cell(t, "%zu", p->losses[i].pairs);
	}
}

void review_write_failures(const struct review *r, struct writer *w)
{
	static const char *const heads[] = {"after block", "when",
					    "pairs that move", "without a way",
					    "of"};
	struct writer_table t = {.heads = heads, .n = ARRAY_LEN(heads)};
	const struct prove *p = r->prove;
	size_t last = 0;

	writer_section(w, 1, "If one thing fails");
	for (size_t at = 0; at < p->n_losses; at = block_end(p, at)) {
		if (at && same_losses(p, last, at)) {
			writer_cell(&t, "%s", p->losses[at].block);
			writer_cell(&t, "the same as after '%s'",
				    p->losses[last].block);
			for (int i = 0; i < 3; i++)
				writer_cell(&t, "%s", "");
			continue;
		}
		last = at;
		losses_of(p, at, &t);
	}
	writer_table(w, &t);
}

void review_write_budgets(const struct review *r, struct writer *w)
{
	static const char *const heads[] = {"session", "family", "at most",
					    "limit", "at"};
	struct writer_table t = {.heads = heads, .n = ARRAY_LEN(heads)};

	writer_section(w, 1, "Prefix budgets");
	writer_para(w, WRITER_PLAIN,
		    "Most prefixes that a session announces at any step, "
		    "temporary more-specifics counted.");
	for (size_t i = 0; i < r->prove->n_budgets; i++) {
		const struct prove_budget *b = &r->prove->budgets[i];

		writer_cell(&t, "%s", b->session);
		writer_cell(&t, "IPv%u", b->family);
		writer_cell(&t, "%zu", b->most);
		if (b->limit)
			writer_cell(&t, "%zu", b->limit);
		else
			writer_cell(&t, "none known");
		writer_cell(&t, "%s", b->step ?: "start");
	}
	writer_table(w, &t);
}
