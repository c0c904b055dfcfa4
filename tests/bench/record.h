/*
 * record.h - every exchange of a run with its devices, and the time it took
 *
 * The linker puts these functions in front of device_read() and its like, of
 * engine_feed() and journal_append() (--wrap in the Makefile), so that what is
 * measured is the program as it is, without a line in it for measuring.
 */
#ifndef CUTOVER_TESTS_BENCH_RECORD_H
#define CUTOVER_TESTS_BENCH_RECORD_H

#include "orchestrator/port/adapter.h"

enum bench_part { PART_LOOK, PART_STAGE, PART_SWITCH, PART_BACK, PARTS };

enum bench_kind {
	BENCH_READ,   /* of a device: script */
	BENCH_CHANGE, /* key and script */
	BENCH_LOOK,   /* of a system that is no shell: want */
	BENCH_APPLY,  /* changeset */
	BENCH_PAUSE,  /* soak, settling, between two looks */
};

struct bench_call {
	enum bench_kind kind;
	enum bench_part part;
	const struct target *target;
	char *key, *script; /* the script may hold secrets: it is wiped */
	struct resource_set want;
	struct changeset changeset;
	bool back;
	int rc; /* or the outcome, or whether the look worked */
	int64_t us;
};

/* Microseconds of one run, by part. */
struct bench_times {
	int64_t wall[PARTS];	/* all of it */
	int64_t paused[PARTS];	/* soaks and pauses */
	int64_t busy[PARTS];	/* at least one device call under way */
	int64_t journal[PARTS]; /* rows, made durable */
	size_t rows[PARTS], calls[PARTS], bytes[PARTS];
};

struct bench_record {
	struct bench_call *v;
	size_t n, cap;
	struct bench_times times;
};

/* Registers the adapters, those that are no shell behind a recorder. */
void bench_register(void);
/* The adapter's own slots, for playing a record back. */
const struct adapter_ops *bench_inner(const struct target *t);
/* From now on into r; NULL: no longer.  No run is under way. */
void bench_record_into(struct bench_record *r);
void bench_record_done(struct bench_record *r);

#endif
