/*
 * device.h - running commands on a device, inside the wrapper
 *
 * Every command runs on the device in a small POSIX sh wrapper (sent with the
 * command, nothing is installed): a lock, a device-side deadline and a fencing
 * epoch.  The command text travels on standard input, complete or not at all:
 * a script that was cut off by a lost session is never started.
 *
 *	/run/cutover/lock    flock held while a command runs, shared by reads
 *	/run/cutover/write   flock held besides by whatever writes
 *	/run/cutover/epoch   commands with an older epoch are refused
 *	/run/cutover/done/   idempotency keys of finished changes, with their rc
 *
 * One device is one connection (SSH, or a local shell when the endpoint has no
 * host), used by one thread at a time and reused for every command.
 */
#ifndef CUTOVER_ADAPTERS_TRANSPORT_DEVICE_H
#define CUTOVER_ADAPTERS_TRANSPORT_DEVICE_H

#include "orchestrator/base/buf.h"
#include "orchestrator/port/adapter.h"

struct device; /* opaque; owns the connection */

struct device_result {
	int rc;		/* exit status of the script */
	struct buf out; /* standard output, at most DEVICE_OUTPUT_MAX */
	struct buf err; /* standard error, at most 64 KiB */
};

#define DEVICE_OUTPUT_MAX (64u * 1024 * 1024)

/* Connects and authenticates before deadline_us (monotonic). */
struct device *device_open(const struct target *t, int64_t deadline_us,
			   struct err *e);
/* Its changes and fences wait for others of their kind alone, not for reads,
 * and its commands run before others where the login may have that. */
struct device *device_open_urgent(const struct target *t, int64_t deadline_us,
				  struct err *e);
void device_close(struct device *d); /* NULL and half-open are fine */
const struct target *device_target(const struct device *d);

/*
 * Reads: runs `script` under lock and epoch without an idempotency key.
 * False: it did not run to its end (e says why); a non-zero rc is not a failure
 * of this function.
 */
bool device_read(struct device *d, uint64_t epoch, const char *script,
		 int64_t deadline_us, struct device_result *ret, struct err *e);

/*
 * Changes: as device_read, but once per key: a key that has run is answered
 * from the device's record and not run again.
 *   APPLIED   ran, rc is 0
 *   UNCHANGED the key had run before with rc 0
 *   REFUSED   ran with rc != 0 (the caller decides what that means), or stale
 *	       epoch, or lock not obtained: in the latter two nothing ran and
 *	       ret->rc is -1
 *   RETRY     never reached the device
 *   UNKNOWN   sent, but the end was not seen
 * `script` may contain secrets: it is never traced, logged or kept.
 */
enum outcome device_change(struct device *d, uint64_t epoch, const char *key,
			   const char *script, int64_t deadline_us,
			   struct device_result *ret, struct err *e);

/* Takes the lock, raises the device's epoch to one above and returns it; with
 * *ret_epoch not 0 only from that one, so that it may arrive late. */
bool device_fence(struct device *d, uint64_t *ret_epoch, int64_t deadline_us,
		  struct err *e);

void device_result_done(struct device_result *r);

/* 'it''s' as one POSIX shell word; refuses NUL and control bytes (false). */
bool device_quote(struct buf *out, const char *word, struct err *e);

#endif
