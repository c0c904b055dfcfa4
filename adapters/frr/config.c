/*
 * config.c - reading FRR's running configuration
 *
 * FRR writes blocks: a line at the left margin opens one, indented lines belong
 * to it, 'exit' closes it; inside 'router bgp' an 'address-family' opens a
 * second level.  Nothing else about the grammar is assumed, unknown lines are
 * kept as they are.
 *
 * Invariants: no text that leaves this file holds a secret.  What is ours is
 * known by name (CUTOVER-..) and, for sessions, by their description.
 * Threads: none; values are not shared.  Does not: talk to devices.
 */
#include "adapters/frr/config.h"

#include <ctype.h>
#include <string.h>

#include "orchestrator/model/prefix.h"

const char *frr_after(const char *s, const char *word)
{
	size_t n = strlen(word);

	if (!s || strncmp(s, word, n) != 0 || (s[n] && s[n] != ' '))
		return NULL;
	s += n;
	while (*s == ' ')
		s++;
	return s;
}

const char *frr_family(const char *addr)
{
	return strchr(addr, ':') ? "ipv6 unicast" : "ipv4 unicast";
}

bool frr_word_ok(const char *s)
{
	if (!s || !*s || strlen(s) > 120)
		return false;
	for (; *s; s++)
		if (!isgraph((unsigned char)*s) || strchr("\"'`\\$!?|#", *s))
			return false;
	return true;
}

/* ---- parsing ---- */

static void add_line(struct frr_config *c, const char *s, size_t n)
{
	struct frr_line *l;
	const struct frr_line *last;
	bool margin;

	while (n && (s[n - 1] == '\r' || s[n - 1] == ' '))
		n--;
	MEM_GROW(c->v, c->n, c->cap);
	last = c->n ? &c->v[c->n - 1] : NULL;
	l = &c->v[c->n++];
	*l = (struct frr_line){.raw = mem_strndup(s, n)};
	l->text = l->raw + strspn(l->raw, " ");
	margin = l->text == l->raw;
	if (margin && strcmp(l->text, "exit") != 0 &&
	    strncmp(l->text, "exit-", 5) != 0)
		return;
	if (!last)
		return;
	l->block = last->block ? last->block : last->text;
	l->af = last->af;
	if (frr_after(last->text, "address-family"))
		l->af = last->text;
	else if (strcmp(last->text, "exit-address-family") == 0)
		l->af = NULL;
}

/* 'ip prefix-list NAME REST' */
static void add_list_line(struct frr_config *c, const char *raw, size_t order)
{
	size_t head = strncmp(raw, "ip prefix-list ", 15) == 0	   ? 15
		      : strncmp(raw, "ipv6 prefix-list ", 17) == 0 ? 17
								   : 0;
	struct frr_list_line x = {.key = raw, .order = order};

	if (!head)
		return;
	x.len = head + strcspn(raw + head, " ");
	x.rest = raw + x.len + strspn(raw + x.len, " ");
	MEM_GROW(c->lists, c->n_lists, c->cap_lists);
	c->lists[c->n_lists++] = x;
}

static int key_cmp(const struct frr_list_line *a, const struct frr_list_line *b)
{
	int n = memcmp(a->key, b->key, a->len < b->len ? a->len : b->len);

	return n ? n : a->len < b->len ? -1 : a->len > b->len;
}

static int list_cmp(const void *pa, const void *pb)
{
	const struct frr_list_line *a = pa, *b = pb;
	int n = key_cmp(a, b);

	return n ? n : a->order < b->order ? -1 : a->order > b->order;
}

static void index_lists(struct frr_config *c)
{
	for (size_t i = 0; i < c->n; i++)
		add_list_line(c, c->v[i].raw, i);
	if (c->n_lists)
		qsort(c->lists, c->n_lists, sizeof(*c->lists), list_cmp);
}

const struct frr_list_line *frr_config_list(const struct frr_config *c,
					    const char *key, size_t *ret_n)
{
	const struct frr_list_line want = {.key = key, .len = strlen(key)};
	size_t from = 0, to = c->n_lists, end;

	while (from < to) {
		size_t mid = from + (to - from) / 2;

		if (key_cmp(&c->lists[mid], &want) < 0)
			from = mid + 1;
		else
			to = mid;
	}
	for (end = from; end < c->n_lists; end++)
		if (key_cmp(&c->lists[end], &want) != 0)
			break;
	*ret_n = end - from;
	return c->lists + from;
}

bool frr_config_parse(const char *text, struct frr_config *ret, struct err *e)
{
	struct frr_config c = {0};
	bool started = false;

	while (*text) {
		size_t n = strcspn(text, "\n");

		started |= strncmp(text, "frr version ", 12) == 0;
		if (started && n == 3 && strncmp(text, "end", 3) == 0)
			break;
		if (started)
			add_line(&c, text, n);
		text += n + (text[n] == '\n');
	}
	if (!started)
		return err_set(e, ERR_INVALID,
			       "FRR's configuration could not be read: no line "
			       "'frr version' in it");
	index_lists(&c);
	*ret = c;
	return true;
}

void frr_config_done(struct frr_config *c)
{
	for (size_t i = 0; i < c->n; i++)
		mem_wipe_free(c->v[i].raw);
	free(c->v);
	free(c->lists);
	*c = (struct frr_config){0};
}

