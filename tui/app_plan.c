/*
 * app_plan.c - what is wrong with a plan, where, and who has approved it
 */
#include "tui/app_plan.h"

#include <stdio.h>
#include <string.h>

#include "orchestrator/base/clock.h"
#include "orchestrator/cmd/approval.h"
#include "orchestrator/steps/compile.h"

/* ---- diagnostics ---- */

static size_t add_place(struct app *a, const struct diag *d)
{
	if (!d->file || !d->line)
		return 0;
	a->place = mem_realloc(a->place, a->n_place + 1, sizeof(*a->place));
	a->place[a->n_place++] =
		(struct app_place){mem_strdup(d->file), d->line};
	return a->n_place;
}

static void add_diag(struct app *a, const struct diag *d)
{
	enum style s = d->warning ? STYLE_WARN : STYLE_BAD;
	struct view_lines *l = &a->plan_lines;
	size_t from = l->n, place = add_place(a, d);

	view_lines_add(l, 0, d->warning ? GLYPH_SKIPPED : GLYPH_FAILED, s,
		       mem_format("%s:%u:%u: %s: %s [%s]", d->file, d->line,
				  d->column, d->warning ? "warning" : "error",
				  d->msg, d->rule));
	if (d->source)
		view_lines_add(l, 1, GLYPHS, STYLE_PLAIN,
			       mem_strdup(d->source));
	if (d->source && d->column)
		view_lines_add(l, 1, GLYPHS, s,
			       mem_format("%*s^", (int)d->column - 1, ""));
	for (size_t i = from; i < l->n; i++)
		l->v[i].place = place;
}

static void add_summary(struct app *a)
{
	const struct plan *p = a->c.plan;
	struct view_lines *l = &a->plan_lines;
	mem_auto_free char *from = clock_wall_text(p->window_start_us);
	mem_auto_free char *to = clock_wall_text(p->window_end_us);

	view_lines_add(l, 0, GLYPH_DONE, STYLE_GOOD,
		       mem_format("'%s' is a valid plan%s%s", p->name,
				  p->change ? ", change " : "",
				  p->change ? p->change : ""));
	view_lines_add(l, 1, GLYPHS, STYLE_PLAIN,
		       mem_format("%zu edges, %zu tunnels, %zu circuits, %zu "
				  "groups, %zu probes, %zu guards",
				  p->n_edges, p->n_tunnels, p->n_circuits,
				  p->n_groups, p->n_probes, p->n_guards));
	for (size_t i = 0; i < p->n_waves; i++) {
		mem_auto_free char *soak =
			view_span((int64_t)p->waves[i].soak_ms * 1000);

		view_lines_add(l, 1, GLYPHS, STYLE_PLAIN,
			       mem_format("wave '%s': soaks %s%s",
					  p->waves[i].name, soak,
					  p->waves[i].hold
						  ? ", then waits for a go"
						  : ""));
	}
	if (p->window_end_us)
		view_lines_add(
			l, 1, GLYPHS, STYLE_PLAIN,
			mem_format("window %.16s to %.16s UTC", from, to));
}

static bool compile(struct app *a)
{
	err_auto e = ERR_INIT;

	a->c.targets = plan_targets(a->c.plan, &a->c.n_targets);
	a->c.program = steps_compile(a->c.plan, &e);
	if (!a->c.program)
		view_lines_add(&a->plan_lines, 0, GLYPH_FAILED, STYLE_BAD,
			       mem_strdup(err_msg(&e)));
	return a->c.program != NULL;
}

static void forget_places(struct app *a)
{
	for (size_t i = 0; i < a->n_place; i++)
		free(a->place[i].file);
	free(a->place);
	a->place = NULL;
	a->n_place = 0;
}

void app_plan_done(struct app *a)
{
	view_lines_done(&a->plan_lines);
	view_lines_done(&a->source_lines);
	view_lines_done(&a->approval_lines);
	forget_places(a);
	free(a->source.file);
	free(a->edit.file);
	a->source = a->edit = (struct app_place){0};
	free(a->plan_path);
	a->plan_path = NULL;
	a->approved = 0;
}

void app_load_plan(struct app *a, const char *path)
{
	struct diag_list diags = {0};
	char *copy = mem_strdup(path);

	app_close_run(a);
	cmd_context_done(&a->c);
	preview_done(&a->review);
	app_plan_done(a);
	a->plan_path = copy;
	a->lists[SCREEN_PLAN] = (struct app_list){0};
	a->c.plan = plan_load(copy, &diags);
	if (a->c.plan && !compile(a))
		cmd_context_done(&a->c);
	if (a->c.plan)
		add_summary(a);
	for (size_t i = 0; i < diags.n; i++)
		add_diag(a, &diags.v[i]);
	diag_list_done(&diags);
	a->screen = SCREEN_PLAN;
	if (a->c.plan)
		preview_start(&a->review, &a->c);
	app_load_approvals(a);
}

/* ---- the text ---- */

static const struct app_place *place_here(const struct app *a)
{
	size_t at = a->lists[SCREEN_PLAN].cursor;
	size_t place = at < a->plan_lines.n ? a->plan_lines.v[at].place : 0;

	return place ? &a->place[place - 1] : NULL;
}

/* Is a diagnostic about this line?  How bad is the worst? */
static bool marked(const struct app *a, unsigned line, enum style *ret)
{
	bool any = false;

	for (size_t i = 0; i < a->plan_lines.n; i++) {
		const struct view_line *x = &a->plan_lines.v[i];
		const struct app_place *p =
			x->place ? &a->place[x->place - 1] : NULL;

		if (!p || x->glyph == GLYPHS || p->line != line ||
		    strcmp(p->file, a->source.file) != 0)
			continue;
		*ret = any && *ret == STYLE_BAD ? STYLE_BAD : x->style;
		any = true;
	}
	return any;
}

