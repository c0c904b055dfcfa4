/*
 * proof.c - the proof of a plan before it is carried out
 *
 * The same that 'dry-run --offline' shows, over the plan alone.  A rule that
 * fails refuses the run before anything is contacted, unless the operator
 * accepts it by its name, which the journal keeps.  A plan that cannot be
 * modelled is not refused: it is said to be unknown, and kept as that.
 */
#include <stdio.h>
#include <string.h>

#include "orchestrator/cmd/approval.h"
#include "orchestrator/twin/foretell.h"

static void hash_steps(const struct step_vec *l, struct buf *out)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct step *s = &l->v[i];
		json_auto *j = resource_set_to_json(&s->want, false);
		mem_auto_free char *want = json_text_canonical(j);

		buf_printf(out, "%s %s %s %s\n", s->id, step_kind_name(s->kind),
			   s->target ? s->target : "", want);
	}
}

/* What was proved: the plan, and the steps that this program makes of it. */
void cmd_plan_digest(const struct cmd_context *c, char ret[DIGEST_HEX])
{
	buf_auto text = BUF_INIT;

	buf_printf(&text, "%s\n", c->plan->hash);
	for (size_t i = 0; i < c->program->n; i++) {
		hash_steps(&c->program->v[i].steps, &text);
		hash_steps(&c->program->v[i].undo, &text);
	}
	digest_sha256_hex(buf_str(&text), strlen(buf_str(&text)), ret);
}

static bool is_accepted(const struct cmd_options *o, const char *rule)
{
	for (size_t i = 0; i < o->n_accept_proof; i++)
		if (strcmp(o->accept_proof[i], rule) == 0)
			return true;
	return false;
}

/* ---- what the journal keeps ---- */

static json_t *failures_json(const struct prove *p)
{
	json_t *l = json_array();

	for (size_t i = 0; i < p->n_violations; i++) {
		const struct prove_violation *v = &p->violations[i];

		if (v->severity == PROVE_ERROR)
			json_array_append_new(
				l, json_pack("{s:s,s:s*,s:s*,s:s*,s:s*}",
					     "rule", v->rule, "step", v->step,
					     "failure", v->failure, "text",
					     v->text, "path", v->path));
	}
	return l;
}

static json_t *accepted_json(const struct cmd_options *o)
{
	json_t *l = json_array();

	for (size_t i = 0; i < o->n_accept_proof; i++)
		json_array_append_new(l, json_string(o->accept_proof[i]));
	return l;
}

static json_t *row_of(const struct cmd_context *c, const struct cmd_options *o,
		      const struct prove *p, size_t told, size_t untold)
{
	char hash[DIGEST_HEX];

	cmd_plan_digest(c, hash);
	return json_pack(
		"{s:s,s:s,s:I,s:I,s:I,s:I,s:I,s:b,s:I,s:I,s:o,s:o}", "result",
		p->errors ? "failed" : "holds", "hash", hash, "errors",
		(json_int_t)p->errors, "warnings", (json_int_t)p->warnings,
		"assumptions", (json_int_t)p->n_assumed, "states",
		(json_int_t)p->judged, "states_failed", (json_int_t)p->failed,
		"sampled", p->sampled, "foretold", (json_int_t)told,
		"not_foretold", (json_int_t)untold, "failures",
		failures_json(p), "accepted", accepted_json(o));
}

char *cmd_proof_text(const json_t *row)
{
	const char *result = json_peek_str(row, "result", "unknown");
	const json_t *accepted = json_peek(row, "accepted");
	buf_auto out = BUF_INIT;

	if (strcmp(result, "unknown") == 0)
		return mem_format("proof: unknown: %s",
				  json_peek_str(row, "why", ""));
	buf_printf(&out,
		   "proof: %s over %lld states and %lld with a failure%s, %lld "
		   "errors, %lld warnings, %lld assumptions; %lld routes "
		   "foretold, %lld cannot be",
		   result, (long long)json_peek_int(row, "states", 0),
		   (long long)json_peek_int(row, "states_failed", 0),
		   json_peek_bool(row, "sampled", false) ? " (a sample)" : "",
		   (long long)json_peek_int(row, "errors", 0),
		   (long long)json_peek_int(row, "warnings", 0),
		   (long long)json_peek_int(row, "assumptions", 0),
		   (long long)json_peek_int(row, "foretold", 0),
		   (long long)json_peek_int(row, "not_foretold", 0));
	for (size_t i = 0; i < json_array_size(accepted); i++)
		buf_printf(&out, "%s '%s'", i ? "," : "; accepted:",
			   json_string_value(json_array_get(accepted, i)));
	return buf_steal(&out);
}

