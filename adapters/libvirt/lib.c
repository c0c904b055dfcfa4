/*
 * lib.c - libvirt's library, with plain values
 *
 * The one file that includes libvirt.h.  Every function here blocks for as long
 * as the daemon likes and runs on a lane (virt.c).  One event loop per process
 * reads all connections and sends keepalives, which end the calls to a daemon
 * that is stopped or unreachable.
 *
 * Threads: a connection is used by one thread; callbacks come on the event
 * loop's thread and only put texts in a queue (events.h), of which each holds a
 * reference.  Nothing is printed: the library's own error printer is off.
 */
#include "adapters/libvirt/lib.h"

#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <pthread.h>
#include <string.h>

#include "adapters/libvirt/names.h"
#include "adapters/libvirt/nics.h"
#include "orchestrator/base/clock.h"

#define KEEPALIVE_S 2
#define KEEPALIVE_COUNT 4

struct lib {
	virConnectPtr conn;
	struct events *events;
	int domain_callbacks[2], n_domain_callbacks;
	int network_callback;
};

/* names.c knows these by number */
_Static_assert(VIR_DOMAIN_RUNNING == 1 && VIR_DOMAIN_PMSUSPENDED == 7 &&
		       VIR_DOMAIN_EVENT_STARTED == 2 &&
		       VIR_DOMAIN_EVENT_STOPPED == NAMES_STOPPED &&
		       VIR_DOMAIN_EVENT_CRASHED == 8 &&
		       VIR_DOMAIN_EVENT_STOPPED_FROM_SNAPSHOT == 6 &&
		       VIR_NETWORK_EVENT_STOPPED == 3 &&
		       VIR_UUID_STRING_BUFLEN == FACTS_UUID,
	       "libvirt's numbers");

/* ---- errors ---- */

static bool lib_err(struct err *e, enum err_code code, const char *what,
		    const char *name)
{
	const char *msg = virGetLastErrorMessage();

	return err_set(e, code, "cannot %s '%s': %.*s", what, name,
		       (int)strcspn(msg, "\n"), msg);
}

/* Did the daemon answer (true), or was it the way there that failed? */
static bool daemon_answered(virConnectPtr conn)
{
	const virError *last = virGetLastError();

	if (!last || last->domain == VIR_FROM_RPC ||
	    last->domain == VIR_FROM_REMOTE)
		return false;
	if (last->code == VIR_ERR_RPC || last->code == VIR_ERR_NO_CONNECT ||
	    last->code == VIR_ERR_INVALID_CONN)
		return false;
	return virConnectIsAlive(conn) == 1;
}

/* ---- events ---- */

static void on_close(virConnectPtr conn, int reason, void *arg)
{
	(void)conn;
	events_put(arg, "connection to libvirt lost: %s",
		   reason == VIR_CONNECT_CLOSE_REASON_KEEPALIVE
			   ? "no answer to keepalives"
			   : "closed");
	events_end(arg);
}

static void on_network(virConnectPtr conn, virNetworkPtr net, int event,
		       int detail, void *arg)
{
	(void)conn;
	(void)detail;
	events_put(arg, "network %s %s", virNetworkGetName(net),
		   names_network_event(event));
}

static int on_domain(virConnectPtr conn, virDomainPtr dom, int event,
		     int detail, void *arg)
{
	const char *why = names_domain_detail(event, detail);

	(void)conn;
	events_put(arg, "domain %s %s%s%s", virDomainGetName(dom),
		   names_domain_event(event), why ? ": " : "", why ? why : "");
	return 0;
}

static void on_reboot(virConnectPtr conn, virDomainPtr dom, void *arg)
{
	(void)conn;
	events_put(arg, "domain %s rebooted", virDomainGetName(dom));
}

static void watch_domains(struct lib *s, int event, void (*cb)(void))
{
	int id = virConnectDomainEventRegisterAny(
		s->conn, NULL, event, VIR_DOMAIN_EVENT_CALLBACK(cb),
		events_ref(s->events), events_unref);

	if (id >= 0)
		s->domain_callbacks[s->n_domain_callbacks++] = id;
	else
		events_unref(s->events);
}

