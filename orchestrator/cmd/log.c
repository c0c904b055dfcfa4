/*
 * log.c - cutover log, report: what the journal says
 */
#include <stdio.h>
#include <string.h>

#include "orchestrator/base/clock.h"
#include "orchestrator/cmd/cmd.h"
#include "orchestrator/journal/head.h"
#include "orchestrator/plan/diag.h"
#include "orchestrator/report/review.h"

static const char log_usage[] =
	"usage: cutover log [RUN] [--state DIR] [--json]\n"
	"\n"
	"Every row of the run, oldest first; with --json one object a line.\n";

static const char report_usage[] =
	"usage: cutover report [RUN] [--state DIR] [--json]\n"
	"                      [--format text|markdown|html|json] [--full]\n"
	"\n"
	"What the run did: steps, packets, paths, the virtual network. With\n"
	"--format the document of 'cutover dry-run', with what was measured\n"
	"beside what was predicted from the state at checkpoint 'start'.\n";

void cmd_print_row(void *arg, const struct runner_row *row)
{
	const struct cmd_options *o = arg;
	json_auto *body = json_text_parse(row->body, strlen(row->body), NULL);
	mem_auto_free char *when = clock_wall_text(row->wall_us);
	const char *why = json_peek_str(body, "why", "");

	if (o->json) {
		json_auto *j = json_pack(
			"{s:I,s:s,s:s,s:s,s:O*}", "seq", (json_int_t)row->seq,
			"time", when, "kind", row->kind, "step",
			row->step ? row->step : "", "body", body);
		mem_auto_free char *text = json_text_canonical(j);

		printf("%s\n", text);
	} else if (strcmp(row->kind, "step") == 0) {
		printf("%.8s %s %s\n", when + 11,
		       json_peek_bool(body, "back", false) ? "<" : ">",
		       json_peek_str(body, "title", ""));
	} else if (strcmp(row->kind, "outcome") == 0 &&
		   strcmp(json_peek_str(body, "outcome", ""), "applied") != 0) {
		printf("%.8s   outcome %s: %s\n", when + 11,
		       json_peek_str(body, "outcome", ""),
		       json_peek_str(body, "text", ""));
	} else if (strcmp(row->kind, "guard") == 0) {
		printf("%.8s   guard: %s\n", when + 11,
		       json_peek_str(body, "text", ""));
	} else if (strcmp(row->kind, "failed") == 0 ||
		   strcmp(row->kind, "hold") == 0 ||
		   strcmp(row->kind, "rewound") == 0 ||
		   strcmp(row->kind, "rollback") == 0 ||
		   strcmp(row->kind, "settled") == 0) {
		printf("%.8s   %s%s%s%s\n", when + 11, row->kind,
		       *json_peek_str(body, "to", "") ? " to " : "",
		       json_peek_str(body, "to", ""), "");
		if (*why)
			printf("%.8s   because %s\n", when + 11, why);
	} else if (strcmp(row->kind, "end") == 0) {
		printf("%.8s %s\n", when + 11,
		       json_peek_str(body, "result", ""));
	}
	fflush(stdout);
}

static bool print_logged(void *arg, const struct journal_row *row,
			 struct err *e)
{
	const struct cmd_options *o = arg;
	mem_auto_free char *when = clock_wall_text(row->wall_us);
	struct runner_row r = {.seq = row->seq,
			       .wall_us = row->wall_us,
			       .kind = row->kind,
			       .step = row->step,
			       .body = row->body};

	(void)e;
	if (o->json)
		cmd_print_row(arg, &r);
	else
		printf("%6lld %s %-10s %-40s %.120s\n", (long long)row->seq,
		       when, row->kind, row->step, row->body);
	return true;
}

int cmd_with_run(int argc, char **argv, const char *usage,
		 int (*fn)(struct journal *j, const struct journal_run *run,
			   struct cmd_options *o))
{
	struct journal_run run = {0};
	struct journal *j;
	struct cmd_options o;
	err_auto e = ERR_INIT;
	int rc;

