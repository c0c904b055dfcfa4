/*
 * check.c - cutover check, cutover explain
 */
#include <stdio.h>

#include "orchestrator/cmd/cmd.h"

static const char check_usage[] =
	"usage: cutover check PLAN [--json]\n"
	"\n"
	"Reads the plan and says everything that is wrong with it, each with\n"
	"file:line:column and a rule id; 'cutover explain RULE' says why.\n"
	"Nothing is contacted.  Exit: 0 the plan can run, 1 it cannot.\n";

int cmd_check(int argc, char **argv)
{
	struct cmd_options o;
	struct cmd_context c;
	int rc;

	if (!cmd_options_parse(argc, argv, check_usage, &o, &rc))
		return rc;
	if (!o.operand) {
		fputs(check_usage, stderr);
		return EXIT_USAGE;
	}
	if (!cmd_context_load(&c, o.operand, o.json))
		return EXIT_PLAN;
	if (!o.json)
		printf("%s: plan '%s' is valid: %zu edges, %zu circuits, %zu "
		       "waves\n",
		       o.operand, c.plan->name, c.plan->n_edges,
		       c.plan->n_circuits, c.plan->n_waves);
	cmd_context_done(&c);
	return EXIT_DONE;
}

static const char explain_usage[] =
	"usage: cutover explain [RULE]\n"
	"\n"
	"Says why a rule is a rule; without one, lists them all.\n";

int cmd_explain(int argc, char **argv)
{
	struct cmd_options o;
	const char *id, *why;
	int rc;

	if (!cmd_options_parse(argc, argv, explain_usage, &o, &rc))
		return rc;
	if (!o.operand) {
		for (size_t i = 0; (id = diag_rule(i)); i++)
			printf("%s\n", id);
		return EXIT_DONE;
	}
	why = diag_explain(o.operand);
	if (!why) {
		fprintf(stderr,
			"cutover: error: there is no rule '%s'; 'cutover "
			"explain' lists them\n",
			o.operand);
		return EXIT_USAGE;
	}
	printf("%s\n", why);
	return EXIT_DONE;
}
