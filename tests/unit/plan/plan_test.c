/*
 * plan_test.c - what a plan says is what struct plan holds; defaults, targets
 */
#include "orchestrator/base/digest.h"
#include "tests/unit/plan/plan_util.h"

#define HQ "plans/hq-expressroute.yaml"

static struct plan *hq(void)
{
	mem_auto_free char *text = util_file(HQ);

	return util_plan(HQ, text);
}

static void site_and_edges(void **state)
{
	struct plan *p = hq();

	(void)state;
	assert_string_equal(p->name, "hq-expressroute");
	assert_string_equal(p->change, "CHG-20451");
	assert_int_equal(p->site.asn, 65010);
	assert_int_equal(p->site.prefixes.n, 2);
	assert_string_equal(p->site.prefixes.v[1], "10.128.0.0/9");
	assert_int_equal(p->n_hosts, 1);
	assert_string_equal(p->hosts[0].command, "cutover");
	assert_int_equal(p->n_edges, 2);
	assert_string_equal(p->edges[1].driver, "bird");
	assert_string_equal(p->edges[1].include, "/etc/bird/cutover.conf");
	assert_null(p->edges[0].include);
	assert_string_equal(p->edges[0].ssh.host, "100.64.0.12");
	assert_int_equal(p->edges[0].ssh.port, 22);
	assert_int_equal(p->edges[0].ssh.timeout_ms, 10000);
	assert_int_equal(p->edges[0].ssh.key.kind, SECRET_FILE);
	assert_string_equal(p->edges[0].ssh.key.value, "plans/id_ed25519");
	assert_string_equal(p->edges[0].ssh.known_hosts, "plans/known_hosts");
	assert_false(p->edges[0].reboot_returns);
	assert_int_equal(p->n_tunnels, 2);
	assert_int_equal(p->tunnels[1].edge, 1);
	assert_string_equal(p->tunnels[1].driver, "strongswan");
	assert_string_equal(p->tunnels[1].neighbor, "10.100.255.5");
	assert_null(p->tunnels[1].interface);
	plan_free(p);
}

static void circuit(void **state)
{
	struct plan *p = hq();
	const struct plan_circuit *c = &p->circuits[0];
	const struct plan_peering *pe = &c->peerings[0];

	(void)state;
	assert_int_equal(p->n_circuits, 1);
	assert_int_equal(c->model, PLAN_EXCHANGE);
	assert_string_equal(c->attachment, "er-hq-gateway");
	assert_int_equal(c->limits.prefixes_private, 4000);
	assert_int_equal(c->limits.prefixes_public, 200);
	assert_int_equal(c->limits.prefixes_from_cloud, 1000);
	assert_int_equal(c->n_links, 2);
	assert_int_equal(c->links[1].edge, 1);
	assert_int_equal(c->links[1].network.n, 2);
	assert_int_equal(c->n_peerings, 2);
	assert_string_equal(pe->domain, "private");
	assert_int_equal(pe->vlan, 0);
	assert_int_equal(pe->bfd_interval_ms, 300);
	assert_int_equal(pe->bfd_multiplier, 3);
	assert_int_equal(pe->hold_s, 180);
	assert_int_equal(pe->max_path, 4);
	assert_int_equal(pe->password.kind, SECRET_ENV);
	assert_string_equal(pe->password.value, "CIRCUIT_MD5");
	assert_string_equal(pe->password.name, "er-hq/private");
	assert_string_equal(pe->on[1].subnet, "172.16.0.4/30");
	assert_string_equal(pe->on[1].local, "172.16.0.5");
	assert_string_equal(pe->on[1].local_len, "172.16.0.5/30");
	assert_string_equal(pe->on[1].neighbor, "172.16.0.6");
	assert_string_equal(pe->on[1].interface, "ckt0");
	assert_null(pe->on[1].parent);
	pe = &c->peerings[1];
	assert_int_equal(pe->bfd_interval_ms, 0);
	assert_int_equal(pe->hold_s, 0);
	assert_string_equal(pe->on[0].subnet, "192.0.2.0/30");
	assert_string_equal(pe->on[1].subnet, "192.0.2.4/30");
	assert_string_equal(pe->on[1].interface, "ckt1");
	plan_free(p);
}

