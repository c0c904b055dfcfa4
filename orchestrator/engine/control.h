/*
 * control.h - the socket by which a live run is seen and steered
 *
 * A Unix socket in the state directory, 0600: one JSON object a line each way.
 * {"command":"go|hold|abort|rollback|stop|status"[,"to":CHECKPOINT]} is
 * answered by {"ok":true,"status":{..}} or {"ok":false,"error":".."};
 * {"command":"follow"} is answered by every row from then on.
 *
 * Threads: the runner's only.  A client that does not read is dropped; a run
 * never waits for a screen.
 */
#ifndef CUTOVER_ENGINE_CONTROL_H
#define CUTOVER_ENGINE_CONTROL_H

#include <poll.h>

#include "orchestrator/base/json.h"

struct control;

#define CONTROL_CLIENTS_MAX 16

struct control *control_new(const char *state_dir, const char *run_id,
			    struct err *e);
void control_free(struct control *c); /* removes the socket */
size_t control_fds(const struct control *c, struct pollfd *ret);
/*
 * Takes connections and reads; calls fn for each request, which returns the
 * answer (owned by the callee).
 */
void control_turn(struct control *c,
		  json_t *(*fn)(void *arg, const json_t *request), void *arg);
/* Does anybody follow?  If not, there is no need to make a row's message. */
bool control_followed(const struct control *c);
/* To everybody who follows. */
void control_publish(struct control *c, const json_t *row);

/* Client: one request, one answer.  ERR_IO with rule 'not-live': no such run
 * is live. */
json_t *control_ask(const char *state_dir, const char *run_id,
		    const json_t *request, struct err *e);

#endif
