/*
 * rig.h - a small site in memory, for the tests that break it
 *
 * What the program does for 'rehearse', without the command: adapters are
 * registered so that the plan compiles as for real devices, the twin plays all
 * of them.  One rig a test program.
 */
#ifndef CUTOVER_TESTS_CRASH_RIG_H
#define CUTOVER_TESTS_CRASH_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "adapters/bird/bird.h"
#include "adapters/frr/frr.h"
#include "adapters/libvirt/libvirt.h"
#include "adapters/strongswan/strongswan.h"
#include "adapters/twin/twin.h"
#include "orchestrator/engine/rehearsal.h"
#include "orchestrator/engine/runner.h"
#include "orchestrator/steps/compile.h"

#define RIG_PLAN "tests/crash/site.yaml"

static struct rig {
	struct plan *plan;
	struct program *program;
	struct rehearsal_reference reference;
	struct rehearsal_options calm;
} rig;

static int rig_setup(void **state)
{
	struct diag_list diags = {0};
	char *why = NULL;
	err_auto e = ERR_INIT;

	(void)state;
	adapter_register(&frr_adapter_ops);
	adapter_register(&bird_adapter_ops);
	adapter_register(&libvirt_adapter_ops);
	adapter_register(&strongswan_adapter_ops);
	rig.plan = plan_load(RIG_PLAN, &diags);
	diag_list_done(&diags);
	rig.program = rig.plan ? steps_compile(rig.plan, &e) : NULL;
	if (!rig.program) {
		print_error("%s: %s\n", RIG_PLAN, err_msg(&e));
		return -1;
	}
	rig.calm = (struct rehearsal_options){
		.plan = rig.plan,
		.program = rig.program,
		.world = &twin_world_ops,
		.policy = runner_policy(rig.plan),
	};
	rig.calm.policy.poll_ms = 1000;
	if (!rehearsal_reference_make(&rig.calm, &rig.reference, &why)) {
		print_error("%s\n", why);
		free(why);
		return -1;
	}
	rig.calm.reference = &rig.reference;
	return 0;
}

static int rig_teardown(void **state)
{
	(void)state;
	rehearsal_reference_done(&rig.reference);
	program_free(rig.program);
	plan_free(rig.plan);
	return 0;
}

static inline bool rig_same(const struct state_list *a,
			    const struct state_list *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (strcmp(a->v[i], b->v[i]) != 0)
			return false;
	return true;
}

/* The log of a rehearsal that did not go as it should. */
static inline void rig_explain(const struct rehearsal_options *o)
{
	struct rehearsal_options again = *o;
	struct rehearsal_result r;
	buf_auto log = BUF_INIT;

	again.log = &log;
	rehearsal_run(&again, &r);
	fputs(buf_str(&log), stderr);
	rehearsal_result_done(&r);
}

/* A bigger form of the test: SOAK in the environment. */
static inline bool rig_soak(void)
{
	return getenv("SOAK") != NULL;
}

#endif