static void moves(void **state)
{
	struct plan *p = hq();

	(void)state;
	assert_string_equal(p->vnet.name, "vnet1");
	assert_string_equal(p->vnet.network, "vnet1");
	assert_null(p->vnet.gateway_port);
	assert_int_equal(p->n_groups, 2);
	assert_string_equal(p->groups[0].onprem.v[0], "10.10.200.0/24");
	assert_string_equal(p->groups[0].cloud.v[0], "10.100.0.0/16");
	assert_true(p->groups[0].move_import && p->groups[0].move_export);
	assert_int_equal(p->groups[0].peering, 0);
	assert_int_equal(p->n_waves, 2);
	assert_int_equal(p->waves[1].n_groups, 1);
	assert_int_equal(p->waves[1].groups[0], 1);
	assert_int_equal(p->waves[1].soak_ms, 1800000);
	assert_true(p->waves[0].hold);
	assert_false(p->waves[1].hold);
	assert_int_equal(p->window_start_us, 1796508000000000);
	assert_int_equal(p->window_end_us - p->window_start_us, 14400000000);
	assert_int_equal(p->baseline_ms, 60000);
	assert_false(p->finish_retire);
	plan_free(p);
}

static void measuring(void **state)
{
	struct plan *p = hq();

	(void)state;
	assert_int_equal(p->n_probes, 3);
	assert_int_equal(p->probes[0].host, 0);
	assert_int_equal(p->probes[0].rate, 1000);
	assert_int_equal(p->probes[0].flows, 16);
	assert_int_equal(p->probes[0].group, 0);
	assert_int_equal(p->probes[0].port, 0);
	assert_int_equal(p->probes[1].size, 1372);
	assert_true(p->probes[1].df);
	assert_string_equal(p->probes[2].kind, "tcp-flow");
	assert_int_equal(p->n_guards, 4);
	assert_true(p->guards[0].has_lost);
	assert_false(p->guards[0].has_gap);
	assert_int_equal(p->guards[0].lost, 0);
	assert_int_equal(p->guards[1].probe, 1);
	assert_int_equal(p->guards[1].gap_ms, 50);
	assert_int_equal(p->guards[2].breach, PLAN_BREACH_HOLD);
	assert_int_equal(p->guards[2].blind, PLAN_BLIND_HOLD);
	assert_int_equal(p->guards[3].probe, -1);
	plan_free(p);
}

static void defaults(void **state)
{
	mem_auto_free char *text = util_file(PLAN_DATA "good-minimal.yaml");
	struct plan *p = util_plan("x.yaml", text);

	(void)state;
	assert_null(p->edges[0].ssh.host);
	assert_null(p->change);
	assert_null(p->circuits[0].attachment);
	assert_int_equal(p->circuits[0].limits.prefixes_private, 0);
	assert_string_equal(p->circuits[0].peerings[0].on[0].interface,
			    "ckt0.100");
	assert_string_equal(p->circuits[0].peerings[0].on[0].parent, "ckt0");
	assert_int_equal(p->circuits[0].peerings[0].vlan, 100);
	assert_int_equal(p->circuits[0].peerings[0].password.kind, SECRET_NONE);
	assert_int_equal(p->waves[0].soak_ms, 300000);
	assert_int_equal(p->probes[0].host, -1);
	assert_string_equal(p->probes[0].kind, "stamp");
	assert_int_equal(p->guards[0].window_ms, 5000);
	assert_true(p->rollback.automatic);
	assert_false(p->rollback.to_start);
	assert_int_equal(p->rollback.dead_man_s, 120);
	assert_int_equal(p->rollback.on_abort, PLAN_ABORT_ROLLBACK);
	assert_int_equal(p->preference.circuit, 200);
	assert_int_equal(p->preference.vpn, 100);
	assert_int_equal(p->preference.drain, 50);
	assert_int_equal(p->timeouts.command_ms, 30000);
	assert_int_equal(p->timeouts.converge_ms, 60000);
	assert_int_equal(p->timeouts.established_ms, 120000);
	assert_int_equal(p->window_start_us, 0);
	plan_free(p);
}

