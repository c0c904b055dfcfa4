/*
 * app_plan.h - a plan before its run: diagnostics, its text, approvals
 */
#ifndef CUTOVER_TUI_APP_PLAN_H
#define CUTOVER_TUI_APP_PLAN_H

#include "tui/app.h"

void app_load_plan(struct app *a, const char *path);
void app_plan_done(struct app *a);
/* The text that the cursor's diagnostic is about; false: it is about none. */
bool app_open_source(struct app *a);
/* Asks whoever has the terminal to edit what the cursor is at. */
void app_ask_edit(struct app *a);

/* Of the run's journal, or of the state directory. */
void app_load_approvals(struct app *a);
/* May a run be started?  If not, it is said. */
bool app_is_approved(struct app *a);
void app_ask_approval(struct app *a, enum intent i);
void app_give_approval(struct app *a, bool withdraw);

#endif
