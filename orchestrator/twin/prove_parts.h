/*
 * prove_parts.h - the parts of a proof; private to orchestrator/twin/
 */
#ifndef CUTOVER_TWIN_PROVE_PARTS_H
#define CUTOVER_TWIN_PROVE_PARTS_H

#include "orchestrator/twin/prove.h"
#include "orchestrator/twin/prove_transient.h"
#include "orchestrator/twin/walk.h"

struct dest { /* where packets go: a chain, asked from the other side */
	int chain, from;
	int home;   /* the site's router that has it, or that asks */
	bool cloud; /* a cloud prefix, asked from the site */
	bool is_private;
	struct prefix sample;
	bool bad_before; /* not reached before the first step either */
	bool bad_now;	 /* not reached, and nothing has failed */
	char text[PREFIX_TEXT_MAX];
};

struct pair {
	int onprem, cloud; /* dests */
	int group;
};

/* What a way goes over; of several equal ones, all. */
enum prove_kind {
	PROVE_ON_VPN = 1,
	PROVE_ON_CIRCUIT = 2,
	PROVE_ON_OTHER = 4,
};

enum place { PLACE_UNKNOWN, PLACE_ROUTER, PLACE_LINKS };

struct device { /* a stateful one */
	const char *name;
	enum place place;
	int router;
	bool *links; /* net links that pass it */
	bool before; /* it saw one way only already at the start */
};

enum fail_kind { FAIL_LINKS, FAIL_SESSION, FAIL_ROUTER };

struct failure {
	char *text;
	enum fail_kind kind;
	int index;
	int *links; /* FAIL_LINKS */
	size_t n_links;
	bool *before; /* by dest: it was good at the start, with this failure */
};

struct prover {
	struct twin *t;
	struct prove *out;
	struct dest *dests;
	struct pair *pairs;
	struct device *devices;
	struct failure *failures;
	size_t n_dests, n_pairs, n_devices, n_failures;
	size_t cap_dests, cap_pairs, cap_failures;
	struct walk *walks; /* by dest, of the state at hand */
	bool *held;	    /* by pair: prove_moved.c */
	struct transient tr;
	uint64_t *seen; /* states that were judged: hashes, open addressing */
	size_t n_seen, cap_seen;
	bool few_failures; /* too many states: fail only at the blocks' ends */
	bool retiring;	   /* the plan gives the VPN up on purpose */
	struct twin_state *start;
	/* where we are */
	const struct block *block;
	const struct step *step;
	const struct failure *failure;
	enum prove_phase phase;
	bool at_rest; /* a block's end: a state that lasts */
};

/* prove_find.c: what there is to look at */
void prove_find(struct prover *p);
void prove_find_done(struct prover *p);

/* prove_judge.c: one state */
void prove_walks(struct prover *p);
void prove_walks_done(struct prover *p);
void prove_judge(struct prover *p); /* walks are those of now */
void prove_judge_sessions(struct prover *p);
void prove_judge_capacity(struct prover *p); /* with a failure, too */
char *prove_via(const struct prover *p, const struct walk *w);
unsigned prove_kinds(const struct prover *p, const struct walk *w);
/* NULL, or the first stateful device that sees one way of a pair only. */
const struct device *prove_one_way(const struct prover *p,
				   const struct pair *x);
void prove_judge_devices(struct prover *p);

/* prove_moved.c: what a wave moves, and when */
void prove_moved_begin(struct prover *p); /* a block begins */
void prove_judge_moved(struct prover *p);

/* prove_expect.c: what the step itself looks for */
void prove_judge_expect(struct prover *p);

/* prove_fail.c */
void prove_failures_before(struct prover *p);
void prove_failures(struct prover *p);

/* prove_whole.c: the plan as a whole */
void prove_whole(struct prover *p);

/* prove_seen.c: is the model, before the first step, what was observed? */
void prove_seen(struct prover *p);

/* prove_result.c */
/* Who an edge has its best route from, in the words of the site; false: the
 * model knows nothing of the prefix. */
bool prove_route_now(const struct prover *p, size_t edge,
		     const struct prefix *cloud, struct prove_route *ret);
int prove_record(struct prover *p, int before, bool changed);
/* Adds to `times` where the same was said before. */
void prove_say(struct prover *p, enum prove_severity severity, const char *rule,
	       const char *subject, const struct walk_path *path,
	       const char *advice, const char *fmt, ...) mem_printf(7, 8);
void prove_assume(struct prover *p, const char *id, const char *fmt, ...)
	mem_printf(3, 4);

#endif
