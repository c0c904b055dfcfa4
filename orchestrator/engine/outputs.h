/*
 * outputs.h - what passes between cutover and devices, for whoever watches
 *
 * Adapters trace each exchange (adapter.h), on their own threads; here the
 * texts wait for the runner's.  Traced texts hold no secrets.  Nobody waits
 * for a screen: of too many the oldest are dropped, and while nobody watches
 * none is kept.
 *
 * Threads: any may put; one takes.
 */
#ifndef CUTOVER_ENGINE_OUTPUTS_H
#define CUTOVER_ENGINE_OUTPUTS_H

#include "orchestrator/base/json.h"

struct outputs;

struct outputs *outputs_new(void);
void outputs_free(struct outputs *o);
int outputs_fd(const struct outputs *o); /* readable: some wait */
void outputs_listen(struct outputs *o, bool on);
void outputs_put(struct outputs *o, const char *target, const char *what,
		 const char *text);
/* {"event":"output","target","what","text","time_us"}, or NULL. */
json_t *outputs_take(struct outputs *o);

#endif
