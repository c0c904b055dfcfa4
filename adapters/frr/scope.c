/*
 * scope.c - the diff-scope check (a change for one must not hit another)
 *
 * The text of a part is judged line by line, not trusted because render() made
 * it: it may come from a journal that is older than the device's state.
 *
 * Pure.
 */
#include "adapters/frr/scope.h"

#include <string.h>

#include "orchestrator/model/states.h"

void frr_view_done(struct frr_view *v)
{
	frr_config_done(&v->config);
	json_decref(v->summary);
	json_decref(v->table);
	*v = (struct frr_view){0};
}

struct scope {
	const struct frr_view *view;
	const char *text;
	uint32_t asn;
	bool mapping; /* inside one of our route-maps */
};

static bool own_name(const char *s)
{
	return s && strncmp(s, FRR_OWN, strlen(FRR_OWN)) == 0;
}

static char *word(const char *s)
{
	return mem_strndup(s, strcspn(s, " "));
}

/* Has the part a line (indentation aside) that begins with `head`? */
static bool part_has(const char *text, const char *head)
{
	while (*text) {
		const char *line = text + strspn(text, " ");

		if (strncmp(line, head, strlen(head)) == 0)
			return true;
		text += strcspn(text, "\n");
		text += *text == '\n';
	}
	return false;
}

static bool refuse(const char *line, const char *why, struct err *e)
{
	mem_auto_free char *text = frr_config_redact(line);

	return err_set(e, ERR_REFUSED, "'%s' is not sent: %s", text, why);
}

/* ---- neighbors ---- */

static bool created_here(const struct scope *s, const char *addr)
{
	mem_auto_free char *head = mem_format("neighbor %s remote-as ", addr);
	mem_auto_free char *desc =
		mem_format("neighbor %s description %s", addr, FRR_OWN_SESSION);

	return !frr_config_has_neighbor(&s->view->config, addr) &&
	       part_has(s->text, head) && part_has(s->text, desc);
}

static bool map_known(const struct scope *s, const char *name)
{
	mem_auto_free char *head = mem_format("route-map %s ", name);

	return frr_config_has_map(&s->view->config, name) ||
	       part_has(s->text, head);
}

static bool check_binding(const struct scope *s, const char *line,
			  const char *map, bool no, struct err *e)
{
	mem_auto_free char *name = word(map);

	if (no || map_known(s, name))
		return true;
	return refuse(line,
		      "there is no such policy on the device, and binding it "
		      "would deny everything",
		      e);
}

static bool check_neighbor(const struct scope *s, const char *line,
			   const char *rest, bool no, struct err *e)
{
	mem_auto_free char *addr = word(rest);
	const char *what = frr_after(rest, addr);
	const char *map = frr_after(what, "route-map");

	if (map && !check_binding(s, line, map, no, e))
		return false;
	if (created_here(s, addr) ||
	    frr_config_neighbor_ours(&s->view->config, addr))
		return true;
	if (!frr_config_has_neighbor(&s->view->config, addr))
		return refuse(line, "there is no such neighbor", e);
	if (map || strcmp(what, "shutdown") == 0)
		return true;
	return refuse(line,
		      "the session is not cutover's; only its policies and its "
		      "shutdown are touched",
		      e);
}

/* ---- policies and pins ---- */

static bool check_remove_map(const struct scope *s, const char *line,
			     const char *name, struct err *e)
{
	mem_auto_free char *where = NULL;
	mem_auto_free char *why = NULL;

	if (!frr_config_map_used(&s->view->config, name, &where))
		return true;
	why = mem_format("it is in use ('%s')", where);
	return refuse(line, why, e);
}

static bool has_out_filter(const struct frr_config *c, const char *addr)
{
	static const char *const keys[] = {"prefix-list", "filter-list",
					   "distribute-list"};
	mem_auto_free char *map = frr_config_bound(c, addr, "out");
	const char *af = frr_family(addr);

	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		const char *v = frr_config_neighbor(c, addr, af, keys[i]);

		if (v && strstr(v, " out"))
			return true;
	}
	return map != NULL;
}

