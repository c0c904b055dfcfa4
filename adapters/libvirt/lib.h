/*
 * lib.h - libvirt's library, with plain values
 *
 * Everything here blocks without a deadline; use virt.h.
 */
#ifndef CUTOVER_ADAPTERS_LIBVIRT_LIB_H
#define CUTOVER_ADAPTERS_LIBVIRT_LIB_H

#include "adapters/libvirt/events.h"
#include "adapters/libvirt/facts.h"
#include "orchestrator/port/adapter.h"

struct lib; /* opaque: one connection */

struct lib *lib_open(const char *uri, struct events *events, struct err *e);
void lib_close(struct lib *l);

/* A network that is not there: true, and exists is false. */
bool lib_network_read(struct lib *l, const char *name,
		      struct facts_network *ret, struct err *e);
bool lib_networks_read(struct lib *l, struct facts_networks *ret,
		       struct err *e);
/* A network, its leases and the domains on it. */
bool lib_vnet_read(struct lib *l, const char *network, struct facts *ret,
		   struct err *e);
/* libvirt's XML of a network's bridge; NULL where it has none to tell. */
bool lib_bridge_read(struct lib *l, const char *network, char **ret_xml,
		     struct err *e);

enum lib_answer {
	LIB_DONE,
	LIB_NOT_SENT, /* the network could not be looked up */
	LIB_NO,	      /* the daemon answered with an error */
	LIB_BUSY,     /* the same, and later it may work */
	LIB_IS_SO,    /* the same: because it is in that state already? */
	LIB_LOST,     /* no answer: anything may have happened */
};

/* Starts or stops a network, without any question asked. */
enum lib_answer lib_network_switch(struct lib *l, const char *name, bool on,
				   struct err *e);

#endif
