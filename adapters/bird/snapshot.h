/*
 * snapshot.h - everything about one BIRD, read in one go
 *
 * One device_read() brings the daemon's status, its protocols, the bytes of
 * all its configuration files and the answers that a want asks for.  From it
 * follows which of cutover's texts runs: the include (what boots) or the
 * candidate (a change that waits for its confirmation or its rename).
 *
 * Ownership: the snapshot owns the raw answer, sections are views into it;
 * it holds passwords and is wiped by done.
 */
#ifndef CUTOVER_ADAPTERS_BIRD_SNAPSHOT_H
#define CUTOVER_ADAPTERS_BIRD_SNAPSHOT_H

#include "adapters/bird/include.h"
#include "adapters/bird/paths.h"
#include "adapters/bird/protocols.h"
#include "adapters/transport/device.h"

struct bird_section {
	char *head; /* 'sent 3 vpn1' */
	const char *text;
	size_t len;
};

struct bird_file {
	char *path;
	const char *text;
	size_t len;
	int64_t mtime; /* device's wall clock, seconds */
};

struct bird_snapshot {
	struct device_result raw;
	struct bird_section *sections;
	size_t n_sections, cap_sections;
	struct bird_file *files; /* boot file first, in order of inclusion */
	size_t n_files, cap_files;
	struct bird_file *next; /* candidate on disk, or NULL; owned */
	int64_t now;		/* device's wall clock */
	int64_t loaded;		/* when BIRD read what runs; -1: unknown */
	char *server_time;
	bool unconfirmed; /* BIRD's own timer runs */
	char *running_id; /* NULL: nothing of ours runs */
	bool candidate;	  /* what runs is `next`, not the include */
	struct bird_include running;
	struct bird_protocols protocols;
};

#define bird_snapshot_auto                                                     \
	__attribute__((cleanup(bird_snapshot_done))) struct bird_snapshot

/* `want` may be NULL; else its sessions and routes are asked for. */
bool bird_snapshot_read(struct adapter_ctx *c, struct device *d,
			const struct bird_paths *p,
			const struct resource_set *want,
			struct bird_snapshot *ret, struct err *e);
/* The parsing alone; takes over `raw` (also when it fails). */
bool bird_snapshot_parse(struct device_result *raw, const char *nonce,
			 const struct bird_paths *p, struct bird_snapshot *ret,
			 struct err *e);
void bird_snapshot_done(struct bird_snapshot *s);

/* The section with that head, or NULL. */
const struct bird_section *bird_snapshot_find(const struct bird_snapshot *s,
					      const char *fmt, ...)
	mem_printf(2, 3);
const struct bird_file *bird_snapshot_file(const struct bird_snapshot *s,
					   const char *path);
/* A file that was written after BIRD last read it, or NULL. */
const struct bird_file *bird_snapshot_stale(const struct bird_snapshot *s);
/* Text of all files, secrets as digests; with `own` false without ours. */
char *bird_snapshot_text(const struct bird_snapshot *s,
			 const struct bird_paths *p, bool own);

#endif