static const struct target *named(const struct target *v, size_t n,
				  const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(v[i].name, name) == 0)
			return &v[i];
	return NULL;
}

static void targets(void **state)
{
	struct plan *p = hq();
	size_t n;
	struct target *v = plan_targets(p, &n);
	const struct target *t;

	(void)state;
	plan_free(p); /* targets stand on their own */
	assert_int_equal(n, 6);
	t = named(v, n, "edge2");
	assert_string_equal(t->driver, "bird");
	assert_int_equal(t->asn, 65010);
	assert_string_equal(target_param(t, "include", ""),
			    "/etc/bird/cutover.conf");
	assert_null(target_param(t, "config", NULL));
	assert_int_equal(t->n_secrets, 2);
	assert_string_equal(target_secret(t, "er-hq/public")->value,
			    "PUBLIC_MD5");
	assert_null(target_secret(t, "er-hq/other"));
	t = named(v, n, "vpn2");
	assert_string_equal(t->driver, "strongswan");
	assert_string_equal(t->ssh.host, "100.64.0.13");
	t = named(v, n, "er-hq");
	assert_string_equal(target_param(t, "links", ""),
			    "primary=er-hq-primary+er-hq-primary-public,"
			    "secondary=er-hq-secondary+er-hq-secondary-public");
	assert_string_equal(target_param(t, "attachment", ""), "er-hq-gateway");
	assert_string_equal(target_param(t, "uri", ""),
			    "qemu+ssh://root@100.64.0.42/system");
	t = named(v, n, "vnet1");
	assert_string_equal(target_param(t, "network", ""), "vnet1");
	plan_targets_free(v, n);
}

static void targets_that_are_none(void **state)
{
	mem_auto_free char *text = util_file("plans/nsp.yaml");
	struct plan *p = util_plan("plans/nsp.yaml", text);
	size_t n;
	struct target *v = plan_targets(p, &n);

	(void)state;
	assert_int_equal(p->circuits[0].model, PLAN_NETWORK_SERVICE);
	assert_null(p->circuits[0].peerings[0].on[0].neighbor);
	assert_int_equal(n, 4); /* no circuit, no vnet: nobody to ask */
	assert_null(named(v, n, "er-branch"));
	assert_null(named(v, n, "vnet-branch"));
	plan_targets_free(v, n);
	plan_free(p);
}

static void files(void **state)
{
	mem_auto_free char *text = util_file(PLAN_DATA "good-file.yaml");
	mem_auto_free char *list = util_file(PLAN_DATA "good.list");
	struct plan *p = util_plan(PLAN_DATA "good-file.yaml", text);
	char hex[DIGEST_HEX];

	(void)state;
	assert_int_equal(p->groups[0].onprem.n, 2);
	assert_string_equal(p->groups[0].onprem.v[0], "10.10.1.0/24");
	assert_string_equal(p->groups[0].onprem.v[1], "10.10.2.0/24 le 28");
	assert_string_equal(p->text, text);
	digest_sha256_hex(text, strlen(text), hex);
	assert_string_not_equal(p->hash, hex); /* the file is part of it */
	plan_free(p);
}

static void hash_is_of_the_text(void **state)
{
	mem_auto_free char *text = util_file(HQ);
	struct plan *p = util_plan(HQ, text);
	char hex[DIGEST_HEX];

	(void)state;
	digest_sha256_hex(text, strlen(text), hex);
	assert_string_equal(p->hash, hex);
	plan_free(p);
}

static void community(void **state)
{
	mem_auto_free char *text = util_file(PLAN_DATA "good-community.yaml");
	struct plan *p = util_plan("x.yaml", text);

	(void)state;
	assert_string_equal(p->groups[0].community, "65010:100");
	assert_int_equal(p->groups[0].onprem.n, 1);
	assert_string_equal(p->groups[0].onprem.v[0], "10.10.0.0/16 le 32");
	plan_free(p);
}

