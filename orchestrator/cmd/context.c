/*
 * context.c - options, plans and secrets, as the subcommands share them
 */
#include <getopt.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "orchestrator/cmd/cmd.h"
#include "orchestrator/report/writer.h"
#include "orchestrator/steps/compile.h"

monitor_spawn_fn *cmd_spawn;
const struct world_ops *cmd_world;

enum {
	OPT_STATE = 256,
	OPT_JSON,
	OPT_GO,
	OPT_EXIT_ON_HOLD,
	OPT_NO_PROBES,
	OPT_OFFLINE,
	OPT_SHOW,
	OPT_TO,
	OPT_FORMAT,
	OPT_HEAD,
	OPT_KEY,
	OPT_SEEDS,
	OPT_SEED,
	OPT_FAULTS,
	OPT_ADD,
	OPT_PAUSE,
	OPT_WAVE,
	OPT_OFF,
	OPT_HOLD_BEFORE,
	OPT_PRACTICE,
	OPT_UNPROVED,
	OPT_ACCEPT_PROOF,
	OPT_LIVE,
	OPT_FULL,
	OPT_AGAINST,
	OPT_AS,
	OPT_NOTE,
	OPT_WITHDRAW,
	OPT_LIST,
	OPT_HELP
};

static const struct option options[] = {
	{"state", required_argument, NULL, OPT_STATE},
	{"json", no_argument, NULL, OPT_JSON},
	{"go", no_argument, NULL, OPT_GO},
	{"exit-on-hold", no_argument, NULL, OPT_EXIT_ON_HOLD},
	{"no-probes", no_argument, NULL, OPT_NO_PROBES},
	{"offline", no_argument, NULL, OPT_OFFLINE},
	{"show", no_argument, NULL, OPT_SHOW},
	{"to", required_argument, NULL, OPT_TO},
	{"format", required_argument, NULL, OPT_FORMAT},
	{"head", required_argument, NULL, OPT_HEAD},
	{"key", required_argument, NULL, OPT_KEY},
	{"seeds", required_argument, NULL, OPT_SEEDS},
	{"seed", required_argument, NULL, OPT_SEED},
	{"faults", no_argument, NULL, OPT_FAULTS},
	{"add", required_argument, NULL, OPT_ADD},
	{"pause", required_argument, NULL, OPT_PAUSE},
	{"wave", required_argument, NULL, OPT_WAVE},
	{"off", no_argument, NULL, OPT_OFF},
	{"hold-before", required_argument, NULL, OPT_HOLD_BEFORE},
	{"practice", no_argument, NULL, OPT_PRACTICE},
	{"unproved", no_argument, NULL, OPT_UNPROVED},
	{"accept-proof", required_argument, NULL, OPT_ACCEPT_PROOF},
	{"live", no_argument, NULL, OPT_LIVE},
	{"full", no_argument, NULL, OPT_FULL},
	{"against", required_argument, NULL, OPT_AGAINST},
	{"as", required_argument, NULL, OPT_AS},
	{"note", required_argument, NULL, OPT_NOTE},
	{"withdraw", no_argument, NULL, OPT_WITHDRAW},
	{"list", no_argument, NULL, OPT_LIST},
	{"help", no_argument, NULL, OPT_HELP},
	{NULL, 0, NULL, 0},
};

/* An option that the usage text does not name is not one of this command. */
static bool offered(const char *usage, int opt)
{
	mem_auto_free char *name = NULL;

	for (const struct option *o = options; o->name; o++)
		if (o->val == opt)
			name = mem_format("--%s", o->name);
	return opt == OPT_HELP || opt == OPT_STATE || opt == OPT_JSON ||
	       (name && strstr(usage, name));
}

/* Where an option goes; those without an argument are flags. */
static const struct place {
	int opt;
	size_t offset;
} places[] = {
	{OPT_STATE, offsetof(struct cmd_options, state)},
	{OPT_JSON, offsetof(struct cmd_options, json)},
	{OPT_GO, offsetof(struct cmd_options, go)},
	{OPT_EXIT_ON_HOLD, offsetof(struct cmd_options, exit_on_hold)},
	{OPT_NO_PROBES, offsetof(struct cmd_options, no_probes)},
	{OPT_OFFLINE, offsetof(struct cmd_options, offline)},
	{OPT_SHOW, offsetof(struct cmd_options, show)},
	{OPT_TO, offsetof(struct cmd_options, to)},
	{OPT_FORMAT, offsetof(struct cmd_options, format)},
	{OPT_HEAD, offsetof(struct cmd_options, head)},
	{OPT_KEY, offsetof(struct cmd_options, key)},
	{OPT_SEEDS, offsetof(struct cmd_options, seeds)},
	{OPT_SEED, offsetof(struct cmd_options, seed)},
	{OPT_FAULTS, offsetof(struct cmd_options, faults)},
	{OPT_ADD, offsetof(struct cmd_options, add)},
	{OPT_PAUSE, offsetof(struct cmd_options, pause)},
	{OPT_WAVE, offsetof(struct cmd_options, wave)},
	{OPT_OFF, offsetof(struct cmd_options, off)},
	{OPT_HOLD_BEFORE, offsetof(struct cmd_options, hold_before)},
	{OPT_PRACTICE, offsetof(struct cmd_options, practice)},
	{OPT_UNPROVED, offsetof(struct cmd_options, unproved)},
	{OPT_LIVE, offsetof(struct cmd_options, live)},
	{OPT_FULL, offsetof(struct cmd_options, full)},
	{OPT_AGAINST, offsetof(struct cmd_options, against)},
	{OPT_AS, offsetof(struct cmd_options, as)},
	{OPT_NOTE, offsetof(struct cmd_options, note)},
	{OPT_WITHDRAW, offsetof(struct cmd_options, withdraw)},
	{OPT_LIST, offsetof(struct cmd_options, list)},
};