static void watch_all(struct lib *s)
{
	/* no reference: drivers without it take one and never let go */
	virConnectRegisterCloseCallback(s->conn, on_close, s->events, NULL);
	watch_domains(s, VIR_DOMAIN_EVENT_ID_LIFECYCLE,
		      (void (*)(void))on_domain);
	watch_domains(s, VIR_DOMAIN_EVENT_ID_REBOOT, (void (*)(void))on_reboot);
	s->network_callback = virConnectNetworkEventRegisterAny(
		s->conn, NULL, VIR_NETWORK_EVENT_ID_LIFECYCLE,
		VIR_NETWORK_EVENT_CALLBACK((void (*)(void))on_network),
		events_ref(s->events), events_unref);
	if (s->network_callback < 0)
		events_unref(s->events);
}

/* ---- open and close ---- */

static void quiet(void *arg, virErrorPtr error)
{
	(void)arg;
	(void)error;
}

static void *event_loop(void *arg)
{
	(void)arg;
	for (;;)
		if (virEventRunDefaultImpl() < 0)
			clock_sleep_us(100000);
	return NULL;
}

static void library_start(void)
{
	pthread_t thread;

	virSetErrorFunc(NULL, quiet);
	if (virInitialize() < 0 || virEventRegisterDefaultImpl() < 0 ||
	    pthread_create(&thread, NULL, event_loop, NULL) != 0)
		abort();
	pthread_detach(thread);
}

struct lib *lib_open(const char *uri, struct events *events, struct err *e)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	virConnectPtr conn;
	struct lib *l;

	pthread_once(&once, library_start);
	virResetLastError();
	conn = virConnectOpen(uri);
	if (!conn) {
		int code = virGetLastErrorCode();
		bool no = code == VIR_ERR_AUTH_FAILED ||
			  code == VIR_ERR_AUTH_CANCELLED ||
			  code == VIR_ERR_AUTH_UNAVAILABLE;

		lib_err(e, no ? ERR_REFUSED : ERR_IO, "connect to libvirt at",
			uri);
		return NULL;
	}
	l = mem_alloc(sizeof(*l));
	l->conn = conn;
	l->events = events_ref(events);
	/* drivers without a daemon have no use for it */
	virConnectSetKeepAlive(conn, KEEPALIVE_S, KEEPALIVE_COUNT);
	watch_all(l);
	return l;
}

void lib_close(struct lib *l)
{
	if (!l)
		return;
	for (int i = 0; i < l->n_domain_callbacks; i++)
		virConnectDomainEventDeregisterAny(l->conn,
						   l->domain_callbacks[i]);
	if (l->network_callback >= 0)
		virConnectNetworkEventDeregisterAny(l->conn,
						    l->network_callback);
	virConnectUnregisterCloseCallback(l->conn, on_close);
	virConnectClose(l->conn);
	events_unref(l->events);
	free(l);
}

/* ---- networks ---- */

/* NULL: *ret_none says that there is no such network, else e is set. */
static virNetworkPtr find_network(struct lib *l, const char *name,
				  bool *ret_none, struct err *e)
{
	virNetworkPtr net = virNetworkLookupByName(l->conn, name);

	*ret_none = !net && virGetLastErrorCode() == VIR_ERR_NO_NETWORK;
	if (!net && !*ret_none)
		lib_err(e, ERR_IO, "look up network", name);
	return net;
}

/* Texts from the library are malloc'ed, as ours are. */
static bool read_network(virNetworkPtr net, struct facts_network *n,
			 struct err *e)
{
	const char *name = virNetworkGetName(net);
	int active = virNetworkIsActive(net);
	int persistent = virNetworkIsPersistent(net), autostart = 0;

	if (active < 0 || persistent < 0 ||
	    (persistent && virNetworkGetAutostart(net, &autostart) < 0))
		return lib_err(e, ERR_IO, "read network", name);
	n->name = mem_strdup(name);
	virNetworkGetUUIDString(net, n->uuid);
	n->exists = true;
	n->active = active;
	n->persistent = persistent;
	n->autostart = autostart;
	n->xml = virNetworkGetXMLDesc(net, 0);
	if (persistent)
		n->saved_xml =
			virNetworkGetXMLDesc(net, VIR_NETWORK_XML_INACTIVE);
	/* a driver that knows one definition only says 'invalid argument' */
	if (!n->xml || (persistent && !n->saved_xml &&
			virGetLastErrorCode() != VIR_ERR_INVALID_ARG))
		return lib_err(e, ERR_IO, "read network", name);
	return true;
}

