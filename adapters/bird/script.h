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

/* How a changing script ended (its exit status); watchdog.h has others. */
enum bird_exit {
	BIRD_EXIT_DONE = 0,
	/* nothing changed */
	BIRD_EXIT_MOVED = 10, /* a file or the running text is not as it was */
	BIRD_EXIT_INVALID = 11, /* BIRD refuses the candidate */
	BIRD_EXIT_WRITE = 12,	/* the candidate cannot be written */
	BIRD_EXIT_PENDING = 14, /* BIRD's own timer runs */
	/* something may have changed */
	BIRD_EXIT_HALFWAY = 20,
};

struct bird_change {
	const char *arm;	  /* shell lines of the watchdog, or NULL */
	const char *running_id;	  /* before; NULL: none */
	const char *next_id;	  /* after */
	const struct buf *text;	  /* new include file */
	const struct buf *config; /* boot file with the candidate in it */
	const struct state_list *sums; /* 'sha256  path' that must hold */
	bool at_once; /* neither checked beforehand nor under BIRD's timer */
};

void bird_script_change(const struct bird_paths *p, const struct bird_change *x,
			struct buf *out);
/* The watchdog's script; N.was is the id of what ran before change N. */
void bird_script_back(const struct bird_paths *p, struct buf *out);
/* Shell lines for watchdog_confirm(), of one change and of all. */
void bird_script_confirm(const struct bird_paths *p, bool all, struct buf *out);
void bird_script_save(const struct bird_paths *p, struct buf *out);

#endif
