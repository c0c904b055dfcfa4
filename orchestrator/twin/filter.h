/*
 * filter.h - import and export policies, as the model's route_policy means them
 *
 * A policy is a list of entries; the first one that matches decides, and what
 * none matches is denied (or permitted, where the device's own policy does).
 * Prefix lists are kept once as sets: policies of many generations share them,
 * and prefixes that lie in the same sets are treated alike (classes.h).
 *
 * Ownership: the table owns its sets and policies.
 */
#ifndef CUTOVER_TWIN_FILTER_H
#define CUTOVER_TWIN_FILTER_H

#include "orchestrator/model/prefix.h"
#include "orchestrator/model/states.h"
#include "orchestrator/twin/attr.h"

enum {
	FILTER_ALL = -1,  /* permits everything, changes nothing */
	FILTER_NONE = -2, /* denies everything */
};
#define FILTER_ANY (-1) /* set: every prefix */

struct filter_set {
	struct prefix_rule *rules;
	size_t n;
};

struct filter_entry {
	int set;	    /* or FILTER_ANY */
	uint32_t community; /* must be there; 0: any */
	bool own_only;	    /* AS path must be empty: '^$' */
	bool permit;
	bool has_local_pref, has_med;
	uint32_t local_pref, med, prepend;
	uint32_t *add; /* communities */
	size_t n_add;
	int call; /* policy that decides about what matched; FILTER_ALL: none */
};

struct filter_policy {
	char *name;
	bool defined; /* bound to a name that is not there denies */
	bool default_permit;
	struct filter_entry *v;
	size_t n, cap;
};

struct filter_table {
	struct filter_set *sets;
	struct filter_policy *policies;
	int n_sets, n_policies;
	size_t cap_sets, cap_policies;
};

/* The set that has these rules; the order of `rules` does not matter. */
int filter_set_of(struct filter_table *t, const struct prefix_rule *rules,
		  size_t n);

/* The policy of that name, made undefined if there is none yet. */
int filter_policy_named(struct filter_table *t, const char *name);
int filter_policy_find(const struct filter_table *t, const char *name);
/* Empties and defines it: entries are appended to what is returned. */
void filter_policy_begin(struct filter_table *t, int policy);
struct filter_entry *filter_policy_add(struct filter_table *t, int policy);
/* Takes the body of a route_policy; false: a rule does not parse. */
bool filter_policy_take(struct filter_table *t, int policy,
			const struct state_route_policy *body, struct err *e);
void filter_policy_remove(struct filter_table *t, int policy);

/*
 * Runs a policy over *a (whose lists come from `pool`) for a prefix that lies
 * in the ascending `sets`.  `own` is the AS number that a prepend repeats.
 * False: denied.
 */
bool filter_run(const struct filter_table *t, int policy, const int *sets,
		size_t n_sets, uint32_t own, struct attr_pool *pool,
		struct attr *a);

void filter_table_done(struct filter_table *t);

#endif