static void moves_one_way(void **state)
{
	mem_auto_free char *text = util_file(PLAN_DATA "good-minimal.yaml");
	mem_auto_free char *in = util_replace(
		text, "onprem: [10.10.0.0/16], cloud: [10.100.0.0/16]",
		"move: import, cloud: [10.100.0.0/16]");
	mem_auto_free char *out = util_replace(
		text, "onprem: [10.10.0.0/16], cloud: [10.100.0.0/16]",
		"move: export, onprem: [10.10.0.0/16]");
	struct plan *p = util_plan("x.yaml", in);

	(void)state;
	assert_true(p->groups[0].move_import && !p->groups[0].move_export);
	assert_int_equal(p->groups[0].onprem.n, 0);
	plan_free(p);
	p = util_plan("x.yaml", out);
	assert_true(!p->groups[0].move_import && p->groups[0].move_export);
	assert_int_equal(p->groups[0].cloud.n, 0);
	plan_free(p);
}

static void static_vpn(void **state)
{
	mem_auto_free char *text = util_file(PLAN_DATA "good-static-vpn.yaml");
	struct plan *p = util_plan("x.yaml", text);

	(void)state;
	assert_null(p->tunnels[0].neighbor);
	assert_string_equal(p->tunnels[0].interface, "ipsec0");
	assert_int_equal(p->tunnels[0].asn, 0);
	plan_free(p);
}

static void six(void **state)
{
	mem_auto_free char *text = util_file(PLAN_DATA "good-v6.yaml");
	struct plan *p = util_plan("x.yaml", text);
	const struct plan_peering *pe = &p->circuits[0].peerings[0];

	(void)state;
	assert_string_equal(pe->on[0].local_len, "2001:db8::1/126");
	assert_string_equal(pe->on[1].subnet, "2001:db8::4/126");
	assert_string_equal(pe->on[1].neighbor, "2001:db8::6");
	plan_free(p);
}

static void home(void **state)
{
	mem_auto_free char *text = util_file(PLAN_DATA "good-minimal.yaml");
	mem_auto_free char *with =
		util_replace(text, "driver: frr}",
			     "driver: frr, ssh: {host: h, key: {file: ~/k}, "
			     "known_hosts: /etc/known}}");
	const char *was = getenv("HOME");
	mem_auto_free char *keep = mem_strdup(was);
	struct plan *p;

	(void)state;
	setenv("HOME", "/home/x", 1);
	p = util_plan("x.yaml", with);
	assert_string_equal(p->edges[0].ssh.key.value, "/home/x/k");
	assert_string_equal(p->edges[0].ssh.known_hosts, "/etc/known");
	plan_free(p);
	if (keep)
		setenv("HOME", keep, 1);
}

static void missing_file(void **state)
{
	struct diag_list diags = {0};

	(void)state;
	assert_null(plan_load("no/such/plan.yaml", &diags));
	assert_int_equal(diags.errors, 1);
	assert_string_equal(diags.v[0].rule, "file-read");
	assert_null(plan_load("/", &diags));
	assert_int_equal(diags.errors, 2); /* earlier ones are kept */
	diag_list_done(&diags);
	plan_free(NULL);
	plan_targets_free(NULL, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(site_and_edges),
		cmocka_unit_test(circuit),
		cmocka_unit_test(moves),
		cmocka_unit_test(measuring),
		cmocka_unit_test(defaults),
		cmocka_unit_test(targets),
		cmocka_unit_test(targets_that_are_none),
		cmocka_unit_test(files),
		cmocka_unit_test(hash_is_of_the_text),
		cmocka_unit_test(community),
		cmocka_unit_test(moves_one_way),
		cmocka_unit_test(static_vpn),
		cmocka_unit_test(six),
		cmocka_unit_test(home),
		cmocka_unit_test(missing_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
