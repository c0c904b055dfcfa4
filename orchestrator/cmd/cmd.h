/*
 * cmd.h - the subcommands of cutover
 *
 * Each takes its own argc and argv (argv[0] is its name) and returns the exit
 * code (engine.h): 0 done, 1 plan or proof fails, 2 usage, 3 refused before any
 * change, 4 rolled back, 5 holding or stuck, 6 internal error.
 */
#ifndef CUTOVER_CMD_CMD_H
#define CUTOVER_CMD_CMD_H

#include "orchestrator/engine/practice.h"
#include "orchestrator/engine/runner.h"
#include "orchestrator/engine/world.h"

struct review;
struct writer_ops;

#define CUTOVER_VERSION "0.1.0"

int cmd_check(int argc, char **argv);
int cmd_explain(int argc, char **argv);
int cmd_dry_run(int argc, char **argv);
int cmd_order(int argc, char **argv);
int cmd_rehearse(int argc, char **argv);
int cmd_run(int argc, char **argv);
int cmd_resume(int argc, char **argv);
int cmd_rollback(int argc, char **argv);
int cmd_status(int argc, char **argv);
/* go, hold, abort, accept, take-back, soak, throttle, postpone */
int cmd_steer(int argc, char **argv);
int cmd_log(int argc, char **argv);
int cmd_report(int argc, char **argv);
int cmd_verify(int argc, char **argv);
int cmd_key(int argc, char **argv);
int cmd_approve(int argc, char **argv);

/* Set by main: how a probe is started on a host (main alone sees adapters). */
extern monitor_spawn_fn *cmd_spawn;
/* Set by main: the network in memory that rehearsals run on. */
extern const struct world_ops *cmd_world;

/* Set by main: the network in memory that practices run on. */
extern const struct practice_ops *cmd_practice;

#define CMD_PRACTICE_MARK "(practice)"
/* Where the journals of practices are; the caller frees it. */
char *cmd_practice_state(const char *state, struct err *e);

#define CMD_ACCEPTED_MAX 32

/* What most subcommands have in common. */
struct cmd_options {
	const char *state;	 /* --state DIR */
	bool json;		 /* --json */
	bool go;		 /* --go: the plan's holds pass by themselves */
	bool exit_on_hold;	 /* --exit-on-hold */
	bool no_probes;		 /* --no-probes */
	bool offline;		 /* --offline */
	bool show;		 /* --show */
	const char *to;		 /* --to CHECKPOINT */
	const char *format;	 /* --format FORMAT */
	const char *head;	 /* --head SEQ:HASH[:SIGNATURE] */
	const char *key;	 /* --key FILE */
	const char *seeds;	 /* --seeds N */
	const char *seed;	 /* --seed K */
	bool faults;		 /* --faults */
	const char *add;	 /* --add TIME */
	const char *pause;	 /* --pause TIME */
	const char *wave;	 /* --wave WAVE */
	bool off;		 /* --off */
	const char *hold_before; /* --hold-before BLOCK */
	bool practice;		 /* --practice */
	bool unproved;		 /* --unproved */
	const char *accept_proof[CMD_ACCEPTED_MAX]; /* --accept-proof RULE */
	size_t n_accept_proof;
	bool live;	       /* --live */
	bool full;	       /* --full */
	const char *against;   /* --against FILE */
	const char *as, *note; /* --as NAME, --note TEXT */
	bool withdraw, list;   /* --withdraw, --list */
	const char *operand;   /* PLAN or RUN, or NULL */
};

/*
 * Parses; `usage` is printed for --help (then *ret_exit is 0) and on errors.
 * At most one operand.  False: leave with *ret_exit.
 */
bool cmd_options_parse(int argc, char **argv, const char *usage,
		       struct cmd_options *ret, int *ret_exit);

/* --format or --json; *ret NULL means JSON.  False: said on stderr. */
bool cmd_format(const struct cmd_options *o, const struct writer_ops **ret);

/* On stdout; ops NULL: as JSON. */
void cmd_review_print(const struct review *r, const struct writer_ops *ops);

/* Opens journal and run read-only, calls fn, closes; the exit code is fn's. */
int cmd_with_run(int argc, char **argv, const char *usage,
		 int (*fn)(struct journal *j, const struct journal_run *run,
			   struct cmd_options *o));

/* A plan and what was made of it. */
struct cmd_context {
	struct plan *plan;
	struct program *program;
	struct target *targets;
	size_t n_targets;
};

/* Diagnostics go to stderr, or to stdout as JSON. */
bool cmd_context_load(struct cmd_context *c, const char *path, bool json);
/* From the journal: the plan that the run was started with, no other. */
bool cmd_context_of_run(struct cmd_context *c, const struct journal_run *run);
/* Fetches each secret once: a run never starts without one of them. */
bool cmd_context_secrets(struct cmd_context *c, const char *state_dir,
			 struct err *e);
void cmd_context_done(struct cmd_context *c);
/* The plan's network is played from here on. */
bool cmd_practice_begin(struct cmd_context *c, struct err *e);
bool cmd_run_is_practice(const struct journal_run *run);

/*
 * The proof of the plan before its run: what fails and is not accepted by name
 * refuses the run, and is on stderr with its counterexample.  ret_row is what
 * the journal keeps of it, ret_foretold what the run compares itself with.
 */
bool cmd_proof_before_run(const struct cmd_context *c,
			  const struct cmd_options *o, json_t **ret_row,
			  struct foretold_vec *ret_foretold, struct err *e);
/* Of a run that is taken up: the routes alone; nothing is judged again. */
void cmd_proof_foretell(const struct cmd_context *c, struct foretold_vec *ret);
/* One line of what a 'proof' row says. */
char *cmd_proof_text(const json_t *row);

/* Prints what a rollback of the run to the checkpoint would do. */
bool cmd_show_rollback(const struct cmd_context *c, struct journal *j,
		       const char *run, const char *to, struct err *e);
/* STATE/sheets/RUN-CHECKPOINT.txt, for the run's last checkpoint. */
void cmd_glass_write(const struct cmd_context *c, struct journal *j,
		     const char *run);

/* 'cutover: error: ...' on stderr. */
void cmd_error(const struct err *e);
/* Prints rows as they are committed. */
void cmd_print_row(void *arg, const struct runner_row *row);

#endif
