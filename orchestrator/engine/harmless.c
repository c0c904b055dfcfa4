/*
 * harmless.c - is a change that somebody else made proved to do no harm?
 *
 * Line by line, of what was added and what was taken away: whoever reads
 * the driver's configurations (port/line.h) says what a line may do to packets.
 * What does nothing is harmless; a static route is, if no packet that the run
 * proves anything about could take it, whether to the plan's prefixes, from
 * them, or to a neighbor: then the longest match is never this route.  Of any
 * other line nothing can be told; neither where the same lines stand in another
 * order.
 *
 * Pure.
 */
#include "orchestrator/engine/harmless.h"

#include <string.h>

#include "orchestrator/port/line.h"

struct lines {
	char **v;
	size_t n, cap;
};

static void split(const char *text, struct lines *ret)
{
	while (*text) {
		size_t n = strcspn(text, "\n");

		MEM_GROW(ret->v, ret->n, ret->cap);
		ret->v[ret->n++] = mem_strndup(text, n);
		text += n + (text[n] == '\n');
	}
}

static void lines_done(struct lines *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->v[i]);
	free(l->v);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void sort(struct lines *l)
{
	if (l->n)
		qsort(l->v, l->n, sizeof(char *), by_text);
}

/* Drops what is in both, as often as it is; what is left differs. */
static void cancel(struct lines *a, struct lines *b)
{
	size_t i = 0, k = 0, na = 0, nb = 0;

	sort(a);
	sort(b);
	while (i < a->n || k < b->n) {
		int c = i == a->n   ? 1
			: k == b->n ? -1
				    : strcmp(a->v[i], b->v[k]);

		if (c == 0) {
			free(a->v[i++]);
			free(b->v[k++]);
		} else if (c < 0) {
			a->v[na++] = a->v[i++];
		} else {
			b->v[nb++] = b->v[k++];
		}
	}
	a->n = na;
	b->n = nb;
}

/* ---- routes ---- */

static const char *meets(const struct prefix *p, const struct state_list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		struct prefix_rule r;

		if (prefix_rule_parse(l->v[i], &r, NULL) &&
		    prefix_overlaps(p, &r.prefix))
			return l->v[i];
	}
	return NULL;
}

static const char *meets_address(const struct prefix *p, const char *address)
{
	struct prefix a;

	return address && prefix_parse_addr(address, &a, NULL) &&
			       prefix_overlaps(p, &a)
		       ? address
		       : NULL;
}

static const char *meets_circuit(const struct prefix *p,
				 const struct plan_circuit *c)
{
	const char *hit = NULL;

	for (size_t l = 0; !hit && l < c->n_links; l++)
		for (size_t k = 0; !hit && k < c->n_peerings; k++)
			hit = meets_address(p, c->peerings[k].on[l].neighbor);
	return hit;
}

static const char *meets_neighbor(const struct prefix *p,
				  const struct plan *plan)
{
	const char *hit = NULL;

	for (size_t i = 0; !hit && i < plan->n_tunnels; i++)
		hit = meets_address(p, plan->tunnels[i].neighbor);
	for (size_t c = 0; !hit && c < plan->n_circuits; c++)
		hit = meets_circuit(p, &plan->circuits[c]);
	return hit;
}

/* A prefix or address of the plan whose packets the route could take. */
static const char *taken(const struct prefix *p, const struct plan *plan)
{
	const char *hit = meets(p, &plan->site.prefixes);

	if (!hit)
		hit = meets(p, &plan->vnet.prefixes);
	for (size_t i = 0; !hit && i < plan->n_groups; i++) {
		hit = meets(p, &plan->groups[i].onprem);
		if (!hit)
			hit = meets(p, &plan->groups[i].cloud);
	}
	return hit ? hit : meets_neighbor(p, plan);
}

/* ---- lines ---- */

static bool line_is_harmless(const struct harmless *h, line_fn *read,
			     const char *target, const char *line,
			     struct buf *why)
{
	struct prefix p;
	const char *hit = NULL;

	switch (read ? read(line, &p) : LINE_UNKNOWN) {
	case LINE_IDLE:
		return true;
	case LINE_ROUTE:
		hit = taken(&p, h->plan);
		if (!hit)
			return true;
		buf_printf(why, "'%s': '%s' can take packets of %s\n", target,
			   line, hit);
		return false;
	default:
		buf_printf(why,
			   "'%s': of '%s' it cannot be told what it does\n",
			   target, line);
		return false;
	}
}

static line_fn *reader_of(const struct harmless *h, const char *target)
{
	for (size_t i = 0; i < h->n_targets; i++)
		if (strcmp(h->targets[i].name, target) == 0)
			return line_find(h->targets[i].driver);
	return NULL;
}

static bool all_harmless(const struct harmless *h, const char *target,
			 const struct lines *l, struct buf *why)
{
	line_fn *read = reader_of(h, target);

	for (size_t i = 0; i < l->n; i++)
		if (!line_is_harmless(h, read, target, l->v[i], why))
			return false;
	return true;
}

bool harmless_judge(const void *arg, const char *target, const char *was,
		    const char *is, struct buf *why)
{
	const struct harmless *h = arg;
	struct lines a = {0};
	struct lines b = {0};
	bool ok;

	split(was, &a);
	split(is, &b);
	cancel(&a, &b);
	ok = a.n + b.n > 0;
	if (!ok)
		buf_printf(why, "'%s': the same lines stand in another order\n",
			   target);
	ok = ok && all_harmless(h, target, &a, why) &&
	     all_harmless(h, target, &b, why);
	lines_done(&a);
	lines_done(&b);
	return ok;
}
