/*
 * review_steps.c - every step: what it does, commands, routes, verification
 *
 * Looking, waiting and recording are one line each; what changes a device is
 * told in full, and so is the way back of every block.
 */
#include <string.h>

#include "orchestrator/base/clock.h"
#include "orchestrator/report/review.h"

static const struct prove_route *route_before(const struct prove *p,
					      const struct prove_state *s,
					      const struct prove_route *r)
{
	for (int at = s->before; at >= 0; at = p->states[at].before)
		for (size_t i = 0; i < p->states[at].n_routes; i++) {
			const struct prove_route *x = &p->states[at].routes[i];

			if (strcmp(x->edge, r->edge) == 0 &&
			    strcmp(x->prefix, r->prefix) == 0)
				return x;
		}
	return NULL;
}

static void write_routes(const struct review *r, const char *step,
			 struct writer *w)
{
	static const char *const heads[] = {"edge", "prefix", "before",
					    "after"};
	struct writer_table t = {.heads = heads, .n = ARRAY_LEN(heads)};
	const struct prove_state *s = review_state(r, step);

	for (size_t i = 0; s && s->before >= 0 && i < s->n_routes; i++) {
		const struct prove_route *x = &s->routes[i];
		const struct prove_route *old = route_before(r->prove, s, x);

		writer_cell(&t, "%s", x->edge);
		writer_cell(&t, "%s", x->prefix);
		writer_cell(&t, "%s", old && old->via ? old->via : "nobody");
		writer_cell(&t, "%s", x->via ? x->via : "nobody");
	}
	if (t.cells.n)
		writer_para(w, WRITER_PLAIN, "Predicted routes:");
	writer_table(w, &t);
}

/* What an edge is told, in words, where there are no commands to show. */
static void write_wants(const struct step *s, struct writer *w)
{
	for (size_t i = 0; i < s->want.n; i++) {
		const struct resource *x = &s->want.v[i];

		writer_item(w, WRITER_PLAIN, "%s%s '%s'",
			    x->present ? "ensure " : "remove ",
			    resource_kind_name(x->kind), x->name);
	}
}

static void write_commands(const struct review *r, const struct review_step *x,
			   bool back, struct writer *w)
{
	const struct change_part *v =
		back ? x->changes.back : x->changes.forward;
	size_t n = back ? x->changes.n_back : x->changes.n_forward;

	for (size_t i = 0; i < n; i++) {
		mem_auto_free char *label = mem_format(
			"%s%s: %s", back ? "to undo this one, on " : "on ",
			x->step->target, v[i].what);
		buf_auto text = BUF_INIT;

		review_text(r, v[i].text, &text);
		writer_code(w, label, buf_str(&text));
	}
}

static void write_expect(const struct step *s, struct writer *w)
{
	for (size_t i = 0; i < s->expect.n; i++) {
		mem_auto_free char *t = expect_text(&s->expect.v[i]);

		writer_item(w, WRITER_PLAIN, "verify: %s", t);
	}
}

static json_int_t lost_in(const json_t *m)
{
	json_int_t n = 0;
	const char *name;
	json_t *s;

	json_object_foreach((json_t *)m, name, s) n +=
		json_peek_int(s, "lost_forward", 0) +
		json_peek_int(s, "lost_backward", 0) +
		json_peek_int(s, "lost_roundtrip", 0);
	return n;
}

static void write_measured(const struct review *r, const struct step *s,
			   struct writer *w)
{
	const struct result_step *m = review_measured(r, s->id);
	mem_auto_free char *took = NULL;

	if (!r->result)
		return;
	if (!m) {
		writer_item(w, WRITER_NOTE,
			    "measured: the run did not come "
			    "to this step");
		return;
	}
	took = clock_span_text(m->end_us ? m->end_us - m->start_us : 0);
	writer_item(w,
		    m->how && strcmp(m->how, "failed") == 0 ? WRITER_ERROR
							    : WRITER_PLAIN,
		    "measured: %s after %s%s%s", m->how ? m->how : "not ended",
		    took, m->why && *m->why ? ": " : "",
		    m->why && *m->why ? m->why : "");
	if (m->measure)
		writer_item(w, WRITER_PLAIN,
			    "measured: %lld packets lost up to here in this "
			    "leg, by all probes",
			    (long long)lost_in(m->measure));
}

static void write_time(const struct step *s, struct writer *w)
{
	mem_auto_free char *soak = clock_span_text((int64_t)s->soak_ms * 1000);
	mem_auto_free char *most =
		clock_span_text((int64_t)s->timeout_ms * 1000);

	if (s->kind == STEP_SOAK)
		writer_item(w, WRITER_PLAIN, "for %s, under the guards", soak);
	if (s->timeout_ms)
		writer_item(w, WRITER_PLAIN, "given %s at most", most);
	if (s->kind == STEP_HOLD)
		writer_item(w, WRITER_NOTE, "waits for 'cutover go'");
	if (s->own_go)
		writer_item(w, WRITER_WARNING,
			    "a point of no return: it has its own go");
	if (s->guarded)
		writer_item(w, WRITER_PLAIN,
			    "armed: the device takes it back by itself unless "
			    "it is confirmed");
}

static void write_step(const struct review *r, const struct review_step *x,
		       size_t number, struct writer *w)
{
	const struct step *s = x->step;

	writer_fold(w, "%zu. %s%s%s%s", number, s->target ?: "",
		    s->target ? ": " : "", s->title,
		    s->own_go ? " (own go)" : "");
	write_time(s, w);
	if (x->note)
		writer_item(w, WRITER_NOTE, "known when it starts: %s",
			    x->note);
	if (x->error)
		writer_item(w, WRITER_WARNING,
			    "its commands cannot be shown: %s", x->error);
	if (!x->changes.n_forward && s->kind == STEP_ENSURE)
		write_wants(s, w);
	write_commands(r, x, false, w);
	if (s->kind == STEP_ENSURE && !x->changes.n_forward && !x->note &&
	    !x->error)
		writer_item(w, WRITER_PLAIN, "nothing to do: it is so by then");
	write_commands(r, x, true, w);
	write_expect(s, w);
	write_routes(r, s->id, w);
	write_measured(r, s, w);
	writer_fold_end(w);
}

static void write_list(const struct review *r, const struct review_step *v,
		       size_t n, struct writer *w)
{
	for (size_t i = 0; i < n; i++)
		write_step(r, &v[i], i + 1, w);
}

void review_write_steps(const struct review *r, struct writer *w)
{
	for (size_t b = 0; b < r->program->n; b++) {
		const struct block *k = &r->program->v[b];
		mem_auto_free char *title =
			mem_format("%s: %s", k->name, k->title);

		writer_section(w, 2, title);
		if (k->point_of_no_return)
			writer_para(w, WRITER_WARNING,
				    "After this block there is no way back to "
				    "before it.");
		write_list(r, r->v[b].steps, k->steps.n, w);
		if (!k->undo.n)
			continue;
		title = (free(title), mem_format("Back from '%s'", k->name));
		writer_section(w, 3, title);
		write_list(r, r->v[b].undo, k->undo.n, w);
	}
}
