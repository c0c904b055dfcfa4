/*
 * bird_lib.c - three BIRDs in network namespaces, and how to ask the adapter
 *
 * In a sandbox: the edge 'e' (ours), the VPN's far end 'v' and the provider
 * 'p'. The test runs inside the edge's namespace, so that the adapter's local
 * shell finds the edge's kernel.
 */
#include "tests/conformance/bird_lib.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "orchestrator/base/clock.h"
#include "tests/conformance/sandbox.h"

const char *lab_dir;
struct target lab_target;
struct adapter_ctx lab_ctx;
const struct adapter_ops *const lab_ops = &bird_adapter_ops;
static unsigned keys;

/* ---- the lab ---- */

int lab_sh(const char *fmt, ...)
{
	mem_auto_free char *cmd = NULL;
	va_list ap;

	va_start(ap, fmt);
	cmd = mem_vformat(fmt, ap);
	va_end(ap);
	return system(cmd);
}

char *lab_read(const char *name)
{
	mem_auto_free char *path = mem_format("%s/%s", lab_dir, name);
	buf_auto b = BUF_INIT;
	char chunk[4096];
	FILE *f = fopen(path, "r");
	size_t n;

	assert_non_null(f);
	while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0)
		buf_add(&b, chunk, n);
	fclose(f);
	return buf_steal(&b);
}

void lab_write(const char *name, const char *fmt, ...)
{
	mem_auto_free char *path = mem_format("%s/%s", lab_dir, name);
	FILE *f = fopen(path, "w");
	va_list ap;

	assert_non_null(f);
	va_start(ap, fmt);
	vfprintf(f, fmt, ap);
	va_end(ap);
	fclose(f);
}

static void link_up(const char *peer, const char *name, const char *ours,
		    const char *theirs)
{
	assert_int_equal(0,
			 lab_sh("ip -n birdc-e link add %s type veth peer name "
				"%s netns birdc-%s",
				name, name, peer));
	assert_int_equal(
		0, lab_sh("ip -n birdc-e addr add %s dev %s", ours, name));
	assert_int_equal(0, lab_sh("ip -n birdc-%s addr add %s dev %s", peer,
				   theirs, name));
	assert_int_equal(
		0, lab_sh("ip -n birdc-e link set %s up && ip -n birdc-%s "
			  "link set %s up",
			  name, peer, name));
}

const char lab_original[] =
	"# kept by cutover\nprotocol static extra\n{\n\tipv4;\n}";

static void configs_write(void)
{
	lab_write(
		"e.conf",
		"router id 1.1.1.1;\nprotocol device {}\n"
		"timeformat protocol iso long ms;\n"
		"protocol kernel { ipv4 { export all; import none; }; }\n"
		"protocol kernel { ipv6 { export all; import none; }; }\n"
		"protocol static site { ipv4;\n route 10.10.0.0/16 blackhole;\n"
		" route 10.10.200.0/24 blackhole; route 10.66.0.0/16 "
		"blackhole; "
		"}\n"
		"filter vpn_out { if source = RTS_STATIC then accept; reject; "
		"}\n"
		"protocol bgp vpn1 { local as 65010; neighbor 10.99.0.2 as "
		"65515;\n"
		" hold time 9; connect delay time 1; password \"vpnsecret\";\n"
		" ipv4 { import all; export filter vpn_out; }; }\n"
		"include \"%s/cutover.conf\";\n",
		lab_dir);
	lab_write("cutover.conf", "%s", lab_original);
	lab_write(
		"v.conf",
		"router id 2.2.2.2;\nprotocol device {}\n"
		"protocol static site { ipv4; route 10.100.0.0/16 blackhole; "
		"}\n"
		"protocol bgp e { local as 65515; neighbor 10.99.0.1 as "
		"65010;\n"
		" hold time 9; connect delay time 1; password \"vpnsecret\";\n"
		" ipv4 { import all; export all; }; }\n");
	lab_write(
		"p.conf",
		"router id 3.3.3.3;\nprotocol device {}\n"
		"protocol static site { ipv4; route 10.100.0.0/16 blackhole;\n"
		" route 10.101.0.0/16 blackhole; }\n"
		"protocol bfd { interface \"ckt0\" { interval 300 ms; }; }\n"
		"protocol bgp e { local as 12076; neighbor 172.16.0.1 as "
		"65010;\n"
		" connect delay time 1; error wait time 1,2; password "
		"\"" PASSWORD "\"; bfd yes;\n"
		" ipv4 { import all; export filter { bgp_path.prepend(12076); "
		"accept; }; }; }\n"
		"protocol static site6 { ipv6; route 2001:db8:100::/48 "
		"blackhole; "
		"route 2001:db9::/32 blackhole; }\n"
		"protocol bgp e6 { local as 12076; neighbor fd00:172::1 as "
		"65010; "
		"connect delay time 1;\n"
		" ipv6 { import all; export all; }; }\n");
}

