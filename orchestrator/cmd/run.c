/*
 * run.c - cutover run, resume, rollback
 *
 * One run at a time for a plan's name, one process for a run: both are locks
 * that the kernel drops when the holder dies.  A run that is live is steered
 * through its socket; one that is not is taken up again from the journal.
 */
#include <stdio.h>
#include <string.h>

#include "orchestrator/base/clock.h"
#include "orchestrator/cmd/approval.h"
#include "orchestrator/engine/control.h"
#include "orchestrator/journal/lock.h"

static const char run_usage[] =
	"usage: cutover run PLAN [--state DIR] [--go] [--exit-on-hold]\n"
	"                   [--hold-before BLOCK] [--accept-proof RULE] "
	"[--no-probes]\n"
	"                   [--practice] [--json]\n"
	"\n"
	"Carries the plan out, unattended.  Holds wait for 'cutover go' "
	"unless\n"
	"--go is given; with --exit-on-hold the run ends at a hold (exit 5) "
	"and\n"
	"is taken up by 'cutover resume'.  --hold-before BLOCK (stage, "
	"circuit, "
	"...,\n"
	"wave-NAME, finish) waits for a go before that block, whatever the "
	"plan says.\n"
	"\n"
	"Before anything is contacted the plan is proved safe, as 'cutover "
	"dry-run\n"
	"--offline' shows it.  A rule that fails refuses the run (exit 3); "
	"one that\n"
	"is accepted by its name with --accept-proof RULE (as often as "
	"needed) does\n"
	"not, and the journal says so.  Where the run sees routes that were "
	"not\n"
	"foretold it holds.\n"
	"\n"
	"Where the plan has 'approvals: N', so many people must have approved "
	"exactly\n"
	"this plan with 'cutover approve' before; a practice needs none.\n"
	"\n"
	"--practice plays the plan's network in memory: no device is "
	"contacted, "
	"no\n"
	"secret is fetched; the journal is in DIR/practice.\n";

static const char resume_usage[] =
	"usage: cutover resume [RUN] [--state DIR] [--go] [--exit-on-hold]\n"
	"                      [--no-probes] [--json]\n"
	"\n"
	"Takes up a run that was interrupted, with the plan that it was "
	"started\n"
	"with.  What was under way is first observed, never repeated "
	"blindly.\n";

static const char rollback_usage[] =
	"usage: cutover rollback [RUN] [--to CHECKPOINT] [--show] [--state "
	"DIR]\n"
	"                        [--exit-on-hold] [--no-probes] [--json]\n"
	"\n"
	"Brings the site back to a checkpoint (default: 'start'; for a live "
	"run\n"
	"the plan's rollback goal), without loss where the devices allow it.\n"
	"--show prints each step with its commands, device by device, and "
	"does\n"
	"nothing.\n";

struct live {
	struct cmd_options o;
	struct cmd_context c;
	struct journal *journal;
	struct journal_lock *plan_lock, *run_lock;
	const char *run_id;
	json_t *proof, *approvals; /* of a run that begins */
	struct foretold_vec foretold;
	bool rollback;
	const char *to;
};

static int fail(struct err *e, int code)
{
	cmd_error(e);
	return e->code == ERR_INTERNAL ? EXIT_INTERNAL
	       : e->code == ERR_USAGE  ? EXIT_USAGE
				       : code;
}

static bool lock(struct live *l, struct err *e)
{
	const char *dir = journal_state_dir(l->journal);
	mem_auto_free char *name = mem_format("plan-%s", l->c.plan->name);

	l->plan_lock = journal_lock_take(dir, name, e);
	if (!l->plan_lock)
		return false;
	l->run_lock = journal_lock_take(dir, l->run_id, e);
	if (l->run_lock)
		journal_lock_note(l->plan_lock, l->run_id);
	return l->run_lock != NULL;
}

static void on_row(void *arg, const struct runner_row *row)
{
	struct live *l = arg;

	cmd_print_row(&l->o, row);
	if (strcmp(row->kind, "checkpoint") == 0)
		cmd_glass_write(&l->c, l->journal, l->run_id);
}

