/*
 * practice.c - what is different in a run that is a practice
 *
 * Its targets are played (engine/practice.h), so are its probes, no secret is
 * fetched and no window is waited for; its journal lies in a folder of its own
 * (STATE/practice), and its run says for ever what it was, so that nobody can
 * resume it against devices.
 */
#include <string.h>

#include "orchestrator/base/statedir.h"
#include "orchestrator/cmd/cmd.h"

const struct practice_ops *cmd_practice;

char *cmd_practice_state(const char *state, struct err *e)
{
	mem_auto_free char *base =
		state ? mem_strdup(state) : statedir_default(e);

	return base ? mem_format("%s/practice", base) : NULL;
}

/* Probes that would start here start at a host, since those are played. */
static void move_probes(struct plan *p)
{
	size_t at = p->n_hosts;
	bool any = false;

	for (size_t i = 0; i < p->n_probes; i++)
		any |= p->probes[i].host < 0;
	if (!any)
		return;
	p->hosts = mem_realloc(p->hosts, at + 1, sizeof(*p->hosts));
	p->hosts[at] = (struct plan_host){.name = mem_strdup("practice"),
					  .command = mem_strdup("cutover")};
	p->n_hosts++;
	for (size_t i = 0; i < p->n_probes; i++)
		if (p->probes[i].host < 0)
			p->probes[i].host = (int)at;
}

bool cmd_practice_begin(struct cmd_context *c, struct err *e)
{
	move_probes(c->plan);
	return cmd_practice->begin(c->plan, e);
}

bool cmd_run_is_practice(const struct journal_run *run)
{
	return run->version && strstr(run->version, CMD_PRACTICE_MARK);
}