static void param_set(const char *key, const char *name)
{
	mem_auto_free char *path = mem_format("%s/%s", lab_dir, name);

	target_param_set(&lab_target, key, path);
}

static int lab_open(void)
{
	err_auto e = ERR_INIT;

	lab_ctx.target = &lab_target;
	lab_ctx.state = mem_alloc(lab_ops->state_size);
	lab_deadline();
	if (!lab_ops->open(&lab_ctx, &e))
		fail_msg("open: %s", err_msg(&e));
	lab_deadline();
	if (!lab_ops->fence(&lab_ctx, &e))
		fail_msg("fence: %s", err_msg(&e));
	return 0;
}

int lab_up(void **state)
{
	int fd;

	(void)state;
	lab_dir = sandbox_dir();
	lab_sh("chgrp bird %s && chmod 775 %s", lab_dir, lab_dir);
	for (const char *n = "epv"; *n; n++)
		assert_int_equal(0, lab_sh("ip netns add birdc-%c && ip -n "
					   "birdc-%c link set lo up",
					   *n, *n));
	link_up("v", "vpn0", "10.99.0.1/30", "10.99.0.2/30");
	link_up("p", "ckt0", "172.16.0.1/30", "172.16.0.2/30");
	assert_int_equal(0, lab_sh("ip -n birdc-e addr add fd00:172::1/126 dev "
				   "ckt0 nodad && "
				   "ip -n birdc-p addr add fd00:172::2/126 dev "
				   "ckt0 nodad"));
	configs_write();
	for (const char *n = "epv"; *n; n++)
		assert_int_equal(
			0,
			lab_sh("ip netns exec birdc-%c bird -u bird -g bird -c "
			       "%s/%c.conf -s %s/%c.ctl -P %s/%c.pid",
			       *n, lab_dir, *n, lab_dir, *n, lab_dir, *n));
	fd = open("/run/netns/birdc-e", O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0 && setns(fd, CLONE_NEWNET) == 0);
	close(fd);
	lab_target.name = mem_strdup("edge2");
	lab_target.driver = mem_strdup("bird");
	lab_target.asn = 65010;
	param_set("config", "e.conf");
	param_set("include", "cutover.conf");
	param_set("socket", "e.ctl");
	param_set("run_dir", "run");
	lab_target.secrets = mem_calloc(1, sizeof(*lab_target.secrets));
	lab_target.n_secrets = 1;
	lab_target.secrets[0] = (struct secret_ref){SECRET_ENV,
						    mem_strdup("er-hq/private"),
						    mem_strdup("BIRD_TEST_MD5"),
						    {0}};
	setenv("BIRD_TEST_MD5", PASSWORD, 1);
	return lab_open();
}

int lab_down(void **state)
{
	(void)state;
	if (lab_ctx.state)
		lab_ops->close(&lab_ctx);
	free(lab_ctx.state);
	target_done(&lab_target);
	return 0;
}

int lab_main(char **argv, int (*inside)(void))
{
	static const struct sandbox_need needs[] = {
		{"bird", "package bird2"},
		{"birdc", "package bird2"},
		{"ip", "package iproute2"},
		{NULL, NULL},
	};

	return sandbox_main(argv, needs, inside);
}

/* ---- asking the adapter ---- */

