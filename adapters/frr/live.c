/*
 * live.c - cutting answers apart; routes
 *
 * A line of vtysh's own begins with the prompt: a host name without spaces,
 * '# ' and the command.  Configuration lines with '# show ' in them are
 * indented or have more words before it, so they are not taken for one.
 *
 * Threads: none.  Garbage gives missing answers, never an error here: what is
 * missing is judged where it is needed.
 */
#include "adapters/frr/live.h"

#include <string.h>

static const char *head_of(const char *line, size_t n)
{
	const char *p;

	if (n > 3 && strncmp(line, "@@ ", 3) == 0)
		return line + 3;
	p = memmem(line, n, "# show ", 7);
	if (!p || memchr(line, ' ', (size_t)(p - line)))
		return NULL;
	return p + 2;
}

void frr_answers_cut(const char *out, struct frr_answers *ret)
{
	struct frr_answers a = {0};
	buf_auto text = BUF_INIT;

	while (*out) {
		size_t n = strcspn(out, "\n");
		const char *head = head_of(out, n);

		if (head) {
			if (a.n)
				a.v[a.n - 1].text = buf_steal(&text);
			MEM_GROW(a.v, a.n, a.cap);
			a.v[a.n++] = (struct frr_answer){
				.name = mem_strndup(head,
						    (size_t)(out + n - head)),
			};
		} else if (a.n) {
			buf_add(&text, out, n + (out[n] == '\n'));
		}
		out += n + (out[n] == '\n');
	}
	if (a.n)
		a.v[a.n - 1].text = buf_steal(&text);
	*ret = a;
}

void frr_answers_done(struct frr_answers *a)
{
	for (size_t i = 0; i < a->n; i++) {
		free(a->v[i].name);
		mem_wipe_free(a->v[i].text);
		json_decref(a->v[i].json);
	}
	free(a->v);
	*a = (struct frr_answers){0};
}

static struct frr_answer *find(const struct frr_answers *a, const char *name)
{
	for (size_t i = 0; i < a->n; i++)
		if (strcmp(a->v[i].name, name) == 0)
			return &a->v[i];
	return NULL;
}

const char *frr_answers_text(const struct frr_answers *a, const char *name)
{
	const struct frr_answer *x = find(a, name);

	return x ? x->text : NULL;
}

json_t *frr_answers_json(struct frr_answers *a, const char *name)
{
	struct frr_answer *x = find(a, name);

	if (x && !x->json)
		x->json = json_text_parse(x->text, strlen(x->text), NULL);
	return x ? x->json : NULL;
}

/* ---- routes ---- */

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void add_hop(const char *address, const char *dev, struct state_list *l)
{
	mem_auto_free char *s = NULL;

	if (!dev)
		return;
	s = mem_format("%s%%%s", address ? address : "", dev);
	state_list_add(l, s);
}

static void kernel_hops(const json_t *route, struct state_list *l)
{
	const json_t *several = json_peek(route, "nexthops");

	for (size_t i = 0; i < json_array_size(several); i++) {
		const json_t *hop = json_array_get(several, i);

		add_hop(json_peek_str(hop, "gateway", NULL),
			json_peek_str(hop, "dev", NULL), l);
	}
	if (!several)
		add_hop(json_peek_str(route, "gateway", NULL),
			json_peek_str(route, "dev", NULL), l);
}

static void rib_hops(const json_t *entry, struct state_list *l)
{
	const json_t *hops = json_peek(entry, "nexthops");

	for (size_t i = 0; i < json_array_size(hops); i++) {
		const json_t *hop = json_array_get(hops, i);

		if (json_peek_bool(hop, "fib", false))
			add_hop(json_peek_str(hop, "ip", NULL),
				json_peek_str(hop, "interfaceName", NULL), l);
	}
}

/* The selected entry of the RIB, whatever protocol it is of. */
static const json_t *selected(const json_t *rib, const char *prefix)
{
	const json_t *list = json_peek(rib, prefix);

	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *x = json_array_get(list, i);

		if (json_peek_bool(x, "selected", false))
			return x;
	}
	return NULL;
}

/* All paths; of the best one more, if it is what is used. */
static void read_bgp(const json_t *bgp, bool learned, struct state_route *s)
{
	const json_t *paths = json_peek(bgp, "paths");

	for (size_t i = 0; i < json_array_size(paths); i++) {
		const json_t *p = json_array_get(paths, i);
		const json_t *peer = json_peek(p, "peer");
		const char *path =
			json_peek_str(json_peek(p, "aspath"), "string", "");
		uint32_t pref = (uint32_t)json_peek_int(p, "locPrf", 0);
		mem_auto_free char *offer = mem_format(
			"%s %u", json_peek_str(peer, "peerId", "-"), pref);

		if (json_peek_bool(p, "valid", false))
			state_list_add(&s->paths, offer);
		if (!learned ||
		    !json_peek_bool(json_peek(p, "bestpath"), "overall", false))
			continue;
		s->session = mem_strdup(json_peek_str(peer, "peerId", NULL));
		s->local_pref = pref;
		s->as_path = mem_strdup(strcmp(path, "Local") ? path : "");
	}
}

void frr_route_observe(const json_t *rib, const json_t *bgp,
		       const json_t *kernel, struct resource *r)
{
	const json_t *entry = selected(rib, r->name);
	const char *protocol = json_peek_str(entry, "protocol", "");
	const json_t *fib = json_array_get(kernel, 0);
	struct state_route *s = &r->route;

	r->present = entry || fib;
	s->in_fib = fib != NULL;
	if (fib)
		kernel_hops(fib, &s->next_hops);
	else if (entry)
		rib_hops(entry, &s->next_hops);
	if (s->next_hops.n)
		qsort(s->next_hops.v, s->next_hops.n, sizeof(char *), by_text);
	s->protocol = *protocol ? mem_strdup(protocol) : NULL;
	s->distance = (uint32_t)json_peek_int(entry, "distance", 0);
	read_bgp(bgp, strcmp(protocol, "bgp") == 0, s);
}
