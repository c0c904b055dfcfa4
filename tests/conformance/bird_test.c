/*
 * bird_test.c - the BIRD adapter against real daemons
 *
 * Three BIRDs in network namespaces of their own: the edge 'e' (ours), the
 * VPN's far end 'v' and the provider 'p'.  The test runs inside the edge's
 * namespace, so that the adapter's local shell finds the edge's kernel.  Needs
 * root, bird, birdc and iproute2.  Cleans up after itself.
 */
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "adapters/bird/bird.h"
#include "orchestrator/base/clock.h"

#define SESSION "er-hq/primary/private"
#define POLICY "CUTOVER-er-hq-primary-private-"
#define PASSWORD "c1rcuit-md5"

static char dir[] = "/tmp/bird-conformance.XXXXXX";
static struct target target;
static struct adapter_ctx ctx;
static const struct adapter_ops *ops = &bird_adapter_ops;
static unsigned keys;
static char *foreign_at_start;

/* ---- the lab ---- */

static int sh(const char *fmt, ...) mem_printf(1, 2);

static int sh(const char *fmt, ...)
{
	mem_auto_free char *cmd = NULL;
	va_list ap;

	va_start(ap, fmt);
	cmd = mem_vformat(fmt, ap);
	va_end(ap);
	return system(cmd);
}

