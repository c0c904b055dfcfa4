/*
 * twin_bench.c - what the twin costs, and how that grows
 *
 *	twin_bench edges	prefixes over two edges, a whole plan proved
 *	twin_bench routers	an AS of 754 routers, 1,000 steps
 *
 * Prints processor times and the process's peak memory; nothing passes or fails
 *here.
 */
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "adapters/bird/bird.h"
#include "adapters/frr/frr.h"
#include "adapters/strongswan/strongswan.h"
#include "orchestrator/steps/compile.h"
#include "orchestrator/twin/prove.h"
#include "orchestrator/twin/walk.h"

/* Processor time: what others do on the machine does not count. */
static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double peak_mib(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (double)u.ru_maxrss / 1024;
}

static uint64_t seed = 1;

static uint32_t rnd(uint32_t n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(seed >> 33) % n;
}

/* ---- a plan over two edges ---- */

static const char plan_text[] =
	"version: 1\n"
	"name: bench\n"
	"site: {asn: 65010, prefixes: [10.0.0.0/8], mss: 1350}\n"
	"edges:\n"
	"  - {name: edge1, driver: frr}\n"
	"  - {name: edge2, driver: frr}\n"
	"tunnels:\n"
	"  - {name: vpn1, edge: edge1, connection: c, neighbor: 172.31.0.4, "
	"asn: 65515}\n"
	"  - {name: vpn2, edge: edge2, connection: c, neighbor: 172.31.0.5, "
	"asn: 65515}\n"
	"circuits:\n"
	"  - name: er\n"
	"    driver: external\n"
	"    links:\n"
	"      - {name: primary, edge: edge1, interface: ckt0}\n"
	"      - {name: secondary, edge: edge2, interface: ckt0}\n"
	"    peerings:\n"
	"      - name: private\n"
	"        asn: 12076\n"
	"        vlan: 100\n"
	"        subnets: {primary: 172.16.0.0/30, secondary: 172.16.0.4/30}\n"
	"vnet: {name: vnet1, driver: none, prefixes: [172.30.0.0/16]}\n"
	"groups:\n"
	"  - {name: first, onprem: ['10.0.0.0/10 le 30'], cloud: "
	"[172.30.0.0/16]}\n"
	"  - {name: second, onprem: ['10.64.0.0/10 le 30'], cloud: "
	"[172.30.0.0/16]}\n"
	"  - {name: third, onprem: ['10.128.0.0/9 le 30'], cloud: "
	"[172.30.0.0/16]}\n"
	"waves:\n"
	"  - {name: one, groups: [first], soak: 1m}\n"
	"  - {name: two, groups: [second], soak: 1m}\n"
	"  - {name: three, groups: [third], soak: 1m}\n"
	"probes:\n"
	"  - {name: p, to: 172.30.0.4, group: first}\n"
	"guards:\n"
	"  - {name: g, probe: p, lost: 0}\n";

/* n different prefixes of 10.0.0.0/8, in no order. */
static void see_prefixes(struct resource_set *set, size_t n)
{
	struct resource *r = resource_set_add(set, RESOURCE_SESSION, "vpn1");
	uint32_t a = 0;

	r->session.enabled = true;
	for (size_t i = 0; i < n; i++) {
		char text[32];

		/* steps that never meet: 4 MiB of /30s, walked in circles */
		a = (a + 2654435761u) & 0x3fffff;
		snprintf(text, sizeof(text), "10.%u.%u.%u/30", a >> 14 & 255,
			 a >> 6 & 255, a << 2 & 255);
		state_list_add(&r->session.sent, text);
	}
}

static void bench_edges(size_t n)
{
	struct diag_list diags = {0};
	struct resource_set set = {0};
	struct twin_seen seen = {"edge1", &set};
	struct plan *p =
		plan_parse("bench.yaml", plan_text, strlen(plan_text), &diags);
	struct program *g = p ? steps_compile(p, NULL) : NULL;
	struct twin *t;
	struct prove *v;
	double t0, t1, t2;

	if (!g) {
		fprintf(stderr, "twin_bench: no plan\n");
		return;
	}
	see_prefixes(&set, n);
	t0 = now();
	t = twin_build(p, g, &seen, 1, NULL);
	t1 = now();
	v = prove_program(t);
	t2 = now();
	printf("edges: %8zu prefixes (%zu with more-specifics, %zu classes): "
	       "build %.3f s, proof %.3f s (%zu states, %zu with a failure, "
	       "%zu errors), peak %.0f MiB\n",
	       n, v->prefixes, v->classes, t1 - t0, t2 - t1, v->judged,
	       v->failed, v->errors, peak_mib());
	prove_free(v);
	twin_free(t);
	resource_set_done(&set);
	program_free(g);
	plan_free(p);
	diag_list_done(&diags);
}

/* ---- one large AS ---- */

struct as {
	struct net *n;
	struct decide *d;
	int routers, borders;
};

