/*
 * check.c - cutover check, cutover explain
 */
#include <stdio.h>
#include <string.h>

#include "orchestrator/cmd/cmd.h"
#include "orchestrator/twin/prove_rules.h"

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

/* Rules that only 'dry-run' can judge. */
static const struct rule *proof_rule(const char *id)
{
	for (size_t i = 0; i < prove_n_rules; i++)
		if (strcmp(prove_rules[i].id, id) == 0)
			return &prove_rules[i];
	return NULL;
}

/* Both tables are sorted, and so is what is printed. */
static void list_rules(void)
{
	size_t i = 0, k = 0;
	const char *id = diag_rule(0);

	while (id || k < prove_n_rules) {
		bool plan = id && (k == prove_n_rules ||
				   strcmp(id, prove_rules[k].id) < 0);

		printf("%s\n", plan ? id : prove_rules[k++].id);
		if (plan)
			id = diag_rule(++i);
	}
}

int cmd_explain(int argc, char **argv)
{
	struct cmd_options o;
	const struct rule *proof;
	const char *why;
	int rc;

	if (!cmd_options_parse(argc, argv, explain_usage, &o, &rc))
		return rc;
	if (!o.operand) {
		list_rules();
		return EXIT_DONE;
	}
	why = diag_explain(o.operand);
	proof = proof_rule(o.operand);
	if (!why && proof) {
		printf("%s: %s\n\nSource: %s\n", proof->id, proof->why,
		       proof->source);
		return EXIT_DONE;
	}
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
