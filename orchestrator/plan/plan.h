/*
 * plan.h - a migration plan, typed and valid
 *
 * plan_load() reads YAML, reports every diagnostic at once (diag.h) and
 * returns a plan only when there was no error: whoever holds a struct plan
 * holds one whose references resolve, whose prefixes are canonical and whose
 * addresses fit together.  Read-only afterwards, and owner of all its strings.
 */
#ifndef CUTOVER_PLAN_PLAN_H
#define CUTOVER_PLAN_PLAN_H

#include "orchestrator/model/prefix.h"
#include "orchestrator/plan/diag.h"
#include "orchestrator/plan/move.h"
#include "orchestrator/plan/topology.h"
#include "orchestrator/port/target.h"

enum plan_model { PLAN_EXCHANGE, PLAN_NETWORK_SERVICE, PLAN_DIRECT };
enum plan_breach { PLAN_BREACH_ROLLBACK, PLAN_BREACH_HOLD };
enum plan_blind { PLAN_BLIND_HOLD, PLAN_BLIND_IGNORE };
enum plan_abort { PLAN_ABORT_HOLD, PLAN_ABORT_ROLLBACK };

struct plan_host { /* where probes start */
	char *name;
	struct ssh_endpoint ssh;
	char *command; /* cutover on that host; default 'cutover' */
};

struct plan_edge {
	char *name, *driver;
	struct ssh_endpoint ssh;
	char *config, *include, *socket; /* driver's own files, or NULL */
	bool reboot_returns; /* accept that a reboot returns to the start */
};

struct plan_tunnel {
	char *name, *driver;
	size_t edge;	  /* index into edges */
	char *connection; /* as the IPsec daemon calls it */
	char *neighbor;	  /* BGP neighbor inside, or NULL: static */
	uint32_t asn;
	char *interface;	  /* static: the tunnel's interface, or NULL */
	uint32_t distance, limit; /* of its static routes; 0: no limit */
	char *remote;		  /* outer address of the other end, or NULL */
	uint32_t mtu;		  /* 0: the provider's */
};

struct plan_link {
	char *name; /* 'primary', 'secondary' */
	size_t edge;
	char *interface;	   /* physical, on the edge */
	struct state_list network; /* libvirt networks that light this link */
};

struct plan_link_peering { /* one peering on one link */
	char *subnet;	   /* canonical '172.16.0.0/30' */
	char *local;	   /* first address, ours */
	char *local_len;   /* '172.16.0.1/30' */
	char *neighbor;	   /* second address, theirs */
	char *interface;   /* where the addresses go */
	char *parent;	   /* dot1q: the link's interface; else NULL */
};

struct plan_peering {
	char *name;    /* 'private', 'microsoft', 'public' or another word */
	char *domain;  /* one of those three; default: the name */
	uint32_t asn;  /* the provider's */
	uint32_t vlan; /* 0: untagged */
	struct plan_link_peering *on;		  /* one per link, same order */
	struct secret_ref password;		  /* SECRET_NONE: none */
	uint32_t bfd_interval_ms, bfd_multiplier; /* 0: no BFD */
	uint32_t hold_s, keepalive_s;		  /* 0: device default */
	struct state_list advertised;  /* microsoft: our public prefixes */
	char *registry, *route_filter; /* microsoft, or NULL */
	uint32_t max_path; /* AS hops of a normal path; longer: maintenance */
};

struct plan_limits { /* 0: the provider declares none */
	uint32_t prefixes_private, prefixes_public, prefixes_from_cloud;
};

/* How to reach and log in to Azure, and where things are by default. */
struct plan_azure {
	char *subscription, *resource_group, *location;
	struct secret_ref token, secret, certificate; /* one of them, or .. */
	bool managed_identity;
	char *tenant, *client_id;
	char *endpoint, *login, *audience, *identity, *ca_file; /* or NULL */
};

struct plan_circuit {
	char *name, *driver, *uri;
	enum plan_model model;
	char *attachment; /* network or connection; NULL: external, observe only
			   */
	char *circuit, *gateway, *location; /* azure: names or ids, or NULL */
	struct secret_ref authorization;    /* azure: key of the owner */
	struct plan_limits limits;
	uint32_t bandwidth; /* Mbit/s of one link; 0: not known */
	uint32_t mtu;	    /* 0: the provider's */
	struct plan_link *links;
	size_t n_links;
	struct plan_peering *peerings;
	size_t n_peerings;
};

