/*
 * review_doc.c - the walk through a review, for every form of it
 *
 * The order is that of the questions of a change board: what, is it safe, what
 * does it look like, how long, what exactly, what if.  Of a run the measured
 * stands beside the predicted.
 */
#include <string.h>

#include "orchestrator/base/clock.h"
#include "orchestrator/report/review.h"
#include "orchestrator/report/review_parts.h"

static void row(struct writer_table *t, const char *key, const char *value)
{
	writer_cell(t, "%s", key);
	writer_cell(t, "%s", value);
}

/* ---- summary ---- */

static void write_what(const struct review *r, struct writer *w)
{
	const struct plan *p = r->plan;
	buf_auto groups = BUF_INIT;
	buf_auto circuits = BUF_INIT;

	for (size_t i = 0; i < p->n_groups && i < 8; i++)
		buf_printf(&groups, "%s%s", i ? ", " : "", p->groups[i].name);
	if (p->n_groups > 8)
		buf_printf(&groups, " and %zu more", p->n_groups - 8);
	for (size_t i = 0; i < p->n_circuits; i++)
		buf_printf(&circuits, "%s'%s'", i ? ", " : "",
			   p->circuits[i].name);
	writer_para(w, WRITER_PLAIN,
		    "Moves the traffic of %zu group%s of prefixes (%s) from "
		    "%zu VPN tunnel%s to circuit %s, in %zu wave%s on %zu "
		    "edge%s. The circuit is established beside the VPN and "
		    "carries nothing until the first wave; every block ends "
		    "with a checkpoint that can be come back to. The VPN is "
		    "%s.",
		    p->n_groups, p->n_groups == 1 ? "" : "s", buf_str(&groups),
		    p->n_tunnels, p->n_tunnels == 1 ? "" : "s",
		    buf_str(&circuits), p->n_waves, p->n_waves == 1 ? "" : "s",
		    p->n_edges, p->n_edges == 1 ? "" : "s",
		    p->finish_retire ? "retired at the end, with its own go"
				     : "kept as a warm backup");
}

static void write_verdict(const struct review *r, struct writer *w)
{
	const struct prove *p = r->prove;

	if (p->errors)
		writer_para(w, WRITER_ERROR,
			    "The proof fails: %zu error%s, %zu warning%s. Do "
			    "not run this plan.",
			    p->errors, p->errors == 1 ? "" : "s", p->warnings,
			    p->warnings == 1 ? "" : "s");
	else if (p->unknown)
		writer_para(w, WRITER_WARNING, "The proof is unknown: %s.",
			    p->unknown);
	else
		writer_para(w, WRITER_GOOD,
			    "The proof holds, under the assumptions below: at "
			    "every step, forward and back, every pair has a "
			    "way (%zu warning%s).",
			    p->warnings, p->warnings == 1 ? "" : "s");
	writer_para(w, WRITER_PLAIN,
		    "Looked at: %zu prefixes in %zu classes; %zu states, %zu "
		    "more with one failure in them, %zu ways back from the "
		    "middle of a block, %zu reverts by timers%s.",
		    p->prefixes, p->classes, p->judged, p->failed, p->partial,
		    p->subsets,
		    p->sampled ? "; too many to look at all, evenly spread ones"
			       : "");
}

/* The failure at a block's end that loses most. */
static void write_risk(const struct review *r, struct writer *w)
{
	const struct prove_loss *worst = NULL;
	size_t irreversible = 0;

	for (size_t i = 0; i < r->prove->n_losses; i++)
		if (r->prove->losses[i].lost &&
		    (!worst || r->prove->losses[i].lost > worst->lost))
			worst = &r->prove->losses[i];
	for (size_t i = 0; i < r->program->n; i++)
		irreversible += r->program->v[i].point_of_no_return;
	if (worst)
		writer_para(w, WRITER_NOTE,
			    "Risk: of single failures the worst is '%s' after "
			    "block '%s': %zu of %zu pairs have no way then.",
			    worst->failure, worst->block, worst->lost,
			    worst->pairs);
	else
		writer_para(w, WRITER_PLAIN,
			    "Risk: no single failure of a link, session, edge "
			    "or gateway leaves a pair without a way at the end "
			    "of a block; what is in flight when something "
			    "fails is lost, and counted.");
	writer_para(w, WRITER_PLAIN,
		    "%zu point%s of no return; a guard that breaches %s.",
		    irreversible, irreversible == 1 ? "" : "s",
		    r->plan->rollback.automatic
			    ? "takes the traffic back at once"
			    : "holds for an operator");
}

