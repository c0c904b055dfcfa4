/*
 * change.h - the changes that this adapter can make, and no other
 *
 * Three of them: make a peering of the plan that is not there, make the plan's
 * connection where there is none, delete that connection.  A change is text:
 *
 *	PUT /subscriptions/..?api-version=2024-01-01
 *	only if: it is not there
 *	{ body }
 *
 * which is what reviewers see and what is sent, but for '<secret NAME>'.
 */
#ifndef CUTOVER_ADAPTERS_AZURE_CHANGE_H
#define CUTOVER_ADAPTERS_AZURE_CHANGE_H

#include "adapters/azure/arm.h"
#include "adapters/azure/spot.h"

/* Pure: adds the request that leads `from` to `to`, and the one back. */
bool change_render(const struct target *t, const struct spot *p,
		   const struct resource *from, const struct resource *to,
		   struct changeset *ret, struct err *e);

struct change {
	char *method, *path; /* path without host and query */
	char *body;	     /* as shown; NULL with DELETE */
};

#define change_auto __attribute__((cleanup(change_done))) struct change

/* Reads a part back, strictly; refuses what is not one of the three. */
bool change_parse(const struct change_part *part, const struct spot *p,
		  struct change *ret, struct err *e);
void change_done(struct change *c);
/* May the plan of `p` send this at all? */
bool change_allowed(const struct spot *p, const char *method, const char *path);

/*
 * Looks that everything is as it must be, then sends once.  PENDING: ret_token
 * says how to go on.  Lanes are taken for `owner`.
 */
enum outcome change_send(struct arm *a, const struct target *t,
			 const struct spot *p, const struct change *c,
			 const char *key, const void *owner, char **ret_token,
			 struct err *e);
/* How the change of a token stands. */
enum outcome change_poll(struct arm *a, const char *token, uint32_t *ret_wait_s,
			 struct err *e);

#endif
