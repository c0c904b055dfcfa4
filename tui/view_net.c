/*
 * view_net.c - the network as it was seen last, in words
 *
 * Nothing is said that was not seen: what nobody has looked at yet is '?'.
 */
#include <string.h>

#include "orchestrator/report/paths.h"
#include "tui/view.h"

static const json_t *find(const struct model *m, const char *target,
			  const char *kind, const char *name)
{
	const json_t *states = json_peek(m->looks, target);

	for (size_t i = 0; name && i < json_array_size(states); i++) {
		const json_t *x = json_array_get(states, i);

		if (strcmp(json_peek_str(x, "kind", ""), kind) == 0 &&
		    strcmp(json_peek_str(x, "name", ""), name) == 0)
			return x;
	}
	return NULL;
}

/* ---- paths ---- */

/* Is the edge's route to any cloud prefix learned from this neighbor? */
static bool is_next_hop(const struct model *m, const char *edge,
			const char *neighbor)
{
	const json_t *states = json_peek(m->looks, edge);

	for (size_t i = 0; i < json_array_size(states); i++) {
		const json_t *x = json_array_get(states, i);
		const json_t *r = json_peek(x, "state");

		if (strcmp(json_peek_str(x, "kind", ""), "route") == 0 &&
		    json_peek_bool(r, "in_fib", false) &&
		    strcmp(json_peek_str(r, "session", "-"), neighbor) == 0)
			return true;
	}
	return false;
}

static const char *session_word(const json_t *session)
{
	const json_t *s = json_peek(session, "state");

	if (!session)
		return NULL;
	if (!json_peek_bool(session, "present", false))
		return "no session";
	if (!json_peek_bool(s, "enabled", true))
		return "shut";
	return json_peek_str(s, "state", "down");
}

/* Several routes of one session: one tunnel of static routes has none. */
static void see_path(const struct model *m, const struct model_path *p,
		     struct view_path *v)
{
	const json_t *session = find(m, v->edge, "session", p->name);
	const json_t *below = find(
		m, p->target, p->kind == MODEL_VPN ? "tunnel" : "interface",
		p->counters);
	const json_t *s = json_peek(below, "state");
	bool link = p->kind == MODEL_VPN ? json_peek_bool(s, "up", false)
					 : json_peek_bool(s, "oper_up", false);
	const char *word = session_word(session);
	const char *neighbor =
		json_peek_str(json_peek(session, "state"), "neighbor", NULL);

	if (!below && !session) {
		bool blind = json_peek(m->blind, v->edge) != NULL;

		v->word = blind ? "unseen" : "?";
		v->state = mem_strdup(blind ? "cannot be seen" : "?");
		return;
	}
	v->up = link && (!word || strcmp(word, "Established") == 0);
	v->carries = v->up && neighbor && is_next_hop(m, v->edge, neighbor);
	v->word = v->carries ? "carries"
		  : v->up    ? "ready"
		  : !link    ? "down"
			     : word;
	v->state = mem_format("%s%s%s", link ? "up" : "down", word ? ", " : "",
			      word ? word : "");
}

size_t view_paths(const struct model *m, struct view_path **ret)
{
	struct view_path *v = mem_calloc(m->n_paths + 1, sizeof(*v));

	for (size_t i = 0; i < m->n_paths; i++) {
		const struct model_path *p = &m->paths[i];
		const char *slash = strchr(p->name, '/');

		v[i] = (struct view_path){
			.path = p,
			.edge = m->plan->edges[p->edge].name,
			.name = slash && m->plan->n_circuits == 1 ? slash + 1
								  : p->name,
		};
		see_path(m, p, &v[i]);
	}
	*ret = v;
	return m->n_paths;
}

void view_paths_done(struct view_path *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(v[i].state);
	free(v);
}

/* ---- groups ---- */

/* Of 'edge1 by er-hq/primary/private' or 'vpn1': on which side is it? */
static char *side_of(const struct model *m, const json_t *list)
{
	size_t vpn = 0, circuit = 0, none = 0;

	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *t = json_string_value(json_array_get(list, i));
		const char *by = strstr(t, " by ");

		by = by ? by + 4 : t;
		for (size_t k = 0; k < m->n_paths; k++) {
			if (strcmp(m->paths[k].name, by) != 0)
				continue;
			vpn += m->paths[k].kind == MODEL_VPN;
			circuit += m->paths[k].kind == MODEL_CIRCUIT;
		}
		none += strcmp(by, "no route") == 0;
	}
	if (vpn && circuit)
		return mem_strdup("both");
	if (!vpn && !circuit)
		return mem_strdup(none ? "NONE" : "?");
	return mem_format("%s%s", vpn ? "VPN" : "circuit",
			  none ? ", NONE" : "");
}

static void add_losses(const struct model *m, size_t group,
		       struct view_group *v)
{
	for (size_t i = 0; i < m->plan->n_probes; i++) {
		const struct model_probe *p = &m->probes[i];

		if (p->rule->group != (int)group || !p->last)
			continue;
		v->measured = true;
		v->lost_forward += json_peek_int(p->last, "lost_forward", 0);
		v->lost_backward += json_peek_int(p->last, "lost_backward", 0);
		v->lost_either += json_peek_int(p->last, "lost_roundtrip", 0);
		if (!v->probe)
			v->probe = p;
	}
}

