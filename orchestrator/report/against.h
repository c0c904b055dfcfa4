/*
 * against.h - what is different in the outcome since a dry-run that was saved
 */
#ifndef CUTOVER_REPORT_AGAINST_H
#define CUTOVER_REPORT_AGAINST_H

#include "orchestrator/base/buf.h"
#include "orchestrator/base/json.h"

/*
 * Both as 'cutover dry-run --format json' prints them.  One line a difference:
 * '~ what: was A, is B', '+ new', '- gone'.  Returns their number.
 */
size_t against_text(const json_t *old, const json_t *now, struct buf *out);
/* A file that was saved; NULL with e set: it is none. */
json_t *against_load(const char *path, struct err *e);

#endif