static int carry_on(struct live *l)
{
	struct runner_options ro = {
		.plan = l->c.plan,
		.program = l->c.program,
		.targets = l->c.targets,
		.n_targets = l->c.n_targets,
		.journal = l->journal,
		.run_id = l->run_id,
		.policy = runner_policy(l->c.plan),
		.spawn = cmd_spawn,
		.no_probes = l->o.no_probes,
		.practice = l->o.practice,
		.hold_before = l->o.hold_before,
		.proof = l->proof,
		.approvals = l->approvals,
		.rollback = l->rollback,
		.rollback_to = l->to,
		.on_row = on_row,
		.arg = l,
	};
	err_auto e = ERR_INIT;
	int code = EXIT_INTERNAL;
	bool ok;

	if (l->o.practice) {
		ro.targets = cmd_practice->targets(&ro.n_targets);
		ro.spawn = cmd_practice->spawn;
	}
	ro.policy.foretold = &l->foretold;
	ro.policy.auto_go = l->o.go;
	ro.policy.end_on_hold = l->o.exit_on_hold;
	ok = runner_run(&ro, &code, &e);
	if (l->o.practice)
		cmd_practice->end();
	if (!ok)
		return fail(&e, e.code == ERR_REFUSED ? EXIT_REFUSED
						      : EXIT_INTERNAL);
	return code;
}

static void live_done(struct live *l)
{
	journal_lock_release(l->run_lock);
	journal_lock_release(l->plan_lock);
	journal_close(l->journal);
	json_decref(l->proof);
	json_decref(l->approvals);
	foretold_vec_done(&l->foretold);
	cmd_context_done(&l->c);
}

static bool create(struct live *l, char **ret_id, struct err *e)
{
	mem_auto_free char *name = mem_format(
		"%s%s", l->o.practice ? "practice-" : "", l->c.plan->name);
	mem_auto_free char *version =
		mem_format("%s%s", CUTOVER_VERSION,
			   l->o.practice ? " " CMD_PRACTICE_MARK : "");
	char *id = journal_run_id_new(name, clock_wall_us());
	struct journal_run run = {.id = id,
				  .plan_path = l->c.plan->path,
				  .plan_text = l->c.plan->text,
				  .plan_hash = l->c.plan->hash,
				  .version = version};

	l->run_id = *ret_id = id;
	return lock(l, e) && journal_run_create(l->journal, &run, e);
}

static bool inside_window(const struct plan *p, struct err *e)
{
	int64_t now = clock_wall_us();
	mem_auto_free char *from = clock_wall_text(p->window_start_us);
	mem_auto_free char *to = clock_wall_text(p->window_end_us);

	if ((p->window_start_us && now < p->window_start_us) ||
	    (p->window_end_us && now > p->window_end_us))
		return err_set(e, ERR_REFUSED,
			       "the plan's window is %s to %s; run inside it, "
			       "or change the plan",
			       from, to);
	return true;
}

/* Those that stand go into the journal, needed or not. */
static bool is_approved(struct live *l, struct err *e)
{
	struct approval_list a;
	bool ok;

	if (!approval_read(l->o.state, &l->c, &a, e))
		return false;
	ok = approval_suffice(&a, &l->c, e);
	if (ok && (a.standing || l->c.plan->approvals))
		l->approvals = approval_row(&a, &l->c);
	approval_list_done(&a);
	return ok;
}

static bool may_begin(struct live *l, struct err *e)
{
	if (l->o.practice)
		return cmd_practice_begin(&l->c, e);
	return inside_window(l->c.plan, e) && is_approved(l, e) &&
	       cmd_context_secrets(&l->c, journal_state_dir(l->journal), e);
}

static void print_begin(const struct live *l)
{
	mem_auto_free char *proof = cmd_proof_text(l->proof);

	if (!l->o.json)
		printf("run %s\n%s\n", l->run_id, proof);
	fflush(stdout);
}

