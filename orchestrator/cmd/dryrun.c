/*
 * dryrun.c - cutover dry-run: the program of a plan, for change review
 *
 * Offline: what is shown is compiled from the plan alone and needs no device.
 * Steps are those that a run walks, with what they ensure, what they expect,
 * and the undo of each block, since all come from one compiler; what each step
 * does to the routes, and whether all of it is safe, is the twin's.
 */
#include <stdio.h>
#include <string.h>

#include "orchestrator/base/clock.h"
#include "orchestrator/cmd/cmd.h"
#include "orchestrator/cmd/dryrun.h"

static const char dry_run_usage[] =
	"usage: cutover dry-run PLAN --offline [--format text|json]\n"
	"\n"
	"Every step that a run of the plan would take, its checkpoints, and "
	"the\n"
	"way back from each block; where each pair of prefixes goes after "
	"each\n"
	"step, forward and back, and with any one link, session, edge or "
	"gateway\n"
	"failed; and what it breaks, with the way hop by hop ('cutover "
	"explain\n"
	"RULE').  --offline says that no device is contacted; it must be "
	"given,\n"
	"since a dry-run against live state is not offered.\n"
	"Exit: 0 the proof holds, 1 it does not, or the plan is no plan.\n";

static void show_want(const struct resource *r, struct buf *out)
{
	const char *kind = resource_kind_name(r->kind);

	if (!r->present) {
		buf_printf(out, "       - %s %s\n", kind, r->name);
		return;
	}
	buf_printf(out, "       = %s %s", kind, r->name);
	if (r->kind == RESOURCE_SESSION && r->session.import)
		buf_printf(out, " import %s", r->session.import);
	if (r->kind == RESOURCE_SESSION && r->session.export)
		buf_printf(out, " export %s", r->session.export);
	if (r->kind == RESOURCE_SESSION)
		buf_printf(out, " %s", r->session.enabled ? "open" : "shut");
	if (r->kind == RESOURCE_ROUTE_POLICY)
		buf_printf(out, " (%zu entries)", r->route_policy.entries.n);
	buf_puts(out, "\n");
}

static void show_step(const struct step *s, const struct prove *p,
		      struct buf *out)
{
	buf_printf(out, "  %s %s\n", s->own_go ? "!" : ">", s->title);
	if (s->kind == STEP_SOAK) {
		mem_auto_free char *t =
			clock_span_text((int64_t)s->soak_ms * 1000);

		buf_printf(out, "       for %s\n", t);
	}
	for (size_t i = 0; i < s->want.n; i++)
		show_want(&s->want.v[i], out);
	for (size_t i = 0; i < s->expect.n; i++) {
		mem_auto_free char *t = expect_text(&s->expect.v[i]);

		buf_printf(out, "       ? %s\n", t);
	}
	dryrun_routes_text(p, s->id, out);
}

static void show_steps(const struct step_vec *v, const struct prove *p,
		       struct buf *out)
{
	for (size_t i = 0; i < v->n; i++)
		show_step(&v->v[i], p, out);
}

static void show_text(const struct cmd_context *c, const struct prove *p,
		      struct buf *out)
{
	buf_printf(out, "Plan '%s' (%s)%s%s\nplan hash %s\n\n", c->plan->name,
		   c->plan->path, c->plan->change ? ", change " : "",
		   c->plan->change ? c->plan->change : "", c->plan->hash);
	for (size_t i = 0; i < c->program->n; i++) {
		const struct block *b = &c->program->v[i];

		buf_printf(out, "%s: %s\n", b->name, b->title);
		show_steps(&b->steps, p, out);
		if (b->undo.n)
			buf_printf(out, " back from '%s':\n", b->name);
		show_steps(&b->undo, p, out);
		buf_puts(out, "\n");
	}
	if (c->program->notes.n)
		buf_puts(out, "Notes\n");
	for (size_t i = 0; i < c->program->notes.n; i++)
		buf_printf(out, "  %s\n", c->program->notes.v[i]);
	if (c->program->notes.n)
		buf_puts(out, "\n");
	dryrun_proof_text(c->plan, p, out);
}

static json_t *steps_json(const struct step_vec *v)
{
	json_t *j = json_array();

	for (size_t i = 0; i < v->n; i++) {
		const struct step *s = &v->v[i];
		json_t *x = json_pack("{s:s,s:s,s:s,s:s*,s:o}", "id", s->id,
				      "title", s->title, "kind",
				      step_kind_name(s->kind), "target",
				      s->target, "want",
				      resource_set_to_json(&s->want, false));
		json_t *expect = json_array();

		for (size_t k = 0; k < s->expect.n; k++) {
			mem_auto_free char *t = expect_text(&s->expect.v[k]);

			json_array_append_new(expect, json_string(t));
		}
		json_object_set_new(x, "expect", expect);
		json_array_append_new(j, x);
	}
	return j;
}

static json_t *program_json(const struct cmd_context *c, const struct prove *p)
{
	json_t *blocks = json_array();
	json_t *notes = json_array();

	for (size_t i = 0; i < c->program->n; i++) {
		const struct block *b = &c->program->v[i];

		json_array_append_new(blocks,
				      json_pack("{s:s,s:s,s:o,s:o}", "name",
						b->name, "title", b->title,
						"steps", steps_json(&b->steps),
						"undo", steps_json(&b->undo)));
	}
	for (size_t i = 0; i < c->program->notes.n; i++)
		json_array_append_new(notes,
				      json_string(c->program->notes.v[i]));
	return json_pack("{s:s,s:s,s:o,s:o,s:o}", "plan", c->plan->name, "hash",
			 c->plan->hash, "blocks", blocks, "notes", notes,
			 "proof", dryrun_proof_json(c->plan, p));
}

/* The text or JSON; the exit code is the proof's. */
static int show(const struct cmd_context *c, bool json, struct buf *out)
{
	err_auto e = ERR_INIT;
	struct twin *t = twin_build(c->plan, c->program, NULL, 0, &e);
	struct prove *p;
	int rc;

	if (!t) {
		cmd_error(&e);
		return EXIT_PLAN;
	}
	p = prove_program(t);
	if (json) {
		json_auto *j = program_json(c, p);
		mem_auto_free char *text = json_text_canonical(j);

		buf_printf(out, "%s\n", text);
	} else {
		show_text(c, p, out);
	}
	rc = p->errors ? EXIT_PLAN : EXIT_DONE;
	prove_free(p);
	twin_free(t);
	return rc;
}

int cmd_dry_run(int argc, char **argv)
{
	struct cmd_options o;
	struct cmd_context c;
	buf_auto out = BUF_INIT;
	bool json;
	int rc;

	if (!cmd_options_parse(argc, argv, dry_run_usage, &o, &rc))
		return rc;
	json = o.json || (o.format && strcmp(o.format, "json") == 0);
	if (!o.operand || !o.offline ||
	    (o.format && !json && strcmp(o.format, "text") != 0)) {
		fputs(dry_run_usage, stderr);
		return EXIT_USAGE;
	}
	if (!cmd_context_load(&c, o.operand, false))
		return EXIT_PLAN;
	rc = show(&c, json, &out);
	fputs(buf_str(&out), stdout);
	cmd_context_done(&c);
	return rc;
}
