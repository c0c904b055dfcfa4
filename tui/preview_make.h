/*
 * preview_make.h - the child's part of a review
 */
#ifndef CUTOVER_TUI_PREVIEW_MAKE_H
#define CUTOVER_TUI_PREVIEW_MAKE_H

#include "orchestrator/cmd/cmd.h"

/* {"rollback_ms","errors","warnings","views":[[[depth,style,text],..],..]} */
json_t *preview_make(const struct cmd_context *c);

#endif
