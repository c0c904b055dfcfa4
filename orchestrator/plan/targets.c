/*
 * targets.c - the systems of a plan, as adapters are told about them
 *
 * Ownership: the vector has copies of everything; the plan may go first.
 * Threads: read-only once built.
 */
#include <string.h>

#include "orchestrator/plan/plan.h"

struct targets {
	struct target *v;
	size_t n, cap;
};

static void copy_ssh(struct ssh_endpoint *dst, const struct ssh_endpoint *src)
{
	dst->host = mem_strdup(src->host);
	dst->port = src->port;
	dst->user = mem_strdup(src->user);
	secret_ref_copy(&dst->key, &src->key);
	dst->host_key = mem_strdup(src->host_key);
	dst->known_hosts = mem_strdup(src->known_hosts);
	dst->timeout_ms = src->timeout_ms;
}

static struct target *add(struct targets *ts, const char *name,
			  const char *driver)
{
	struct target *t;

	MEM_GROW(ts->v, ts->n, ts->cap);
	t = &ts->v[ts->n++];
	*t = (struct target){.name = mem_strdup(name),
			     .driver = mem_strdup(driver)};
	return t;
}

static void param(struct target *t, const char *key, const char *value)
{
	if (value)
		target_param_set(t, key, value);
}

static void add_secret(struct target *t, const struct secret_ref *ref)
{
	t->secrets =
		mem_realloc(t->secrets, t->n_secrets + 1, sizeof(*t->secrets));
	t->secrets[t->n_secrets] = (struct secret_ref){0};
	secret_ref_copy(&t->secrets[t->n_secrets], ref);
	t->n_secrets++;
}

/* ---- azure ---- */

static void azure_secret(struct target *t, const struct secret_ref *ref,
			 const char *name)
{
	struct secret_ref named = {0};

	if (ref->kind == SECRET_NONE)
		return;
	secret_ref_copy(&named, ref);
	free(named.name);
	named.name = mem_strdup(name);
	add_secret(t, &named);
	secret_ref_done(&named);
}

static const char *azure_way(const struct plan_azure *a)
{
	if (a->token.kind != SECRET_NONE)
		return "token";
	if (a->secret.kind != SECRET_NONE)
		return "client-secret";
	if (a->certificate.kind != SECRET_NONE)
		return "certificate";
	return a->managed_identity ? "managed-identity" : NULL;
}

static void add_azure(struct target *t, const struct plan *p)
{
	const struct plan_azure *a = &p->azure;

	if (strcmp(t->driver, "azure") != 0)
		return;
	param(t, "subscription", a->subscription);
	param(t, "resource_group", a->resource_group);
	param(t, "location", a->location);
	param(t, "auth", azure_way(a));
	param(t, "tenant", a->tenant);
	param(t, "client_id", a->client_id);
	param(t, "endpoint", a->endpoint);
	param(t, "login", a->login);
	param(t, "audience", a->audience);
	param(t, "identity", a->identity);
	param(t, "ca_file", a->ca_file);
	azure_secret(t, &a->token, "azure/token");
	azure_secret(t, &a->secret, "azure/secret");
	azure_secret(t, &a->certificate, "azure/certificate");
}

/* 'private=private,office=microsoft' */
static char *peerings_text(const struct plan_circuit *c)
{
	buf_auto b = BUF_INIT;

	for (size_t i = 0; i < c->n_peerings; i++)
		buf_printf(&b, "%s%s=%s", i ? "," : "", c->peerings[i].name,
			   c->peerings[i].domain);
	return buf_steal(&b);
}

static void add_azure_circuit(struct target *t, const struct plan *p,
			      const struct plan_circuit *c)
{
	mem_auto_free char *peerings = peerings_text(c);
	mem_auto_free char *mark = mem_format("%s/%s", p->name, c->name);
	mem_auto_free char *auth = mem_format("%s/authorization", c->name);

	if (strcmp(c->driver, "azure") != 0)
		return;
	add_azure(t, p);
	param(t, "circuit", c->circuit ? c->circuit : c->name);
	param(t, "gateway", c->gateway);
	param(t, "location", c->location);
	param(t, "peerings", peerings);
	param(t, "mark", mark);
	param(t, "model",
	      c->model == PLAN_NETWORK_SERVICE ? "network-service"
					       : "exchange");
	azure_secret(t, &c->authorization, auth);
	for (size_t i = 0; i < c->n_peerings; i++)
		if (c->peerings[i].password.kind != SECRET_NONE)
			add_secret(t, &c->peerings[i].password);
}