void lab_deadline(void)
{
	lab_ctx.deadline_us = clock_mono_us() + 60000000;
}

struct resource_set lab_look(const struct resource_set *want)
{
	err_auto e = ERR_INIT;
	struct resource_set got = {0};

	lab_deadline();
	if (!lab_ops->observe(&lab_ctx, want, &got, &e))
		fail_msg("observe: %s", err_msg(&e));
	return got;
}

struct changeset lab_plan(const struct resource_set *want)
{
	resource_set_auto got = lab_look(want);
	struct changeset cs = {0};
	err_auto e = ERR_INIT;

	if (!lab_ops->render(&lab_target, &got, want, &cs, &e))
		fail_msg("render: %s", err_msg(&e));
	cs.key = mem_format("run.%u", ++keys);
	return cs;
}

enum outcome lab_send(const struct changeset *cs, bool back, uint32_t seconds,
		      struct err *e)
{
	struct adapter_guard guard = {seconds};
	char *token = NULL;

	lab_deadline();
	return lab_ops->apply(&lab_ctx, cs, back, seconds ? &guard : NULL,
			      &token, e);
}

void lab_expect(enum outcome want, enum outcome got, const struct err *e)
{
	if (want != got)
		fail_msg("outcome '%s', not '%s': %s", outcome_name(got),
			 outcome_name(want), err_msg(e));
}

static void satisfied(const struct resource_set *want)
{
	resource_set_auto got = lab_look(want);

	for (size_t i = 0; i < want->n; i++) {
		buf_auto why = BUF_INIT;

		resource_diff(&got.v[i], &want->v[i], &why);
		if (!resource_satisfies(&got.v[i], &want->v[i]))
			fail_msg("not satisfied: %s", buf_str(&why));
	}
}

/* Renders, applies and looks; returns the changeset for the way back. */
struct changeset lab_ensure(const struct resource_set *want, uint32_t seconds)
{
	struct changeset cs = lab_plan(want);
	err_auto e = ERR_INIT;

	lab_expect(OUTCOME_APPLIED, lab_send(&cs, false, seconds, &e), &e);
	satisfied(want);
	return cs;
}

enum outcome lab_confirm(const struct changeset *cs, struct err *e)
{
	lab_deadline();
	return lab_ops->confirm(&lab_ctx, cs->key, e);
}

struct resource *lab_want_session(struct resource_set *s)
{
	struct resource *r = resource_set_add(s, RESOURCE_SESSION, SESSION);

	r->session.neighbor = mem_strdup("172.16.0.2");
	return r;
}

struct resource *lab_want_policy(struct resource_set *s, const char *suffix,
				 const char *direction)
{
	mem_auto_free char *name = mem_format(POLICY "%s", suffix);
	struct resource *r = resource_set_add(s, RESOURCE_ROUTE_POLICY, name);

	r->route_policy.direction = mem_strdup(direction);
	return r;
}

struct state_policy_entry *lab_permit(struct resource *r, const char *prefix)
{
	struct state_policy_entries *l = &r->route_policy.entries;

	MEM_GROW(l->v, l->n, l->cap);
	memset(&l->v[l->n], 0, sizeof(*l->v));
	l->v[l->n].permit = true;
	state_list_add(&l->v[l->n].prefixes, prefix);
	return &l->v[l->n++];
}

struct resource lab_see_session(void)
{
	resource_set_auto want = {0};
	resource_set_auto got = {0};
	struct resource r, *w = lab_want_session(&want);

	state_list_add(&w->session.sent, "*");
	state_list_add(&w->session.received, "*");
	got = lab_look(&want);
	resource_copy(&r, &got.v[0]);
	return r;
}

struct resource lab_see(enum resource_kind kind, const char *name,
			const char *neighbor)
{
	resource_set_auto want = {0};
	resource_set_auto got = {0};
	struct resource r;

	resource_set_add(&want, kind, name);
	if (neighbor)
		want.v[0].session.neighbor = mem_strdup(neighbor);
	got = lab_look(&want);
	assert_int_equal(1, got.n);
	resource_copy(&r, &got.v[0]);
	return r;
}

