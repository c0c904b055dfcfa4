/*
 * foreign.c - what of a configuration is cutover's own, and what is not
 *
 * The text without our objects is what diff-scope checks compare: it must be
 * the same before and after every change, but for the lines of an existing
 * session that a step names.  A pin rebinds the export of an existing session
 * to a policy of ours that calls the session's own one; the foreign text shows
 * the session's own one, so that pinning and unpinning do not change it.
 *
 * Pure.
 */
#include <string.h>

#include "adapters/frr/config.h"
#include "adapters/frr/interface.h"

static bool own_name(const char *s)
{
	return strncmp(s, FRR_OWN, strlen(FRR_OWN)) == 0;
}

static bool own_list(const char *text)
{
	static const char *const heads[] = {
		"ip prefix-list", "ipv6 prefix-list",
		"bgp community-list standard", "route-map"};

	for (size_t i = 0; i < ARRAY_LEN(heads); i++) {
		const char *rest = frr_after(text, heads[i]);

		if (rest && own_name(rest))
			return true;
	}
	return false;
}

/* The address in '[no] neighbor ADDR ..', or NULL; the caller frees it. */
static char *neighbor_of(const struct frr_line *l)
{
	const char *bare = frr_after(l->text, "no");
	const char *rest = frr_after(bare ? bare : l->text, "neighbor");

	if (!rest || !frr_after(l->block, "router bgp"))
		return NULL;
	return mem_strndup(rest, strcspn(rest, " "));
}

/* What the second entry of a pin's export policy calls. */
static const char *called_by(const struct frr_config *c, const char *map)
{
	mem_auto_free char *head = mem_format("route-map %s permit 20", map);

	for (size_t i = 0; i < c->n; i++)
		if (c->v[i].block && strcmp(c->v[i].block, head) == 0) {
			const char *name = frr_after(c->v[i].text, "call");

			if (name)
				return name;
		}
	return NULL;
}

/* 'neighbor X route-map CUTOVER-pin-T out' with the session's own map. */
static void unpinned(const struct frr_config *c, const struct frr_line *l,
		     struct buf *out)
{
	const char *pin = strstr(l->raw, " route-map " FRR_PIN);
	mem_auto_free char *map = NULL;
	const char *own;

	pin += strlen(" route-map ");
	map = mem_strndup(pin, strcspn(pin, " "));
	own = called_by(c, map);
	if (own)
		buf_printf(out, "%.*s%s out\n", (int)(pin - l->raw), l->raw,
			   own);
}

static bool import_table_ours(const struct frr_config *c, const char *table)
{
	for (size_t i = 0; i < c->n; i++) {
		const char *rest =
			frr_after(c->v[i].text, "redistribute table");
		const char *map = rest ? frr_after(rest, table) : NULL;

		map = map ? frr_after(map, "route-map") : NULL;
		if (map && own_name(map))
			return true;
	}
	return false;
}

/* A block 'interface X' that carries our description is ours as a whole. */
static bool own_interface(const struct frr_config *c, const struct frr_line *l)
{
	const char *head = l->block ? l->block : l->text;

	if (!frr_after(head, "interface"))
		return false;
	for (size_t i = 0; i < c->n; i++)
		if (c->v[i].block && strcmp(c->v[i].block, head) == 0 &&
		    strcmp(c->v[i].text, "description " FRR_OWN_INTERFACE) == 0)
			return true;
	return false;
}

static bool is_ours(const struct frr_config *c, const struct frr_line *l)
{
	mem_auto_free char *addr = neighbor_of(l);
	const char *rest;

	if (own_list(l->text) || (l->block && own_list(l->block)))
		return true;
	if (own_interface(c, l))
		return true;
	if (addr)
		return frr_config_neighbor_ours(c, addr);
	rest = frr_after(l->text, "redistribute table");
	if (rest && strstr(rest, " route-map " FRR_OWN))
		return true;
	rest = frr_after(l->text, "ip import-table");
	return rest && import_table_ours(c, rest);
}

/* An address family that holds nothing but ours is ours as well. */
static bool af_is_ours(const struct frr_config *c, size_t i, size_t *ret_end)
{
	size_t ours = 0, k = i + 1;

	for (; k < c->n && strcmp(c->v[k].text, "exit-address-family"); k++) {
		if (!is_ours(c, &c->v[k]))
			return false;
		ours++;
	}
	*ret_end = k;
	return ours > 0;
}

char *frr_config_foreign(const struct frr_config *c)
{
	buf_auto out = BUF_INIT;

	for (size_t i = 0; i < c->n; i++) {
		const struct frr_line *l = &c->v[i];
		mem_auto_free char *text = NULL;
		size_t end;

		if (!*l->text || strcmp(l->text, "!") == 0 || is_ours(c, l))
			continue;
		if (frr_after(l->text, "address-family") &&
		    af_is_ours(c, i, &end)) {
			i = end;
			continue;
		}
		if (frr_after(l->text, "neighbor") &&
		    strstr(l->raw, " route-map " FRR_PIN)) {
			unpinned(c, l, &out);
			continue;
		}
		text = frr_config_redact(l->raw);
		buf_printf(&out, "%s\n", text);
	}
	return buf_steal(&out);
}

char *frr_config_text(const struct frr_config *c)
{
	buf_auto out = BUF_INIT;

	for (size_t i = 0; i < c->n; i++) {
		mem_auto_free char *text = frr_config_redact(c->v[i].raw);

		buf_printf(&out, "%s\n", text);
	}
	return buf_steal(&out);
}

static size_t next_line(const struct frr_config *c, size_t i)
{
	while (i < c->n && (!*c->v[i].text || strcmp(c->v[i].text, "!") == 0))
		i++;
	return i;
}

bool frr_config_same(const struct frr_config *a, const struct frr_config *b)
{
	size_t i = next_line(a, 0), k = next_line(b, 0);

	while (i < a->n && k < b->n) {
		if (strcmp(a->v[i].raw, b->v[k].raw) != 0)
			return false;
		i = next_line(a, i + 1);
		k = next_line(b, k + 1);
	}
	return i == a->n && k == b->n;
}
