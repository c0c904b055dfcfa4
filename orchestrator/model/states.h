/*
 * states.h - the typed state of each resource kind
 *
 * Plain structs; resource_fields.c says for each member its name, type and
 * class (identity, optional or live).  A member added here must be added there;
 * a unit test compares the sizes.  Addresses and prefixes are canonical text.
 */
#ifndef CUTOVER_MODEL_STATES_H
#define CUTOVER_MODEL_STATES_H

#include <stdbool.h>
#include <stdint.h>

#include "orchestrator/model/list.h"

/* The private connection: its links as the provider hands them over. */
struct state_circuit {
	char *provisioning; /* 'NotProvisioned', 'Provisioning', 'Provisioned'
			     */
	struct state_list
		links;	   /* links that are lit (libvirt: active networks) */
	char *fingerprint; /* what of it is not ours, as canonical JSON */
	char *etag;	   /* live: the cloud's own version mark */
};

struct state_peering {
	char *domain; /* 'private', 'microsoft', 'public' */
	uint32_t asn, peer_asn, vlan;
	char *primary, *secondary; /* link subnets */
	bool enabled;
	char *secret, *secret_digest;
	struct state_list advertised;  /* microsoft: our public prefixes */
	char *registry, *route_filter; /* microsoft */
	char *validation; /* microsoft: state of the advertised prefixes */
	char *owner;	  /* live: who wrote it last */
	char *etag;	  /* live */
};

struct state_gateway {
	char *type, *sku, *provisioning;
	char *fingerprint; /* as in state_circuit */
	char *location;	   /* live: region */
	char *etag;	   /* live */
};

/* The cloud gateway's connection to the circuit. */
struct state_attachment {
	bool attached;
	bool failed; /* it is there, but came to nothing: to be removed */
	struct state_list ports; /* live: what is plugged */
	char *etag;		 /* live */
};

struct state_interface {
	bool up;		     /* administratively */
	struct state_list addresses; /* 'A.B.C.D/len' and IPv6, in order */
	char *parent;		     /* dot1q: the interface below; else NULL */
	uint32_t vlan;		     /* 0: untagged */
	uint32_t mtu;		     /* bytes; optional */
	bool oper_up;		     /* live */
	uint64_t rx_bytes, tx_bytes, rx_packets, tx_packets; /* live */
};

struct state_session {
	char *neighbor;	 /* address */
	char *local;	 /* our address */
	char *interface; /* where it runs, optional */
	uint32_t asn;	 /* theirs */
	uint32_t local_asn;
	bool enabled; /* false: shut */
	char *import; /* bound policy names; NULL: none bound */
	char *export;
	char *secret;	     /* reference for fetching; '' if no password */
	char *secret_digest; /* keyed digest of the password; NULL: none */
	uint32_t bfd_interval_ms, bfd_multiplier; /* 0: no BFD */
	uint32_t hold_s, keepalive_s;		  /* 0: device default */
	bool ours; /* created by cutover (else an existing session) */
	/* live */
	char *state;	 /* RFC 4271 8.2.2: 'Idle' .. 'Established' */
	char *bfd_state; /* 'up', 'down', 'init' or '' */
	uint64_t uptime_s;
	uint64_t established_epoch_s; /* device wall clock when it came up, 0 if
					 unknown */
	uint32_t prefixes_received, prefixes_accepted, prefixes_sent;
	struct state_list sent; /* adj-rib-out, sorted; only when asked for */
	struct state_list
		received; /* what was accepted from it, sorted; when asked */
	char *as_path;	  /* AS path of a received route, to see a maintenance
			     prepend */
};

struct state_policy_entry {
	struct state_list prefixes; /* rules 'P', 'P le N'; empty: any */
	char *community;	    /* match 'a:b'; NULL: any */
	bool permit;
	bool has_local_pref;
	uint32_t local_pref;
	bool has_med;
	uint32_t med;
	uint32_t prepend; /* how often our own ASN is put in front */
	struct state_list communities; /* added */
	char *call; /* evaluate this existing policy of the device for what
		       matched */
};

struct state_policy_entries {
	struct state_policy_entry *v;
	size_t n, cap;
};

/* A policy body with a name of its own ('CUTOVER-...-gN'); unmatched: denied.
 */
struct state_route_policy {
	char *direction; /* 'import' or 'export' */
	struct state_policy_entries entries;
};

/* A more-specific held on the VPN for a planned rollback ('pin'). */
struct state_static_route {
	struct state_list prefixes;
	char *session;	/* the only session that may announce them */
	char *next_hop; /* live: the parent's resolved next hop */
};

struct state_tunnel {
	char *connection;
	bool up; /* identity: IKE and child SA installed */
	char *local, *remote;
	uint64_t bytes_in, bytes_out, packets_in, packets_out; /* live */
	uint64_t age_s, rekey_s; /* live: of the child SA */
};

/* The fingerprint of the virtual network; identity is compared exactly. */
struct state_vnet {
	char *identity; /* canonical JSON: network XML digest, uuid, bridge,
			   DHCP, domains' uuid, id, NIC MAC, target, address ...
			 */
	char *digest;	/* SHA-256 of identity */
	char *liveness; /* live: JSON: uptime, lease expiry, counters */
};

/* Best path of one prefix on a device. */
struct state_route {
	bool in_fib;
	struct state_list next_hops; /* 'address[%interface]', sorted */
	char *session;	     /* neighbor address it was learned from; live */
	uint32_t local_pref; /* live */
	char *as_path;	     /* live */
	char *protocol;	     /* live: 'bgp', 'static' ..; NULL: not known */
	uint32_t distance;   /* live: lower wins; eBGP is taken to have 20 */
	struct state_list paths; /* live: BGP's, 'NEIGHBOR LOCAL-PREF' */
};

struct state_config {
	char *text;    /* secrets replaced by keyed digests */
	char *foreign; /* the text without what cutover owns */
	char *digest;  /* of text */
	bool saved;    /* identity: does the saved configuration equal it? */
};

#endif
