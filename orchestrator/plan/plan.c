/*
 * plan.c - loading a plan, and letting it go
 *
 * The order of the parts is in load.h.  Whatever they find is kept; a plan
 * comes back only when none of it is an error, so that nobody downstream has
 * to ask whether a reference resolves.
 *
 * The hash is SHA-256 of the text.  When the plan names files with prefixes,
 * each file's length and text go in behind it: a plan whose prefixes
 * changed is another plan (promise 8).
 *
 * Ownership: plan_free() frees all; a plan is read-only once it is returned.
 */
#include "orchestrator/plan/plan.h"

#include <string.h>

#include "orchestrator/base/digest.h"
#include "orchestrator/plan/load.h"
#include "orchestrator/plan/yaml.h"

static char *hash_of(const struct load *l)
{
	char hex[DIGEST_HEX];
	digest_auto d;

	digest_init(&d);
	digest_add(&d, l->source->text, l->source->len);
	for (const struct source *s = l->source->next; s; s = s->next) {
		mem_auto_free char *head = mem_format("\n%zu\n", s->len);

		digest_add(&d, head, strlen(head));
		digest_add(&d, s->text, s->len);
	}
	digest_end_hex(&d, hex);
	return mem_strdup(hex);
}

static void load_parts(struct load *l)
{
	load_includes(l);
	load_decode(l);
	load_circuits(l);
	load_azure(l);
	load_resolve(l);
	load_topology(l);
	load_validate(l);
	load_validate_net(l);
	load_validate_move(l);
}

/* ---- the order in which people read ---- */

struct placed {
	struct diag d;
	size_t nr; /* as it was found */
};

/* The plan's own lines before those of files that it names. */
static int compare_files(const char *a, const char *b, const char *plan)
{
	if (strcmp(a, b) == 0)
		return 0;
	if (strcmp(a, plan) == 0)
		return -1;
	return strcmp(b, plan) == 0 ? 1 : strcmp(a, b);
}

static int compare_placed(const void *pa, const void *pb, void *plan)
{
	const struct placed *a = pa, *b = pb;
	int c = compare_files(a->d.file, b->d.file, plan);

	if (!c && a->d.line != b->d.line)
		c = a->d.line < b->d.line ? -1 : 1;
	if (!c && a->d.column != b->d.column)
		c = a->d.column < b->d.column ? -1 : 1;
	if (!c && a->nr != b->nr)
		c = a->nr < b->nr ? -1 : 1;
	return c;
}

static void sort_diags(struct diag_list *l, size_t from, char *plan)
{
	size_t n = l->n - from;
	struct placed *v = mem_calloc(n + 1, sizeof(*v));

	for (size_t i = 0; i < n; i++)
		v[i] = (struct placed){l->v[from + i], i};
	qsort_r(v, n, sizeof(*v), compare_placed, plan);
	for (size_t i = 0; i < n; i++)
		l->v[from + i] = v[i].d;
	free(v);
}

struct plan *plan_parse(const char *path, const char *text, size_t len,
			struct diag_list *diags)
{
	struct load l = {.diags = diags, .errors_before = diags->errors};
	size_t first = diags->n;
	bool clean;
	struct plan *p;

	l.source = source_new(path, text, len);
	l.root = yaml_read(l.source, diags);
	l.plan = p = mem_alloc(sizeof(*p));
	p->path = mem_strdup(path);
	p->text = mem_strndup(l.source->text, len);
	if (l.root && l.root->kind == NODE_MAP)
		load_parts(&l);
	else if (l.root)
		load_error(&l, l.root, "wrong-type",
			   "a plan is a mapping of keys to values");
	p->hash = hash_of(&l);
	sort_diags(diags, first, p->path);
	clean = load_clean(&l);
	node_free(l.root);
	source_free(l.source);
	if (clean)
		return p;
	plan_free(p);
	return NULL;
}

struct plan *plan_load(const char *path, struct diag_list *diags)
{
	buf_auto b = BUF_INIT;
	err_auto e = ERR_INIT;

	if (!load_file(path, YAML_MAX_BYTES, &b, &e)) {
		diag_add(diags, false, path, 0, 0, NULL, "file-read", "%s",
			 err_msg(&e));
		return NULL;
	}
	return plan_parse(path, buf_str(&b), b.len, diags);
}

/* ---- letting go ---- */

static void ssh_done(struct ssh_endpoint *s)
{
	free(s->host);
	free(s->user);
	secret_ref_done(&s->key);
	free(s->host_key);
	free(s->known_hosts);
}

