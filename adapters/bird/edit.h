/*
 * edit.h - what a change does to the include file
 *
 * The part of a changeset that concerns BIRD names the objects it touches, one
 * line of JSON each ('was' and 'set'), followed by the configuration text that
 * they become.  apply() merges the edits into the file that the device has at
 * that moment; an object that is not what it was when the change was rendered
 * stops it.  The readable text is not sent: it is generated again, and must
 * come out the same.
 *
 * Ownership: an edit list owns its resources.
 */
#ifndef CUTOVER_ADAPTERS_BIRD_EDIT_H
#define CUTOVER_ADAPTERS_BIRD_EDIT_H

#include "adapters/bird/include.h"
#include "orchestrator/port/target.h"

struct bird_edit {
	struct resource was, set; /* present = false: not there */
};

struct bird_edits {
	struct bird_edit *v;
	size_t n, cap;
};

#define bird_edits_auto                                                        \
	__attribute__((cleanup(bird_edits_done))) struct bird_edits

/* Takes copies. */
void bird_edits_add(struct bird_edits *l, const struct resource *was,
		    const struct resource *set);
void bird_edits_done(struct bird_edits *l);

/* Text of the part, for showing and for sending; `back` swaps was and set. */
bool bird_edits_text(const struct bird_edits *l, bool back, uint32_t asn,
		     struct buf *out, struct err *e);
/* Refuses a text that is not what bird_edits_text() would make of it. */
bool bird_edits_parse(const char *text, uint32_t asn, struct bird_edits *ret,
		      struct err *e);

/* Are the objects what they were?  Else ERR_REFUSED, naming the first. */
bool bird_edits_check(const struct bird_edits *l,
		      const struct resource_set *now, struct err *e);
/* Are they what they are to be already? */
bool bird_edits_done_already(const struct bird_edits *l,
			     const struct resource_set *now);
/* Merges into f, fetching passwords; refuses to leave a session unbound. */
bool bird_edits_merge(const struct bird_edits *l, const struct target *t,
		      struct bird_include *f, struct err *e);

#endif
