/*
 * change.c - starting and stopping one network, with the outcome judged
 *
 * State decides, not memory: a network that is as wanted is UNCHANGED, so the
 * same change sent twice happens once.  A failure is judged by who reported it
 * and by what is there afterwards:
 *
 *	the daemon said no, the network is as before	REFUSED (or RETRY)
 *	it said 'is so already', and it is		UNCHANGED
 *	everything else					UNKNOWN
 *
 * A network is not stopped when it would be gone for good (transient), or when
 * a running domain is plugged into it.
 */
#include "adapters/libvirt/change.h"

static bool read_one(struct lib *l, const char *name, struct facts_network *ret)
{
	*ret = (struct facts_network){0};
	if (lib_network_read(l, name, ret, NULL))
		return true;
	facts_network_done(ret);
	return false;
}

static enum outcome retry(struct err *e)
{
	if (e)
		e->code = ERR_RETRY;
	return OUTCOME_RETRY;
}

static enum outcome refused(struct err *e)
{
	if (e)
		e->code = ERR_REFUSED;
	return OUTCOME_REFUSED;
}

/* APPLIED: go on. */
static enum outcome may_stop(struct lib *l, const char *name, struct err *e)
{
	struct facts f = {0};
	enum outcome o = OUTCOME_APPLIED;

	if (!lib_vnet_read(l, name, &f, e)) {
		o = retry(e);
	} else if (!f.network.persistent) {
		err_set(e, ERR_REFUSED,
			"network '%s' is transient: stopped it would be gone; "
			"define it first",
			name);
		o = OUTCOME_REFUSED;
	}
	for (size_t i = 0; o == OUTCOME_APPLIED && i < f.n_domains; i++) {
		if (f.domains[i].id < 0)
			continue;
		err_set(e, ERR_REFUSED,
			"domain '%s' is plugged into network '%s', which is "
			"not stopped",
			f.domains[i].name, name);
		o = OUTCOME_REFUSED;
	}
	facts_done(&f);
	return o;
}

static enum outcome judge(struct lib *l, const char *name, bool on,
			  enum lib_answer a, struct err *e)
{
	struct facts_network n;
	bool active;

	if (a == LIB_LOST || !read_one(l, name, &n)) {
		if (a == LIB_DONE)
			err_set(e, ERR_UNKNOWN,
				"network '%s' could not be read back", name);
		return OUTCOME_UNKNOWN;
	}
	active = n.active;
	facts_network_done(&n);
	if (a == LIB_DONE && active == on)
		return OUTCOME_APPLIED;
	if (a == LIB_DONE) {
		err_set(e, ERR_UNKNOWN, "network '%s' was %s but is not %s",
			name, on ? "started" : "stopped",
			on ? "active" : "inactive");
		return OUTCOME_UNKNOWN;
	}
	if (active != on)
		return a == LIB_BUSY ? retry(e) : refused(e);
	if (a != LIB_IS_SO)
		return OUTCOME_UNKNOWN;
	if (e)
		err_done(e);
	return OUTCOME_UNCHANGED; /* somebody else was faster */
}

enum outcome change_network(struct lib *l, const char *name, bool on,
			    struct err *e)
{
	struct facts_network n = {0};
	enum outcome o = OUTCOME_APPLIED;
	enum lib_answer a;

	if (!lib_network_read(l, name, &n, e)) {
		o = retry(e);
	} else if (!n.exists) {
		err_set(e, ERR_REFUSED, "there is no network '%s'", name);
		o = OUTCOME_REFUSED;
	} else if (n.active == on) {
		o = OUTCOME_UNCHANGED;
	}
	facts_network_done(&n);
	if (o == OUTCOME_APPLIED && !on)
		o = may_stop(l, name, e);
	if (o != OUTCOME_APPLIED)
		return o;
	a = lib_network_switch(l, name, on, e);
	return a == LIB_NOT_SENT ? retry(e) : judge(l, name, on, a, e);
}