bool lib_network_read(struct lib *l, const char *name,
		      struct facts_network *ret, struct err *e)
{
	bool none, ok;
	virNetworkPtr net = find_network(l, name, &none, e);

	if (!net)
		return none;
	ok = read_network(net, ret, e);
	virNetworkFree(net);
	return ok;
}

static bool read_leases(virNetworkPtr net, struct facts_network *n,
			struct err *e)
{
	virNetworkDHCPLeasePtr *v = NULL;
	int count = virNetworkGetDHCPLeases(net, NULL, &v, 0);

	if (count < 0 && virGetLastErrorCode() == VIR_ERR_NO_SUPPORT)
		return true;
	if (count < 0)
		return lib_err(e, ERR_IO, "read the leases of network",
			       virNetworkGetName(net));
	for (int i = 0; i < count; i++) {
		MEM_GROW(n->leases, n->n_leases, n->cap_leases);
		n->leases[n->n_leases++] = (struct facts_lease){
			.mac = mem_strdup(v[i]->mac ? v[i]->mac : ""),
			.ip = mem_strdup(v[i]->ipaddr),
			.hostname = mem_strdup(v[i]->hostname),
			.expiry = v[i]->expirytime,
		};
		virNetworkDHCPLeaseFree(v[i]);
	}
	free(v);
	return true;
}

bool lib_networks_read(struct lib *l, struct facts_networks *ret, struct err *e)
{
	virNetworkPtr *v = NULL;
	int n = virConnectListAllNetworks(l->conn, &v, 0);
	bool ok = n >= 0;

	if (!ok)
		lib_err(e, ERR_IO, "list", "the networks");
	for (int i = 0; i < n; i++) {
		MEM_GROW(ret->v, ret->n, ret->cap);
		ret->v[ret->n] = (struct facts_network){0};
		ok = ok && read_network(v[i], &ret->v[ret->n++], e);
		virNetworkFree(v[i]);
	}
	free(v);
	return ok;
}

bool lib_bridge_read(struct lib *l, const char *network, char **ret_xml,
		     struct err *e)
{
	bool none;
	virNetworkPtr net = find_network(l, network, &none, e);
	mem_auto_free char *bridge = net ? virNetworkGetBridgeName(net) : NULL;
	virInterfacePtr i =
		bridge ? virInterfaceLookupByName(l->conn, bridge) : NULL;

	*ret_xml = i ? virInterfaceGetXMLDesc(i, 0) : NULL;
	if (i)
		virInterfaceFree(i);
	if (net)
		virNetworkFree(net);
	return net || none;
}

/* ---- domains ---- */

static void read_counters(virDomainPtr dom, const struct nics *nics,
			  struct facts_domain *d)
{
	for (size_t i = 0; i < nics->n; i++) {
		virDomainInterfaceStatsStruct s;

		if (!nics->v[i].target ||
		    virDomainInterfaceStats(dom, nics->v[i].target, &s,
					    sizeof(s)) < 0)
			continue;
		MEM_GROW(d->counters, d->n_counters, d->cap_counters);
		d->counters[d->n_counters++] = (struct facts_counters){
			.target = mem_strdup(nics->v[i].target),
			.rx_bytes = s.rx_bytes,
			.rx_packets = s.rx_packets,
			.rx_drop = s.rx_drop,
			.tx_bytes = s.tx_bytes,
			.tx_packets = s.tx_packets,
			.tx_drop = s.tx_drop,
		};
	}
}

static void take_addresses(virDomainInterfacePtr face, struct facts_domain *d)
{
	for (unsigned i = 0; face->hwaddr && i < face->naddrs; i++) {
		if (face->addrs[i].type != VIR_IP_ADDR_TYPE_IPV4)
			continue; /* temporary IPv6 addresses come and go */
		MEM_GROW(d->addresses, d->n_addresses, d->cap_addresses);
		d->addresses[d->n_addresses++] = (struct facts_address){
			.mac = mem_strdup(face->hwaddr),
			.ip = mem_strdup(face->addrs[i].addr),
		};
	}
}

/* An agent that is connected and does not answer makes us blind, no less. */
static bool read_agent(virDomainPtr dom, struct facts_domain *d, struct err *e)
{
	virDomainInterfacePtr *v = NULL;
	int n = virDomainInterfaceAddresses(
		dom, &v, VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_AGENT, 0);

	if (n < 0)
		return lib_err(e, ERR_IO, "ask the agent of domain", d->name);
	for (int i = 0; i < n; i++) {
		take_addresses(v[i], d);
		virDomainInterfaceFree(v[i]);
	}
	free(v);
	return true;
}

