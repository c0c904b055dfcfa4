/*
 * rig.h - a plan, its program, and a model of a run of it
 */
#ifndef CUTOVER_TESTS_TUI_RIG_H
#define CUTOVER_TESTS_TUI_RIG_H

#include "orchestrator/cmd/cmd.h"
#include "tui/view.h"

#define RIG_PLAN "tests/tui/golden/plan.yaml"

struct rig {
	struct cmd_context c;
	struct model m;
};

int rig_adapters(void **state); /* group setup */
int rig_setup(void **state);
int rig_teardown(void **state);
/* JSON in, with ' for ". */
json_t *rig_json(const char *text);
void rig_event(struct rig *r, const char *text);
void rig_row(struct rig *r, int64_t seq, const char *kind, const char *step,
	     const char *body);
/* Attached as screen 1, which has control. */
void rig_attach(struct rig *r);

#endif