static void edges_free(struct plan *p)
{
	for (size_t i = 0; i < p->n_edges; i++) {
		struct plan_edge *e = &p->edges[i];

		free(e->name);
		free(e->driver);
		ssh_done(&e->ssh);
		free(e->config);
		free(e->include);
		free(e->socket);
	}
	free(p->edges);
}

static void hosts_free(struct plan *p)
{
	for (size_t i = 0; i < p->n_hosts; i++) {
		free(p->hosts[i].name);
		ssh_done(&p->hosts[i].ssh);
		free(p->hosts[i].command);
	}
	free(p->hosts);
}

static void tunnels_free(struct plan *p)
{
	for (size_t i = 0; i < p->n_tunnels; i++) {
		struct plan_tunnel *t = &p->tunnels[i];

		free(t->name);
		free(t->driver);
		free(t->connection);
		free(t->neighbor);
		free(t->interface);
		free(t->remote);
	}
	free(p->tunnels);
}

static void peering_done(struct plan_peering *pe, size_t n_links)
{
	free(pe->name);
	free(pe->domain);
	secret_ref_done(&pe->password);
	state_list_done(&pe->advertised);
	free(pe->registry);
	free(pe->route_filter);
	for (size_t i = 0; pe->on && i < n_links; i++) {
		free(pe->on[i].subnet);
		free(pe->on[i].local);
		free(pe->on[i].local_len);
		free(pe->on[i].neighbor);
		free(pe->on[i].interface);
		free(pe->on[i].parent);
	}
	free(pe->on);
}

static void circuits_free(struct plan *p)
{
	for (size_t c = 0; c < p->n_circuits; c++) {
		struct plan_circuit *ci = &p->circuits[c];

		for (size_t i = 0; i < ci->n_peerings; i++)
			peering_done(&ci->peerings[i], ci->n_links);
		for (size_t i = 0; i < ci->n_links; i++) {
			free(ci->links[i].name);
			free(ci->links[i].interface);
			state_list_done(&ci->links[i].network);
		}
		free(ci->peerings);
		free(ci->links);
		free(ci->name);
		free(ci->driver);
		free(ci->uri);
		free(ci->attachment);
		free(ci->circuit);
		free(ci->gateway);
		free(ci->location);
		secret_ref_done(&ci->authorization);
	}
	free(p->circuits);
}

static void moves_free(struct plan *p)
{
	for (size_t i = 0; i < p->n_groups; i++) {
		free(p->groups[i].name);
		state_list_done(&p->groups[i].onprem);
		state_list_done(&p->groups[i].cloud);
		free(p->groups[i].community);
	}
	for (size_t i = 0; i < p->n_waves; i++) {
		free(p->waves[i].name);
		free(p->waves[i].groups);
	}
	free(p->groups);
	free(p->waves);
}

static void watch_free(struct plan *p)
{
	for (size_t i = 0; i < p->n_probes; i++) {
		free(p->probes[i].name);
		free(p->probes[i].kind);
		free(p->probes[i].source);
		free(p->probes[i].to);
		free(p->probes[i].path);
	}
	for (size_t i = 0; i < p->n_guards; i++)
		free(p->guards[i].name);
	free(p->probes);
	free(p->guards);
}

static void azure_done(struct plan_azure *a)
{
	free(a->subscription);
	free(a->resource_group);
	free(a->location);
	secret_ref_done(&a->token);
	secret_ref_done(&a->secret);
	secret_ref_done(&a->certificate);
	free(a->tenant);
	free(a->client_id);
	free(a->endpoint);
	free(a->login);
	free(a->audience);
	free(a->identity);
	free(a->ca_file);
}

static void vnet_done(struct plan_vnet *v)
{
	free(v->name);
	free(v->driver);
	free(v->uri);
	free(v->network);
	state_list_done(&v->prefixes);
	free(v->gateway_port);
}

void plan_free(struct plan *p)
{
	if (!p)
		return;
	hosts_free(p);
	edges_free(p);
	tunnels_free(p);
	circuits_free(p);
	moves_free(p);
	watch_free(p);
	vnet_done(&p->vnet);
	azure_done(&p->azure);
	state_list_done(&p->site.prefixes);
	state_list_done(&p->site.stateful);
	plan_topology_done(&p->site.topology);
	free(p->name);
	free(p->change);
	free(p->path);
	mem_wipe_free(p->text);
	free(p->hash);
	free(p);
}