/* *ret_on: it has an interface on the network. */
static bool read_domain(virDomainPtr dom, const char *network,
			const char *bridge, struct facts_domain *d,
			bool *ret_on, struct err *e)
{
	char uuid[VIR_UUID_STRING_BUFLEN] = "";
	xml_auto *x = NULL;
	nics_auto nics = {0};
	virDomainInfo info;
	const char *id;

	d->name = mem_strdup(virDomainGetName(dom));
	d->xml = virDomainGetXMLDesc(dom, 0);
	if (!d->xml || virDomainGetInfo(dom, &info) < 0 ||
	    virDomainGetUUIDString(dom, uuid) < 0)
		return lib_err(e, ERR_IO, "read domain", d->name);
	x = xml_parse(d->xml, e);
	if (!x)
		return false;
	nics_read(x, &nics);
	*ret_on = nics_any_on(&nics, network, bridge);
	if (!*ret_on)
		return true;
	id = xml_attr(x, "id");
	d->id = id ? atoi(id) : -1;
	d->uuid = mem_strdup(uuid);
	d->state = mem_strdup(names_domain_state(info.state));
	d->cpu_ns = info.cpuTime;
	if (d->id < 0)
		return true;
	read_counters(dom, &nics, d);
	return !nics_agent_connected(x) || read_agent(dom, d, e);
}

static bool add_domain(virDomainPtr dom, const char *network,
		       const char *bridge, struct facts *f, struct err *e)
{
	struct facts_domain d = {0};
	bool on = false;
	bool ok = read_domain(dom, network, bridge, &d, &on, e);

	if (!ok && virGetLastErrorCode() == VIR_ERR_NO_DOMAIN)
		ok = true; /* it went away while we looked */
	else if (ok && on) {
		MEM_GROW(f->domains, f->n_domains, f->cap_domains);
		f->domains[f->n_domains++] = d;
		return true;
	}
	facts_domain_done(&d);
	return ok;
}

static bool read_domains(struct lib *l, const char *network, const char *bridge,
			 struct facts *f, struct err *e)
{
	virDomainPtr *v = NULL;
	int n = virConnectListAllDomains(l->conn, &v, 0);
	bool ok = n >= 0;

	if (!ok)
		lib_err(e, ERR_IO, "list", "the domains");
	for (int i = 0; i < n; i++) {
		virResetLastError();
		ok = ok && add_domain(v[i], network, bridge, f, e);
		virDomainFree(v[i]);
	}
	free(v);
	return ok;
}

bool lib_vnet_read(struct lib *l, const char *network, struct facts *ret,
		   struct err *e)
{
	bool none, ok;
	virNetworkPtr net = find_network(l, network, &none, e);
	char *bridge;

	if (!net)
		return none;
	bridge = virNetworkGetBridgeName(net);
	ok = read_network(net, &ret->network, e) &&
	     (!ret->network.active || read_leases(net, &ret->network, e)) &&
	     read_domains(l, network, bridge, ret, e);
	free(bridge);
	virNetworkFree(net);
	return ok;
}

/* ---- the change ---- */

static enum lib_answer answer(struct lib *l)
{
	int code = virGetLastErrorCode();

	if (!daemon_answered(l->conn))
		return LIB_LOST;
	if (code == VIR_ERR_OPERATION_INVALID)
		return LIB_IS_SO;
	if (code == VIR_ERR_OPERATION_TIMEOUT || code == VIR_ERR_RESOURCE_BUSY)
		return LIB_BUSY;
	return LIB_NO;
}

enum lib_answer lib_network_switch(struct lib *l, const char *name, bool on,
				   struct err *e)
{
	enum lib_answer a = LIB_DONE;
	bool none;
	virNetworkPtr net = find_network(l, name, &none, e);

	if (none)
		err_set(e, ERR_REFUSED, "there is no network '%s'", name);
	if (!net)
		return LIB_NOT_SENT;
	virResetLastError();
	if ((on ? virNetworkCreate(net) : virNetworkDestroy(net)) < 0) {
		lib_err(e, ERR_UNKNOWN, on ? "start network" : "stop network",
			name);
		a = answer(l);
	}
	virNetworkFree(net);
	return a;
}