static bool ends_on(const struct plan_circuit *c, size_t edge)
{
	for (size_t i = 0; i < c->n_links; i++)
		if (c->links[i].edge == edge)
			return true;
	return false;
}

/* The passwords of the peerings that have a link on this edge. */
static void edge_secrets(struct target *t, const struct plan *p, size_t edge)
{
	for (size_t c = 0; c < p->n_circuits; c++) {
		const struct plan_circuit *ci = &p->circuits[c];

		for (size_t i = 0; ends_on(ci, edge) && i < ci->n_peerings; i++)
			if (ci->peerings[i].password.kind != SECRET_NONE)
				add_secret(t, &ci->peerings[i].password);
	}
}

static void add_edge(struct targets *ts, const struct plan *p, size_t i)
{
	const struct plan_edge *e = &p->edges[i];
	struct target *t = add(ts, e->name, e->driver);

	t->asn = p->site.asn;
	copy_ssh(&t->ssh, &e->ssh);
	param(t, "config", e->config);
	param(t, "include", e->include);
	param(t, "socket", e->socket);
	edge_secrets(t, p, i);
}

static void add_tunnel(struct targets *ts, const struct plan *p,
		       const struct plan_tunnel *tu)
{
	struct target *t;

	if (strcmp(tu->driver, "none") == 0)
		return;
	t = add(ts, tu->name, tu->driver);
	if (strcmp(tu->driver, "azure") == 0) {
		param(t, "tunnel", tu->connection);
		add_azure(t, p);
		return;
	}
	copy_ssh(&t->ssh, &p->edges[tu->edge].ssh);
}

/* 'primary=netA+netB,secondary=netC' */
static char *links_text(const struct plan_circuit *c)
{
	buf_auto b = BUF_INIT;

	for (size_t i = 0; i < c->n_links; i++) {
		const struct plan_link *l = &c->links[i];

		buf_printf(&b, "%s%s=", i ? "," : "", l->name);
		for (size_t k = 0; k < l->network.n; k++)
			buf_printf(&b, "%s%s", k ? "+" : "", l->network.v[k]);
	}
	return buf_steal(&b);
}

static void add_circuit(struct targets *ts, const struct plan *p,
			const struct plan_circuit *c)
{
	mem_auto_free char *links = NULL;
	struct target *t;

	if (strcmp(c->driver, "external") == 0)
		return;
	t = add(ts, c->name, c->driver);
	links = links_text(c);
	param(t, "uri", c->uri);
	param(t, "links", links);
	param(t, "attachment", c->attachment);
	add_azure_circuit(t, p, c);
}

static void add_vnet(struct targets *ts, const struct plan *p)
{
	const struct plan_vnet *v = &p->vnet;
	struct target *t;

	if (!v->name || strcmp(v->driver, "none") == 0)
		return;
	t = add(ts, v->name, v->driver);
	param(t, "uri", v->uri);
	param(t, "network", v->network);
	param(t, "gateway_port", v->gateway_port);
	add_azure(t, p);
}

struct target *plan_targets(const struct plan *p, size_t *ret_n)
{
	struct targets ts = {0};

	for (size_t i = 0; i < p->n_edges; i++)
		add_edge(&ts, p, i);
	for (size_t i = 0; i < p->n_tunnels; i++)
		add_tunnel(&ts, p, &p->tunnels[i]);
	for (size_t i = 0; i < p->n_circuits; i++)
		add_circuit(&ts, p, &p->circuits[i]);
	add_vnet(&ts, p);
	*ret_n = ts.n;
	return ts.v;
}

void plan_targets_free(struct target *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		target_done(&v[i]);
	free(v);
}