static void take(struct cmd_options *r, int opt)
{
	if (opt == OPT_ACCEPT_PROOF && r->n_accept_proof < CMD_ACCEPTED_MAX)
		r->accept_proof[r->n_accept_proof++] = optarg;
	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		char *at = (char *)r + places[i].offset;

		if (places[i].opt != opt)
			continue;
		if (optarg)
			*(const char **)at = optarg;
		else
			*(bool *)at = true;
	}
}

bool cmd_options_parse(int argc, char **argv, const char *usage,
		       struct cmd_options *ret, int *ret_exit)
{
	int opt;

	*ret = (struct cmd_options){0};
	*ret_exit = EXIT_USAGE;
	optind = 0;
	while ((opt = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (opt == OPT_HELP || opt == 'h') {
			fputs(usage, stdout);
			*ret_exit = 0;
			return false;
		}
		if (opt == '?' || !offered(usage, opt)) {
			if (opt != '?')
				fprintf(stderr,
					"cutover: error: '%s' does not take "
					"this option\n",
					argv[0]);
			fputs(usage, stderr);
			return false;
		}
		take(ret, opt);
	}
	if (argc - optind > 1) {
		fprintf(stderr, "cutover: error: '%s' takes one operand\n%s",
			argv[0], usage);
		return false;
	}
	ret->operand = argv[optind];
	return true;
}

bool cmd_format(const struct cmd_options *o, const struct writer_ops **ret)
{
	const char *name = o->json ? "json" : o->format ? o->format : "text";

	*ret = writer_find(name);
	if (*ret || strcmp(name, "json") == 0)
		return true;
	fprintf(stderr,
		"cutover: error: there is no format '%s'; there are text, "
		"markdown, html and json\n",
		name);
	return false;
}

void cmd_error(const struct err *e)
{
	fprintf(stderr, "cutover: error: %s%s%s%s\n", err_msg(e),
		e->rule ? " [" : "", e->rule ? e->rule : "",
		e->rule ? "]" : "");
}

/* ---- plans ---- */

static void show(const struct diag_list *l, bool json)
{
	buf_auto b = BUF_INIT;

	if (json) {
		json_auto *j = diag_list_json(l);
		mem_auto_free char *text = json_text_canonical(j);

		printf("%s\n", text);
		return;
	}
	diag_list_text(l, &b);
	fputs(buf_str(&b), stderr);
}

static bool compile(struct cmd_context *c)
{
	err_auto e = ERR_INIT;

	c->targets = plan_targets(c->plan, &c->n_targets);
	c->program = steps_compile(c->plan, &e);
	if (!c->program)
		cmd_error(&e);
	return c->program != NULL;
}

bool cmd_context_load(struct cmd_context *c, const char *path, bool json)
{
	struct diag_list diags = {0};

	*c = (struct cmd_context){0};
	c->plan = plan_load(path, &diags);
	if (json || diags.n)
		show(&diags, json);
	diag_list_done(&diags);
	if (c->plan && compile(c))
		return true;
	cmd_context_done(c);
	return false;
}

bool cmd_context_of_run(struct cmd_context *c, const struct journal_run *run)
{
	struct diag_list diags = {0};

	*c = (struct cmd_context){0};
	c->plan = plan_parse(run->plan_path, run->plan_text,
			     strlen(run->plan_text), &diags);
	if (diags.errors)
		show(&diags, false);
	diag_list_done(&diags);
	if (c->plan && compile(c))
		return true;
	cmd_context_done(c);
	return false;
}

void cmd_context_done(struct cmd_context *c)
{
	program_free(c->program);
	plan_targets_free(c->targets, c->n_targets);
	plan_free(c->plan);
	*c = (struct cmd_context){0};
}

/* ---- secrets ---- */

static const struct target *target_named(const struct cmd_context *c,
					 const char *name)
{
	for (size_t i = 0; name && i < c->n_targets; i++)
		if (strcmp(c->targets[i].name, name) == 0)
			return &c->targets[i];
	return NULL;
}

/* The keyed digest is what is wanted and compared, never the secret. */
static bool digest_session(const struct cmd_context *c, const char *target,
			   struct state_session *s, struct err *e)
{
	const struct target *t = target_named(c, target);
	const struct secret_ref *ref;
	char *value;

	if (!s->secret || !t)
		return true;
	ref = target_secret(t, s->secret);
	if (!ref)
		return err_set(e, ERR_INTERNAL, "no secret '%s' for '%s'",
			       s->secret, target);
	value = secret_fetch(ref, e);
	if (!value)
		return err_wrap(e, "secret '%s'", s->secret);
	free(s->secret_digest);
	s->secret_digest = secret_digest(value);
	mem_wipe_free(value);
	return true;
}

static bool digest_steps(const struct cmd_context *c, struct step_vec *v,
			 struct err *e)
{
	for (size_t i = 0; i < v->n; i++)
		for (size_t k = 0; k < v->v[i].want.n; k++) {
			struct resource *r = &v->v[i].want.v[k];

			if (r->kind == RESOURCE_SESSION &&
			    !digest_session(c, v->v[i].target, &r->session, e))
				return false;
		}
	return true;
}

bool cmd_context_secrets(struct cmd_context *c, const char *state_dir,
			 struct err *e)
{
	if (!secret_digest_key_load(state_dir, e))
		return false;
	for (size_t i = 0; i < c->program->n; i++)
		if (!digest_steps(c, &c->program->v[i].steps, e) ||
		    !digest_steps(c, &c->program->v[i].undo, e))
			return false;
	return true;
}
