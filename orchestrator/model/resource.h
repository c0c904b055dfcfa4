/*
 * resource.h - what the engine can observe and ensure
 *
 * A resource has a kind, a name that is unique for its kind on its target, and
 * a typed state.  States are described by one field table per kind (resource_
 * fields.c), from which encoding, decoding, comparison and differences are
 * derived: an adapter never compares.  Fields are of two classes: identity
 * (what cutover ensures and what a checkpoint must equal) and live (counters,
 * session state, ages), which are observed only and never compared.
 *
 * Ownership: a resource owns all its strings and lists; a set owns its
 * resources.  Secrets are never in a state: only a reference (how to fetch it)
 * and a keyed digest of what the device holds.
 */
#ifndef CUTOVER_MODEL_RESOURCE_H
#define CUTOVER_MODEL_RESOURCE_H

#include "orchestrator/base/buf.h"
#include "orchestrator/base/json.h"
#include "orchestrator/model/states.h"

enum resource_kind {
	RESOURCE_CIRCUIT,
	RESOURCE_PEERING,
	RESOURCE_GATEWAY,
	RESOURCE_ATTACHMENT,
	RESOURCE_INTERFACE,
	RESOURCE_SESSION,
	RESOURCE_ROUTE_POLICY,
	RESOURCE_STATIC_ROUTE,
	RESOURCE_TUNNEL,
	RESOURCE_VNET,
	RESOURCE_ROUTE,	 /* read only: best path of one prefix, RIB and FIB */
	RESOURCE_CONFIG, /* read only: the device's whole configuration as text
			  */
	RESOURCE_KINDS,
};

#define RESOURCE_BIT(kind) (1u << (kind))

struct resource {
	enum resource_kind kind;
	char *name;
	bool present; /* false: ensure or observed that it is not there */
	union {
		struct state_circuit circuit;
		struct state_peering peering;
		struct state_gateway gateway;
		struct state_attachment attachment;
		struct state_interface interface;
		struct state_session session;
		struct state_route_policy route_policy;
		struct state_static_route static_route;
		struct state_tunnel tunnel;
		struct state_vnet vnet;
		struct state_route route;
		struct state_config config;
	};
};

struct resource_set {
	struct resource *v;
	size_t n, cap;
};

#define resource_set_auto                                                      \
	__attribute__((cleanup(resource_set_done))) struct resource_set

const char *resource_kind_name(enum resource_kind kind);
bool resource_kind_parse(const char *name, enum resource_kind *ret);

/* Appends an empty, present resource and returns it (valid until the next add).
 */
struct resource *resource_set_add(struct resource_set *set,
				  enum resource_kind kind, const char *name);
void resource_set_remove(struct resource_set *set, enum resource_kind kind,
			 const char *name);
struct resource *resource_set_find(const struct resource_set *set,
				   enum resource_kind kind, const char *name);
void resource_set_copy(struct resource_set *dst,
		       const struct resource_set *src);
struct resource *resource_set_add_copy(struct resource_set *dst,
				       const struct resource *src);
void resource_set_done(struct resource_set *set);
void resource_copy(struct resource *dst, const struct resource *src);
void resource_done(struct resource *r);

/* Takes from `want` (present, of the same kind) every field that it does not
 * leave empty; booleans are never empty. */
void resource_overlay(struct resource *r, const struct resource *want);

/* Identity fields only; presence included. */
bool resource_equal(const struct resource *a, const struct resource *b);
/*
 * Does `have` satisfy `want`?  Fields that `want` leaves empty (NULL, 0 in a
 * field marked optional, empty list marked optional) are not compared.
 */
bool resource_satisfies(const struct resource *have,
			const struct resource *want);
/* One line per differing identity field: 'session er-hq/primary/private: export
 * was 'A', is 'B''.  Returns the number of differences. */
int resource_diff(const struct resource *a, const struct resource *b,
		  struct buf *out);

/* {"kind":..,"name":..,"present":..,"state":{..}}; live fields only if asked.
 */
json_t *resource_to_json(const struct resource *r, bool with_live);
bool resource_from_json(const json_t *j, struct resource *ret, struct err *e);
json_t *resource_set_to_json(const struct resource_set *set, bool with_live);
bool resource_set_from_json(const json_t *j, struct resource_set *ret,
			    struct err *e);

#endif
