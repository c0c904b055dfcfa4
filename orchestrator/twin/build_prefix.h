/*
 * build_prefix.h - the prefixes of a plan; private to orchestrator/twin/
 */
#ifndef CUTOVER_TWIN_BUILD_PREFIX_H
#define CUTOVER_TWIN_BUILD_PREFIX_H

#include "orchestrator/twin/build.h"

struct prefix_vec {
	struct prefix *v;
	size_t n, cap;
};

/* A site prefix with the communities that it must carry to be in its groups. */
struct site_prefix {
	struct prefix prefix;
	const struct attr_list *communities;
};

struct site_vec {
	struct site_prefix *v;
	size_t n, cap;
};

void prefix_vec_add(struct prefix_vec *l, const struct prefix *p);
void prefix_vec_sort(struct prefix_vec *l); /* and each only once */
void prefix_vec_texts(struct prefix_vec *l, const struct state_list *texts);

bool build_is_private(const struct plan *p, const struct plan_group *g);
/* What the site has, with witnesses for ranges; sorted, each once. */
void build_site(struct twin *t, const struct twin_seen *seen, size_t n_seen,
		struct site_vec *ret);
/* Address spaces behind the private (or the public) peerings. */
void build_cloud(const struct plan *p, bool is_private, struct prefix_vec *ret);
/* One set of exactly these prefixes, or of them and all that is inside. */
int build_set(struct twin *t, const struct prefix_vec *l, bool inside);

#endif
