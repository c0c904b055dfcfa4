/*
 * result_test.c - a run and its rollback, told from rows alone
 *
 * The rows are written into a real journal and read back; what is checked is
 * what an engineer would add up by hand.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "orchestrator/report/result.h"
#include "orchestrator/steps/policy.h"
#include "tests/unit/plan/plan_util.h"

#define RUN "20261125-2200-t-0001"

static const char plan_text[] =
	"version: 1\n"
	"name: t\n"
	"site: {asn: 65010, prefixes: [10.10.0.0/16]}\n"
	"edges:\n"
	"  - {name: edge1, driver: frr}\n"
	"  - {name: edge2, driver: bird}\n"
	"tunnels:\n"
	"  - {name: vpn1, edge: edge1, connection: a, neighbor: 10.9.0.4, "
	"asn: 65515}\n"
	"  - {name: vpn2, edge: edge2, connection: a, neighbor: 10.9.0.5, "
	"asn: 65515}\n"
	"circuits:\n"
	"  - name: er\n"
	"    driver: external\n"
	"    links:\n"
	"      - {name: p, edge: edge1, interface: ckt0}\n"
	"      - {name: s, edge: edge2, interface: ckt0}\n"
	"    peerings:\n"
	"      - name: private\n"
	"        asn: 12076\n"
	"        vlan: 100\n"
	"        subnets: {p: 172.16.0.0/30, s: 172.16.0.4/30}\n"
	"vnet: {name: vnet1, prefixes: [10.100.0.0/16]}\n"
	"groups:\n"
	"  - {name: one, onprem: [10.10.200.0/24], cloud: [10.100.0.0/16]}\n"
	"  - {name: all, onprem: [10.10.0.0/16], cloud: [10.100.0.0/16]}\n"
	"waves:\n"
	"  - {name: one, groups: [one]}\n"
	"  - {name: all, groups: [all]}\n"
	"probes:\n"
	"  - {name: p1, to: 10.100.0.11, group: one}\n"
	"  - {name: p2, to: 10.100.0.11, group: all}\n"
	"guards:\n"
	"  - {name: g1, probe: p1, lost: 0}\n"
	"  - {name: g2, probe: p2, lost: 0}\n";

struct world {
	char dir[64];
	struct journal *journal;
	struct plan *plan;
	struct result r;
};

static void row(struct world *w, const char *kind, const char *step,
		const char *body)
{
	err_auto e = ERR_INIT;

	if (!journal_append(w->journal, RUN, kind, step, body, NULL, &e))
		fail_msg("%s", e.msg);
}

static void step(struct world *w, const char *id, const char *title, bool back,
		 const char *measure)
{
	mem_auto_free char *body =
		mem_format("{\"title\":\"%s\",\"step_kind\":\"ensure\","
			   "\"back\":%s}",
			   title, back ? "true" : "false");

	row(w, "step", id, body);
	row(w, "done", id, "{}");
	row(w, "measure", id, measure);
}

/* What one edge has bound to its circuit session and where its route is from.
 */
static char *edge_states(const struct plan *p, size_t link, size_t waves,
			 const char *best)
{
	struct policy_session s = {p, 0, link, 0};
	mem_auto_free char *name = policy_session_name(&s);
	mem_auto_free char *export = policy_name(&s, false, waves);
	const struct plan_tunnel *t = &p->tunnels[link];

	return mem_format(
		"[{\"kind\":\"session\",\"name\":\"%s\",\"present\":true,"
		"\"state\":{\"neighbor\":\"172.16.0.%d\",\"export\":\"%s\","
		"\"state\":\"Established\"}},"
		"{\"kind\":\"session\",\"name\":\"%s\",\"present\":true,"
		"\"state\":{\"neighbor\":\"%s\",\"state\":\"Established\","
		"\"prefixes_sent\":2}},"
		"{\"kind\":\"route\",\"name\":\"10.100.0.0/16\","
		"\"present\":true,\"state\":{\"in_fib\":true,"
		"\"session\":\"%s\"}}]",
		name, link ? 6 : 2, export, t->name, t->neighbor, best);
}