void lab_wait(const char *name, const char *neighbor)
{
	for (int i = 0; i < 600; i++) {
		struct resource r = lab_see(RESOURCE_SESSION, name, neighbor);
		bool up = r.session.state &&
			  strcmp(r.session.state, "Established") == 0;

		resource_done(&r);
		if (up)
			return;
		clock_sleep_us(100000);
	}
	fail_msg("session '%s' does not come up", name);
}

struct resource lab_wait_prefixes(unsigned sent, unsigned accepted)
{
	for (int i = 0;; i++) {
		struct resource r = lab_see_session();

		if (i == 600 || (r.session.prefixes_sent == sent &&
				 r.session.prefixes_accepted == accepted))
			return r;
		resource_done(&r);
		clock_sleep_us(100000);
	}
}

void lab_soon(const char *fmt, ...)
{
	mem_auto_free char *cmd = NULL;
	va_list ap;

	va_start(ap, fmt);
	cmd = mem_vformat(fmt, ap);
	va_end(ap);
	for (int i = 0; i < 600; i++) {
		if (system(cmd) == 0)
			return;
		clock_sleep_us(100000);
	}
	fail_msg("never: %s", cmd);
}

void lab_want_policies(struct resource_set *want)
{
	struct state_policy_entry *x;

	lab_want_policy(want, "in-g0", "import");
	lab_want_policy(want, "out-g0", "export");
	x = lab_permit(lab_want_policy(want, "in-g1", "import"),
		       "10.100.0.0/16");
	x->has_local_pref = true;
	x->local_pref = 200;
	x = lab_permit(lab_want_policy(want, "out-g1", "export"),
		       "10.10.0.0/16 le 24");
	x->prepend = 2;
	x->has_med = true;
	x->med = 7;
	state_list_add(&x->communities, "65010:77");
	x = lab_permit(lab_want_policy(want, "out-g2", "export"),
		       "10.10.0.0/16");
	x->community = mem_strdup("65010:1");
	lab_permit(lab_want_policy(want, "six-g1", "import"),
		   "2001:db8::/32 ge 40 le 48");
}

struct changeset lab_bind(const char *import, const char *export,
			  uint32_t seconds)
{
	resource_set_auto want = {0};
	struct resource *r = lab_want_session(&want);

	r->session.enabled = true;
	r->session.import = import ? mem_format(POLICY "%s", import) : NULL;
	r->session.export = export ? mem_format(POLICY "%s", export) : NULL;
	return lab_ensure(&want, seconds);
}

struct changeset lab_plan_bind(const char *export)
{
	resource_set_auto want = {0};
	struct resource *r = lab_want_session(&want);

	r->session.enabled = true;
	r->session.export = mem_format(POLICY "%s", export);
	return lab_plan(&want);
}

/* Our session as a plan wants it when it is born. */
struct resource *lab_want_born(struct resource_set *s)
{
	struct resource *r = lab_want_session(s);

	r->session.local = mem_strdup("172.16.0.1");
	r->session.interface = mem_strdup("ckt0");
	r->session.asn = 12076;
	r->session.local_asn = 65010;
	r->session.import = mem_strdup(POLICY "in-g0");
	r->session.export = mem_strdup(POLICY "out-g0");
	r->session.bfd_interval_ms = 300;
	r->session.bfd_multiplier = 3;
	r->session.hold_s = 30;
	r->session.keepalive_s = 10;
	r->session.ours = true;
	r->session.secret = mem_strdup("er-hq/private");
	return r;
}

void lab_save(void)
{
	err_auto e = ERR_INIT;
	struct resource config;
	enum outcome o;

	lab_deadline();
	o = lab_ops->save(&lab_ctx, &e);
	if (o != OUTCOME_APPLIED && o != OUTCOME_UNCHANGED)
		fail_msg("save: %s: %s", outcome_name(o), err_msg(&e));
	config = lab_see(RESOURCE_CONFIG, "config", NULL);
	assert_true(config.config.saved);
	assert_int_equal(0, lab_sh("! ls %s/*next* 2>/dev/null", lab_dir));
	resource_done(&config);
}
