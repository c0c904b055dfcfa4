/*
 * tunnel.c - from SAs to a tunnel's state
 *
 * Up means: an IKE SA lives and a child SA of it is in the kernel.  While one
 * of them is rekeyed it stays usable, so REKEYING counts as up; a child that
 * charon keeps as DELETED for a few seconds after a rekey does not count at
 * all, nor do its counters.  Counters belong to a child SA and begin at zero
 * after each rekey; age_s, which goes down then, tells the reader so.
 *
 * Pure; one connection can have several IKE SAs at once, all are read.
 */
#include "adapters/strongswan/tunnel.h"

#include <string.h>

static bool one_of(const char *s, const char *const *v)
{
	for (; *v; v++)
		if (strcmp(s, *v) == 0)
			return true;
	return false;
}

/* charon/sa/ike_sa.c, child_sa.c: the states in which traffic passes */
static const char *const ike_alive[] = {"ESTABLISHED", "REKEYING", NULL};
static const char *const child_alive[] = {"INSTALLED", "REKEYING", "UPDATING",
					  NULL};

bool tunnel_output_check(const struct raw *root, struct err *e)
{
	static const char *const replies[] = {"list-sas reply",
					      "list-conns reply"};

	for (size_t i = 0; i < ARRAY_LEN(replies); i++)
		if (!raw_find(root, replies[i]))
			return err_set(e, ERR_INVALID,
				       "the output of swanctl has no '%s': it "
				       "was cut off",
				       replies[i]);
	return true;
}

/* Returns whether the child carries traffic; newest child gives the ages. */
static bool read_child(const struct raw *child, struct state_tunnel *t,
		       bool have_one)
{
	uint64_t age;

	if (!one_of(raw_text(child, "state", ""), child_alive))
		return false;
	t->bytes_in += raw_number(child, "bytes-in", 0);
	t->bytes_out += raw_number(child, "bytes-out", 0);
	t->packets_in += raw_number(child, "packets-in", 0);
	t->packets_out += raw_number(child, "packets-out", 0);
	age = raw_number(child, "install-time", 0);
	if (!have_one || age < t->age_s) {
		t->age_s = age;
		t->rekey_s = raw_number(child, "rekey-time", 0);
	}
	return true;
}

static void set_host(char **field, const char *host)
{
	free(*field);
	*field = *host && strcmp(host, "%any") != 0 ? mem_strdup(host) : NULL;
}

static void read_ike(const struct raw *sa, struct state_tunnel *t)
{
	const struct raw *children = raw_find(sa, "child-sas");
	bool alive = one_of(raw_text(sa, "state", ""), ike_alive);

	/* the hosts of the SA that carries traffic win */
	if (!t->up) {
		set_host(&t->local, raw_text(sa, "local-host", ""));
		set_host(&t->remote, raw_text(sa, "remote-host", ""));
	}
	for (size_t i = 0; alive && children && i < children->n; i++)
		if (read_child(children->v[i], t, t->up))
			t->up = true;
}

void tunnel_read(const struct raw *root, const char *name, struct resource *ret)
{
	ret->present = false;
	free(ret->tunnel.connection);
	ret->tunnel.connection = mem_strdup(name);
	for (size_t i = 0; i < root->n; i++) {
		const struct raw *msg = root->v[i];
		const struct raw *body = raw_find(msg, name);

		if (!body || body->kind != RAW_SECTION)
			continue;
		if (strcmp(msg->name, "list-sa event") == 0)
			read_ike(body, &ret->tunnel);
		else if (strcmp(msg->name, "list-conn event") != 0)
			continue;
		ret->present = true;
	}
}
