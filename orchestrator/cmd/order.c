/*
 * ordering.c - cutover order
 */
#include "orchestrator/report/ordering.h"

#include <stdio.h>

#include "orchestrator/cmd/cmd.h"

static const char order_usage[] =
	"usage: cutover order PLAN [--json]\n"
	"\n"
	"Finds an order of the plan's waves, and of the edges in each, in "
	"which\n"
	"no step breaks what 'dry-run' proves, and in which the least traffic\n"
	"moves twice.  Where there is none it names two demands that "
	"conflict.\n"
	"Up to six waves every order is looked at, above each wave in each\n"
	"other place.  Nothing is contacted and the plan is not changed.\n"
	"Exit: 0 there is an order, 1 there is none, or the plan is no plan.\n";

int cmd_order(int argc, char **argv)
{
	struct cmd_options o;
	struct cmd_context c;
	struct ordering order;
	buf_auto out = BUF_INIT;
	err_auto e = ERR_INIT;
	int rc;

	if (!cmd_options_parse(argc, argv, order_usage, &o, &rc))
		return rc;
	if (!o.operand) {
		fputs(order_usage, stderr);
		return EXIT_USAGE;
	}
	if (!cmd_context_load(&c, o.operand, false))
		return EXIT_PLAN;
	if (!ordering_find(c.plan, &order, &e)) {
		cmd_error(&e);
		cmd_context_done(&c);
		return EXIT_PLAN;
	}
	if (o.json) {
		json_auto *j = ordering_json(c.plan, &order);
		mem_auto_free char *text = json_text_canonical(j);

		printf("%s\n", text);
	} else {
		ordering_text(c.plan, &order, &out);
		fputs(buf_str(&out), stdout);
	}
	rc = order.best >= 0 ? EXIT_DONE : EXIT_PLAN;
	ordering_done(&order);
	cmd_context_done(&c);
	return rc;
}
