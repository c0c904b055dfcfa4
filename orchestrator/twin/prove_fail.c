/*
 * prove_fail.c - the state at hand, with one thing failed
 *
 * Each failure is made, decided, judged and taken back; deciding is incremental
 * in both directions.  Only what the failure would not have broken before the
 * first step counts against the plan.  What is down already cannot fail.
 */
#include <string.h>

#include "orchestrator/twin/prove_parts.h"

static bool can_fail(const struct prover *p, const struct failure *f)
{
	const struct net *n = p->t->net;

	switch (f->kind) {
	case FAIL_LINKS:
		for (size_t i = 0; i < f->n_links; i++)
			if (net_link_works(n, f->links[i]))
				return true;
		return false;
	case FAIL_SESSION:
		return decide_session_up(p->t->decide, f->index);
	case FAIL_ROUTER:
		for (size_t i = 0; i < n->routers[f->index].n_ends; i++)
			if (decide_session_up(p->t->decide,
					      n->routers[f->index].ends[i] / 2))
				return true;
		return false;
	}
	return false;
}

static void set(const struct prover *p, const struct failure *f, bool failed)
{
	struct net *n = p->t->net;

	switch (f->kind) {
	case FAIL_LINKS:
		for (size_t i = 0; i < f->n_links; i++)
			net_fail_link(n, f->links[i], failed);
		break;
	case FAIL_SESSION:
		net_fail_session(n, f->index, failed);
		break;
	case FAIL_ROUTER:
		net_fail_router(n, f->index, failed);
		break;
	}
	decide_run(p->t->decide);
}

void prove_failures_before(struct prover *p)
{
	for (size_t i = 0; i < p->n_failures; i++) {
		struct failure *f = &p->failures[i];

		set(p, f, true);
		prove_walks(p);
		for (size_t k = 0; k < p->n_dests; k++)
			f->before[k] = walk_is_good(&p->walks[k]);
		prove_walks_done(p);
		set(p, f, false);
	}
}

static void count_losses(struct prover *p, char *const *forward,
			 char *const *back)
{
	struct prove *o = p->out;
	struct prove_loss *l;

	MEM_GROW(o->losses, o->n_losses, o->cap_losses);
	l = &o->losses[o->n_losses++];
	*l = (struct prove_loss){
		.block = p->block ? p->block->name : "start",
		.failure = mem_strdup(p->failure->text),
		.pairs = p->n_pairs,
	};
	for (size_t i = 0; i < p->n_pairs; i++) {
		const struct walk *f = &p->walks[p->pairs[i].cloud];
		const struct walk *b = &p->walks[p->pairs[i].onprem];
		mem_auto_free char *now_f = prove_via(p, f);
		mem_auto_free char *now_b = prove_via(p, b);

		if (!walk_is_good(f) || !walk_is_good(b))
			l->lost++;
		else if (strcmp(now_f, forward[i]) || strcmp(now_b, back[i]))
			l->moved++;
	}
}

static void one_failure(struct prover *p, const struct failure *f,
			char *const *forward, char *const *back)
{
	p->failure = f;
	set(p, f, true);
	prove_walks(p);
	prove_judge(p);
	prove_judge_capacity(p);
	if (p->at_rest && p->phase == PROVE_FORWARD)
		count_losses(p, forward, back);
	prove_walks_done(p);
	set(p, f, false);
	p->failure = NULL;
	p->out->failed++;
}

void prove_failures(struct prover *p)
{
	char **forward = mem_calloc(p->n_pairs + 1, sizeof(*forward));
	char **back = mem_calloc(p->n_pairs + 1, sizeof(*back));

	prove_walks(p);
	for (size_t i = 0; i < p->n_pairs; i++) {
		forward[i] = prove_via(p, &p->walks[p->pairs[i].cloud]);
		back[i] = prove_via(p, &p->walks[p->pairs[i].onprem]);
	}
	prove_walks_done(p);
	transient_suspend(p);
	for (size_t i = 0; i < p->n_failures; i++)
		if (can_fail(p, &p->failures[i]))
			one_failure(p, &p->failures[i], forward, back);
	transient_resume(p);
	for (size_t i = 0; i < p->n_pairs; i++) {
		free(forward[i]);
		free(back[i]);
	}
	free(forward);
	free(back);
}
