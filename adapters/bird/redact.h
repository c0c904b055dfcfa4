/*
 * redact.h - configuration text without its secrets
 *
 * The string after `password`, wherever it stands (comments too), becomes its
 * keyed digest; so does the string of a `define` whose name stands after a
 * `password` in any of the files.
 */
#ifndef CUTOVER_ADAPTERS_BIRD_REDACT_H
#define CUTOVER_ADAPTERS_BIRD_REDACT_H

#include "orchestrator/base/buf.h"
#include "orchestrator/model/states.h"

/* Adds the symbols that this text uses as passwords. */
void bird_redact_collect(const char *text, size_t len,
			 struct state_list *names);
void bird_redact_write(const char *text, size_t len,
		       const struct state_list *names, struct buf *out);

#endif