static void checkpoint(struct world *w, const char *name, size_t waves,
		       const char *best1, const char *best2, const char *vnet)
{
	mem_auto_free char *e1 = edge_states(w->plan, 0, waves, best1);
	mem_auto_free char *e2 = edge_states(w->plan, 1, waves, best2);
	mem_auto_free char *body = mem_format(
		"{\"name\":\"%s\",\"states\":{\"edge1\":%s,\"edge2\":%s,"
		"\"vnet1\":[{\"kind\":\"vnet\",\"name\":\"vnet1\",\"present\":"
		"true,\"state\":{\"digest\":\"%s\"}}]}}",
		name, e1, e2, vnet);

	row(w, "checkpoint", NULL, body);
}

static int make(void **state)
{
	struct world *w = mem_alloc(sizeof(*w));
	err_auto e = ERR_INIT;
	struct journal_run run = {.id = (char *)RUN,
				  .plan_path = (char *)"t.yaml",
				  .plan_text = (char *)plan_text,
				  .plan_hash = (char *)"x",
				  .version = (char *)"0"};

	strcpy(w->dir, "/tmp/cutover-result-XXXXXX");
	if (!mkdtemp(w->dir))
		return -1;
	w->plan = util_plan("t.yaml", plan_text);
	w->journal = journal_open(w->dir, false, &e);
	*state = w;
	return w->journal && journal_run_create(w->journal, &run, &e) ? 0 : -1;
}

static int drop(void **state)
{
	struct world *w = *state;
	mem_auto_free char *command = mem_format("rm -rf '%s'", w->dir);

	result_done(&w->r);
	journal_close(w->journal);
	plan_free(w->plan);
	free(w);
	return system(command);
}

static void forward(struct world *w)
{
	row(w, "begin", NULL, "{}");
	checkpoint(w, "start", 0, "10.9.0.4", "10.9.0.5", "aa");
	step(w, "wave-one/a", "first", false,
	     "{\"p1\":{\"sent\":100,\"lost_forward\":0,\"lost_backward\":0},"
	     "\"p2\":{\"sent\":200,\"lost_forward\":0,\"lost_backward\":0}}");
	step(w, "wave-one/b", "second", false,
	     "{\"p1\":{\"sent\":150,\"lost_forward\":3,\"lost_backward\":1},"
	     "\"p2\":{\"sent\":260,\"lost_forward\":0,\"lost_backward\":0}}");
	checkpoint(w, "wave-one", 1, "172.16.0.2", "172.16.0.6", "aa");
	row(w, "measure", "final",
	    "{\"p1\":{\"sent\":160,\"lost_forward\":3,\"lost_backward\":2,"
	    "\"gap_forward_us\":12500},\"p2\":{\"sent\":270}}");
	row(w, "end", NULL,
	    "{\"result\":\"finished\",\"exit\":0,\"why\":\"\"}");
}

static void back(struct world *w)
{
	row(w, "begin", NULL, "{}");
	row(w, "rollback", NULL, "{\"to\":\"start\",\"why\":\"asked for\"}");
	step(w, "wave-one/c", "third", true,
	     "{\"p1\":{\"sent\":40,\"lost_forward\":0,\"lost_backward\":0},"
	     "\"p2\":{\"sent\":80,\"lost_forward\":0,\"lost_backward\":0}}");
	row(w, "end", NULL,
	    "{\"result\":\"rolled-back\",\"exit\":4,\"why\":\"asked for\"}");
}

static void read_all(struct world *w)
{
	err_auto e = ERR_INIT;

	result_done(&w->r);
	if (!result_read(w->journal, RUN, &w->r, &e))
		fail_msg("%s", e.msg);
}

static void says(struct world *w, const char *want)
{
	buf_auto b = BUF_INIT;

	result_text(&w->r, w->plan, &b);
	if (!strstr(buf_str(&b), want))
		fail_msg("'%s' is not in\n%s", want, buf_str(&b));
}