int cmd_run(int argc, char **argv)
{
	struct live l = {0};
	err_auto e = ERR_INIT;
	mem_auto_free char *id = NULL;
	mem_auto_free char *state = NULL;
	int rc;

	if (!cmd_options_parse(argc, argv, run_usage, &l.o, &rc))
		return rc;
	if (!l.o.operand) {
		fputs(run_usage, stderr);
		return EXIT_USAGE;
	}
	if (!cmd_context_load(&l.c, l.o.operand, false))
		return EXIT_PLAN;
	if (l.o.hold_before &&
	    program_find_block(l.c.program, l.o.hold_before) < 1) {
		fprintf(stderr,
			"cutover: error: the plan has no block '%s' to hold "
			"before; 'cutover dry-run' lists them\n",
			l.o.hold_before);
		cmd_context_done(&l.c);
		return EXIT_USAGE;
	}
	if (l.o.practice)
		l.o.state = state = cmd_practice_state(l.o.state, &e);
	l.journal = l.o.practice && !state ? NULL
					   : journal_open(l.o.state, false, &e);
	if (!l.journal ||
	    !cmd_proof_before_run(&l.c, &l.o, &l.proof, &l.foretold, &e) ||
	    !may_begin(&l, &e) || !create(&l, &id, &e)) {
		rc = fail(&e, EXIT_REFUSED);
	} else {
		print_begin(&l);
		rc = carry_on(&l);
	}
	live_done(&l);
	return rc;
}

/* Opens the run's plan and locks; the run is not live. */
static int take_up(struct live *l, const struct journal_run *run)
{
	err_auto e = ERR_INIT;

	l->run_id = run->id;
	if (cmd_run_is_practice(run)) {
		err_set(&e, ERR_REFUSED,
			"run '%s' was a practice: its network was in memory, "
			"and is gone",
			run->id);
		return fail(&e, EXIT_REFUSED);
	}
	if (!cmd_context_of_run(&l->c, run))
		return EXIT_PLAN;
	if (strcmp(l->c.plan->hash, run->plan_hash) != 0) {
		err_set(&e, ERR_REFUSED,
			"a prefix file of the plan has changed since run '%s' "
			"was started; put it back",
			run->id);
		return fail(&e, EXIT_REFUSED);
	}
	if (!cmd_context_secrets(&l->c, journal_state_dir(l->journal), &e) ||
	    !lock(l, &e))
		return fail(&e, EXIT_REFUSED);
	cmd_proof_foretell(&l->c, &l->foretold);
	return carry_on(l);
}

static int open_run(struct live *l, struct journal_run *ret)
{
	err_auto e = ERR_INIT;

	l->journal = journal_open(l->o.state, false, &e);
	if (!l->journal || !journal_run_find(l->journal, l->o.operand, ret, &e))
		return fail(&e, EXIT_REFUSED);
	return -1;
}

int cmd_resume(int argc, char **argv)
{
	struct live l = {0};
	struct journal_run run = {0};
	int rc;

	if (!cmd_options_parse(argc, argv, resume_usage, &l.o, &rc))
		return rc;
	rc = open_run(&l, &run);
	if (rc < 0)
		rc = take_up(&l, &run);
	live_done(&l);
	journal_run_done(&run);
	return rc;
}

static int show_rollback(struct live *l, const struct journal_run *run)
{
	err_auto e = ERR_INIT;

	if (!cmd_context_of_run(&l->c, run))
		return EXIT_PLAN;
	if (cmd_show_rollback(&l->c, l->journal, run->id,
			      l->o.to ? l->o.to : "start", &e))
		return EXIT_DONE;
	return fail(&e, EXIT_REFUSED);
}

int cmd_rollback(int argc, char **argv)
{
	struct live l = {0};
	struct journal_run run = {0};
	err_auto e = ERR_INIT;
	json_auto *request = NULL;
	json_auto *answer = NULL;
	int rc;

	if (!cmd_options_parse(argc, argv, rollback_usage, &l.o, &rc))
		return rc;
	rc = open_run(&l, &run);
	if (rc < 0 && l.o.show) {
		rc = show_rollback(&l, &run);
	} else if (rc < 0) {
		request = json_pack("{s:s,s:s*}", "command", "rollback", "to",
				    l.o.to);
		answer = control_ask(journal_state_dir(l.journal), run.id,
				     request, &e);
		if (answer) {
			bool ok = json_peek_bool(answer, "ok", false);

			if (!ok)
				fprintf(stderr, "cutover: error: %s\n",
					json_peek_str(answer, "error", ""));
			rc = ok ? EXIT_DONE : EXIT_REFUSED;
		} else if (journal_err_is(&e, "not-live")) {
			l.rollback = true;
			l.to = l.o.to ? l.o.to : "start";
			rc = take_up(&l, &run);
		} else {
			rc = fail(&e, EXIT_INTERNAL);
		}
	}
	live_done(&l);
	journal_run_done(&run);
	return rc;
}
