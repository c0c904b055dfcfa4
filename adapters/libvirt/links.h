/*
 * links.h - which libvirt networks a circuit's links are made of
 *
 * From the target's parameter 'links': 'primary=er-hq-primary+er-hq-primary-
 * public,secondary=er-hq-secondary'.
 *
 * In a circuit's state a link that is lit (all its networks active) stands with
 * its name; of one that is lit in part each active network stands alone, as
 * 'primary/er-hq-primary'.  So every combination has its own state: half of a
 * change is seen, and undone exactly.
 */
#ifndef CUTOVER_ADAPTERS_LIBVIRT_LINKS_H
#define CUTOVER_ADAPTERS_LIBVIRT_LINKS_H

#include "orchestrator/port/adapter.h"

struct links_link {
	char *name;
	struct state_list networks;
};

struct links {
	struct links_link *v;
	size_t n, cap;
};

#define links_auto __attribute__((cleanup(links_done))) struct links

bool links_parse(const char *text, struct links *ret, struct err *e);
void links_done(struct links *l);

/* Active networks to a circuit's state.links, and back. */
void links_to_state(const struct links *l, const struct state_list *active,
		    struct state_list *ret);
bool links_from_state(const struct links *l, const struct state_list *state,
		      struct state_list *ret_active, struct err *e);
bool links_has_network(const struct links *l, const char *network);

/* May this be the name of a network (in a command and in a parameter)? */
bool links_network_valid(const char *name);

/*
 * Parts 'net-start N' and 'net-destroy N' that lead from one set of active
 * networks to the other: first what starts; and back in the reverse order.
 */
void links_render(const struct state_list *from, const struct state_list *to,
		  struct changeset *cs);
/* Strictly what links_render() writes; *ret_name points into the part. */
bool links_part_parse(const struct change_part *p, bool *ret_on,
		      const char **ret_name, struct err *e);

#endif