static void write_facts(const struct review *r, struct writer *w)
{
	static const char *const heads[] = {"what", "value"};
	struct writer_table t = {.heads = heads, .n = 2};
	const struct plan *p = r->plan;

	row(&t, "plan", p->name);
	row(&t, "change", p->change ?: "-");
	row(&t, "plan hash (SHA-256)", p->hash);
	if (r->look) {
		mem_auto_free char *when = clock_wall_text(r->look->wall_us);

		row(&t,
		    r->result ? "state at checkpoint 'start'"
			      : "looked at live, read-only",
		    when);
		row(&t, "state hash (SHA-256)", r->look->hash);
	} else {
		row(&t, "state", "not looked at: the plan alone (offline)");
	}
	if (p->window_end_us) {
		mem_auto_free char *a = clock_wall_text(p->window_start_us);
		mem_auto_free char *b = clock_wall_text(p->window_end_us);

		writer_cell(&t, "window");
		writer_cell(&t, "%s to %s", a, b);
	}
	if (r->result)
		row(&t, "run", r->result->run);
	writer_table(w, &t);
}

/* ---- what is wrong ---- */

static void write_violation(const struct prove_violation *v, struct writer *w)
{
	writer_para(w,
		    v->severity == PROVE_ERROR ? WRITER_ERROR : WRITER_WARNING,
		    "%s [%s]", v->text, v->rule);
	if (v->step)
		writer_item(w, WRITER_PLAIN, "%s '%s'%s%s%s",
			    v->phase == PROVE_FORWARD ? "after step"
			    : v->phase == PROVE_DEAD_MAN
				    ? "edges revert by themselves after"
				    : "undoing, after step",
			    v->step, v->failure ? ", when " : "",
			    v->failure ?: "",
			    v->times > 1 ? ", and in later states" : "");
	if (v->path)
		writer_item(w, WRITER_PLAIN, "way: %s", v->path);
	if (v->advice)
		writer_item(w, WRITER_PLAIN, "what to do: %s", v->advice);
}

static void write_violations(const struct review *r, struct writer *w)
{
	if (!r->prove->n_violations)
		return;
	writer_section(w, 1, "What the proof found");
	for (size_t i = 0; i < r->prove->n_violations; i++)
		write_violation(&r->prove->violations[i], w);
	writer_para(w, WRITER_PLAIN,
		    "'cutover explain RULE' says why each is "
		    "a rule.");
}

/* ---- pictures ---- */

static void write_picture(const struct review *r, const struct prove_state *s,
			  const char *title, struct writer *w)
{
	struct picture p;

	picture_of(r->plan, s, title, &p);
	writer_picture(w, &p);
	picture_done(&p);
}

static void write_pictures(const struct review *r, struct writer *w)
{
	const struct program *g = r->program;

	writer_section(w, 1, "The site before, during and after");
	if (r->prove->unknown)
		writer_para(w, WRITER_WARNING,
			    "As far as the plan says: the provider's part is "
			    "not known.");
	if (r->prove->n_states)
		write_picture(r, &r->prove->states[0], "Before: as it is today",
			      w);
	for (size_t i = 0; i + 1 < g->n; i++) {
		const struct prove_state *s = review_at_end(r, g->v[i].name);
		mem_auto_free char *title =
			mem_format("During: after block '%s'", g->v[i].name);

		if (g->v[i].wave >= 0 && s)
			write_picture(r, s, title, w);
	}
	if (g->n)
		write_picture(r, review_at_end(r, g->v[g->n - 1].name),
			      "After: at the end of the plan", w);
}

void review_write(const struct review *r, const struct writer_ops *ops,
		  struct buf *out)
{
	mem_auto_free char *title =
		mem_format("%s: %s%s%s%s", r->result ? "Report" : "Dry-run",
			   r->plan->name, r->plan->change ? " (" : "",
			   r->plan->change ?: "", r->plan->change ? ")" : "");
	struct writer w;

	writer_begin(&w, ops, out, title);
	writer_section(&w, 1, "Summary");
	write_what(r, &w);
	write_verdict(r, &w);
	write_risk(r, &w);
	write_facts(r, &w);
	write_violations(r, &w);
	review_write_measured(r, &w);
	write_pictures(r, &w);
	review_write_times(r, &w);
	review_write_approvals(r, &w);
	writer_section(&w, 1, "Every step");
	review_write_steps(r, &w);
	review_write_pairs(r, &w);
	review_write_failures(r, &w);
	review_write_budgets(r, &w);
	review_write_unchanged(r, &w);
	review_write_assumed(r, &w);
	writer_end(&w);
}
