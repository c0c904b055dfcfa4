/*
 * discover.c - cutover discover: a starter plan from subscription and edges
 *
 * The user writes how to get in: `azure` and `edges`, as a plan has them.  That
 * text, with a plan of made-up values behind it, is loaded as a plan, so that
 * it is judged by the same rules and targets come of it as always.  Then the
 * cloud is read, and each edge is asked for its sessions with the cloud's VPN
 * gateway: ASN, and what is announced.  Nothing is changed anywhere.
 */
#include "orchestrator/cmd/discover.h"

#include <stdio.h>
#include <string.h>

#include "orchestrator/base/clock.h"
#include "orchestrator/cmd/cmd.h"
#include "orchestrator/plan/load.h"
#include "orchestrator/plan/yaml.h"

#define MOST_US (120 * 1000000LL)

static const char discover_usage[] =
	"usage: cutover discover FILE\n"
	"\n"
	"Reads an Azure resource group and the edges, and writes a starter "
	"plan to\n"
	"standard output.  FILE says how to get in: the keys 'azure' and "
	"'edges', as\n"
	"in a plan, and nothing else.  Nothing is changed anywhere.  What "
	"could not\n"
	"be seen is marked 'CHECK'; what stands in the circuit's way is at the "
	"top.\n"
	"Exit: 0 written, 1 FILE is not understood, 2 usage, 3 something could "
	"not\nbe read.\n";

bool (*cmd_survey)(const struct target *t, json_t **ret, struct err *e);

/* ---- the file ---- */

static bool only_access(const struct node *root, const char *path)
{
	const struct node *edges = root ? node_get(root, "edges") : NULL;

	if (!root || root->kind != NODE_MAP || !node_get(root, "azure") ||
	    !edges || edges->kind != NODE_LIST || !edges->n || root->n != 2) {
		fprintf(stderr,
			"cutover: error: '%s' must have the keys 'azure' and "
			"'edges', and no others\n",
			path);
		return false;
	}
	return true;
}

static bool take_edges(struct discover *d, const char *path)
{
	struct diag_list diags = {0};
	struct source *src = source_new(path, d->text, strlen(d->text));
	struct node *root = yaml_read(src, &diags);
	bool ok = !diags.errors && only_access(root, path);
	buf_auto b = BUF_INIT;

	diag_list_text(&diags, &b);
	fputs(buf_str(&b), stderr);
	for (size_t i = 0; ok && i < node_get(root, "edges")->n; i++) {
		const struct node *edge = node_get(root, "edges")->v[i];
		const struct node *name =
			edge->kind == NODE_MAP ? node_get(edge, "name") : NULL;

		state_list_add(&d->edges,
			       name && name->text ? name->text : "unnamed");
	}
	node_free(root);
	source_free(src);
	diag_list_done(&diags);
	return ok;
}

/* The file's errors alone: what was put behind it is not the user's. */
static struct plan *load_access(struct discover *d, const char *path)
{
	json_auto *nothing = json_pack("{s:{s:s,s:[s]}}", "vnet", "name",
				       "vnet", "prefixes", "10.254.0.0/16");
	struct diag_list diags = {0};
	buf_auto text = BUF_INIT;
	buf_auto said = BUF_INIT;
	struct plan *p;

	d->cloud = nothing;
	discover_write(d, &text);
	d->cloud = NULL;
	p = plan_parse(path, buf_str(&text), text.len, &diags);
	if (diags.errors) {
		diag_list_text(&diags, &said);
		fputs(buf_str(&said), stderr);
	}
	diag_list_done(&diags);
	return p;
}

/* ---- the edges ---- */

static void look_at(struct discover *d, size_t edge, struct adapter_ctx *c,
		    const struct adapter_ops *ops, const char *neighbor)
{
	resource_set_auto want = {0}, seen = {0};
	struct resource *r = resource_set_add(&want, RESOURCE_SESSION, "vpn");
	const struct state_session *s;
	err_auto e = ERR_INIT;

	r->session.neighbor = mem_strdup(neighbor);
	state_list_add(&r->session.sent, "*");
	c->deadline_us = clock_mono_us() + MOST_US;
	if (!ops->observe(c, &want, &seen, &e)) {
		fprintf(stderr, "cutover: warning: '%s': %s\n",
			d->edges.v[edge], err_msg(&e));
		return;
	}
	s = &seen.v[0].session;
	if (!seen.v[0].present || d->n_tunnels == ARRAY_LEN(d->tunnels))
		return;
	d->tunnels[d->n_tunnels++] =
		(struct discover_tunnel){.edge = edge, .neighbor = neighbor};
	if (s->local_asn)
		d->asn = s->local_asn;
	state_list_append(&d->onprem, &s->sent);
}

static bool look_edge(struct discover *d, size_t edge, const struct target *t,
		      struct err *e)
{
	const struct adapter_ops *ops = adapter_find(t->driver);
	struct adapter_ctx c = {.target = t};
	json_t *v;
	size_t i;
	bool ok;

	c.state = mem_alloc(ops->state_size);
	c.deadline_us = clock_mono_us() + MOST_US;
	/* No fence: a run that is live keeps its own. */
	ok = ops->open(&c, e);
	json_array_foreach(json_peek(json_peek(d->cloud, "vpn"), "addresses"),
			   i, v)
	{
		if (ok)
			look_at(d, edge, &c, ops, json_string_value(v));
	}
	ops->close(&c);
	free(c.state);
	return ok || err_wrap(e, "cannot look at edge '%s'", t->name);
}

static bool look_edges(struct discover *d, const struct target *v, size_t n,
		       struct err *e)
{
	for (size_t i = 0; i < n && i < d->edges.n; i++)
		if (!look_edge(d, i, &v[i], e))
			return false;
	state_list_sort_unique(&d->onprem);
	return true;
}

/* ---- all of it ---- */

static const struct target *azure_of(const struct target *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(v[i].driver, "azure") == 0)
			return &v[i];
	return NULL;
}

static int discover(struct discover *d, const struct plan *p)
{
	size_t n;
	struct target *v = plan_targets(p, &n);
	const struct target *azure = azure_of(v, n);
	err_auto e = ERR_INIT;
	json_t *cloud = NULL;
	buf_auto out = BUF_INIT;
	bool ok = cmd_survey(azure, &cloud, &e);

	d->cloud = cloud;
	ok = ok && look_edges(d, v, n, &e);
	if (ok) {
		discover_write(d, &out);
		fputs(buf_str(&out), stdout);
	} else {
		cmd_error(&e);
	}
	json_decref(cloud);
	plan_targets_free(v, n);
	return ok ? EXIT_DONE : EXIT_REFUSED;
}

int cmd_discover(int argc, char **argv)
{
	struct cmd_options o;
	struct discover d = {0};
	buf_auto text = BUF_INIT;
	err_auto e = ERR_INIT;
	struct plan *p = NULL;
	int code;

	if (!cmd_options_parse(argc, argv, discover_usage, &o, &code))
		return code;
	if (!o.operand) {
		fputs(discover_usage, stderr);
		return EXIT_USAGE;
	}
	code = EXIT_PLAN;
	if (!load_file(o.operand, YAML_MAX_BYTES, &text, &e)) {
		cmd_error(&e);
		return code;
	}
	d.text = buf_str(&text);
	if (take_edges(&d, o.operand))
		p = load_access(&d, o.operand);
	if (p)
		code = discover(&d, p);
	plan_free(p);
	state_list_done(&d.edges);
	state_list_done(&d.onprem);
	return code;
}