struct plan_vnet {
	char *name, *driver, *uri, *network;
	struct state_list prefixes;
	char *gateway_port; /* MAC of a port that may change, or NULL */
};

struct plan_probe {
	char *name, *kind;    /* stamp, icmp, tcp, http, tcp-flow */
	int host;	      /* index into hosts; -1: here */
	char *source, *to;    /* source may be NULL */
	char *path;	      /* http; NULL: '/' */
	uint16_t port;	      /* 0: the kind's default */
	uint32_t rate;	      /* packets/s; 0: the kind's default */
	uint32_t flows, size; /* size 0: smallest */
	bool df;
	int group; /* or -1 */
};

enum plan_over { /* what a guard looks at */
		 PLAN_OVER_PROBE,
		 PLAN_OVER_SESSIONS,	/* BGP sessions stay Established */
		 PLAN_OVER_PREFIXES,	/* and lose none of their prefixes */
		 PLAN_OVER_TUNNELS,	/* IPsec tunnels stay up */
		 PLAN_OVER_COUNTERS,	/* the circuit is idle before the first
					   wave */
		 PLAN_OVER_MAINTENANCE, /* no AS path is longer than 'max_path'
					 */
		 PLAN_OVER_VNET,	/* the fingerprint stays */
};
#define PLAN_OVER_WORDS "|sessions|prefixes|tunnels|counters|maintenance|vnet"

struct plan_guard {
	char *name;
	enum plan_over over;
	int probe; /* index with PLAN_OVER_PROBE, else -1 */
	bool has_lost, has_gap, has_rtt;
	uint32_t rtt_factor; /* times the baseline's median, at most; or 0 */
	uint32_t drop;	     /* prefixes that a session may lose */
	uint32_t packets;    /* /s on the circuit before its time */
	uint32_t lost;	     /* packets in the window, at most */
	uint32_t gap_ms, rtt_ms; /* at most */
	uint32_t window_ms;
	enum plan_breach breach;
	enum plan_blind blind;
};

struct plan_rollback {
	bool automatic;
	bool to_start; /* else to the last checkpoint */
	uint32_t dead_man_s;
	enum plan_abort on_abort;
};

struct plan_preference {
	uint32_t circuit, vpn, drain;
};

struct plan_timeouts {
	uint32_t command_ms, converge_ms, established_ms, provider_ms;
};

struct plan {
	char *path, *text, *hash; /* hash: SHA-256 of the text */
	char *name, *change;
	struct plan_site site;
	struct plan_azure azure; /* subscription NULL: none */
	struct plan_host *hosts;
	size_t n_hosts;
	struct plan_edge *edges;
	size_t n_edges;
	struct plan_tunnel *tunnels;
	size_t n_tunnels;
	struct plan_circuit *circuits;
	size_t n_circuits;
	struct plan_vnet vnet; /* name NULL: none */
	struct plan_group *groups;
	size_t n_groups;
	struct plan_wave *waves;
	size_t n_waves;
	struct plan_probe *probes;
	size_t n_probes;
	struct plan_guard *guards;
	size_t n_guards;
	struct plan_rollback rollback;
	struct plan_preference preference;
	struct plan_timeouts timeouts;
	uint32_t baseline_ms, approvals; /* approvals: by so many people */
	int64_t window_start_us, window_end_us; /* wall clock; 0: none */
	bool finish_retire;			/* else the VPN is kept */
};

/* NULL when there is an error among the diagnostics (which are kept). */
struct plan *plan_load(const char *path, struct diag_list *diags);
/* The same from memory; relative files are looked up beside `path`. */
struct plan *plan_parse(const char *path, const char *text, size_t len,
			struct diag_list *diags);
void plan_free(struct plan *p);

/*
 * One target per system: each edge and tunnel by its name, the circuit by its
 * name, the vnet by its name.  The caller frees the vector with
 * plan_targets_free().  `secrets` of an edge: '<circuit>/<peering>'.
 */
struct target *plan_targets(const struct plan *p, size_t *ret_n);
void plan_targets_free(struct target *v, size_t n);

#endif
