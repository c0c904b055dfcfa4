/*
 * route.c - `show route` of BIRD and `ip -j route` of the kernel, read
 *
 * In BIRD's answer a network starts a line, each path has its header
 * ('unicast [vpn1 06:38:30.164] * (100)'), then lines that start with a tab:
 * next hops and, with 'all', attributes.  Next hops are written 'address', or
 * 'address%interface' where the address alone says nothing (link-local), or
 * '%interface' where there is none.
 */
#include "adapters/bird/route.h"

#include <stdio.h>
#include <string.h>

#include "adapters/bird/reply.h"
#include "orchestrator/model/prefix.h"

void bird_route_done(struct bird_route *r)
{
	free(r->protocol);
	free(r->as_path);
	state_list_done(&r->next_hops);
	state_list_done(&r->paths);
	*r = (struct bird_route){0};
}

static void hop_add(struct state_list *l, const char *address,
		    const char *interface)
{
	bool link_local = address && strncasecmp(address, "fe80:", 5) == 0;
	mem_auto_free char *s = mem_format(
		"%s%s%s", address ? address : "",
		(!address || link_local) && interface ? "%" : "",
		(!address || link_local) && interface ? interface : "");

	if (*s)
		state_list_add(l, s);
}

/* 'via 10.99.0.2 on vpn0 weight 1' or 'dev vpn0' */
static void hop_parse(const char *s, struct state_list *l)
{
	char address[64] = "", interface[32] = "";

	if (sscanf(s, "via %63s on %31s", address, interface) == 2)
		hop_add(l, address, interface);
	else if (sscanf(s, "dev %31s", interface) == 1)
		hop_add(l, NULL, interface);
}

static void header_parse(const char *line, struct bird_route *r)
{
	const char *open = strchr(line, '[');

	if (!open)
		return;
	r->present = true;
	r->protocol = mem_strndup(open + 1, strcspn(open + 1, " ]"));
	open = strrchr(line, '(');
	if (open)
		r->preference = (uint32_t)strtoul(open + 1, NULL, 10);
}

static void detail_parse(const char *line, struct bird_route *r)
{
	if (strncmp(line, "BGP.as_path:", 12) == 0 && !r->as_path)
		r->as_path = mem_strdup(line + 12 + strspn(line + 12, " "));
	else if (strncmp(line, "BGP.local_pref: ", 16) == 0)
		r->local_pref = (uint32_t)strtoul(line + 16, NULL, 10);
	else
		hop_parse(line, &r->next_hops);
}

/* The path that was read counts: the first one, or the one with an asterisk. */
static void path_end(struct bird_route *x, bool best, struct bird_route *ret)
{
	mem_auto_free char *offer = NULL;

	if (!x->present)
		return;
	offer = mem_format("%s %u", x->protocol, x->local_pref);
	if (!ret->present || best) {
		struct state_list paths = ret->paths;

		ret->paths = (struct state_list){0};
		bird_route_done(ret);
		*ret = *x;
		ret->paths = paths;
	} else {
		bird_route_done(x);
	}
	state_list_add(&ret->paths, offer);
	*x = (struct bird_route){0};
}

void bird_route_parse(const char *text, size_t len, struct bird_route *ret)
{
	struct bird_cursor c;
	struct bird_line l;

	struct bird_route x = {0};
	bool best = false;

	*ret = (struct bird_route){0};
	bird_reply_start(&c, text, len);
	while (bird_reply_next(&c, &l)) {
		mem_auto_free char *line = mem_strndup(l.text, l.len);

		if (l.code < BIRD_ROUTE || l.code > BIRD_ATTRIBUTES)
			continue;
		if (*line == '\t' && x.present)
			detail_parse(line + 1, &x);
		else if (l.code == BIRD_ROUTE && strchr(line, '[')) {
			path_end(&x, best, ret);
			header_parse(line, &x);
			best = strstr(line, "] * (") != NULL;
		}
	}
	path_end(&x, best, ret);
	state_list_sort_unique(&ret->next_hops);
}

void bird_route_networks(const char *text, size_t len, struct state_list *ret)
{
	struct bird_cursor c;
	struct bird_line l;

	bird_reply_start(&c, text, len);
	while (bird_reply_next(&c, &l)) {
		const char *end = l.text;
		mem_auto_free char *word = NULL;
		struct prefix p;

		while (end < l.text + l.len && *end != ' ' && *end != '\t')
			end++;
		if (l.code != BIRD_ROUTE || end == l.text)
			continue;
		word = mem_strndup(l.text, (size_t)(end - l.text));
		if (prefix_parse(word, &p, NULL))
			state_list_add(ret, word);
	}
	state_list_sort_unique(ret);
}

int64_t bird_route_count(const char *text, size_t len)
{
	mem_auto_free char *line = bird_reply_text(text, len, BIRD_ROUTE);
	char *rest;
	unsigned long n;

	if (!line)
		return -1;
	n = strtoul(line, &rest, 10);
	return rest != line && strncmp(rest, " of ", 4) == 0 ? (int64_t)n : -1;
}

static void kernel_hops(const json_t *o, struct state_list *ret)
{
	const json_t *many = json_peek(o, "nexthops");

	for (size_t i = 0; i < json_array_size(many); i++)
		kernel_hops(json_array_get(many, i), ret);
	if (json_array_size(many))
		return;
	hop_add(ret,
		json_peek_str(o, "gateway",
			      json_peek_str(json_peek(o, "via"), "host", NULL)),
		json_peek_str(o, "dev", NULL));
}

/* 2: BIRD's; 1: somebody else's in the main table; 0: does not count. */
static int kernel_rank(const json_t *o)
{
	const char *table = json_peek_str(o, "table", "main");
	const char *type = json_peek_str(o, "type", "unicast");

	if (strcmp(json_peek_str(o, "protocol", ""), "bird") == 0)
		return 2;
	if (strcmp(type, "local") == 0 || strcmp(type, "broadcast") == 0)
		return 0;
	return strcmp(table, "main") == 0;
}

/* Is a preferred to b?  Of equal rank the kernel takes the lower metric. */
static bool kernel_better(const json_t *a, const json_t *b)
{
	int x = kernel_rank(a), y = b ? kernel_rank(b) : 0;

	if (x != y || !x)
		return x > y;
	return json_peek_int(a, "metric", 0) < json_peek_int(b, "metric", 0);
}

bool bird_kernel_parse(const char *text, size_t len, struct state_list *ret)
{
	json_auto *j = json_text_parse(text, len, NULL);
	const json_t *best = NULL;

	for (size_t i = 0; i < json_array_size(j); i++)
		if (kernel_better(json_array_get(j, i), best))
			best = json_array_get(j, i);
	if (!best)
		return false;
	kernel_hops(best, ret);
	state_list_sort_unique(ret);
	return true;
}