size_t view_groups(const struct model *m, struct view_group **ret)
{
	size_t n = m->plan->n_groups;
	struct view_group *v = mem_calloc(n + 1, sizeof(*v));
	bool seen = json_object_size(m->looks) > 0;
	json_auto *paths = seen ? paths_json(m->plan, m->looks) : NULL;

	for (size_t i = 0; i < n; i++) {
		const json_t *x = json_array_get(paths, i);

		v[i].name = m->plan->groups[i].name;
		v[i].to_cloud = seen ? side_of(m, json_peek(x, "to_cloud"))
				     : mem_strdup("?");
		v[i].to_site = seen ? side_of(m, json_peek(x, "to_site"))
				    : mem_strdup("?");
		add_losses(m, i, &v[i]);
	}
	*ret = v;
	return n;
}

void view_groups_done(struct view_group *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(v[i].to_cloud);
		free(v[i].to_site);
	}
	free(v);
}

/* ---- guards ---- */

static char *margin_text(const json_t *values)
{
	buf_auto b = BUF_INIT;

	for (size_t i = 0; i < json_array_size(values); i++) {
		const json_t *x = json_array_get(values, i);
		const char *what = json_peek_str(x, "what", "");
		double v = json_number_value(json_peek(x, "value"));
		double limit = json_number_value(json_peek(x, "limit"));
		bool ms = strstr(what, "_ms") != NULL;

		buf_printf(&b, "%s%.*s %.*f of %.0f%s", b.len ? ", " : "",
			   (int)strcspn(what, "_"), what,
			   v && v < 10 && ms ? 1 : 0, v, limit,
			   ms ? " ms" : "");
	}
	return buf_steal(&b);
}

void view_guards(const struct model *m, struct view_lines *ret)
{
	for (size_t i = 0; i < json_array_size(m->guards); i++) {
		const json_t *g = json_array_get(m->guards, i);
		const char *v = json_peek_str(g, "verdict", "");
		bool pass = strcmp(v, "pass") == 0;
		bool blind = strcmp(v, "blind") == 0;
		mem_auto_free char *margin =
			margin_text(json_peek(g, "values"));
		const char *why = json_peek_str(g, "why", margin);

		view_lines_add(ret, 0,
			       pass    ? GLYPH_DONE
			       : blind ? GLYPH_SKIPPED
				       : GLYPH_FAILED,
			       pass    ? STYLE_PLAIN
			       : blind ? STYLE_WARN
				       : STYLE_BAD,
			       mem_format("%s %s%s%s", pass ? "ok" : v,
					  json_peek_str(g, "name", ""),
					  *why ? ": " : "", why));
	}
}

/* ---- how much has moved ---- */

static int64_t most(const struct model *m, enum model_path_kind kind,
		    const char *key)
{
	int64_t n = -1;

	for (size_t i = 0; i < m->n_paths; i++) {
		const struct model_path *p = &m->paths[i];
		const json_t *s =
			p->kind == kind ? find(m, m->plan->edges[p->edge].name,
					       "session", p->name)
					: NULL;
		int64_t k = json_peek_int(json_peek(s, "state"), key, 0);

		if (s && k > n)
			n = k;
	}
	return n;
}

char *view_moved(const struct model *m)
{
	struct view_group *v;
	size_t n, there = 0, back = 0;
	int64_t sent = most(m, MODEL_CIRCUIT, "prefixes_sent");
	int64_t of = most(m, MODEL_VPN, "prefixes_sent");

	if (!json_object_size(m->looks))
		return NULL;
	n = view_groups(m, &v);
	for (size_t i = 0; i < n; i++) {
		there += strcmp(v[i].to_cloud, "circuit") == 0;
		back += strcmp(v[i].to_site, "circuit") == 0;
	}
	view_groups_done(v, n);
	return mem_format("circuit: %zu of %zu groups to the cloud, %zu to "
			  "the site; %lld of %lld prefixes announced",
			  there, n, back, (long long)(sent < 0 ? 0 : sent),
			  (long long)(of < sent ? sent
				      : of < 0	? 0
						: of));
}

/* ---- before a go ---- */

static void hold_groups(const struct model *m, struct view_lines *ret)
{
	struct view_group *v;
	size_t n = view_groups(m, &v);

	for (size_t i = 0; i < n; i++) {
		int64_t lost = v[i].lost_forward + v[i].lost_backward +
			       v[i].lost_either;

		view_lines_add(
			ret, 0, lost ? GLYPH_FAILED : GLYPH_DONE,
			lost ? STYLE_BAD : STYLE_PLAIN,
			v[i].measured
				? mem_format("'%s': to the cloud by %s, to the "
					     "site by %s, %lld packets lost",
					     v[i].name, v[i].to_cloud,
					     v[i].to_site, (long long)lost)
				: mem_format("'%s': to the cloud by %s, to the "
					     "site by %s, not measured",
					     v[i].name, v[i].to_cloud,
					     v[i].to_site));
	}
	view_groups_done(v, n);
}

void view_hold(const struct model *m, struct view_lines *ret)
{
	struct view_lines guards = {0};
	size_t bad = 0;

	hold_groups(m, ret);
	view_guards(m, &guards);
	for (size_t i = 0; i < guards.n; i++)
		bad += guards.v[i].style != STYLE_PLAIN;
	view_lines_add(
		ret, 0, bad ? GLYPH_FAILED : GLYPH_DONE,
		bad ? STYLE_BAD : STYLE_PLAIN,
		mem_format("%zu of %zu guards pass", guards.n - bad, guards.n));
	view_lines_done(&guards);
}
