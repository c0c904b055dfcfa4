/*
 * main.c - the program: subcommands, and the only place that sees adapters
 */
#include <stdio.h>
#include <string.h>

#include "adapters/azure/azure.h"
#include "adapters/azure/survey.h"
#include "adapters/bird/bird.h"
#include "adapters/bird/line.h"
#include "adapters/frr/frr.h"
#include "adapters/frr/line.h"
#include "adapters/libvirt/libvirt.h"
#include "adapters/strongswan/strongswan.h"
#include "adapters/transport/spawn.h"
#include "adapters/twin/twin.h"
#include "orchestrator/cmd/cmd.h"
#include "orchestrator/cmd/discover.h"
#include "orchestrator/cmd/probe.h"
#include "orchestrator/cmd/reflect.h"
#include "tui/wizard.h"

static const struct command {
	const char *name;
	int (*fn)(int argc, char **argv);
	const char *what;
} commands[] = {
	{"check", cmd_check, "every diagnostic of a plan at once"},
	{"explain", cmd_explain, "why a rule is a rule"},
	{"dry-run", cmd_dry_run, "what would be done, for change review"},
	{"order", cmd_order, "an order of waves and edges that holds"},
	{"rehearse", cmd_rehearse, "whole cutovers in memory, with faults"},
	{"wizard", tui_wizard, "the cutover on a screen"},
	{"discover", cmd_discover, "a starter plan from what is there"},
	{"approve", cmd_approve, "approve exactly this plan, by name"},
	{"run", cmd_run, "carry a plan out, unattended"},
	{"resume", cmd_resume, "take up an interrupted run"},
	{"rollback", cmd_rollback, "come back to a checkpoint"},
	{"status", cmd_status, "where a run stands"},
	{"go", cmd_steer, "go on from a hold"},
	{"hold", cmd_steer, "stop before the next step"},
	{"abort", cmd_steer, "start no new step; the plan says what then"},
	{"accept", cmd_steer, "go on with what somebody else changed"},
	{"take-back", cmd_steer, "take back what was asked for and is pending"},
	{"soak", cmd_steer, "make the soak under way longer or shorter"},
	{"throttle", cmd_steer, "pause after each step"},
	{"postpone", cmd_steer, "hold before a wave"},
	{"log", cmd_log, "every row of a run"},
	{"report", cmd_report, "what a run did"},
	{"verify", cmd_verify, "is the journal what was written?"},
	{"key", cmd_key, "the public key that heads are signed with"},
	{"probe", cmd_probe, "send probes and count (RFC 8762)"},
	{"reflect", cmd_reflect, "answer probes"},
};

static int usage(FILE *to, int code)
{
	fputs("usage: cutover COMMAND [ARGUMENTS]\n\n"
	      "Moves a site from its IPsec VPN to a private circuit.\n\n",
	      to);
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		fprintf(to, "  %-10s %s\n", commands[i].name, commands[i].what);
	fputs("\n'cutover COMMAND --help' says more.\n", to);
	return code;
}

static void register_adapters(void)
{
	adapter_register(&frr_adapter_ops);
	adapter_register(&bird_adapter_ops);
	adapter_register(&strongswan_adapter_ops);
	adapter_register(&libvirt_adapter_ops);
	adapter_register(&azure_adapter_ops);
	line_register("frr", frr_line);
	line_register("bird", bird_line);
	cmd_survey = azure_survey;
	cmd_spawn = spawn_on_host;
	cmd_world = &twin_world_ops;
	cmd_practice = &twin_practice_ops;
}

int main(int argc, char **argv)
{
	if (argc < 2)
		return usage(stderr, EXIT_USAGE);
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0)
		return usage(stdout, EXIT_DONE);
	if (strcmp(argv[1], "--version") == 0) {
		printf("cutover %s\n", CUTOVER_VERSION);
		return EXIT_DONE;
	}
	register_adapters();
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		if (strcmp(argv[1], commands[i].name) == 0)
			return commands[i].fn(argc - 1, argv + 1);
	fprintf(stderr, "cutover: error: there is no command '%s'\n", argv[1]);
	return usage(stderr, EXIT_USAGE);
}
