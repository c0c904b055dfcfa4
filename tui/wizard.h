/*
 * wizard.h - the subcommand 'wizard'
 */
#ifndef CUTOVER_TUI_WIZARD_H
#define CUTOVER_TUI_WIZARD_H

#include "tui/app.h"

int tui_wizard(int argc, char **argv);

/* plain.c: the same as lines and prompts; the exit code */
int plain_run(struct app *a);
/* script.c: keys from a file, screens into files */
int script_run(struct app *a, const char *path, bool ascii);

#endif
