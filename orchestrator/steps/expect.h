/*
 * expect.h - what must be seen before a step counts as done
 *
 * Pure predicates over what was observed.  Each says in words what is missing,
 * so that a wait that ends without success can be understood.
 */
#ifndef CUTOVER_STEPS_EXPECT_H
#define CUTOVER_STEPS_EXPECT_H

#include "orchestrator/model/resource.h"

enum expect_kind {
	EXPECT_ESTABLISHED,  /* session: Established */
	EXPECT_NOTHING_SENT, /* session: adj-rib-out empty */
	EXPECT_NOTHING_ACCEPTED,
	EXPECT_SENT,	     /* session: sends every prefix of `list` */
	EXPECT_SENT_PINS,    /* session: sends what static_route `text` holds */
	EXPECT_SENT_AT_MOST, /* list: rules, number: how many they match */
	EXPECT_SENT_ONLY,    /* session: sends nothing that no rule of `list`
				matches */
	EXPECT_ACCEPTED,     /* session: accepts every prefix of `list` */
	EXPECT_BEST_FROM, /* route: best path learned from `text`, in the FIB */
	EXPECT_BEST_NOT_FROM,  /* route: in the FIB, not learned from `text` */
	EXPECT_IN_FIB,	       /* route: in the FIB */
	EXPECT_NOT_ELSEWHERE,  /* route: no path of local preference `number` or
				  more, but from the neighbors in `list` */
	EXPECT_NOT_BEFORE_BGP, /* route: of no protocol that wins over eBGP,
				  whatever the local preference */
	EXPECT_TUNNEL_UP,
	EXPECT_OPER_UP, /* interface: has carrier */
	EXPECT_IDLE,	/* interface: receives at most `number` packets/s */
	EXPECT_CARRIES, /* interface: at least `number` packets/s each way */
	EXPECT_SAVED,	/* config: saved equals running */
	EXPECT_NO_LONG_PATH, /* session: as_path not longer than `number` */
};

struct expect {
	enum expect_kind kind;
	enum resource_kind on;
	char *name; /* resource */
	char *text;
	struct state_list list;
	uint64_t number;
};

struct expect_list {
	struct expect *v;
	size_t n, cap;
};

struct expect *expect_add(struct expect_list *l, enum expect_kind kind,
			  enum resource_kind on, const char *name);
/*
 * Do all hold?  `before` is the previous observation of the same set (NULL on
 * the first) and `span_us` the time between the two, for rates.  What does not
 * hold is appended to `why`, one line each.
 */
bool expect_hold(const struct expect_list *l, const struct resource_set *now,
		 const struct resource_set *before, int64_t span_us,
		 struct buf *why);
const char *expect_kind_name(enum expect_kind kind);
void expect_list_done(struct expect_list *l);
char *expect_text(const struct expect *x); /* in words, for the dry-run */

#endif