static int session(struct as *x, int a, int b, int link)
{
	int s = net_add_session(x->n, "s", a, b, link);

	for (int side = 0; side < 2; side++) {
		net_enable(x->n, s, side, true);
		net_bind(x->n, s, side, true, FILTER_ALL);
		net_bind(x->n, s, side, false, FILTER_ALL);
		x->n->sessions[s].end[side].next_hop_self =
			!x->n->sessions[s].ebgp;
	}
	return s;
}

/* A tree with chords, as such backbones are: 754 routers, 895 links. */
static void backbone(struct as *x, int routers, int borders)
{
	x->n = net_new();
	x->routers = routers;
	x->borders = borders;
	for (int i = 0; i < routers; i++) {
		net_add_router(x->n, "r", NET_CORE, 65000, (uint32_t)i + 1);
		if (i)
			net_add_link(x->n, "l", NET_LAN, i,
				     (int)rnd((uint32_t)i), 1 + rnd(20));
	}
	for (int i = 0; i < routers * 142 / 754; i++) {
		int a = (int)rnd((uint32_t)routers);
		int b = (int)rnd((uint32_t)routers);

		if (a != b)
			net_add_link(x->n, "l", NET_LAN, a, b, 1 + rnd(20));
	}
}

static void peers(struct as *x)
{
	for (int i = 0; i < x->borders; i++) {
		int edge = i * (x->routers / x->borders);
		int peer = net_add_router(x->n, "peer", NET_PROVIDER_EDGE,
					  64600, 9000 + (uint32_t)i);
		int link =
			net_add_link(x->n, "wire", NET_CIRCUIT, edge, peer, 0);
		int o = net_add_origin(x->n, "o", peer);

		session(x, edge, peer, link);
		for (int k = 0; k < 8; k++) {
			char text[32];
			struct prefix p;

			snprintf(text, sizeof(text), "10.%d.0.0/16", k);
			if (prefix_parse(text, &p, NULL))
				net_origin_add(x->n, o, &p);
		}
	}
}

static void full_mesh(struct as *x)
{
	for (int a = 0; a < x->routers; a++)
		for (int b = a + 1; b < x->routers; b++)
			session(x, a, b, -1);
}

/* Reflectors in two clusters of which everybody is a client. */
static void reflectors(struct as *x)
{
	for (int r = 0; r < 4; r++)
		for (int a = r + 1; a < x->routers; a++) {
			int s = session(x, r, a, -1);

			x->n->sessions[s].end[0].client = a >= 4;
			x->n->sessions[s].end[0].next_hop_self = false;
		}
}

/* A thousand steps: sessions to the peers shut and opened in turn, some links
 * of the inside cut and mended. */
static void thousand_steps(struct as *x, const char *what)
{
	int first = x->n->n_sessions - x->borders;
	double t0 = now(), worst = 0, total;
	size_t bad = 0;

	for (int i = 0; i < 1000; i++) {
		double t = now();
		struct walk w;
		struct prefix p;

		if (i % 10 == 9)
			net_fail_link(x->n, i / 10 % 100, i / 10 % 2 == 0);
		else
			net_enable(x->n, first + i / 2 % x->borders, 0, i % 2);
		decide_run(x->d);
		if (prefix_parse("10.3.0.0/16", &p, NULL)) {
			walk_prefix(x->d, &p, 1 + i % (x->routers - 1), &w);
			bad += !walk_is_good(&w);
			walk_done(&w);
		}
		t = now() - t;
		worst = t > worst ? t : worst;
	}
	total = now() - t0;
	printf("routers: %d, %s, %d sessions: 1,000 steps in %.2f s (slowest "
	       "%.3f s), %zu walks bad, %llu messages, peak %.0f MiB\n",
	       x->routers, what, x->n->n_sessions, total, worst, bad,
	       (unsigned long long)x->d->messages, peak_mib());
}

static void bench_routers(int routers, bool mesh)
{
	struct as x = {0};
	double t0;

	backbone(&x, routers, routers / 30 + 2);
	if (mesh)
		full_mesh(&x);
	else
		reflectors(&x);
	peers(&x);
	x.d = decide_new(x.n);
	t0 = now();
	decide_run(x.d);
	printf("routers: %d, %s: decided in %.3f s\n", routers,
	       mesh ? "full mesh" : "reflectors", now() - t0);
	thousand_steps(&x, mesh ? "full mesh" : "reflectors");
	decide_free(x.d);
	net_free(x.n);
}

int main(int argc, char **argv)
{
	bool edges = argc < 2 || strcmp(argv[1], "edges") == 0;
	bool routers = argc < 2 || strcmp(argv[1], "routers") == 0;

	adapter_register(&frr_adapter_ops);
	adapter_register(&bird_adapter_ops);
	adapter_register(&strongswan_adapter_ops);
	for (size_t n = 1000; edges && n <= 1000000; n *= 10)
		bench_edges(n);
	for (int n = 94; routers && n <= 754; n *= 2) {
		bench_routers(n, true);
		bench_routers(n, false);
		if (n * 2 > 754 && n < 754)
			n = 377;
	}
	return edges || routers ? 0 : 2;
}
