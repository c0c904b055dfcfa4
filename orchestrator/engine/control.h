/*
 * control.h - the socket by which a live run is seen and steered
 *
 * A Unix socket in the state directory, 0600: one JSON object a line each way;
 * what they say is in orchestrator/doc/socket.md.  A client asks and is
 * answered; after it asked to 'follow' it is told of everything, too.  Of
 * those who follow one at a time holds control.
 *
 * Threads: the runner's only.  A client that does not read is dropped; a run
 * never waits for a screen.
 */
#ifndef CUTOVER_ENGINE_CONTROL_H
#define CUTOVER_ENGINE_CONTROL_H

#include <poll.h>

#include "orchestrator/base/json.h"

#define CONTROL_PROTOCOL 1
#define CONTROL_CLIENTS_MAX 16

struct control;

/* Who asks; borrowed for the call. */
struct control_client {
	int id; /* counts from 1, never used again */
	bool follows;
	const char *name; /* as it calls itself; '' when it did not */
};

/* The answer to a request; owned by the callee's caller. */
typedef json_t *control_fn(void *arg, const struct control_client *who,
			   const json_t *request);

struct control *control_new(const char *state_dir, const char *run_id,
			    struct err *e);
void control_free(struct control *c); /* removes the socket */
size_t control_fds(const struct control *c, struct pollfd *ret);
/* Takes connections, reads, calls fn for each request, and writes. */
void control_turn(struct control *c, control_fn *fn, void *arg);
/* Does anybody follow?  If not, there is no need to make a message. */
bool control_followed(const struct control *c);
/* To everybody who follows. */
void control_publish(struct control *c, const json_t *event);
/* True once after somebody came, went, or took control. */
bool control_screens_changed(struct control *c);
/* [{"id","name","control"}, ...] of those who follow. */
json_t *control_screens(const struct control *c);
/* Gives control to a client that follows, or (0) to nobody. */
void control_give(struct control *c, int id);
int control_holder(const struct control *c); /* 0: nobody */

/*
 * Client: a connection, or -1.  ERR_IO with rule 'not-live': no such run is
 * live.
 */
int control_connect(const char *state_dir, const char *run_id, struct err *e);
/* One request, one answer, over a connection of its own. */
json_t *control_ask(const char *state_dir, const char *run_id,
		    const json_t *request, struct err *e);

#endif
