/*
 * dryrun.c - cutover dry-run: the program of a plan, for change review
 *
 * Steps are those that a run walks, with what they ensure, what they expect,
 * and the undo of each block, since all come from one compiler; the commands
 * are those that apply() would send, from the same render(); what each step
 * does to the routes, and whether all of it is safe, is the twin's.  With live
 * state the systems are observed (report/look.c) and nothing else.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "orchestrator/base/statedir.h"
#include "orchestrator/cmd/cmd.h"
#include "orchestrator/report/against.h"
#include "orchestrator/report/review.h"

/* How it is to be told. */
struct wish {
	const struct writer_ops *ops; /* NULL: JSON */
	bool full;
	const json_t *against; /* only what differs from this; or NULL */
};

static const char dry_run_usage[] =
	"usage: cutover dry-run PLAN [--live | --offline] [--state DIR]\n"
	"                       [--format text|markdown|html|json] [--full]\n"
	"                       [--against FILE]\n"
	"\n"
	"The document for change review: what a run of the plan would do, and\n"
	"whether it is safe. Every step with the exact commands for each "
	"device,\n"
	"forward and back; the time line; where each pair of prefixes goes "
	"after\n"
	"each step, and with any one link, session, edge or gateway failed; "
	"and\n"
	"what it breaks, with the way hop by hop ('cutover explain RULE').\n"
	"\n"
	"--live     (default) looks at every system of the plan, read-only, "
	"and\n"
	"           builds on what it sees; the hash of that state is printed\n"
	"--offline  contacts nothing; what is not in the plan is assumed\n"
	"--format   text, markdown (for a ticket), html (one file, for a "
	"board,\n"
	"           on screen or paper), json (plans/dry-run.schema.json)\n"
	"--full     every line of changes of more than 400 lines\n"
	"--against  only what is different in the outcome since FILE, which\n"
	"           'dry-run --format json' printed: verdict, findings, "
	"steps,\n"
	"           commands, ways of pairs, failures, budgets, time\n"
	"\n"
	"Exit: 0 the proof holds, or is unknown because a provider owns layer "
	"3;\n"
	"1 it fails, or the plan is no plan; 3 a system cannot be seen.\n";

void cmd_review_print(const struct review *r, const struct writer_ops *ops)
{
	buf_auto out = BUF_INIT;

	if (ops) {
		review_write(r, ops, &out);
	} else {
		json_auto *j = review_json(r);
		mem_auto_free char *text = json_text_canonical(j);

		buf_printf(&out, "%s\n", text);
	}
	fwrite(out.data, 1, out.len, stdout);
}

/* What differs from a dry-run that was saved. */
static void print_against(const struct review *r, const json_t *old, bool json)
{
	json_auto *now = review_json(r);
	buf_auto out = BUF_INIT;
	size_t n = against_text(old, now, &out);

	if (json) {
		json_auto *lines = json_array();
		mem_auto_free char *text = NULL;

		for (char *at = out.data; at && *at;) {
			size_t len = strcspn(at, "\n");

			json_array_append_new(lines, json_stringn(at, len));
			at += len + (at[len] == '\n');
		}
		text = json_text_canonical(lines);
		printf("%s\n", text);
		return;
	}
	printf("%zu differences in the outcome of plan '%s'\n%s", n,
	       r->plan->name, buf_str(&out));
}

/* The exit code is the proof's. */
static int show(const struct cmd_context *c, const struct look *look,
		const struct wish *wish)
{
	err_auto e = ERR_INIT;
	struct twin *t =
		twin_build(c->plan, c->program, look ? look->seen : NULL,
			   look ? look->n_seen : 0, &e);
	struct review r = {.plan = c->plan,
			   .program = c->program,
			   .look = look,
			   .full = wish->full};
	struct prove *p;
	int rc;

	if (!t) {
		cmd_error(&e);
		return EXIT_PLAN;
	}
	r.prove = p = prove_program(t);
	review_fill(&r, c->targets, c->n_targets);
	if (wish->against)
		print_against(&r, wish->against, !wish->ops);
	else
		cmd_review_print(&r, wish->ops);
	rc = p->errors ? EXIT_PLAN : EXIT_DONE;
	review_done(&r);
	prove_free(p);
	twin_free(t);
	return rc;
}

/* Secrets that devices hold are compared by this installation's digests. */
static bool load_key(const char *state, struct err *e)
{
	mem_auto_free char *dir =
		state ? mem_strdup(state) : statedir_default(e);
	int fd = dir ? statedir_open(dir, true, e) : -1;

	if (fd < 0)
		return false;
	close(fd);
	return secret_digest_key_load(dir, e);
}

static int show_live(const struct cmd_context *c, const struct cmd_options *o,
		     const struct wish *wish)
{
	struct look look;
	err_auto e = ERR_INIT;
	int rc;

	if (!load_key(o->state, &e)) {
		cmd_error(&e);
		return EXIT_REFUSED;
	}
	look_at_all(c->targets, c->n_targets, c->program,
		    c->plan->timeouts.command_ms, &look);
	if (look_blind(&look, &e)) {
		for (size_t i = 0; i < look.n; i++)
			if (look.v[i].error)
				fprintf(stderr, "cutover: error: '%s': %s\n",
					look.v[i].target, look.v[i].error);
		cmd_error(&e);
		rc = EXIT_REFUSED;
	} else {
		rc = show(c, &look, wish);
	}
	look_done(&look);
	return rc;
}

int cmd_dry_run(int argc, char **argv)
{
	struct cmd_options o;
	struct cmd_context c;
	struct wish wish = {0};
	err_auto e = ERR_INIT;
	json_auto *old = NULL;
	int rc;

	if (!cmd_options_parse(argc, argv, dry_run_usage, &o, &rc))
		return rc;
	if (!cmd_format(&o, &wish.ops) || !o.operand || (o.offline && o.live)) {
		fputs(dry_run_usage, stderr);
		return EXIT_USAGE;
	}
	wish.full = o.full;
	if (o.against)
		wish.against = old = against_load(o.against, &e);
	if (o.against && !old) {
		cmd_error(&e);
		return EXIT_USAGE;
	}
	if (!cmd_context_load(&c, o.operand, false))
		return EXIT_PLAN;
	rc = o.offline ? show(&c, NULL, &wish) : show_live(&c, &o, &wish);
	cmd_context_done(&c);
	return rc;
}
