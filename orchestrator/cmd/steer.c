/*
 * steer.c - cutover status, go, hold, abort ...: a run seen from outside
 *
 * Each is one request to the run's socket and its answer (control.h); what a
 * run that is not live did is read from the journal.
 */
#include <stdio.h>
#include <string.h>

#include "orchestrator/base/user.h"
#include "orchestrator/cmd/approval.h"
#include "orchestrator/engine/control.h"
#include "orchestrator/plan/units.h"
#include "orchestrator/report/result.h"

static const char status_usage[] =
	"usage: cutover status [RUN] [--state DIR] [--json]\n"
	"\n"
	"Where the run stands: live from its process, else from the journal.\n";

static const char steer_usage[] =
	"usage: cutover go|hold|abort|take-back [RUN] [--state DIR]\n"
	"       cutover accept [RUN] [--unproved]\n"
	"       cutover soak [RUN] --add TIME        (5m, or -5m)\n"
	"       cutover throttle [RUN] --pause TIME  (0s: none)\n"
	"       cutover postpone [RUN] --wave WAVE [--off]\n"
	"\n"
	"go goes on from a hold; given before, it is pending until the plan's "
	"next\n"
	"hold.  hold stops before the next step; abort starts no new step and "
	"follows\n"
	"the plan's abort policy (hold or roll back); accept goes on with what "
	"somebody\n"
	"else changed on a device, as the hold shows it, where it is proved "
	"harmless;\n"
	"where it is not, --unproved takes it over at your own word.  "
	"take-back takes\n"
	"back what is still pending.  soak makes the soak under way longer or "
	"shorter; "
	"throttle\n"
	"pauses after each step; postpone holds before a wave (or block), "
	"until a go.\n"
	"Who has no screen needs no control: these always act, and every "
	"screen shows\n"
	"who gave which order.\n";

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

static void print_order(const json_t *x)
{
	const char *to = json_peek_str(x, "to", "");
	const char *text = json_peek_str(x, "text", "");

	printf("  order %lld: %s%s%s by %s: %s%s%s\n",
	       (long long)json_peek_int(x, "id", 0),
	       json_peek_str(x, "command", ""),
	       strcmp(to, "unproved") == 0 ? " "
	       : *to			   ? " to "
					   : "",
	       to, json_peek_str(x, "by", ""), json_peek_str(x, "state", ""),
	       *text ? ", " : "", text);
}

static void print_orders(const json_t *orders)
{
	for (size_t i = 0; i < json_array_size(orders); i++)
		print_order(json_array_get(orders, i));
}

static void print_approvals(const json_t *row)
{
	const json_t *given = json_peek(row, "given");

	for (size_t i = 0; i < json_array_size(given); i++) {
		const json_t *x = json_array_get(given, i);
		mem_auto_free char *text =
			approval_text(json_peek_str(x, "name", ""),
				      json_peek_str(x, "login", ""),
				      json_peek_int(x, "time_us", 0),
				      json_peek_str(x, "note", ""));

		printf("  approved by %s\n", text);
	}
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
	if (json_peek(s, "proof")) {
		mem_auto_free char *proof =
			cmd_proof_text(json_peek(s, "proof"));

		printf("  %s\n", proof);
	}
	print_approvals(json_peek(s, "approvals"));
	print_orders(json_peek(s, "orders"));
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
	if (!json)
		print_approvals(r.approvals);
	result_done(&r);
	return EXIT_DONE;
}

/* Who is at this terminal, for those who watch. */
static char *my_name(void)
{
	mem_auto_free char *user = user_name();

	return mem_format("%s (command line)", user);
}

static json_t *ask(struct journal *j, const char *run, json_t *request,
		   struct err *e)
{
	json_t *answer = control_ask(journal_state_dir(j), run, request, e);

	json_decref(request);
	return answer;
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
	} else if ((answer =
			    ask(j, run.id,
				json_pack("{s:s}", "command", "status"), &e))) {
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

/* A duration with a sign, in milliseconds. */
static bool signed_ms(const char *text, json_int_t *ret, struct err *e)
{
	bool minus = *text == '-';
	int64_t us;

	if (!units_duration_us(text + (minus || *text == '+'), &us, e))
		return false;
	*ret = (minus ? -us : us) / 1000;
	return true;
}

/* The request that the command line stands for, or NULL: it is incomplete. */
static json_t *request_of(const char *command, const struct cmd_options *o,
			  struct err *e)
{
	mem_auto_free char *by = my_name();
	json_t *j = json_pack("{s:s,s:s}", "command", command, "by", by);
	json_int_t ms = 0;
	bool ok = true;

	if (strcmp(command, "accept") == 0)
		json_object_set_new(j, "unproved", json_boolean(o->unproved));
	if (strcmp(command, "soak") == 0) {
		ok = o->add ? signed_ms(o->add, &ms, e)
			    : err_set(e, ERR_USAGE, "'soak' needs --add TIME");
		json_object_set_new(j, "add_ms", json_integer(ms));
	} else if (strcmp(command, "throttle") == 0) {
		ok = o->pause ? signed_ms(o->pause, &ms, e)
			      : err_set(e, ERR_USAGE,
					"'throttle' needs --pause TIME");
		json_object_set_new(j, "pause_ms", json_integer(ms));
	} else if (strcmp(command, "postpone") == 0) {
		ok = o->wave ||
		     err_set(e, ERR_USAGE, "'postpone' needs --wave WAVE");
		json_object_set_new(j, "block",
				    json_string(o->wave ? o->wave : ""));
		json_object_set_new(j, "off", json_boolean(o->off));
	}
	if (ok)
		return j;
	json_decref(j);
	return NULL;
}

/* What became of it, where it has not taken effect at once. */
static void print_answer(const json_t *answer)
{
	const json_t *order = json_peek(answer, "order");

	print_live(json_peek(answer, "status"));
	if (order)
		print_order(order);
	if (strcmp(json_peek_str(order, "state", ""), "pending") == 0)
		printf("  'cutover take-back' takes it back\n");
}

int cmd_steer(int argc, char **argv)
{
	struct journal_run run = {0};
	struct journal *j = NULL;
	struct cmd_options o;
	err_auto e = ERR_INIT;
	json_auto *answer = NULL;
	json_t *request;
	int rc;

	if (!cmd_options_parse(argc, argv, steer_usage, &o, &rc))
		return rc;
	rc = EXIT_DONE;
	request = request_of(argv[0], &o, &e);
	if (!request || !open_run(&o, &j, &run, &e) ||
	    !(answer = ask(j, run.id, request, &e))) {
		cmd_error(&e);
		rc = EXIT_USAGE;
	} else if (!json_peek_bool(answer, "ok", false)) {
		fprintf(stderr, "cutover: error: %s\n",
			json_peek_str(answer, "error", ""));
		rc = EXIT_REFUSED;
	} else if (!o.json) {
		print_answer(answer);
	} else {
		if (json_peek(answer, "order"))
			json_object_set(json_peek(answer, "status"), "order",
					json_peek(answer, "order"));
		print_json(json_peek(answer, "status"));
	}
	journal_run_done(&run);
	journal_close(j);
	return rc;
}