static void a_step_has_what_it_lost_itself(void **state)
{
	struct world *w = *state;

	forward(w);
	read_all(w);
	says(w, "100, 0+0");
	says(w, "50, 3+1");
	says(w, "60, 0+0");
	says(w, "p1, group 'one'\n    sent 160, lost: to the cloud 3, to the "
		"site 2, either 0");
	says(w, "longest gap: to the cloud 12.5 ms, to the site 0.0 ms");
}

static void a_pair_has_its_paths(void **state)
{
	struct world *w = *state;

	forward(w);
	read_all(w);
	says(w, "  'one': 10.10.200.0/24 and 10.100.0.0/16\n"
		"    before  to the cloud: edge1 by vpn1, edge2 by vpn2\n"
		"            to the site: vpn1, vpn2\n"
		"    after   to the cloud: edge1 by er/p/private, edge2 by "
		"er/s/private\n"
		"            to the site: er/p/private, er/s/private\n");
	/* not moved by the first wave: it still comes back on the VPN */
	says(w, "  'all': 10.10.0.0/16 and 10.100.0.0/16\n"
		"    before  to the cloud: edge1 by vpn1, edge2 by vpn2\n"
		"            to the site: vpn1, vpn2\n"
		"    after   to the cloud: edge1 by er/p/private, edge2 by "
		"er/s/private\n"
		"            to the site: vpn1, vpn2\n");
	says(w, "before aa, after aa: unchanged");
}

static void a_rollback_is_a_leg_of_its_own(void **state)
{
	struct world *w = *state;
	json_auto *j = NULL;
	json_t *legs;

	forward(w);
	back(w);
	read_all(w);
	assert_int_equal(w->r.n_legs, 2);
	assert_int_equal(w->r.leg[0].exit_code, 0);
	assert_int_equal(w->r.leg[1].exit_code, 4);
	assert_string_equal(w->r.leg[1].back_to, "start");
	assert_string_equal(w->r.last_name, "wave-one");
	assert_string_equal(w->r.now_name, "start");
	says(w, "before at 'start', after at 'wave-one', now at 'start'");
	says(w, "    now     to the cloud: edge1 by vpn1, edge2 by vpn2\n");
	says(w, "sent 160, lost: to the cloud 3");
	says(w, "sent 40, lost: to the cloud 0");
	says(w, "40, 0+0"); /* not the difference to the leg before */
	j = result_json(&w->r, w->plan);
	legs = json_peek(j, "legs");
	assert_int_equal(json_array_size(legs), 2);
	assert_int_equal(
		json_peek_int(
			json_peek(json_peek(json_array_get(legs, 1), "measure"),
				  "p1"),
			"sent", -1),
		40);
}

static void a_changed_network_is_said_aloud(void **state)
{
	struct world *w = *state;

	row(w, "begin", NULL, "{}");
	checkpoint(w, "start", 0, "10.9.0.4", "10.9.0.5", "aa");
	checkpoint(w, "stage", 0, "10.9.0.4", "10.9.0.5", "bb");
	read_all(w);
	says(w, "before aa, after bb: CHANGED");
	assert_null(w->r.leg[0].ended);
	says(w, "Run: not ended");
}

/* A route that is not in the table is no path, whoever it is from. */
static void no_route_is_no_path(void **state)
{
	struct world *w = *state;

	row(w, "begin", NULL, "{}");
	row(w, "checkpoint", NULL,
	    "{\"name\":\"start\",\"states\":{\"edge1\":[{\"kind\":\"route\","
	    "\"name\":\"10.100.0.0/16\",\"present\":true,\"state\":{"
	    "\"in_fib\":false,\"session\":\"10.9.0.4\"}}]}}");
	read_all(w);
	says(w, "to the cloud: edge1 by no route\n"
		"            to the site: nothing\n");
}

#define T(f) cmocka_unit_test_setup_teardown(f, make, drop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_step_has_what_it_lost_itself),
		T(a_pair_has_its_paths),
		T(a_rollback_is_a_leg_of_its_own),
		T(a_changed_network_is_said_aloud),
		T(no_route_is_no_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
