/*
 * approve.c - cutover approve: a name under exactly this plan
 */
#include <stdio.h>
#include <string.h>

#include "orchestrator/base/user.h"
#include "orchestrator/cmd/approval.h"

static const char approve_usage[] =
	"usage: cutover approve PLAN [--as NAME] [--note TEXT] [--state DIR]\n"
	"       cutover approve PLAN --withdraw [--as NAME] [--note TEXT]\n"
	"       cutover approve PLAN --list [--json]\n"
	"\n"
	"Puts a name (the login's, or NAME) under exactly this plan: its "
	"meaning and\n"
	"the steps that are made of it.  A plan with 'approvals: N' runs only "
	"after\n"
	"N people have approved it; one that was changed since has to be "
	"approved\n"
	"anew.  The run's journal, 'status' and the wizard show who did.  "
	"--list shows\n"
	"who has, --withdraw takes one's own back before the run.\n"
	"\n"
	"Names are what was typed here, kept beside the login: cutover checks "
	"nobody's\n"
	"identity.\n";

static const char *word(const struct approval *a)
{
	return a->stands      ? "approved"
	       : a->withdrawn ? "withdrawn"
			      : "another version";
}

static void print_json(const struct approval_list *l,
		       const struct cmd_context *c)
{
	json_auto *j = approval_row(l, c);
	json_t *rest = json_array();
	mem_auto_free char *text = NULL;

	for (size_t i = 0; i < l->n; i++)
		if (!l->v[i].stands)
			json_array_append_new(
				rest,
				json_pack("{s:s,s:s,s:s,s:I}", "name",
					  l->v[i].name, "why", word(&l->v[i]),
					  "digest", l->v[i].digest, "time_us",
					  (json_int_t)l->v[i].wall_us));
	json_object_set_new(j, "not_counted", rest);
	text = json_text_canonical(j);
	printf("%s\n", text);
}

static void print_list(const struct approval_list *l,
		       const struct cmd_context *c)
{
	char digest[DIGEST_HEX];

	cmd_plan_digest(c, digest);
	printf("plan '%s', digest %s\n%zu of %u approvals\n", c->plan->name,
	       digest, l->standing, c->plan->approvals);
	for (size_t i = 0; i < l->n; i++) {
		mem_auto_free char *text =
			approval_text(l->v[i].name, l->v[i].login,
				      l->v[i].wall_us, l->v[i].note);

		printf("  %-16s %s\n", word(&l->v[i]), text);
	}
}

static bool approve(const struct cmd_options *o, const struct cmd_context *c,
		    struct err *e)
{
	mem_auto_free char *login = user_name();
	struct approval_list l;

	if (!o->list && !approval_give(o->state, c, o->as ? o->as : login,
				       o->note ? o->note : "", o->withdraw, e))
		return false;
	if (!approval_read(o->state, c, &l, e))
		return false;
	if (o->json)
		print_json(&l, c);
	else
		print_list(&l, c);
	approval_list_done(&l);
	return true;
}

int cmd_approve(int argc, char **argv)
{
	struct cmd_options o;
	struct cmd_context c;
	err_auto e = ERR_INIT;
	int rc;

	if (!cmd_options_parse(argc, argv, approve_usage, &o, &rc))
		return rc;
	if (!o.operand || (o.list && (o.withdraw || o.as || o.note))) {
		fputs(approve_usage, stderr);
		return EXIT_USAGE;
	}
	if (!cmd_context_load(&c, o.operand, false))
		return EXIT_PLAN;
	if (!approve(&o, &c, &e)) {
		cmd_error(&e);
		rc = e.code == ERR_USAGE ? EXIT_USAGE : EXIT_REFUSED;
	} else {
		rc = EXIT_DONE;
	}
	cmd_context_done(&c);
	return rc;
}
