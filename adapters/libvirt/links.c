/*
 * links.c - which libvirt networks a circuit's links are made of
 *
 * Pure.  Invariant: a network belongs to one link only, so an active network
 * has one place in a circuit's state.  The order of links and networks is the
 * parameter's.
 */
#include "adapters/libvirt/links.h"

#include <ctype.h>
#include <string.h>

#define PART_WHAT "virsh"
#define START "net-start "
#define STOP "net-destroy "

bool links_network_valid(const char *name)
{
	if (!isalnum((unsigned char)*name))
		return false;
	for (const char *s = name; *s; s++)
		if (!isalnum((unsigned char)*s) && !strchr("-_.:", *s))
			return false;
	return strlen(name) <= 128;
}

void links_done(struct links *l)
{
	for (size_t i = 0; i < l->n; i++) {
		free(l->v[i].name);
		state_list_done(&l->v[i].networks);
	}
	free(l->v);
	memset(l, 0, sizeof(*l));
}

bool links_has_network(const struct links *l, const char *network)
{
	for (size_t i = 0; i < l->n; i++)
		if (state_list_has(&l->v[i].networks, network))
			return true;
	return false;
}

static const struct links_link *find(const struct links *l, const char *name,
				     size_t n)
{
	for (size_t i = 0; i < l->n; i++)
		if (strlen(l->v[i].name) == n &&
		    memcmp(l->v[i].name, name, n) == 0)
			return &l->v[i];
	return NULL;
}

static bool add_networks(struct links *l, struct links_link *link, char *text,
			 struct err *e)
{
	char *save = NULL;

	for (char *s = strtok_r(text, "+", &save); s;
	     s = strtok_r(NULL, "+", &save)) {
		if (!links_network_valid(s))
			return err_set(e, ERR_INVALID,
				       "'%s' cannot be the name of a network "
				       "of link '%s'",
				       s, link->name);
		if (links_has_network(l, s))
			return err_set(e, ERR_INVALID,
				       "network '%s' is named twice: a network "
				       "belongs to one link",
				       s);
		state_list_add(&link->networks, s);
	}
	if (!link->networks.n)
		return err_set(e, ERR_INVALID, "link '%s' has no network",
			       link->name);
	return true;
}

static bool add_link(struct links *l, char *text, struct err *e)
{
	char *eq = strchr(text, '=');

	if (!eq || eq == text || memchr(text, '/', eq - text))
		return err_set(e, ERR_INVALID,
			       "'%s' is not 'link=network[+network...]'", text);
	*eq = 0;
	if (find(l, text, strlen(text)))
		return err_set(e, ERR_INVALID, "link '%s' is named twice",
			       text);
	MEM_GROW(l->v, l->n, l->cap);
	l->v[l->n++] = (struct links_link){.name = mem_strdup(text)};
	return add_networks(l, &l->v[l->n - 1], eq + 1, e);
}

bool links_parse(const char *text, struct links *ret, struct err *e)
{
	mem_auto_free char *copy = mem_strdup(text);
	struct links l = {0};
	char *save = NULL;

	for (char *s = strtok_r(copy, ", ", &save); s;
	     s = strtok_r(NULL, ", ", &save)) {
		if (!add_link(&l, s, e)) {
			links_done(&l);
			return false;
		}
	}
	*ret = l;
	return true;
}

void links_to_state(const struct links *l, const struct state_list *active,
		    struct state_list *ret)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct links_link *k = &l->v[i];
		size_t lit = 0;

		for (size_t n = 0; n < k->networks.n; n++)
			lit += state_list_has(active, k->networks.v[n]);
		if (lit == k->networks.n) {
			state_list_add(ret, k->name);
			continue;
		}
		for (size_t n = 0; n < k->networks.n; n++) {
			mem_auto_free char *s =
				mem_format("%s/%s", k->name, k->networks.v[n]);

			if (state_list_has(active, k->networks.v[n]))
				state_list_add(ret, s);
		}
	}
}

bool links_from_state(const struct links *l, const struct state_list *state,
		      struct state_list *ret_active, struct err *e)
{
	for (size_t i = 0; i < state->n; i++) {
		const char *s = state->v[i];
		size_t n = strcspn(s, "/");
		const struct links_link *k = find(l, s, n);

		if (!k || (s[n] && !state_list_has(&k->networks, s + n + 1)))
			return err_set(e, ERR_INVALID,
				       "link '%s' has no network here: name it "
				       "in 'links'",
				       s);
		if (s[n])
			state_list_add(ret_active, s + n + 1);
		for (size_t j = 0; !s[n] && j < k->networks.n; j++)
			state_list_add(ret_active, k->networks.v[j]);
	}
	return true;
}

static void add_part(struct changeset *cs, bool back, const char *verb,
		     const char *network)
{
	mem_auto_free char *text = mem_format("%s%s", verb, network);

	changeset_add(cs, back, PART_WHAT, text);
}

void links_render(const struct state_list *from, const struct state_list *to,
		  struct changeset *cs)
{
	for (size_t i = 0; i < to->n; i++)
		if (!state_list_has(from, to->v[i]))
			add_part(cs, false, START, to->v[i]);
	for (size_t i = from->n; i-- > 0;)
		if (!state_list_has(to, from->v[i]))
			add_part(cs, false, STOP, from->v[i]);
	for (size_t i = 0; i < from->n; i++)
		if (!state_list_has(to, from->v[i]))
			add_part(cs, true, START, from->v[i]);
	for (size_t i = to->n; i-- > 0;)
		if (!state_list_has(from, to->v[i]))
			add_part(cs, true, STOP, to->v[i]);
}

bool links_part_parse(const struct change_part *p, bool *ret_on,
		      const char **ret_name, struct err *e)
{
	bool on = strncmp(p->text, START, strlen(START)) == 0;
	bool off = strncmp(p->text, STOP, strlen(STOP)) == 0;
	const char *name = p->text + (on ? strlen(START) : strlen(STOP));

	if (strcmp(p->what, PART_WHAT) != 0 || (!on && !off) ||
	    !links_network_valid(name))
		return err_set(e, ERR_REFUSED,
			       "'%s: %s' is not a command that cutover gives "
			       "to libvirt",
			       p->what, p->text);
	*ret_on = on;
	*ret_name = name;
	return true;
}