/* ---- secrets ---- */

static const char *const secret_words[] = {
	"password",
	"key-string",
	"md5",
	"authentication-key",
	"authentication string",
	"area-password",
	"domain-password",
	"secret",
	"community-secret",
};

/* What the words above begin with: most words of a line do not. */
#define SECRET_LETTERS "pkmadsc"

char *frr_config_redact(const char *line)
{
	for (const char *p = line; *p; p++) {
		if ((p != line && p[-1] != ' ') || !strchr(SECRET_LETTERS, *p))
			continue;
		for (size_t i = 0; i < ARRAY_LEN(secret_words); i++) {
			const char *value = frr_after(p, secret_words[i]);
			mem_auto_free char *digest = NULL;

			if (!value || !*value)
				continue;
			digest = secret_digest(value);
			return mem_format("%.*s%s", (int)(value - line), line,
					  digest);
		}
	}
	return mem_strdup(line);
}

/* ---- the default BGP instance ---- */

static bool in_bgp(const struct frr_line *l)
{
	const char *rest = frr_after(l->block, "router bgp");

	return rest && *rest && !strchr(rest, ' ');
}

uint32_t frr_config_asn(const struct frr_config *c)
{
	for (size_t i = 0; i < c->n; i++) {
		const char *rest = frr_after(c->v[i].raw, "router bgp");

		if (rest && *rest && !strchr(rest, ' '))
			return (uint32_t)strtoul(rest, NULL, 10);
	}
	return 0;
}

static const char *neighbor_rest(const struct frr_line *l, const char *addr)
{
	const char *rest = frr_after(l->text, "neighbor");

	return rest && in_bgp(l) ? frr_after(rest, addr) : NULL;
}

static bool same_af(const struct frr_line *l, const char *af)
{
	const char *rest;

	if (!af || !l->af)
		return !af && !l->af;
	rest = frr_after(l->af, "address-family");
	return rest && strcmp(rest, af) == 0;
}

static const char *neighbor_own(const struct frr_config *c, const char *addr,
				const char *af, const char *key)
{
	for (size_t i = 0; i < c->n; i++) {
		const char *rest = neighbor_rest(&c->v[i], addr);
		const char *value = rest ? frr_after(rest, key) : NULL;

		if (value && same_af(&c->v[i], af))
			return value;
	}
	return NULL;
}

const char *frr_config_neighbor(const struct frr_config *c, const char *addr,
				const char *af, const char *key)
{
	const char *value = neighbor_own(c, addr, af, key);
	const char *group;

	if (value)
		return value;
	group = neighbor_own(c, addr, NULL, "peer-group");
	return group && *group ? neighbor_own(c, group, af, key) : NULL;
}

bool frr_config_has_neighbor(const struct frr_config *c, const char *addr)
{
	return neighbor_own(c, addr, NULL, "remote-as") ||
	       neighbor_own(c, addr, NULL, "peer-group");
}

bool frr_config_neighbor_ours(const struct frr_config *c, const char *addr)
{
	const char *s = neighbor_own(c, addr, NULL, "description");

	return s && strncmp(s, FRR_OWN_SESSION, strlen(FRR_OWN_SESSION)) == 0;
}

/* 'NAME in' of a binding, split; the name is the caller's. */
static char *binding(const char *value, const char *dir)
{
	const char *space = value ? strchr(value, ' ') : NULL;

	if (!space || strcmp(space + 1, dir) != 0)
		return NULL;
	return mem_strndup(value, (size_t)(space - value));
}

char *frr_config_bound(const struct frr_config *c, const char *addr,
		       const char *dir)
{
	const char *af = frr_family(addr);
	const char *group = neighbor_own(c, addr, NULL, "peer-group");
	const char *const who[] = {addr, group};

	for (size_t k = 0; k < ARRAY_LEN(who) && who[k]; k++)
		for (size_t i = 0; i < c->n; i++) {
			const char *rest = neighbor_rest(&c->v[i], who[k]);
			char *name;

			if (!rest || !same_af(&c->v[i], af))
				continue;
			name = binding(frr_after(rest, "route-map"), dir);
			if (name)
				return name;
		}
	return NULL;
}

/* Does the line use route-map `name`, other than as its own head? */
static bool uses_map(const char *text, const char *name)
{
	const char *p = text;
	const char *rest = frr_after(text, "call");

	if (rest && strcmp(rest, name) == 0)
		return true;
	if (frr_after(text, "route-map"))
		return false;
	while ((p = strstr(p, " route-map "))) {
		p += strlen(" route-map ");
		if (frr_after(p, name))
			return true;
	}
	return false;
}

bool frr_config_map_used(const struct frr_config *c, const char *name,
			 char **ret_where)
{
	for (size_t i = 0; i < c->n; i++)
		if (uses_map(c->v[i].text, name)) {
			*ret_where = mem_strdup(c->v[i].text);
			return true;
		}
	return false;
}

bool frr_config_has_map(const struct frr_config *c, const char *name)
{
	for (size_t i = 0; i < c->n; i++) {
		const char *rest = frr_after(c->v[i].raw, "route-map");

		if (rest && frr_after(rest, name))
			return true;
	}
	return false;
}
