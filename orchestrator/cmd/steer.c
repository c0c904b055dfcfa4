/*
 * steer.c - cutover status, go, hold, abort: a run seen from outside
 */
#include <stdio.h>
#include <string.h>

#include "orchestrator/cmd/cmd.h"
#include "orchestrator/engine/control.h"
#include "orchestrator/report/result.h"

static const char status_usage[] =
	"usage: cutover status [RUN] [--state DIR] [--json]\n"
	"\n"
	"Where the run stands: live from its process, else from the journal.\n";

static const char steer_usage[] =
	"usage: cutover go|hold|abort|accept [RUN] [--state DIR]\n"
	"\n"
	"go goes on from a hold; hold stops before the next step; abort "
	"starts\n"
	"no new step and follows the plan's abort policy (hold or roll "
	"back); accept goes on with what somebody else changed on a device, "
	"as\nthe hold shows it.\n";

static bool open_run(const struct cmd_options *o, struct journal **ret_j,
		     struct journal_run *ret, struct err *e)
{
	*ret_j = journal_open(o->state, true, e);
	return *ret_j && journal_run_find(*ret_j, o->operand, ret, e);
}

static void print_json(const json_t *j)
{
	mem_auto_free char *text = json_text_canonical(j);

	printf("%s\n", text);
}

static void print_live(const json_t *s)
{
	const char *why = json_peek_str(s, "hold_why", "");

	printf("run %s is live (process %lld)\n"
	       "  %s%s, block '%s'\n  step %s\n",
	       json_peek_str(s, "run", ""),
	       (long long)json_peek_int(s, "pid", 0),
	       json_peek_str(s, "phase", ""),
	       json_peek_bool(s, "back", false) ? ", rolling back" : "",
	       json_peek_str(s, "block", "-"), json_peek_str(s, "title", "-"));
	if (json_peek_bool(s, "held", false))
		printf("  held: %s\n  'cutover go' goes on\n", why);
	printf("  last checkpoint: %s\n",
	       json_peek_str(s, "last_checkpoint", "none"));
}

static int print_journaled(struct journal *j, const char *run, bool json)
{
	err_auto e = ERR_INIT;
	const struct result_leg *leg;
	struct result r;
	json_auto *out = NULL;

	if (!result_read(j, run, &r, &e)) {
		cmd_error(&e);
		return EXIT_INTERNAL;
	}
	leg = result_last_leg(&r);
	if (json) {
		out = result_json(&r, NULL);
		print_json(out);
	} else if (leg && leg->ended) {
		printf("run %s is not live: %s (exit %d)\n", run, leg->ended,
		       leg->exit_code);
	} else {
		printf("run %s is not live and has not ended; 'cutover resume' "
		       "takes it up\n  last step: %s\n",
		       run, r.n ? r.v[r.n - 1].id : "none");
	}
	result_done(&r);
	return EXIT_DONE;
}

static json_t *ask(struct journal *j, const char *run, const char *command,
		   struct err *e)
{
	json_auto *request = json_pack("{s:s}", "command", command);

	return control_ask(journal_state_dir(j), run, request, e);
}

int cmd_status(int argc, char **argv)
{
	struct journal_run run = {0};
	struct journal *j = NULL;
	struct cmd_options o;
	err_auto e = ERR_INIT;
	json_auto *answer = NULL;
	int rc;

	if (!cmd_options_parse(argc, argv, status_usage, &o, &rc))
		return rc;
	if (!open_run(&o, &j, &run, &e)) {
		cmd_error(&e);
		rc = EXIT_USAGE;
	} else if ((answer = ask(j, run.id, "status", &e))) {
		if (o.json)
			print_json(json_peek(answer, "status"));
		else
			print_live(json_peek(answer, "status"));
		rc = EXIT_DONE;
	} else {
		rc = print_journaled(j, run.id, o.json);
	}
	journal_run_done(&run);
	journal_close(j);
	return rc;
}

int cmd_steer(int argc, char **argv)
{
	struct journal_run run = {0};
	struct journal *j = NULL;
	struct cmd_options o;
	err_auto e = ERR_INIT;
	json_auto *answer = NULL;
	int rc;

	if (!cmd_options_parse(argc, argv, steer_usage, &o, &rc))
		return rc;
	rc = EXIT_DONE;
	if (!open_run(&o, &j, &run, &e) ||
	    !(answer = ask(j, run.id, argv[0], &e))) {
		cmd_error(&e);
		rc = EXIT_USAGE;
	} else if (!json_peek_bool(answer, "ok", false)) {
		fprintf(stderr, "cutover: error: %s\n",
			json_peek_str(answer, "error", ""));
		rc = EXIT_REFUSED;
	} else if (!o.json) {
		print_live(json_peek(answer, "status"));
	} else {
		print_json(json_peek(answer, "status"));
	}
	journal_run_done(&run);
	journal_close(j);
	return rc;
}
