/*
 * watchdog.h - the dead-man timer: a renewable watchdog on the device
 *
 * Before a guarded change is made, what takes it back is left on the device and
 * a detached process waits for the deadline.  Every guarded change that follows
 * is put on top and sets the deadline for all.  When nobody renews or confirms
 * in time, the watchdog takes the lock of the command wrapper and takes back
 * what is left, the last change first.
 *
 *	run_dir/guard/   there as long as something is armed
 *	  N.key            the key of change N; the higher N, the later
 *	  N.*              what the adapter needs to take N back
 *	  back             the adapter's script: `sh back DIR N` takes back
 *every change from the last one down to N deadline         seconds of
 * /proc/uptime watch, pid, alive run_dir/fired    the keys that the watchdog
 *took back, until a later arm
 *
 * Threads: the adapter's.
 */
#ifndef CUTOVER_ADAPTERS_TRANSPORT_WATCHDOG_H
#define CUTOVER_ADAPTERS_TRANSPORT_WATCHDOG_H

#include "adapters/transport/device.h"

/* Statuses of scripts that have watchdog_script() in them; 70 to 73 are free
 * for adapters. */
enum watchdog_rc {
	WATCHDOG_RC_HALF = 76,	  /* going back failed in the middle */
	WATCHDOG_RC_UNARMED = 77, /* the watchdog could not be started */
	WATCHDOG_RC_FIRED = 78,	  /* the watchdog has taken it back */
	WATCHDOG_RC_NO_KEY = 79,  /* no such change is armed */
	WATCHDOG_RC_NOTHING = 80, /* nothing at all is armed */
	WATCHDOG_RC_ARMED = 81,	  /* something is armed that must not be */
	WATCHDOG_RC_MIDDLE = 82,  /* this one cannot be ended alone */
};

struct watchdog {
	struct adapter_ctx *ctx;
	struct device *device;
	const char *back;    /* the adapter's script */
	const char *confirm; /* shell lines before change $wd_n is disarmed, or
				NULL; $wd_last is the last one armed */
	bool *armed;	     /* by this process, and not ended since */
};

/* N.name on the device. */
struct watchdog_file {
	const char *name, *text;
};

/* Shell functions that the lines below need, once a script. */
void watchdog_script(const struct target *t, struct buf *out);
/*
 * Shell lines that arm a change, or exit.  $wd_n is its number after that, and
 * `wd_drop $wd_n` disarms it again when the change was not made after all.
 */
bool watchdog_arm(const struct watchdog *w, const char *key, uint32_t seconds,
		  const struct watchdog_file *v, size_t n, struct buf *out,
		  struct err *e);
/* Shell lines that disarm all that is armed, if anything is: what runs stays.
 * That a timer had run out before is no news any more. */
void watchdog_disarm(struct buf *out);
/* A shell line that exits with WATCHDOG_RC_ARMED while something is armed. */
void watchdog_none(struct buf *out);

/* The slots of the port; `key` may be NULL: everything that is armed. */
enum outcome watchdog_confirm(const struct watchdog *w, const char *key,
			      struct err *e);
enum outcome watchdog_revert(const struct watchdog *w, const char *key,
			     struct err *e);
enum outcome watchdog_renew(const struct watchdog *w, uint32_t seconds,
			    struct err *e);

/* Says in words what a status above means, if it is one; said may be NULL. */
bool watchdog_explain(const struct target *t, int rc, const char *said,
		      struct err *e);

#endif