	if (!cmd_options_parse(argc, argv, usage, &o, &rc))
		return rc;
	j = journal_open(o.state, true, &e);
	if (j && journal_run_find(j, o.operand, &run, &e)) {
		rc = fn(j, &run, &o);
	} else {
		cmd_error(&e);
		rc = EXIT_USAGE;
	}
	journal_run_done(&run);
	journal_close(j);
	return rc;
}

static int log_run(struct journal *j, const struct journal_run *run,
		   struct cmd_options *o)
{
	err_auto e = ERR_INIT;

	if (journal_each(j, run->id, 0, print_logged, o, &e))
		return EXIT_DONE;
	cmd_error(&e);
	return EXIT_PLAN;
}

int cmd_log(int argc, char **argv)
{
	return cmd_with_run(argc, argv, log_usage, log_run);
}

/* Where the head cannot be signed (a copy that is read-only) it says so. */
static void print_journal(struct journal *j, const char *run)
{
	mem_auto_free char *head = NULL;
	char hash[DIGEST_HEX];
	err_auto e = ERR_INIT;
	int64_t seq;

	if (!journal_tail(j, run, &seq, hash, &e))
		return;
	head = journal_head_sign(journal_state_dir(j), true, run, seq, hash,
				 &e);
	if (!head) {
		fprintf(stderr, "cutover: the head is not signed: %s\n",
			err_msg(&e));
		head = mem_format("%lld:%s", (long long)seq, hash);
	}
	printf("\nJournal\n  cutover log %s\n"
	       "  cutover verify %s --head %s\n"
	       "  cutover rollback %s --to start\n",
	       run, run, head, run);
}

static void print_result(struct journal *j, const struct result *r,
			 const struct plan *p)
{
	buf_auto b = BUF_INIT;

	result_text(r, p, &b);
	fputs(buf_str(&b), stdout);
	print_journal(j, r->run);
}

/* The document of the dry-run, from what 'start' recorded, with the result. */
static int write_review(const struct journal_run *run, const struct result *res,
			const struct cmd_options *o,
			const struct writer_ops *ops)
{
	struct cmd_context c;
	struct look look = {0};
	struct review r = {.result = res,
			   .full = o->full,
			   .look = res->first ? &look : NULL};
	struct twin *t = NULL;
	struct prove *p = NULL;
	err_auto e = ERR_INIT;

	if (!cmd_context_of_run(&c, run))
		return EXIT_PLAN;
	r.plan = c.plan;
	r.program = c.program;
	if (look_from_json(res->first, res->start_us, &look, &e))
		t = twin_build(c.plan, c.program, look.seen, look.n_seen, &e);
	if (t) {
		r.prove = p = prove_program(t);
		review_fill(&r, c.targets, c.n_targets);
		cmd_review_print(&r, ops);
		review_done(&r);
	} else {
		cmd_error(&e);
	}
	prove_free(p);
	twin_free(t);
	look_done(&look);
	cmd_context_done(&c);
	return t ? EXIT_DONE : EXIT_PLAN;
}

/* A plan whose files are gone is no reason not to report. */
static int report_run(struct journal *j, const struct journal_run *run,
		      struct cmd_options *o)
{
	struct diag_list diags = {0};
	struct plan *p = plan_parse(run->plan_path, run->plan_text,
				    strlen(run->plan_text), &diags);
	err_auto e = ERR_INIT;
	const struct writer_ops *ops = NULL;
	struct result r;
	int rc = EXIT_DONE;

	diag_list_done(&diags);
	if (!cmd_format(o, &ops)) {
		plan_free(p);
		return EXIT_USAGE;
	}
	if (!result_read(j, run->id, &r, &e)) {
		plan_free(p);
		cmd_error(&e);
		return EXIT_PLAN;
	}
	if (o->format) {
		rc = write_review(run, &r, o, ops);
	} else if (o->json) {
		json_auto *out = result_json(&r, p);
		mem_auto_free char *text = json_text_canonical(out);

		printf("%s\n", text);
	} else {
		print_result(j, &r, p);
	}
	result_done(&r);
	plan_free(p);
	return rc;
}

int cmd_report(int argc, char **argv)
{
	return cmd_with_run(argc, argv, report_usage, report_run);
}
