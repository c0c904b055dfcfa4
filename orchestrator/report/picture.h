/*
 * picture.h - the site at one moment: who is joined to what, and what carries
 *
 * Made of the pairs of a proof (or of what was measured), drawn as SVG or said
 * in words.  Ownership: picture_done() frees everything.
 */
#ifndef CUTOVER_REPORT_PICTURE_H
#define CUTOVER_REPORT_PICTURE_H

#include "orchestrator/base/buf.h"
#include "orchestrator/plan/plan.h"
#include "orchestrator/twin/prove.h"

struct picture_way { /* a tunnel, or a peering on a link */
	const char *name, *edge;
	char *owned; /* the name, where it is made here */
	bool circuit;
	struct state_list out, back; /* groups that it carries */
};

struct picture {
	char *title;
	const char *site, *cloud;
	struct picture_way *v;
	size_t n, cap;
};

/* What the pairs of a state use. */
void picture_of(const struct plan *p, const struct prove_state *s,
		const char *title, struct picture *ret);
/* Is the name one of those in a pair's way, 'a or b or c'? */
bool picture_uses(const char *way, const char *name);
void picture_done(struct picture *p);
/* Self-contained: classes are those of writer_html's style. */
void picture_svg(const struct picture *p, struct buf *out);
/* 'canary, rest', or 'nothing' */
void picture_list(const struct state_list *l, struct buf *out);

#endif