static char *slurp(const char *name)
{
	mem_auto_free char *path = mem_format("%s/%s", dir, name);
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

static void spew(const char *name, const char *fmt, ...) mem_printf(2, 3);

static void spew(const char *name, const char *fmt, ...)
{
	mem_auto_free char *path = mem_format("%s/%s", dir, name);
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
	assert_int_equal(0, sh("ip -n birdc-e link add %s type veth peer name "
			       "%s netns birdc-%s",
			       name, name, peer));
	assert_int_equal(0, sh("ip -n birdc-e addr add %s dev %s", ours, name));
	assert_int_equal(
		0, sh("ip -n birdc-%s addr add %s dev %s", peer, theirs, name));
	assert_int_equal(0, sh("ip -n birdc-e link set %s up && ip -n birdc-%s "
			       "link set %s up",
			       name, peer, name));
}

static const char original[] =
	"# kept by cutover\nprotocol static extra\n{\n\tipv4;\n}";

static void configs_write(void)
{
	spew("e.conf",
	     "router id 1.1.1.1;\nprotocol device {}\n"
	     "timeformat protocol iso long ms;\n"
	     "protocol kernel { ipv4 { export all; import none; }; }\n"
	     "protocol kernel { ipv6 { export all; import none; }; }\n"
	     "protocol static site { ipv4;\n route 10.10.0.0/16 blackhole;\n"
	     " route 10.10.200.0/24 blackhole; route 10.66.0.0/16 blackhole; "
	     "}\n"
	     "filter vpn_out { if source = RTS_STATIC then accept; reject; }\n"
	     "protocol bgp vpn1 { local as 65010; neighbor 10.99.0.2 as "
	     "65515;\n"
	     " hold time 9; connect delay time 1; password \"vpnsecret\";\n"
	     " ipv4 { import all; export filter vpn_out; }; }\n"
	     "include \"%s/cutover.conf\";\n",
	     dir);
	spew("cutover.conf", "%s", original);
	spew("v.conf",
	     "router id 2.2.2.2;\nprotocol device {}\n"
	     "protocol static site { ipv4; route 10.100.0.0/16 blackhole; }\n"
	     "protocol bgp e { local as 65515; neighbor 10.99.0.1 as 65010;\n"
	     " hold time 9; connect delay time 1; password \"vpnsecret\";\n"
	     " ipv4 { import all; export all; }; }\n");
	spew("p.conf",
	     "router id 3.3.3.3;\nprotocol device {}\n"
	     "protocol static site { ipv4; route 10.100.0.0/16 blackhole;\n"
	     " route 10.101.0.0/16 blackhole; }\n"
	     "protocol bfd { interface \"ckt0\" { interval 300 ms; }; }\n"
	     "protocol bgp e { local as 12076; neighbor 172.16.0.1 as 65010;\n"
	     " connect delay time 1; error wait time 1,2; password \"" PASSWORD
	     "\"; bfd yes;\n"
	     " ipv4 { import all; export filter { bgp_path.prepend(12076); "
	     "accept; }; }; }\n"
	     "protocol static site6 { ipv6; route 2001:db8:100::/48 blackhole; "
	     "route 2001:db9::/32 blackhole; }\n"
	     "protocol bgp e6 { local as 12076; neighbor fd00:172::1 as 65010; "
	     "connect delay time 1;\n"
	     " ipv6 { import all; export all; }; }\n");
}

static void param_set(const char *key, const char *name)
{
	mem_auto_free char *path = mem_format("%s/%s", dir, name);

	target_param_set(&target, key, path);
}

static int lab_up(void **state)
{
	int fd;

	(void)state;
	assert_non_null(mkdtemp(dir));
	sh("chmod 755 %s", dir);
	for (const char *n = "epv"; *n; n++)
		assert_int_equal(0, sh("ip netns add birdc-%c && ip -n "
				       "birdc-%c link set lo up",
				       *n, *n));
	link_up("v", "vpn0", "10.99.0.1/30", "10.99.0.2/30");
	link_up("p", "ckt0", "172.16.0.1/30", "172.16.0.2/30");
	assert_int_equal(
		0,
		sh("ip -n birdc-e addr add fd00:172::1/126 dev ckt0 nodad && "
		   "ip -n birdc-p addr add fd00:172::2/126 dev ckt0 nodad"));
	configs_write();
	for (const char *n = "epv"; *n; n++)
		assert_int_equal(0, sh("ip netns exec birdc-%c bird -c "
				       "%s/%c.conf -s %s/%c.ctl -P %s/%c.pid",
				       *n, dir, *n, dir, *n, dir, *n));
	fd = open("/run/netns/birdc-e", O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0 && setns(fd, CLONE_NEWNET) == 0);
	close(fd);
	target.name = mem_strdup("edge2");
	target.driver = mem_strdup("bird");
	target.asn = 65010;
	param_set("config", "e.conf");
	param_set("include", "cutover.conf");
	param_set("socket", "e.ctl");
	param_set("run_dir", "run");
	target.secrets = mem_calloc(1, sizeof(*target.secrets));
	target.n_secrets = 1;
	target.secrets[0] = (struct secret_ref){SECRET_ENV,
						mem_strdup("er-hq/private"),
						mem_strdup("BIRD_TEST_MD5"),
						{0}};
	setenv("BIRD_TEST_MD5", PASSWORD, 1);
	return 0;
}

static int lab_down(void **state)
{
	(void)state;
	if (ctx.state)
		ops->close(&ctx);
	free(ctx.state);
	target_done(&target);
	for (const char *n = "epv"; *n; n++) {
		sh("kill $(cat %s/%c.pid)", dir, *n);
		sh("ip netns del birdc-%c", *n);
	}
	return sh("sleep 0.3; rm -rf %s", dir);
}

/* ---- asking the adapter ---- */

static void deadline(void)
{
	ctx.deadline_us = clock_mono_us() + 20000000;
}

static struct resource_set look(const struct resource_set *want)
{
	err_auto e = ERR_INIT;
	struct resource_set got = {0};

	deadline();
	if (!ops->observe(&ctx, want, &got, &e))
		fail_msg("observe: %s", err_msg(&e));
	return got;
}

static struct changeset plan(const struct resource_set *want)
{
	resource_set_auto got = look(want);
	struct changeset cs = {0};
	err_auto e = ERR_INIT;

	if (!ops->render(&target, &got, want, &cs, &e))
		fail_msg("render: %s", err_msg(&e));
	cs.key = mem_format("run.%u", ++keys);
	return cs;
}

static enum outcome send_cs(const struct changeset *cs, bool back,
			    uint32_t seconds, struct err *e)
{
	struct adapter_guard guard = {seconds};
	char *token = NULL;

	deadline();
	return ops->apply(&ctx, cs, back, seconds ? &guard : NULL, &token, e);
}

static void expect(enum outcome want, enum outcome got, const struct err *e)
{
	if (want != got)
		fail_msg("outcome '%s', not '%s': %s", outcome_name(got),
			 outcome_name(want), err_msg(e));
}

static void satisfied(const struct resource_set *want)
{
	resource_set_auto got = look(want);

	for (size_t i = 0; i < want->n; i++) {
		buf_auto why = BUF_INIT;

		resource_diff(&got.v[i], &want->v[i], &why);
		if (!resource_satisfies(&got.v[i], &want->v[i]))
			fail_msg("not satisfied: %s", buf_str(&why));
	}
}

/* Renders, applies and looks; returns the changeset for the way back. */
static struct changeset ensure(const struct resource_set *want,
			       uint32_t seconds)
{
	struct changeset cs = plan(want);
	err_auto e = ERR_INIT;

	expect(OUTCOME_APPLIED, send_cs(&cs, false, seconds, &e), &e);
	satisfied(want);
	return cs;
}

static enum outcome confirm(const struct changeset *cs, struct err *e)
{
	deadline();
	return ops->confirm(&ctx, cs->key, e);
}

static struct resource *want_session(struct resource_set *s)
{
	struct resource *r = resource_set_add(s, RESOURCE_SESSION, SESSION);

	r->session.neighbor = mem_strdup("172.16.0.2");
	return r;
}

static struct resource *want_policy(struct resource_set *s, const char *suffix,
				    const char *direction)
{
	mem_auto_free char *name = mem_format(POLICY "%s", suffix);
	struct resource *r = resource_set_add(s, RESOURCE_ROUTE_POLICY, name);

	r->route_policy.direction = mem_strdup(direction);
	return r;
}

static struct state_policy_entry *permit(struct resource *r, const char *prefix)
{
	struct state_policy_entries *l = &r->route_policy.entries;

	MEM_GROW(l->v, l->n, l->cap);
	memset(&l->v[l->n], 0, sizeof(*l->v));
	l->v[l->n].permit = true;
	state_list_add(&l->v[l->n].prefixes, prefix);
	return &l->v[l->n++];
}

static struct resource see_session(void)
{
	resource_set_auto want = {0};
	resource_set_auto got = {0};
	struct resource r, *w = want_session(&want);

	state_list_add(&w->session.sent, "*");
	state_list_add(&w->session.received, "*");
	got = look(&want);
	resource_copy(&r, &got.v[0]);
	return r;
}

static struct resource see(enum resource_kind kind, const char *name,
			   const char *neighbor)
{
	resource_set_auto want = {0};
	resource_set_auto got = {0};
	struct resource r;

	resource_set_add(&want, kind, name);
	if (neighbor)
		want.v[0].session.neighbor = mem_strdup(neighbor);
	got = look(&want);
	assert_int_equal(1, got.n);
	resource_copy(&r, &got.v[0]);
	return r;
}

static void wait_established(const char *name, const char *neighbor)
{
	for (int i = 0; i < 300; i++) {
		struct resource r = see(RESOURCE_SESSION, name, neighbor);
		bool up = r.session.state &&
			  strcmp(r.session.state, "Established") == 0;

		resource_done(&r);
		if (up)
			return;
		clock_sleep_us(100000);
	}
	fail_msg("session '%s' does not come up", name);
}

/* ---- tests, in order ---- */

static void opens_and_fences(void **state)
{
	err_auto e = ERR_INIT;

	(void)state;
	ctx.target = &target;
	ctx.state = mem_alloc(ops->state_size);
	deadline();
	if (!ops->open(&ctx, &e))
		fail_msg("open: %s", err_msg(&e));
	deadline();
	assert_true(ops->fence(&ctx, &e));
	assert_true(ctx.epoch > 0);
}

static void sees_what_is_there(void **state)
{
	struct resource vpn, route, config, nothing;

	(void)state;
	wait_established("vpn1", "10.99.0.2");
	clock_sleep_us(300000);
	vpn = see(RESOURCE_SESSION, "vpn1", "10.99.0.2");
	assert_true(vpn.present && vpn.session.enabled && !vpn.session.ours);
	assert_int_equal(65515, vpn.session.asn);
	assert_int_equal(65010, vpn.session.local_asn);
	assert_string_equal("ACCEPT", vpn.session.import);
	assert_string_equal("vpn_out", vpn.session.export);
	assert_string_equal("65515", vpn.session.as_path);
	assert_int_equal(3, vpn.session.prefixes_sent);
	assert_int_equal(1, vpn.session.prefixes_accepted);
	route = see(RESOURCE_ROUTE, "10.100.0.0/16", NULL);
	assert_true(route.present && route.route.in_fib);
	assert_string_equal("10.99.0.2", route.route.session);
	assert_string_equal("10.99.0.2", route.route.next_hops.v[0]);
	nothing = see(RESOURCE_ROUTE, "10.77.0.0/16", NULL);
	assert_false(nothing.present);
	config = see(RESOURCE_CONFIG, "config", NULL);
	assert_true(config.config.saved);
	assert_non_null(strstr(config.config.text, "protocol static extra"));
	assert_null(strstr(config.config.text, "vpnsecret"));
	assert_non_null(strstr(config.config.text, "hmac-sha256:"));
	foreign_at_start = mem_strdup(config.config.foreign);
	resource_done(&vpn);
	resource_done(&route);
	resource_done(&nothing);
	resource_done(&config);
}

static void policies_all(struct resource_set *want)
{
	struct state_policy_entry *x;

	want_policy(want, "in-g0", "import");
	want_policy(want, "out-g0", "export");
	x = permit(want_policy(want, "in-g1", "import"), "10.100.0.0/16");
	x->has_local_pref = true;
	x->local_pref = 200;
	x = permit(want_policy(want, "out-g1", "export"), "10.10.0.0/16 le 24");
	x->prepend = 2;
	x->has_med = true;
	x->med = 7;
	state_list_add(&x->communities, "65010:77");
	x = permit(want_policy(want, "out-g2", "export"), "10.10.0.0/16");
	x->community = mem_strdup("65010:1");
	permit(want_policy(want, "six-g1", "import"),
	       "2001:db8::/32 ge 40 le 48");
}

static void stages_policies(void **state)
{
	resource_set_auto want = {0};
	struct changeset cs, again;
	err_auto e = ERR_INIT;

	(void)state;
	policies_all(&want);
	assert_true(ops->check(&target, &want, &e));
	cs = ensure(&want, 0);
	again = plan(&want);
	assert_int_equal(0, again.n_forward);
	/* the same change under another key finds that it is so */
	free(cs.key);
	cs.key = mem_strdup("other");
	expect(OUTCOME_UNCHANGED, send_cs(&cs, false, 0, &e), &e);
	changeset_done(&again);
	changeset_done(&cs);
}

static void never_edits_a_policy(void **state)
{
	resource_set_auto want = {0};
	resource_set_auto got = {0};
	struct changeset cs = {0};
	err_auto e = ERR_INIT;

	(void)state;
	permit(want_policy(&want, "in-g1", "import"), "10.101.0.0/16");
	got = look(&want);
	assert_false(ops->render(&target, &got, &want, &cs, &e));
	assert_int_equal(ERR_REFUSED, e.code);
}

static void session_is_born_shut(void **state)
{
	resource_set_auto want = {0};
	struct resource *r = want_session(&want), s;
	struct changeset cs;
	mem_auto_free char *file = NULL;

	(void)state;
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
	cs = ensure(&want, 0);
	assert_non_null(strstr(cs.forward[0].text,
			       "password \"<secret er-hq/private>\";"));
	assert_null(strstr(cs.forward[0].text, PASSWORD));
	s = see_session();
	assert_true(s.session.ours && !s.session.enabled);
	assert_non_null(s.session.secret_digest);
	assert_string_equal("er-hq/private", s.session.secret);
	file = slurp("cutover.conf");
	assert_non_null(strstr(file, "password \"" PASSWORD "\";"));
	assert_int_equal(
		0, sh("test $(stat -c %%a%%G %s/cutover.conf) = 640bird", dir));
	assert_int_equal(0, sh("! grep -rl '" PASSWORD "' %s/run", dir));
	resource_done(&s);
	changeset_done(&cs);
}

static void session_opens_silent(void **state)
{
	resource_set_auto want = {0};
	struct resource *r = want_session(&want), s;
	struct changeset cs;

	(void)state;
	r->session.enabled = true;
	r->session.import = mem_strdup(POLICY "in-g0");
	r->session.export = mem_strdup(POLICY "out-g0");
	cs = ensure(&want, 0);
	wait_established(SESSION, "172.16.0.2");
	for (int i = 0; i < 100; i++) {
		s = see_session();
		if (s.session.prefixes_received == 2 &&
		    strcmp(s.session.bfd_state, "up") == 0)
			break;
		resource_done(&s);
		clock_sleep_us(100000);
	}
	assert_string_equal("up", s.session.bfd_state);
	assert_int_equal(2, s.session.prefixes_received);
	assert_int_equal(0, s.session.prefixes_accepted);
	assert_int_equal(0, s.session.prefixes_sent);
	assert_int_equal(0, s.session.sent.n);
	assert_int_equal(0, s.session.received.n);
	/* a maintenance prepend shows although everything is denied */
	assert_string_equal("12076 12076", s.session.as_path);
	resource_done(&s);
	changeset_done(&cs);
}

static struct changeset bind_to(const char *import, const char *export,
				uint32_t seconds)
{
	resource_set_auto want = {0};
	struct resource *r = want_session(&want);

	r->session.enabled = true;
	r->session.import = import ? mem_format(POLICY "%s", import) : NULL;
	r->session.export = export ? mem_format(POLICY "%s", export) : NULL;
	return ensure(&want, seconds);
}

static void binds_under_the_timer(void **state)
{
	struct resource before = see_session(), s, route, config;
	struct changeset cs = bind_to("in-g1", NULL, 20);
	err_auto e = ERR_INIT;

	(void)state;
	config = see(RESOURCE_CONFIG, "config", NULL);
	assert_false(config.config.saved);
	expect(OUTCOME_APPLIED, confirm(&cs, &e), &e);
	resource_done(&config);
	config = see(RESOURCE_CONFIG, "config", NULL);
	assert_true(config.config.saved);
	s = see_session();
	assert_int_equal(1, s.session.prefixes_accepted);
	assert_int_equal(1, s.session.received.n);
	assert_string_equal("10.100.0.0/16", s.session.received.v[0]);
	assert_true(s.session.established_epoch_s + 2 >
			    before.session.established_epoch_s &&
		    s.session.established_epoch_s <
			    before.session.established_epoch_s + 2);
	route = see(RESOURCE_ROUTE, "10.100.0.0/16", NULL);
	assert_true(route.route.in_fib);
	assert_string_equal("172.16.0.2", route.route.session);
	assert_int_equal(200, route.route.local_pref);
	/* asked twice, it is done once */
	expect(OUTCOME_UNCHANGED, confirm(&cs, &e), &e);
	resource_done(&before);
	resource_done(&s);
	resource_done(&route);
	resource_done(&config);
	changeset_done(&cs);
}

static void announces_what_the_policy_permits(void **state)
{
	struct changeset cs = bind_to(NULL, "out-g1", 20);
	struct resource s;
	err_auto e = ERR_INIT;

	(void)state;
	expect(OUTCOME_APPLIED, confirm(&cs, &e), &e);
	s = see_session();
	assert_int_equal(2, s.session.sent.n);
	assert_string_equal("10.10.0.0/16", s.session.sent.v[0]);
	assert_string_equal("10.10.200.0/24", s.session.sent.v[1]);
	clock_sleep_us(300000);
	assert_int_equal(
		0,
		sh("birdc -s %s/p.ctl show route 10.10.0.0/16 all >%s/seen; "
		   "grep -q 'as_path: 65010 65010 65010$' %s/seen && "
		   "grep -q 'med: 7' %s/seen && grep -q '(65010,77)' %s/seen",
		   dir, dir, dir, dir, dir));
	assert_int_equal(0, sh("! birdc -s %s/p.ctl show route 10.66.0.0/16 | "
			       "grep -q 65010",
			       dir));
	resource_done(&s);
	changeset_done(&cs);
}

static void goes_back_by_itself(void **state)
{
	struct changeset cs = bind_to(NULL, "out-g0", 2);
	struct resource s = see_session();
	err_auto e = ERR_INIT;

	(void)state;
	assert_int_equal(0, s.session.sent.n);
	resource_done(&s);
	clock_sleep_us(2500000);
	s = see_session();
	assert_string_equal(POLICY "out-g1", s.session.export);
	assert_int_equal(2, s.session.sent.n);
	expect(OUTCOME_REFUSED, confirm(&cs, &e), &e);
	resource_done(&s);
	changeset_done(&cs);
}

static void reverts_at_once(void **state)
{
	struct changeset cs = bind_to(NULL, "out-g0", 30);
	struct resource s;
	err_auto e = ERR_INIT;

	(void)state;
	deadline();
	expect(OUTCOME_APPLIED, ops->revert(&ctx, cs.key, &e), &e);
	s = see_session();
	assert_string_equal(POLICY "out-g1", s.session.export);
	assert_int_equal(2, s.session.sent.n);
	expect(OUTCOME_REFUSED, confirm(&cs, &e), &e);
	resource_done(&s);
	changeset_done(&cs);
}

/* A rollback while a change still waits for its confirmation. */
static void steps_back_from_unconfirmed(void **state)
{
	struct changeset cs = bind_to(NULL, "out-g0", 30);
	struct changeset back = bind_to(NULL, "out-g1", 30);
	struct resource config;
	err_auto e = ERR_INIT;

	(void)state;
	config = see(RESOURCE_CONFIG, "config", NULL);
	assert_true(config.config.saved);
	expect(OUTCOME_APPLIED, confirm(&back, &e), &e);
	expect(OUTCOME_REFUSED, confirm(&cs, &e), &e);
	changeset_done(&cs);
	changeset_done(&back);
	resource_done(&config);
}

/* The second timer must end at what boots, not at the state in between. */
static void guards_one_change_only(void **state)
{
	struct changeset one = bind_to(NULL, "out-g0", 30);
	struct changeset two = bind_to("in-g0", NULL, 2);
	struct resource s;

	(void)state;
	clock_sleep_us(2500000);
	s = see_session();
	assert_string_equal(POLICY "in-g1", s.session.import);
	assert_string_equal(POLICY "out-g1", s.session.export);
	changeset_done(&one);
	changeset_done(&two);
	resource_done(&s);
}

/* A changeset's own way back, and the unconfirmed made lasting by save. */
static void way_back_of_a_changeset(void **state)
{
	struct changeset cs = bind_to(NULL, "out-g2", 0);
	struct resource s = see_session();
	err_auto e = ERR_INIT;

	(void)state;
	assert_int_equal(0, s.session.sent.n); /* no community on these */
	expect(OUTCOME_APPLIED, send_cs(&cs, true, 0, &e), &e);
	resource_done(&s);
	s = see_session();
	assert_string_equal(POLICY "out-g1", s.session.export);
	deadline();
	expect(OUTCOME_UNCHANGED, ops->save(&ctx, &e), &e);
	resource_done(&s);
	changeset_done(&cs);
}

static struct changeset plan_bind(const char *export)
{
	resource_set_auto want = {0};
	struct resource *r = want_session(&want);

	r->session.enabled = true;
	r->session.export = mem_format(POLICY "%s", export);
	return plan(&want);
}

static void refuses_to_load_edits_of_others(void **state)
{
	struct changeset cs = plan_bind("out-g0");
	mem_auto_free char *was = slurp("e.conf");
	err_auto e = ERR_INIT;

	(void)state;
	clock_sleep_us(1100000);
	spew("e.conf", "%s# not loaded yet\n", was);
	expect(OUTCOME_REFUSED, send_cs(&cs, false, 0, &e), &e);
	assert_non_null(strstr(err_msg(&e), "changed after BIRD last read it"));
	spew("e.conf", "%s", was);
	assert_int_equal(0, sh("birdc -s %s/e.ctl configure >/dev/null", dir));
	changeset_done(&cs);
}

static void refuses_to_undo_a_disable(void **state)
{
	struct changeset cs = plan_bind("out-g0");
	err_auto e = ERR_INIT;

	(void)state;
	assert_int_equal(0,
			 sh("birdc -s %s/e.ctl disable vpn1 >/dev/null", dir));
	expect(OUTCOME_REFUSED, send_cs(&cs, false, 0, &e), &e);
	assert_non_null(strstr(err_msg(&e), "shut by hand"));
	assert_int_equal(0,
			 sh("birdc -s %s/e.ctl enable vpn1 >/dev/null", dir));
	wait_established("vpn1", "10.99.0.2");
	changeset_done(&cs);
}

static void refuses_what_was_altered(void **state)
{
	struct changeset cs = plan_bind("out-g0");
	err_auto e = ERR_INIT;
	char *hit = strstr(cs.forward[0].text, "export filter CUTOVER");

	(void)state;
	assert_non_null(hit);
	memcpy(hit, "export all; ;;;;;;;;;", 21);
	expect(OUTCOME_REFUSED, send_cs(&cs, false, 0, &e), &e);
	changeset_done(&cs);
}

static void refuses_what_moved(void **state)
{
	struct changeset cs = plan_bind("out-g0");
	struct changeset other = bind_to("in-g0", NULL, 0);
	struct changeset back;
	err_auto e = ERR_INIT;

	(void)state;
	expect(OUTCOME_REFUSED, send_cs(&cs, false, 0, &e), &e);
	assert_non_null(strstr(err_msg(&e), "is not what it was"));
	back = bind_to("in-g1", NULL, 0);
	changeset_done(&cs);
	changeset_done(&other);
	changeset_done(&back);
}

static void refuses_to_remove_what_is_bound(void **state)
{
	resource_set_auto want = {0};
	struct changeset cs;
	err_auto e = ERR_INIT;

	(void)state;
	resource_set_add(&want, RESOURCE_ROUTE_POLICY, POLICY "out-g1")
		->present = false;
	cs = plan(&want);
	expect(OUTCOME_REFUSED, send_cs(&cs, false, 0, &e), &e);
	assert_non_null(strstr(err_msg(&e), "unbind before removing"));
	changeset_done(&cs);
}

static void refuses_sessions_of_others(void **state)
{
	resource_set_auto want = {0};
	resource_set_auto got = {0};
	struct changeset cs = {0};
	err_auto e = ERR_INIT;

	(void)state;
	resource_set_add(&want, RESOURCE_SESSION, "vpn1")->session.neighbor =
		mem_strdup("10.99.0.2");
	got = look(&want);
	assert_false(ops->render(&target, &got, &want, &cs, &e));
	assert_int_equal(ERR_REFUSED, e.code);
	want.v[0].present = false;
	assert_false(ops->render(&target, &got, &want, &cs, &e));
}

static void speaks_ipv6(void **state)
{
	resource_set_auto want = {0};
	resource_set_auto gone = {0};
	struct resource *r =
		resource_set_add(&want, RESOURCE_SESSION, "er-hq/primary/six");
	struct resource route;
	struct changeset cs;

	(void)state;
	r->session.neighbor = mem_strdup("fd00:172::2");
	r->session.local = mem_strdup("fd00:172::1");
	r->session.interface = mem_strdup("ckt0");
	r->session.asn = 12076;
	r->session.enabled = true;
	r->session.import = mem_strdup(POLICY "six-g1");
	r->session.ours = true;
	state_list_add(&r->session.received, "*");
	cs = ensure(&want, 0);
	changeset_done(&cs);
	wait_established("er-hq/primary/six", "fd00:172::2");
	for (int i = 0; i < 50; i++) {
		route = see(RESOURCE_ROUTE, "2001:db8:100::/48", NULL);
		if (route.route.in_fib)
			break;
		resource_done(&route);
		clock_sleep_us(100000);
	}
	assert_true(route.route.in_fib);
	assert_string_equal("fd00:172::2", route.route.session);
	assert_string_equal("fd00:172::2", route.route.next_hops.v[0]);
	resource_done(&route);
	route = see(RESOURCE_ROUTE, "2001:db9::/32", NULL);
	assert_false(route.present);
	resource_done(&route);
	resource_set_add(&gone, RESOURCE_SESSION, "er-hq/primary/six")
		->present = false;
	gone.v[0].session.neighbor = mem_strdup("fd00:172::2");
	cs = ensure(&gone, 0);
	changeset_done(&cs);
}

static void changes_interfaces(void **state)
{
	resource_set_auto want = {0};
	struct resource *r =
		resource_set_add(&want, RESOURCE_INTERFACE, "ckt0");
	struct changeset cs;
	err_auto e = ERR_INIT;

	(void)state;
	r->interface.up = true;
	state_list_add(&r->interface.addresses, "172.16.0.1/30");
	state_list_add(&r->interface.addresses, "192.0.2.1/32");
	state_list_add(&r->interface.addresses, "fd00:172::1/126");
	cs = plan(&want);
	expect(OUTCOME_REFUSED, send_cs(&cs, false, 10, &e), &e);
	changeset_done(&cs);
	cs = ensure(&want, 0);
	assert_string_equal("shell", cs.forward[0].what);
	expect(OUTCOME_APPLIED, send_cs(&cs, true, 0, &e), &e);
	changeset_done(&cs);
}

/* As many prefixes as an Azure circuit takes. */
static void takes_large_policies(void **state)
{
	resource_set_auto want = {0};
	struct resource *r = want_policy(&want, "large-g1", "export");
	struct state_policy_entry *x = permit(r, "10.200.0.0/16");
	struct changeset cs;
	int64_t start;
	err_auto e = ERR_INIT;

	(void)state;
	for (int i = 1; i < 4000; i++) {
		mem_auto_free char *p =
			mem_format("10.%d.%d.0/24", 128 + i / 256, i % 256);

		state_list_add(&x->prefixes, p);
	}
	start = clock_mono_us();
	cs = ensure(&want, 0);
	assert_true(clock_mono_us() - start < 5000000);
	expect(OUTCOME_APPLIED, send_cs(&cs, true, 0, &e), &e);
	changeset_done(&cs);
}

/* The policy's text is valid for us and not for BIRD: nothing changes. */
static void bird_refuses_a_candidate(void **state)
{
	resource_set_auto want = {0};
	mem_auto_free char *before = slurp("cutover.conf");
	mem_auto_free char *was = slurp("e.conf");
	mem_auto_free char *after = NULL;
	struct changeset cs;
	err_auto e = ERR_INIT;

	(void)state;
	want_policy(&want, "clash-g1", "import");
	cs = plan(&want);
	/* the operator has a filter of that very name */
	spew("e.conf",
	     "filter CUTOVER_er_hq_primary_private_clash_g1 { reject; }\n%s",
	     was);
	assert_int_equal(0, sh("birdc -s %s/e.ctl configure >/dev/null", dir));
	expect(OUTCOME_REFUSED, send_cs(&cs, false, 0, &e), &e);
	after = slurp("cutover.conf");
	assert_string_equal(before, after);
	assert_int_equal(0, sh("! ls %s/*next 2>/dev/null", dir));
	spew("e.conf", "%s", was);
	assert_int_equal(0, sh("birdc -s %s/e.ctl configure >/dev/null", dir));
	changeset_done(&cs);
}

static void notices_an_edit_by_hand(void **state)
{
	mem_auto_free char *was = slurp("cutover.conf");
	resource_set_auto want = {0};
	resource_set_auto got = {0};
	err_auto e = ERR_INIT;

	(void)state;
	want_session(&want);
	assert_int_equal(
		0, sh("sed -i 's/hold time 30/hold time 31/' %s/cutover.conf",
		      dir));
	deadline();
	assert_false(ops->observe(&ctx, &want, &got, &e));
	assert_non_null(strstr(err_msg(&e), "edited by hand"));
	spew("cutover.conf", "%s", was);
	assert_int_equal(0, sh("birdc -s %s/e.ctl configure >/dev/null", dir));
}

/* The session that made the change was lost between load and rename. */
static void finishes_what_was_left_halfway(void **state)
{
	struct changeset cs = bind_to(NULL, "out-g0", 60);
	struct resource config, s;
	err_auto e = ERR_INIT;

	(void)state;
	assert_int_equal(
		0, sh("birdc -s %s/e.ctl configure confirm >/dev/null", dir));
	config = see(RESOURCE_CONFIG, "config", NULL);
	assert_false(config.config.saved);
	resource_done(&config);
	deadline();
	expect(OUTCOME_APPLIED, ops->save(&ctx, &e), &e);
	config = see(RESOURCE_CONFIG, "config", NULL);
	assert_true(config.config.saved);
	s = see_session();
	assert_string_equal(POLICY "out-g0", s.session.export);
	resource_done(&config);
	resource_done(&s);
	changeset_done(&cs);
}

static void daemon_down_is_no_answer(void **state)
{
	resource_set_auto want = {0};
	resource_set_auto got = {0};
	err_auto e = ERR_INIT;

	(void)state;
	want_session(&want);
	assert_int_equal(0, sh("mv %s/e.ctl %s/e.away", dir, dir));
	deadline();
	assert_false(ops->observe(&ctx, &want, &got, &e));
	assert_non_null(strstr(err_msg(&e), "BIRD does not answer"));
	assert_int_equal(0, sh("mv %s/e.away %s/e.ctl", dir, dir));
}

static void leaves_nothing_behind(void **state)
{
	resource_set_auto gone = {0};
	resource_set_auto policies = {0};
	struct resource config, vpn;
	struct changeset cs;
	mem_auto_free char *file = NULL;

	(void)state;
	want_session(&gone)->present = false;
	cs = ensure(&gone, 0);
	changeset_done(&cs);
	policies_all(&policies);
	for (size_t i = 0; i < policies.n; i++)
		policies.v[i].present = false;
	cs = ensure(&policies, 0);
	changeset_done(&cs);
	file = slurp("cutover.conf");
	assert_string_equal(original, file);
	config = see(RESOURCE_CONFIG, "config", NULL);
	assert_string_equal(foreign_at_start, config.config.foreign);
	assert_string_equal(foreign_at_start, config.config.text);
	assert_true(config.config.saved);
	assert_int_equal(0, sh("! ls %s/*next 2>/dev/null", dir));
	vpn = see(RESOURCE_SESSION, "vpn1", "10.99.0.2");
	assert_string_equal("Established", vpn.session.state);
	resource_done(&config);
	resource_done(&vpn);
	free(foreign_at_start);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(opens_and_fences),
		cmocka_unit_test(sees_what_is_there),
		cmocka_unit_test(stages_policies),
		cmocka_unit_test(never_edits_a_policy),
		cmocka_unit_test(session_is_born_shut),
		cmocka_unit_test(session_opens_silent),
		cmocka_unit_test(binds_under_the_timer),
		cmocka_unit_test(announces_what_the_policy_permits),
		cmocka_unit_test(goes_back_by_itself),
		cmocka_unit_test(reverts_at_once),
		cmocka_unit_test(steps_back_from_unconfirmed),
		cmocka_unit_test(guards_one_change_only),
		cmocka_unit_test(way_back_of_a_changeset),
		cmocka_unit_test(refuses_to_load_edits_of_others),
		cmocka_unit_test(refuses_to_undo_a_disable),
		cmocka_unit_test(refuses_what_was_altered),
		cmocka_unit_test(refuses_what_moved),
		cmocka_unit_test(refuses_to_remove_what_is_bound),
		cmocka_unit_test(refuses_sessions_of_others),
		cmocka_unit_test(speaks_ipv6),
		cmocka_unit_test(changes_interfaces),
		cmocka_unit_test(takes_large_policies),
		cmocka_unit_test(bird_refuses_a_candidate),
		cmocka_unit_test(notices_an_edit_by_hand),
		cmocka_unit_test(finishes_what_was_left_halfway),
		cmocka_unit_test(daemon_down_is_no_answer),
		cmocka_unit_test(leaves_nothing_behind),
	};

	return cmocka_run_group_tests(tests, lab_up, lab_down);
}
