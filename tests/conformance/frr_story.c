/*
 * frr_story.c - what both FRR conformance programs begin and end with
 *
 * The first test remembers the edge as it is, the last one proves that it is so
 * again, text for text.
 */
#include "tests/conformance/frr_lib.h"

#include <string.h>

#include "orchestrator/base/clock.h"

static char *at_start;
uint64_t frr_vpn_epoch;

void frr_want_policies(struct resource_set *set, bool present)
{
	struct resource *r;
	struct state_policy_entry *x;

	frr_want_policy(set, IN "0", present ? "import" : NULL);
	frr_want_policy(set, OUT "0", present ? "export" : NULL);
	r = frr_want_policy(set, IN "1", present ? "import" : NULL);
	if (present) {
		x = frr_want_entry(r, "10.100.0.0/16");
		x->has_local_pref = true;
		x->local_pref = 200;
	}
	r = frr_want_policy(set, OUT "1", present ? "export" : NULL);
	if (!present)
		return;
	x = frr_want_entry(r, "10.10.200.0/24");
	x->community = mem_strdup("65010:200");
	x->has_med = true;
	x->med = 50;
	x->prepend = 2;
	state_list_add(&x->communities, "65010:1");
	state_list_add(&x->communities, "65010:2");
	x = frr_want_entry(r, "10.10.0.0/16 le 24");
	x->permit = false;
	x = frr_want_entry(r, "10.20.0.0/16 le 32");
	state_list_add(&x->prefixes, "2001:db8::/32 le 48");
	x->call = mem_strdup("VPN-OUT");
}

const struct resource *frr_look_session(struct resource_set *seen,
					const char *addr, bool sent,
					bool received)
{
	resource_set_auto want = {0};
	struct resource *r = resource_set_add(&want, RESOURCE_SESSION, SESSION);

	r->session.neighbor = mem_strdup(addr);
	if (sent)
		state_list_add(&r->session.sent, "*");
	if (received)
		state_list_add(&r->session.received, "*");
	frr_look(&want, seen);
	return &seen->v[0];
}

const struct resource *frr_wait_counts(struct resource_set *seen,
				       unsigned received, unsigned accepted,
				       unsigned sent)
{
	const struct resource *r;
	int64_t end = clock_mono_us() + 60000000;

	for (;;) {
		r = frr_look_session(seen, CIRCUIT, true, true);
		if ((r->session.prefixes_received == received &&
		     r->session.prefixes_accepted == accepted &&
		     r->session.sent.n == sent) ||
		    clock_mono_us() > end)
			return r;
		resource_set_done(seen);
		clock_sleep_us(100000);
	}
}

void frr_assert_vpn_untouched(void)
{
	resource_set_auto seen = {0};
	const struct resource *r = frr_look_session(&seen, VPN, false, false);

	assert_string_equal(r->session.state, "Established");
	/* FRR computes it anew each time: the second may round either way */
	assert_in_range(r->session.established_epoch_s, frr_vpn_epoch - 1,
			frr_vpn_epoch + 1);
}

void frr_test_start(void **state)
{
	resource_set_auto seen = {0};
	const struct resource *r;

	(void)state;
	assert_true(frr_wait_state(VPN, "Established", 60000));
	r = frr_look_session(&seen, VPN, false, false);
	assert_false(r->session.ours);
	assert_true(r->session.enabled);
	assert_string_equal(r->session.import, "VPN-IN");
	assert_string_equal(r->session.export, "VPN-OUT");
	assert_int_equal(r->session.asn, 65515);
	assert_int_equal(r->session.hold_s, 9);
	assert_string_equal(r->session.local, "10.100.255.1");
	assert_non_null(r->session.secret_digest);
	frr_vpn_epoch = r->session.established_epoch_s;
	assert_int_not_equal(frr_vpn_epoch, 0);
	at_start = frr_running();
}

void frr_test_gone(void **state)
{
	resource_set_auto want = {0};
	mem_auto_free char *end = NULL;

	(void)state;
	resource_set_add(&want, RESOURCE_SESSION, SESSION)->present = false;
	want.v[0].session.neighbor = mem_strdup(CIRCUIT);
	frr_ensure(&want);
	resource_set_done(&want);
	frr_want_policies(&want, false);
	frr_ensure(&want);
	end = frr_running();
	assert_string_equal(at_start, end);
	free(at_start);
	frr_assert_vpn_untouched();
}
