/*
 * row_text.h - a row of the journal as a line for people
 */
#ifndef CUTOVER_TUI_ROW_TEXT_H
#define CUTOVER_TUI_ROW_TEXT_H

#include "orchestrator/base/json.h"
#include "tui/canvas.h"

/* NULL: not worth a line.  The caller frees it. */
char *row_text(const char *kind, const char *step, const json_t *body,
	       enum style *ret_style);

#endif