/* ---- what refuses ---- */

static void print_failure(const struct prove_violation *v)
{
	fprintf(stderr, "cutover: error: %s%s%s%s%s%s [%s]\n", v->text,
		v->step ? ", at step '" : "", v->step ? v->step : "",
		v->step ? "'" : "", v->failure ? ", when " : "",
		v->failure ? v->failure : "", v->rule);
	if (v->path)
		fprintf(stderr, "  way: %s\n", v->path);
	if (v->advice)
		fprintf(stderr, "  what to do: %s\n", v->advice);
}

/* Names that are accepted must be names of what fails: a slip is no consent. */
static bool names_fail(const struct prove *p, const struct cmd_options *o,
		       struct err *e)
{
	for (size_t i = 0; i < o->n_accept_proof; i++) {
		bool fails = false;

		for (size_t k = 0; k < p->n_violations; k++)
			fails |= p->violations[k].severity == PROVE_ERROR &&
				 strcmp(p->violations[k].rule,
					o->accept_proof[i]) == 0;
		if (!fails)
			return err_set(e, ERR_REFUSED,
				       "--accept-proof '%s': no such rule "
				       "fails in this plan",
				       o->accept_proof[i]);
	}
	return true;
}

static bool judge(const struct cmd_context *c, const struct prove *p,
		  const struct cmd_options *o, struct err *e)
{
	const char *rule = NULL;

	for (size_t i = 0; i < p->n_violations; i++) {
		const struct prove_violation *v = &p->violations[i];

		if (v->severity != PROVE_ERROR || is_accepted(o, v->rule))
			continue;
		print_failure(v);
		rule = v->rule;
	}
	if (!rule)
		return names_fail(p, o, e);
	return err_set(e, ERR_REFUSED,
		       "the plan is not proved to be safe, so nothing was "
		       "done; 'cutover dry-run --offline %s' shows all of it, "
		       "'cutover explain %s' why; who knows better says "
		       "--accept-proof %s",
		       c->plan->path, rule, rule);
}

static json_t *unknown(struct err *e)
{
	json_t *j =
		json_pack("{s:s,s:s}", "result", "unknown", "why", err_msg(e));

	err_done(e);
	return j;
}

bool cmd_proof_before_run(const struct cmd_context *c,
			  const struct cmd_options *o, json_t **ret_row,
			  struct foretold_vec *ret_foretold, struct err *e)
{
	err_auto why = ERR_INIT;
	struct twin *t = twin_build(c->plan, c->program, NULL, 0, &why);
	struct prove *p;
	size_t untold;
	bool ok;

	if (!t) {
		*ret_row = unknown(&why);
		return true;
	}
	p = prove_program(t);
	ok = judge(c, p, o, e);
	if (ok) {
		untold = twin_foretell(p, c->plan, c->program, ret_foretold);
		*ret_row = row_of(c, o, p, ret_foretold->n, untold);
	}
	prove_free(p);
	twin_free(t);
	return ok;
}

void cmd_proof_foretell(const struct cmd_context *c, struct foretold_vec *ret)
{
	err_auto e = ERR_INIT;
	struct twin *t = twin_build(c->plan, c->program, NULL, 0, &e);
	struct prove *p = t ? prove_program(t) : NULL;

	if (p)
		twin_foretell(p, c->plan, c->program, ret);
	prove_free(p);
	twin_free(t);
}