static void read_source(struct app *a)
{
	FILE *f = fopen(a->source.file, "r");
	mem_auto_free char *text = NULL;
	size_t cap = 0;
	ssize_t n;

	view_lines_done(&a->source_lines);
	for (unsigned k = 1; f && (n = getline(&text, &cap, f)) >= 0; k++) {
		enum style s = STYLE_PLAIN;
		bool bad = marked(a, k, &s);

		text[strcspn(text, "\n")] = 0;
		view_lines_add(
			&a->source_lines, 0,
			!bad		 ? GLYPHS
			: s == STYLE_BAD ? GLYPH_FAILED
					 : GLYPH_SKIPPED,
			s, mem_format("%s%4u  %s", bad ? "" : "  ", k, text));
	}
	if (!f)
		app_say(a, STYLE_BAD,
			mem_format("'%s' cannot be read", a->source.file));
	else
		fclose(f);
}

bool app_open_source(struct app *a)
{
	const struct app_place *p = place_here(a);

	if (!p)
		return false;
	free(a->source.file);
	a->source = (struct app_place){mem_strdup(p->file), p->line};
	read_source(a);
	a->lists[SCREEN_SOURCE] = (struct app_list){.cursor = p->line - 1};
	app_show(a, SCREEN_SOURCE);
	return true;
}

void app_ask_edit(struct app *a)
{
	const struct app_place *p = place_here(a);
	const char *file = p ? p->file : a->plan_path;
	unsigned line = p ? p->line : 1;

	if (a->screen == SCREEN_SOURCE) {
		file = a->source.file;
		line = (unsigned)a->lists[SCREEN_SOURCE].cursor + 1;
	}
	free(a->edit.file);
	a->edit = (struct app_place){mem_strdup(file), line};
}

/* ---- approvals ---- */

static void add_given(struct view_lines *l, const struct approval *x)
{
	mem_auto_free char *text =
		approval_text(x->name, x->login, x->wall_us, x->note);

	view_lines_add(l, 1, x->stands ? GLYPH_DONE : GLYPH_SKIPPED,
		       x->stands ? STYLE_GOOD : STYLE_WARN,
		       mem_format("%s%s", text,
				  x->stands	 ? ""
				  : x->withdrawn ? " - withdrawn"
						 : " - of another version of "
						   "the plan: does not "
						   "count"));
}

static void add_missing(struct app *a, struct view_lines *l)
{
	unsigned need = a->c.plan->approvals;

	for (size_t i = a->approved; i < need; i++)
		view_lines_add(l, 1, GLYPH_TODO, STYLE_WARN,
			       mem_strdup("one more person has to approve it"));
	if (!need && !a->approved)
		view_lines_add(l, 1, GLYPHS, STYLE_DIM,
			       mem_strdup("the plan asks for none ('approvals: "
					  "N'); those that are given go into "
					  "the run's journal all the same"));
}

static void read_approvals(struct app *a)
{
	struct view_lines *l = &a->approval_lines;
	struct approval_list given;
	char digest[DIGEST_HEX];
	err_auto e = ERR_INIT;

	if (!approval_read(a->o.state, &a->c, &given, &e)) {
		view_lines_add(l, 0, GLYPH_FAILED, STYLE_BAD,
			       mem_strdup(err_msg(&e)));
		return;
	}
	cmd_plan_digest(&a->c, digest);
	a->approved = given.standing;
	view_lines_add(l, 0, GLYPHS, STYLE_BOLD,
		       mem_format("%zu of %u approvals", a->approved,
				  a->c.plan->approvals));
	view_lines_add(l, 0, GLYPHS, STYLE_PLAIN,
		       mem_format("digest %s", digest));
	for (size_t i = 0; i < given.n; i++)
		add_given(l, &given.v[i]);
	add_missing(a, l);
	approval_list_done(&given);
}

void app_load_approvals(struct app *a)
{
	view_lines_done(&a->approval_lines);
	a->approved = 0;
	if (app_has_run(a))
		view_approvals(a->m.approvals, &a->approval_lines);
	else if (a->c.plan)
		read_approvals(a);
}

bool app_is_approved(struct app *a)
{
	app_load_approvals(a);
	if (a->approved >= a->c.plan->approvals)
		return true;
	app_say(a, STYLE_WARN,
		mem_format("the plan needs the approval of %u people and has "
			   "that of %zu: 'a' shows them, 'P' practises "
			   "without",
			   a->c.plan->approvals, a->approved));
	return false;
}

void app_ask_approval(struct app *a, enum intent i)
{
	bool withdraw = i == INTENT_WITHDRAW;

	app_ask(a, i, "a name",
		mem_strdup(withdraw ? "Withdraw whose approval?"
				    : "Approve this plan as whom?"),
		mem_strdup(withdraw ? "The run cannot begin without it where "
				      "the plan needs it."
				    : "The name goes into the run's journal "
				      "beside your login."));
	a->dialog.open = true;
}

void app_give_approval(struct app *a, bool withdraw)
{
	err_auto e = ERR_INIT;

	if (approval_give(a->o.state, &a->c, a->answer, "", withdraw, &e))
		app_say(a, STYLE_GOOD,
			mem_format(withdraw ? "'%s' has withdrawn"
					    : "'%s' has approved this plan",
				   a->answer));
	else
		app_say(a, STYLE_BAD, mem_strdup(err_msg(&e)));
	app_load_approvals(a);
}
