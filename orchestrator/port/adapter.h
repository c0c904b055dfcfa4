/*
 * adapter.h - the port: what every system behind the engine must answer
 *
 * An adapter is one `static const struct adapter_ops`.  The core allocates its
 * private state (state_size bytes, zeroed), calls every slot of one target
 * from one thread at a time, and hands it deadlines; the adapter never retries
 * a change and never compares states.
 *
 *	open -> observe* -> render -> apply -> [confirm | revert] -> close
 *
 * Outcomes: the three that matter are told apart everywhere.  APPLIED and
 * UNCHANGED: it is so.  REFUSED and RETRY: provably nothing changed.  UNKNOWN:
 * it may have happened; only observe() settles that.
 */
#ifndef CUTOVER_PORT_ADAPTER_H
#define CUTOVER_PORT_ADAPTER_H

#include "orchestrator/model/resource.h"
#include "orchestrator/port/changeset.h"
#include "orchestrator/port/target.h"

enum outcome {
	OUTCOME_APPLIED,
	OUTCOME_UNCHANGED, /* it was so already */
	OUTCOME_REFUSED,   /* the device said no; nothing changed */
	OUTCOME_RETRY,	   /* provably nothing changed; may work later */
	OUTCOME_PENDING,   /* under way; poll with the token */
	OUTCOME_UNKNOWN,   /* observe to find out */
	OUTCOME_FATAL,	   /* this target cannot be used: wrong key, no right */
};

const char *outcome_name(enum outcome o);
bool outcome_parse(const char *name, enum outcome *ret);

enum adapter_cap {
	ADAPTER_CAP_BIND_LIVE = 1u << 0, /* rebind a policy without a flap */
	ADAPTER_CAP_TIMER = 1u << 1,	 /* guard{} of apply is honoured */
	ADAPTER_CAP_FENCE = 1u << 2,	 /* commands run under lock and epoch */
	ADAPTER_CAP_PIN = 1u << 3,	 /* static_route on one session alone */
	ADAPTER_CAP_RIB_OUT = 1u << 4,	 /* session.sent can be read */
	ADAPTER_CAP_WATCH = 1u << 5,
	ADAPTER_CAP_SAVE = 1u << 6, /* running configuration can be saved */
	ADAPTER_CAP_CALL_POLICY = 1u << 7, /* entries may call a device's own */
	/* others light its circuits: wait for them, and never put them out */
	ADAPTER_CAP_PROVIDER = 1u << 8,
};

/*
 * Dead-man timer that apply() arms as part of the change; seconds 0: none.
 * What takes the change back is left on the device, on top of what is armed
 * there already, and the deadline of all of it becomes now + seconds.  Unless
 * somebody renews or confirms in time the device takes all of it back by
 * itself, the last change first, and stands where it stood before the first.
 */
struct adapter_guard {
	uint32_t seconds;
};

struct adapter_ctx {
	const struct target *target;
	void *state;	     /* adapter's own, state_size bytes */
	int64_t deadline_us; /* monotonic; every slot obeys it */
	uint64_t epoch;	     /* fencing epoch that commands carry */
	bool urgent; /* before open(): waits for no command that reads */
	/* Called with every exchange when set (trace decorator, dry-run). */
	void (*trace)(void *arg, const char *what, const char *text);
	void *trace_arg;
};

struct adapter_ops {
	const char *name; /* driver name in plans */
	uint32_t kinds;	  /* RESOURCE_BITs */
	uint32_t caps;	  /* ADAPTER_CAPs */
	size_t state_size;

	/* Offline: can this set be expressed here?  NULL slot: always. */
	bool (*check)(const struct target *t, const struct resource_set *set,
		      struct err *e);
	bool (*open)(struct adapter_ctx *c, struct err *e);
	void (*close)(struct adapter_ctx *c);
	/*
	 * Reads the state of the resources that `want` names (kind, name and
	 * whatever identifies it, e.g. session.neighbor).  A live list that the
	 * caller wants (session.sent, .received) is asked for by one element
	 * '*'. Everything asked for is in ret, absent ones with present =
	 * false.
	 */
	bool (*observe)(struct adapter_ctx *c, const struct resource_set *want,
			struct resource_set *ret, struct err *e);
	/*
	 * Pure: no I/O.  The exact commands that lead `from` (as observed) to
	 * `to`, and back.  An empty forward list: nothing to do.
	 */
	bool (*render)(const struct target *t, const struct resource_set *from,
		       const struct resource_set *to, struct changeset *ret,
		       struct err *e);
	/* Sends cs->forward (or cs->back).  ret_token is set for PENDING. */
	enum outcome (*apply)(struct adapter_ctx *c, const struct changeset *cs,
			      bool back, const struct adapter_guard *guard,
			      char **ret_token, struct err *e);
	enum outcome (*poll)(struct adapter_ctx *c, const char *token,
			     struct err *e);
	/*
	 * Disarms the change `key`, or with NULL everything that is armed:
	 * what runs stays.  UNCHANGED: it was not armed any more, because it
	 * was confirmed before (or, with NULL, because nothing was armed).
	 * REFUSED: the timer had run out and the device has taken it back.
	 */
	enum outcome (*confirm)(struct adapter_ctx *c, const char *key,
				struct err *e);
	/*
	 * Takes back what is armed, from the last change down to `key`, or with
	 * NULL all of it, at once and with one exchange: this is also the
	 * emergency action.
	 */
	enum outcome (*revert)(struct adapter_ctx *c, const char *key,
			       struct err *e);
	/*
	 * The emergency action where timers do not lead to the goal: binds the
	 * policies of our sessions, then disarms all that is armed.  APPLIED:
	 * both are done, though not read back; else the caller goes the long
	 * way.  Optional.
	 */
	enum outcome (*bind)(struct adapter_ctx *c,
			     const struct resource_set *want, const char *key,
			     struct err *e);
	/* Gets ready what bind() and revert() need, which are called on a
	 * connection of their own then; changes nothing.  Optional. */
	bool (*ready)(struct adapter_ctx *c, struct err *e);
	/* The deadline of everything that is armed becomes now + seconds.
	 * UNCHANGED: nothing is armed.  REFUSED: it has run out already. */
	enum outcome (*renew)(struct adapter_ctx *c, uint32_t seconds,
			      struct err *e);
	/* Makes the running configuration survive a reboot. */
	enum outcome (*save)(struct adapter_ctx *c, struct err *e);
	/* Claims an epoch above every earlier one (if c->epoch is not 0: only
	 * where the device is still at that) and returns it in c->epoch; the
	 * device refuses commands of older ones after. */
	bool (*fence)(struct adapter_ctx *c, struct err *e);
	/* Waits for an event (CAP_WATCH); its text, or NULL: none came. */
	char *(*watch)(struct adapter_ctx *c, struct err *e);
};

/* Registry, filled by main.c: the core knows no vendor. */
void adapter_register(const struct adapter_ops *ops);
const struct adapter_ops *adapter_find(const char *driver);

#endif