/* A foreign eBGP session without an export policy would announce pins. */
static bool check_leaks(const struct scope *s, const char *line, struct err *e)
{
	const struct frr_config *c = &s->view->config;
	mem_auto_free char *asn = mem_format("%u", s->asn);

	for (size_t i = 0; i < c->n; i++) {
		const char *rest = frr_after(c->v[i].text, "neighbor");
		mem_auto_free char *addr = rest ? word(rest) : NULL;
		const char *as =
			rest ? frr_after(frr_after(rest, addr), "remote-as")
			     : NULL;
		mem_auto_free char *why = NULL;

		if (!as || strcmp(as, asn) == 0 ||
		    strcmp(as, "internal") == 0 || has_out_filter(c, addr))
			continue;
		why = mem_format("neighbor '%s' has no export policy and would "
				 "get the more-specifics as well",
				 addr);
		return refuse(line, why, e);
	}
	return true;
}

static bool check_table(const struct scope *s, const char *line,
			const char *table, struct err *e)
{
	const struct frr_config *c = &s->view->config;
	mem_auto_free char *import = mem_format("ip import-table %s", table);
	mem_auto_free char *used = mem_format("redistribute table %s", table);

	for (size_t i = 0; i < c->n; i++) {
		const char *rest = frr_after(c->v[i].text, used);

		if (rest && !strstr(rest, "route-map " FRR_OWN))
			return refuse(
				line,
				"the table is redistributed already; name "
				"another with 'pin_table'",
				e);
		if (strcmp(c->v[i].text, import) == 0 &&
		    !strstr(s->text, "no ip import-table"))
			return refuse(line,
				      "the table is imported already; name "
				      "another with 'pin_table'",
				      e);
	}
	if (json_array_size(s->view->table) &&
	    !strstr(s->text, "no ip import-table"))
		return refuse(line,
			      "the kernel table has routes of somebody else; "
			      "name another with 'pin_table'",
			      e);
	return check_leaks(s, line, e);
}

/* ---- lines ---- */

static bool is_frame(const char *line)
{
	static const char *const frames[] = {
		"configure terminal",
		"end",
		"exit",
		"exit-address-family",
		"address-family ipv4 unicast",
		"address-family ipv6 unicast",
	};

	for (size_t i = 0; i < ARRAY_LEN(frames); i++)
		if (strcmp(line, frames[i]) == 0)
			return true;
	return false;
}

static const char *list_name(const char *line)
{
	static const char *const heads[] = {"ip prefix-list",
					    "ipv6 prefix-list",
					    "bgp community-list standard"};

	for (size_t i = 0; i < ARRAY_LEN(heads); i++) {
		const char *rest = frr_after(line, heads[i]);

		if (rest)
			return rest;
	}
	return NULL;
}

static bool check_top(struct scope *s, const char *line, const char *bare,
		      bool no, struct err *e)
{
	mem_auto_free char *bgp = mem_format("router bgp %u", s->asn);
	const char *rest;

	s->mapping = false;
	if (is_frame(line) || frr_after(line, "clear bgp ipv4 unicast") ||
	    frr_after(line, "clear bgp ipv6 unicast"))
		return true;
	if (strcmp(line, bgp) == 0)
		return frr_config_asn(&s->view->config) == s->asn ||
		       refuse(line, "the device runs another AS, or no BGP", e);
	if (own_name(list_name(bare)))
		return true;
	rest = frr_after(bare, "route-map");
	if (own_name(rest)) {
		s->mapping = !no;
		return !no || check_remove_map(s, line, rest, e);
	}
	rest = frr_after(bare, "ip import-table");
	if (rest)
		return check_table(s, line, rest, e);
	return refuse(line, "it is not about anything that is cutover's", e);
}

static bool check_line(struct scope *s, const char *raw, struct err *e)
{
	const char *line = raw + strspn(raw, " ");
	const char *bare = frr_after(line, "no");
	bool no = bare != NULL;
	const char *rest;

	if (!no)
		bare = line;
	if (line == raw)
		return check_top(s, line, bare, no, e);
	if (is_frame(line) || s->mapping)
		return true;
	rest = frr_after(bare, "neighbor");
	if (rest)
		return check_neighbor(s, line, rest, no, e);
	if (frr_after(bare, "redistribute table") &&
	    (no || strstr(bare, " route-map " FRR_OWN)))
		return true;
	return refuse(line, "it is not about anything that is cutover's", e);
}

bool frr_scope_before(const struct frr_view *v, const char *text, uint32_t asn,
		      struct err *e)
{
	struct scope s = {.view = v, .text = text, .asn = asn};

	while (*text) {
		size_t n = strcspn(text, "\n");
		mem_auto_free char *line = mem_strndup(text, n);

		if (*line && !check_line(&s, line, e))
			return false;
		text += n + (text[n] == '\n');
	}
	return true;
}
