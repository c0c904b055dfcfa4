/*
 * build_parts.h - the parts of building; private to orchestrator/twin/
 */
#ifndef CUTOVER_TWIN_BUILD_PARTS_H
#define CUTOVER_TWIN_BUILD_PARTS_H

#include "orchestrator/twin/build_prefix.h"

#define PART_MANY 16 /* equal paths: all of them are possible */

int part_router(struct twin *t, const char *name, enum net_role role,
		uint32_t asn, const char *address);
/* Enabled at both ends, everything permitted. */
int part_session(struct twin *t, const char *name, int a, int b, int link);
/* The same on a link of its own inside an AS; both set next-hop-self. */
int part_inside(struct twin *t, const char *name, int a, int b);
/* Takes the list over and leaves it empty. */
int part_origin(struct twin *t, const char *name, int router, int link,
		uint32_t distance, struct prefix_vec *l);
/* Denies what lies in the set, permits the rest at a local preference. */
int part_all_but(struct twin *t, const char *name, int denied,
		 uint32_t local_pref);
/* Permits what lies in the set. */
struct filter_entry *part_only(struct twin *t, const char *name, int permitted,
			       int *ret);
/* 1: IPv4, 2: IPv6, by the address that a session is spoken over. */
unsigned part_families(const char *address);

/* build_inside.c */
void build_routers(struct twin *t);
void build_origins(struct twin *t, const struct twin_seen *seen, size_t n);
/* build_site.c */
void build_public(struct twin *t);
void build_internet(struct twin *t);
/* build_cloud.c */
void build_fabric(struct twin *t);
void build_tunnels(struct twin *t);
void build_circuit(struct twin *t, size_t circuit);
/* build_program.c */
bool build_program(struct twin *t, struct err *e);

#endif
