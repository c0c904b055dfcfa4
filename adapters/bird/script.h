/*
 * script.h - the shell scripts that run on a BIRD edge
 *
 * POSIX sh, run by the transport's wrapper; birdc, ip, sed, awk, sort, head,
 * stat and sha256sum are what they need.  Pure: text in, text out.
 */
#ifndef CUTOVER_ADAPTERS_BIRD_SCRIPT_H
#define CUTOVER_ADAPTERS_BIRD_SCRIPT_H

#include "adapters/bird/paths.h"
#include "orchestrator/base/buf.h"
#include "orchestrator/model/resource.h"

/*
 * Reads; sections are framed by lines '@@NONCE head'.  Sections of want:
 * 'count I NAME', 'paths I NAME', 'sent I NAME', 'received I NAME' for the
 * I-th resource, a session, and each protocol with its neighbor; 'route I' and
 * 'kernel I' for a route; 'interfaces' for all of these.
 */
bool bird_script_read(const struct bird_paths *p,
		      const struct resource_set *want, const char *nonce,
		      struct buf *out, struct err *e);

/* How a changing script ended (its exit status). */
enum bird_exit {
	BIRD_EXIT_DONE = 0,
	/* nothing changed */
	BIRD_EXIT_MOVED = 10, /* a file or the running text is not as it was */
	BIRD_EXIT_INVALID = 11, /* BIRD refuses the candidate */
	BIRD_EXIT_WRITE = 12,	/* the candidate cannot be written */
	BIRD_EXIT_EXPIRED = 13, /* nothing left to confirm */
	BIRD_EXIT_PENDING = 14, /* an unconfirmed change stands in the way */
	/* something may have changed */
	BIRD_EXIT_HALFWAY = 20,
};

struct bird_change {
	const char *key;  /* of the changeset */
	uint32_t guard_s; /* 0: none */
	bool boot_first;  /* disarm an older timer by loading what boots */
	bool to_boot;	  /* the result is what boots: load that */
	const char *running_id;	       /* before; NULL: none */
	const char *next_id;	       /* after */
	const struct buf *text;	       /* new include file */
	const struct buf *config;      /* boot file with the candidate in it */
	const struct state_list *sums; /* 'sha256  path' that must hold */
};

void bird_script_change(const struct bird_paths *p, const struct bird_change *x,
			struct buf *out);
/* What is so already, or waits unconfirmed, is this changeset's from now on. */
void bird_script_adopt(const struct bird_paths *p, const char *key,
		       struct buf *out);
void bird_script_confirm(const struct bird_paths *p, const char *key,
			 struct buf *out);
void bird_script_revert(const struct bird_paths *p, struct buf *out);
void bird_script_save(const struct bird_paths *p, struct buf *out);

/* The first line of a candidate's boot file names its changeset. */
void bird_script_key_line(const char *key, struct buf *out);

#endif
